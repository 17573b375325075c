"""Coverage by hand: who covers, under which number, from when to when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from members import services
from members.models import Coverage, MemberIdentifier
from members.queries import changes_of, offered, overlaps, search
from payers.services import switch_payer
from tenancy.editing import Refused, Stale
from tests.cast import NOW, TODAY, House, make_coverage

DEPENDENT: dict[str, Any] = {
    "relationship": "child", "subscriber_last_name": "Ashdown", "subscriber_first_name": "Alex",
    "subscriber_number": "SUB1",
}  # fmt: skip


def act(house: House) -> dict[str, Any]:
    return {"actor": house.actor(), "now": NOW}


def add(house: House, **values: Any) -> Coverage:
    given = {"program": house.manual, "starts_on": TODAY, "member_number": "M-001", **values}
    return services.add_coverage(member=house.member, **act(house), **given)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"program": None}, "program"),
        ({"starts_on": None}, "starts_on"),
        ({"ends_on": TODAY - timedelta(days=1)}, "ends_on"),
        ({"position": 0}, "position"),
        ({"member_number": "TBD"}, "member_number"),
        ({"relationship": "cousin"}, "relationship"),
        ({"subscriber_last_name": "Ashdown"}, "subscriber_last_name"),
        ({**DEPENDENT, "member_number": "", "subscriber_number": ""}, "subscriber_number"),
        ({**DEPENDENT, "member_number": "", "subscriber_first_name": ""}, "subscriber_first_name"),
        ({**DEPENDENT, "subscriber_birth_date": TODAY + timedelta(days=1)}, "subscriber_birth_date"),
    ],
)
def test_coverage_that_cannot_be_is_refused_with_the_field(in_north: House, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        add(in_north, **values)
    assert [each.field for each in refused.value.problems] == [field]


def test_payer_of_a_coverage_is_that_of_its_program(in_north: House) -> None:
    assert add(in_north).payer == in_north.payer


def test_dependent_is_sent_under_the_subscriber_until_they_have_a_number(in_north: House) -> None:
    coverage = add(in_north, member_number="", **DEPENDENT)
    assert (coverage.is_dependent, coverage.number) == (True, "SUB1")
    saved = services.save_coverage(coverage.id, {"member_number": "OWN1"}, version=None, **act(in_north))
    assert (saved.is_dependent, saved.number) == (False, "OWN1")


def test_number_of_the_card_is_found_and_follows_its_coverage(in_north: House) -> None:
    coverage = add(in_north, member_number="0042-7")
    assert search("00427", limit=5) == [in_north.member]
    services.save_coverage(coverage.id, {"member_number": "0043-7", "ends_on": TODAY}, version=None, **act(in_north))
    assert (search("00427", limit=5), search("00437", limit=5)) == ([], [in_north.member])
    assert MemberIdentifier.objects.get(coverage=coverage).ends_on == TODAY


def test_program_that_is_switched_off_covers_nobody_new(in_north: House) -> None:
    switch_payer(in_north.payer.id, active=False, **act(in_north))
    with pytest.raises(Refused, match="is switched off"):
        add(in_north)
    services.save_coverage(in_north.coverage.id, {"group_number": "G1"}, version=None, **act(in_north))


def test_ended_coverage_is_not_offered_after_its_last_day(in_north: House) -> None:
    services.save_coverage(in_north.coverage.id, {"ends_on": TODAY}, version=None, **act(in_north))
    assert offered(in_north.member, TODAY) == [in_north.coverage]
    assert offered(in_north.member, TODAY + timedelta(days=1)) == []


def test_two_coverages_of_one_order_on_one_day_are_told(in_north: House) -> None:
    second = add(in_north, position=1)
    third = add(in_north, position=2, program=in_north.free)
    assert overlaps([in_north.coverage, second, third]) == [(in_north.coverage, second)]


def test_coverage_that_begins_after_the_other_ended_is_no_overlap(in_north: House) -> None:
    first = make_coverage(in_north.member, in_north.manual, position=3, ends_on=date(2026, 6, 30))
    second = make_coverage(in_north.member, in_north.manual, position=3, starts_on=date(2026, 7, 1))
    assert overlaps([first, second]) == []


def test_history_names_the_coverage_and_the_days(in_north: House) -> None:
    services.save_coverage(in_north.coverage.id, {"ends_on": TODAY}, version=None, **act(in_north))
    change = changes_of(in_north.member.id)[0]
    assert change.words == "Coverage changed: Harborline North Medicaid"
    assert change.changes == (("Last day", "", "Nov 23, 2026"),)


def test_older_version_is_stale(in_north: House) -> None:
    services.save_coverage(in_north.coverage.id, {"group_number": "G1"}, version=1, **act(in_north))
    with pytest.raises(Stale):
        services.save_coverage(in_north.coverage.id, {"group_number": "G2"}, version=1, **act(in_north))
