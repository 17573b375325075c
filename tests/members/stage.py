"""Members with everything a page about them may name."""

from __future__ import annotations

import uuid

from members.importers import MEMBERS
from members.models import MemberIdentifier
from members.rosters import Wanted, begin_roster, entries
from tests.cast import NOW, TODAY, House
from tests.payers.stage import upload

SMALLEST = b"MRN,Last name,First name,Date of birth\n770001,Weir,Jo,2015-02-03\n"


def with_people(house: House) -> dict[str, uuid.UUID]:
    """A number, a coverage, a roster with an entry, and a file: ids by their name in addresses."""
    roster = begin_roster(Wanted("all", TODAY), actor=house.actor(), now=NOW)
    return {
        "identifier_id": MemberIdentifier.objects.get(member=house.member, kind="mrn").id,
        "coverage_id": house.coverage.id,
        "roster_id": roster.id,
        "entry_id": entries(roster)[0].id,
        "member_file_id": upload(house, MEMBERS, SMALLEST),
    }
