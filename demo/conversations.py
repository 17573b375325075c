"""What people say about cases: contacts with a payer, a second look at what was recorded, a coverage that ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from authorizations.contacts import Contact, log_contact
from authorizations.models import Authorization, Note
from authorizations.reviewing import require_second_look
from authorizations.states import Status
from demo.houses import House
from members.models import Coverage
from members.services import save_coverage

CONTACTS = (
    Contact("phone", "In review, a nurse looks at it tomorrow.", "M. Reyes, provider line", "CALL-20931", 14),
    Contact("portal", "Status there: received, no decision.", reference="55-20931", minutes=3),
    Contact("fax", "Sent the plan of care once more; the first page was missing.", reference="FX-118", minutes=6),
)


def want_second_look(house: House, *, now: datetime) -> None:
    """One of the two houses has a second person confirm what was recorded by hand."""
    if house.plan.slug == "south":
        require_second_look(True, actor=house.actor("admin"), now=now)


def talk(house: House, cases: Sequence[Authorization], *, now: datetime) -> None:
    """Contacts about what waits for the payer, and one coverage that ends before its approval. Once."""
    open_ones = [case for case in cases if case.status in (Status.SUBMITTED, Status.PENDED)]
    if not Note.objects.exclude(channel="").exists():
        for case in open_ones[:2]:
            for contact in CONTACTS:
                log_contact(case.id, contact, actor=house.actor("specialist"), now=now)
    approved = [case for case in cases if case.status == Status.APPROVED and case.cover_ends_on]
    if not Coverage.objects.exclude(ends_on=None).exists() and approved:
        last = max(approved, key=lambda case: case.list_date)
        ends_on = house.organization.today(now) + timedelta(days=25)
        save_coverage(last.coverage_id, {"ends_on": ends_on}, version=None, actor=house.actor("supervisor"), now=now)
