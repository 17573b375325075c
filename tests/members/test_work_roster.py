"""Rosters: who is on one, working it one by one, and what could not be settled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from members import rosters, services
from members.models import EligibilityCheck, RosterEntry
from members.rosters import Wanted, begin_roster, entries, progress
from tenancy.editing import Refused
from tests.cast import NOW, TODAY, House, make_coverage, make_member

SAID = {"result": "active", "source": "portal"}


def act(house: House) -> dict[str, Any]:
    return {"actor": house.actor("scheduler"), "now": NOW}


def listed(house: House, text: str) -> list[tuple[str, str, str]]:
    roster = begin_roster(Wanted("list", TODAY, mrns=text), **act(house))
    return [(entry.given, entry.state, entry.reason) for entry in entries(roster)]


def test_everybody_with_cover_on_the_day_is_on_it_once_by_name(in_north: House) -> None:
    zed = make_member(last_name="Zed")
    make_coverage(zed, in_north.electronic)
    make_coverage(zed, in_north.manual, position=2)
    make_coverage(make_member(last_name="Gone"), in_north.electronic, ends_on=TODAY - timedelta(days=1))
    make_member(last_name="Bare")
    roster = begin_roster(Wanted("all", TODAY), **act(in_north))
    found = [(entry.member.last_name, entry.coverage.program.name) for entry in entries(roster)]
    assert found == [("AshdownNorth", "Medicaid"), ("Zed", "Medicaid")]


def test_only_those_without_a_fresh_check_when_asked(in_north: House) -> None:
    make_coverage(make_member(last_name="Zed"), in_north.electronic, checked=False)
    roster = begin_roster(Wanted("all", TODAY, unsettled=True), **act(in_north))
    assert [entry.member.last_name for entry in entries(roster)] == ["Zed"]


def test_list_says_for_each_mrn_why_it_cannot_be_checked(in_north: House) -> None:
    make_member(mrn="0880001")
    mrn = in_north.member.mrn
    assert listed(in_north, f"MRN\n{mrn}\n999\n0880001, {mrn}") == [
        (mrn, "open", ""),
        ("999", "exception", rosters.NOBODY),
        ("0880001", "exception", rosters.NO_COVER),
        (mrn, "exception", "The same MRN as number 1."),
    ]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Wanted("list", TODAY), "mrns"),
        (Wanted("list", TODAY, mrns="7\n" * 10_001), "mrns"),
        (Wanted("all", None), "service_date"),
        (Wanted("payer", TODAY), "payer"),
        (Wanted("all", TODAY - timedelta(days=9000)), "of"),
        (Wanted("all", TODAY, unsettled=True), "of"),
    ],
)
def test_roster_of_nobody_or_of_too_many_is_refused(in_north: House, wanted: Wanted, field: str) -> None:
    with pytest.raises(Refused) as refused:
        begin_roster(wanted, **act(in_north))
    assert [each.field for each in refused.value.problems] == [field]


def test_ten_thousand_mrns_are_taken(in_north: House) -> None:
    roster = begin_roster(Wanted("list", TODAY, mrns="\n".join(f"Q{n}" for n in range(10_000))), **act(in_north))
    assert (progress(roster).total, progress(roster).exceptions) == (10_000, 10_000)


def test_payers_roster_has_its_members_only(in_north: House) -> None:
    roster = begin_roster(Wanted("payer", TODAY, payer=in_north.payer), **act(in_north))
    assert progress(roster).open == 1


def test_recorded_checks_move_the_roster_on_and_stand_with_the_member(in_north: House) -> None:
    make_coverage(make_member(last_name="Zed"), in_north.electronic, checked=False)
    roster = begin_roster(Wanted("all", TODAY), **act(in_north))
    first = rosters.next_entry(roster)
    assert first is not None
    rosters.settle(first.id, SAID, **act(in_north))
    second = rosters.next_entry(roster, after=first.position)
    assert second is not None
    rosters.settle(second.id, {"result": "inactive", "source": "phone", "note": "plan ended"}, **act(in_north))
    assert (progress(roster).active, progress(roster).exceptions, rosters.next_entry(roster)) == (1, 1, None)
    assert RosterEntry.objects.get(id=second.id).reason == "Not active: plan ended"
    assert EligibilityCheck.objects.filter(member=second.member_id, result="inactive").exists()


def test_entry_left_for_later_comes_back_at_the_end(in_north: House) -> None:
    make_coverage(make_member(last_name="Zed"), in_north.electronic)
    roster = begin_roster(Wanted("all", TODAY), **act(in_north))
    behind = rosters.next_entry(roster, after=1)
    assert behind is not None
    rosters.settle(behind.id, SAID, **act(in_north))
    left = rosters.next_entry(roster, after=2)
    assert left is not None
    assert left.position == 1


def test_two_people_cannot_settle_one_entry(in_north: House) -> None:
    roster = begin_roster(Wanted("all", TODAY), **act(in_north))
    entry = entries(roster)[0]
    rosters.settle(entry.id, SAID, **act(in_north))
    with pytest.raises(Refused, match="dealt with this one already"):
        rosters.settle(entry.id, SAID, **act(in_north))
    with pytest.raises(Refused, match="dealt with this one already"):
        rosters.set_aside(entry.id, "no", **act(in_north))


def test_set_aside_needs_a_reason(in_north: House) -> None:
    roster = begin_roster(Wanted("all", TODAY), **act(in_north))
    with pytest.raises(Refused, match="Say why"):
        rosters.set_aside(entries(roster)[0].id, " ", **act(in_north))
    aside = rosters.set_aside(entries(roster)[0].id, "on hold with the payer", **act(in_north))
    assert (aside.state, aside.reason) == ("exception", "on hold with the payer")


def test_exception_is_taken_up_again_once_it_is_mended(in_north: House) -> None:
    roster = begin_roster(Wanted("list", TODAY, mrns="0770001"), **act(in_north))
    entry = entries(roster)[0]
    with pytest.raises(Refused, match=rosters.NOBODY):
        rosters.take_up(entry.id, **act(in_north))
    member = make_member(mrn="0770001")
    with pytest.raises(Refused, match="No coverage is in force"):
        rosters.take_up(entry.id, **act(in_north))
    coverage = services.add_coverage(member=member, program=in_north.manual, starts_on=TODAY, **act(in_north))
    again = rosters.take_up(entry.id, **act(in_north))
    assert (again.state, again.coverage, again.reason) == ("open", coverage, "")
