"""A house whose configuration has one of everything."""

from __future__ import annotations

import uuid
from typing import Any

from django.test import Client

from authorizations.importers import EXISTING
from codesets.procedure_files import PROCEDURES
from imports.services import ImportKind, keep_file
from payers import services
from payers.importers import PAYERS
from payers.models import Playbook
from providers.importers import FACILITIES, PROVIDERS
from tests.cast import NOW, TODAY, House

SMALLEST = {
    "payers": b"Payer ID,Payer name\nNEW01,Newly Known\n",
    "providers": b"Last name or group,First name\nWeir,Jo\n",
    "facilities": b"Name\nEast Clinic\n",
    "authorizations": b"MRN,Code,Approved,First day,Last day\n1,H2019,10,2026-11-01,2026-12-31\n",
    "procedures": b"Code,Description\n00001,Group of the house\n",
}

KINDS = (PAYERS, PROVIDERS, FACILITIES, PROCEDURES, EXISTING)


def configured(house: House) -> dict[str, uuid.UUID]:
    """An alias, a holiday, a playbook and files, beside what the cast has: ids by their name in addresses."""
    actor = house.actor("supervisor")
    rules = house.electronic.rules.get()
    route = house.electronic.routes.get()
    files = {kind.name: upload(house, kind, SMALLEST[kind.name]) for kind in KINDS}
    return {
        "payer_id": house.payer.id,
        "program_id": house.electronic.id,
        "rules_id": rules.id,
        "route_id": route.id,
        "partner_id": house.partner.id,
        "alias_id": services.add_alias(house.payer.id, "Harbor Plan", actor=actor, now=NOW).id,
        "holiday_id": services.add_holiday(TODAY.replace(day=26), "Thanksgiving", actor=actor, now=NOW).id,
        "playbook_id": make_playbook(house).id,
        "provider_id": house.clinician.id,
        "facility_id": house.facility.id,
        "file_id": files["payers"],
        "provider_file_id": files["providers"],
        "facility_file_id": files["facilities"],
        "tracker_file_id": files["authorizations"],
        "procedure_file_id": files["procedures"],
    }


def upload(house: House, kind: ImportKind, content: bytes, role: str = "supervisor") -> uuid.UUID:
    return keep_file(kind, "list.csv", content, attested=True, actor=house.actor(role), now=NOW).id


def make_playbook(house: House, **values: Any) -> Playbook:
    """A playbook for the program that is worked by hand."""
    given = {
        "owner": house.memberships["specialist"],
        "portal_url": "https://portal.harborline.example",
        "login_hint": "login of the front desk",
        "documents": ["signed plan of care", "assessment not older than 6 months"],
        "routine_turnaround": "7 calendar days",
        "field_order": ["member_number", "birth_date", "codes"],
        **values,
    }
    return services.add_playbook(house.payer.id, house.manual.id, given, actor=house.actor("supervisor"), now=NOW)


def signed_in(house: House, role: str = "supervisor") -> Client:
    """A browser of one person of the cast."""
    client = Client()
    client.force_login(house.users[role])
    return client
