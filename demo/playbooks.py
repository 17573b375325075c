"""What the people of the demonstration know about asking its payers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import Membership
from audit.actors import Actor
from payers.models import Playbook, Program
from payers.services import add_playbook

WRITER = Actor.job("Demonstration")
Field = Playbook.PortalField

BOOKS: dict[str, dict[str, Any]] = {
    "medicaid": {
        "documents": ["plan of care signed in the last 90 days", "assessment not older than 6 months"],
        "routine_turnaround": "7 days",
        "urgent_turnaround": "72 hours",
        "validity": "180 days, never beyond the assessment",
        "triggers": ["more than 40 units a week", "a second provider for one code"],
        "phone": "(555) 013-0188",
        "hours": "weekdays 8 to 5 Eastern",
    },
    "portal": {
        "portal_url": "https://portal.prairie-oak.example/",
        "login_hint": "login of the front desk, kept in the office safe",
        "documents": ["referral", "progress notes of the last 30 days"],
        "routine_turnaround": "10 days",
        "urgent_turnaround": "call after entering it",
        "evidence": "reference number of the portal",
        "field_order": [
            Field.MEMBER_NUMBER, Field.BIRTH_DATE, Field.RENDERING_NPI, Field.DIAGNOSES, Field.CODES, Field.UNITS,
            Field.STARTS_ON, Field.ENDS_ON, Field.PLACE, Field.NUMBER,
        ],
        "notes": "The portal forgets what was typed after 15 minutes: have everything at hand.",
    },
    "phone": {
        "phone": "(555) 013-0167",
        "fax": "(555) 013-0168",
        "hours": "weekdays 9 to 4 Central",
        "say_first": "Prior authorization for behavioral health, provider line",
        "documents": ["none by phone; notes by fax when asked"],
        "routine_turnaround": "answered during the call",
        "evidence": "name of whom you spoke with and number of the call",
    },
}  # fmt: skip
"""By the program's key in `houses`. One program has none, so that there is one to write."""


def write_playbooks(programs: Mapping[str, Program], owner: Membership, *, now: datetime) -> None:
    """A playbook for each program above that has none."""
    for key, values in BOOKS.items():
        program = programs[key]
        if not Playbook.objects.filter(program=program).exists():
            given = {"owner": owner, **values}
            add_playbook(program.payer_id, program.id, given, actor=WRITER, now=now)
