"""A tracker spreadsheet becomes authorizations: lines with one number are one case, and nothing comes in twice."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from authorizations.importers import EXISTING
from authorizations.models import Authorization, LineVersion, OpeningBalance, Submission
from authorizations.states import Status
from imports import tasks
from imports.models import ImportFile, ImportLayout
from imports.queries import import_file
from imports.services import AT_ONCE, Look, arrange, keep_file, look, run
from outbox.models import OutboxMessage
from tenancy.editing import Refused
from tests.cast import NOW, TODAY, House, make_coverage, make_member, make_program

HEADINGS = ["MRN", "Authorization number", "Code", "Approved", "First day", "Last day"]


def tracker(*lines: list[Any], headings: list[str] | None = None) -> bytes:
    """The bytes of a file with these lines."""
    out = io.StringIO()
    csv.writer(out).writerows([headings or HEADINGS, *lines])
    return out.getvalue().encode()


def line(house: House, **more: Any) -> list[Any]:
    values = {
        "mrn": house.member.mrn,
        "number": "HC-7001",
        "code": "H2019",
        "approved": "120",
        "first": "10/05/2026",
        "last": "04/02/2027",
    } | more
    return list(values.values())


def kept(house: House, content: bytes) -> ImportFile:
    file = keep_file(EXISTING, "tracker.csv", content, actor=house.actor(), now=NOW)
    found = import_file(EXISTING.name, file.id)
    assert found is not None
    return found


def seen(house: House, content: bytes) -> Look:
    return look(EXISTING, kept(house, content), TODAY)


def imported(house: House, content: bytes) -> dict[str, int]:
    done = run(EXISTING, kept(house, content).id, actor=house.actor(), now=NOW)
    assert done.state == "imported"
    return dict(done.counts)


def faults(found: Look) -> list[tuple[int | None, str]]:
    return [(fault.line, fault.message) for fault in found.faults]


def test_line_of_a_tracker_becomes_an_approval(in_north: House) -> None:
    assert imported(in_north, tracker(line(in_north))) == {"new": 1, "faulty": 0}
    row = Authorization.objects.get()
    assert (row.status, row.member_id, row.certification_number) == (Status.APPROVED, in_north.member.id, "HC-7001")
    assert Submission.objects.get().channel == "import"
    version = LineVersion.objects.get()
    assert (str(version.quantity), str(version.starts_on), str(version.ends_on)) == (
        "120.000",
        "2026-10-05",
        "2027-04-02",
    )


def test_lines_with_one_number_are_one_authorization(in_north: House) -> None:
    content = tracker(line(in_north), line(in_north, code="H2014", approved="40"))
    found = seen(in_north, content)
    assert [(step.line, step.lines) for step in found.to_do] == [(2, 2)]
    assert imported(in_north, content)["new"] == 2
    assert Authorization.objects.get().line_count == 2


def test_same_file_twice_changes_nothing(in_north: House) -> None:
    content = tracker(line(in_north), line(in_north, code="H2014"), line(in_north, number="HC-2", code="T1019-HN HQ"))
    imported(in_north, content)
    assert imported(in_north, content) == {"unchanged": 3, "faulty": 0}
    assert Authorization.objects.count() == 2


def test_line_without_a_number_needs_the_reason_and_comes_in_once(in_north: House) -> None:
    headings = [*HEADINGS, "Why no number"]
    assert (
        "why there is none"
        in faults(seen(in_north, tracker([*line(in_north, number=""), ""], headings=headings)))[0][1]
    )
    content = tracker([*line(in_north, number=""), "payer gives none"], headings=headings)
    assert imported(in_north, content)["new"] == 1
    assert imported(in_north, content)["unchanged"] == 1


def test_one_bad_line_keeps_its_whole_authorization_out(in_north: House) -> None:
    """Unreadable, or against the rules: half of an approval would stand as if it were all."""
    for bad in ({"first": "soon"}, {"code": "Z9Z9Z"}):
        found = seen(in_north, tracker(line(in_north), line(in_north, **{"code": "H2014", **bad})))
        assert not found.to_do
        assert {fault.line for fault in found.faults} == {2, 3}


def test_difference_to_what_stands_is_told_and_left_out(in_north: House) -> None:
    imported(in_north, tracker(line(in_north)))
    number = Authorization.objects.get().number
    ((_, words),) = faults(seen(in_north, tracker(line(in_north, approved="90"))))
    assert words.startswith(f"{number} stands with 120 until Apr 2, 2027")
    ((_, words),) = faults(seen(in_north, tracker(line(in_north), line(in_north, code="H2014"))))
    assert words.startswith(f"{number} has this number without H2014")


def test_units_used_before_come_with_their_day_and_proof(in_north: House) -> None:
    headings = [*HEADINGS, "Used", "Used until", "Proof"]
    imported(in_north, tracker([*line(in_north), "36", "2026-11-20", "old tracker"], headings=headings))
    opening = OpeningBalance.objects.get()
    assert (opening.quantity, str(opening.as_of), opening.evidence) == (Decimal(36), "2026-11-20", "old tracker")


def test_no_limit_limits_in_time_and_shared_units_are_read(in_north: House) -> None:
    headings = [*HEADINGS, "Most a week"]
    imported(in_north, tracker([*line(in_north, code="H2019 + H2014", approved="unlimited"), "30"], headings=headings))
    version = LineVersion.objects.get()
    assert (version.basis, version.caps) == ("unlimited", [{"period": "week", "quantity": "30"}])
    assert [code["code"] for code in version.codes] == ["H2019", "H2014"]


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"mrn": "999999"}, "Nobody has this number. Add the member first, or correct the number."),
        ({"mrn": ""}, "Give the MRN or the member ID."),
        ({"code": "Z9Z9Z"}, "Z9Z9Z is not a code we know for Oct 5, 2026."),
        ({"code": "H2019, H2014"}, "“H2019, H2014” is not one code. Codes that share units are written H2019+H2014."),
        ({"approved": "99999"}, "99999 looks like no limit: write unlimited."),
        ({"approved": "-4"}, "“-4” is no amount."),
        ({"approved": "0"}, "Give more than 0 units."),
        ({"approved": "1.5"}, "The number of units must be whole."),
        ({"last": "10/01/2026"}, "The last day is before the first day."),
        ({"first": "10/05/2006"}, "Oct 5, 2006 is far from today: check the year, and how days are read."),
        ({"number": "--"}, "This is no authorization number. Leave it empty and say why there is none."),
    ],
)
def test_what_is_wrong_with_a_line_is_said_beside_it(in_north: House, typed: dict[str, str], words: str) -> None:
    found = seen(in_north, tracker(line(in_north, **typed)))
    assert faults(found) == [(2, words)]
    assert not found.to_do


def test_name_of_somebody_else_keeps_a_line_out(in_north: House) -> None:
    headings = [*HEADINGS, "Member name"]
    content = tracker(
        [*line(in_north), "Grace Hopper"], [*line(in_north, number="X-1"), "ashdownnorth, rowan"], headings=headings
    )
    found = seen(in_north, content)
    assert faults(found) == [(2, "The number belongs to a member of another name.")]
    assert [step.line for step in found.to_do] == [3]


def test_payer_is_named_where_a_member_has_two(in_north: House) -> None:
    from payers.models import Payer, Workflow

    other = Payer(name="Second Health", identifier="SH1")
    other.save()
    make_coverage(in_north.member, make_program(other, "Gold", Workflow.MANUAL_PENDING), position=2)
    assert "several payers" in faults(seen(in_north, tracker(line(in_north))))[0][1]
    imported(in_north, tracker([*line(in_north), "second health"], headings=[*HEADINGS, "Payer"]))
    assert Authorization.objects.get().payer_id == other.id


def test_number_of_another_members_authorization_is_told(in_north: House) -> None:
    imported(in_north, tracker(line(in_north)))
    other = make_member()
    make_coverage(other, in_north.electronic)
    ((_, words),) = faults(seen(in_north, tracker(line(in_north, mrn=other.mrn))))
    assert words.endswith("of another member, has this number.")
    both = seen(in_north, tracker(line(in_north, number="N-1"), line(in_north, number="N-1", mrn=other.mrn)))
    assert faults(both) == [(3, "Another member has this number further up in the file.")]


def test_columns_of_ones_own_are_told_once_and_remembered(in_north: House) -> None:
    headings = ["Kid", "Ref", "Svc", "Total", "Begin", "Finish"]
    file = kept(in_north, tracker(line(in_north), headings=headings))
    assert look(EXISTING, file, TODAY).table.unreadable
    names = ["mrn", "number", "codes", "quantity", "starts_on", "ends_on"]
    arrange(EXISTING, file.id, dict(zip(headings, names, strict=True)), "", actor=in_north.actor(), now=NOW)
    assert seen(in_north, tracker(line(in_north), headings=headings)).writes == 1
    assert ImportLayout.objects.get().mapping["Kid"] == "mrn"


def test_order_of_days_is_chosen_for_one_file_only(in_north: House) -> None:
    file = kept(in_north, tracker(line(in_north)))
    arrange(EXISTING, file.id, {"MRN": "mrn"}, "day_first", actor=in_north.actor(), now=NOW)
    assert [str(step.changes[0][2]) for step in seen(in_north, tracker(line(in_north))).to_do] == [
        "H2019: 120 units, Oct 5, 2026 to Apr 2, 2027"
    ]


def test_two_headings_cannot_be_one_column(in_north: House) -> None:
    file = kept(in_north, tracker(line(in_north)))
    with pytest.raises(Refused, match="First day"):
        arrange(EXISTING, file.id, {"A": "starts_on", "B": "starts_on"}, "", actor=in_north.actor(), now=NOW)


def test_large_file_is_imported_by_a_worker_and_half_of_it_is_not_done_twice(north: House) -> None:
    with north.scope():
        lines = [line(north, number=f"N-{n}") for n in range(AT_ONCE + 20)]
        content = tracker(*lines, line(north, code="Z9Z9Z", number="bad"))
        file = run(EXISTING, kept(north, content).id, actor=north.actor(), now=NOW)
        assert (file.state, file.counts) == ("running", {"faulty": 1, "to_do": AT_ONCE + 20})
        assert not Authorization.objects.exists()
        message = OutboxMessage.objects.get(topic="import.run")
    for _ in range(2):
        tasks.run_import(message)
    with north.scope():
        file.refresh_from_db()
        assert (file.state, file.counts) == ("imported", {"faulty": 1, "new": AT_ONCE + 20})
        assert file.imported_by == "Specialist North"
        assert Authorization.objects.count() == AT_ONCE + 20


def test_worker_goes_on_where_its_time_was_over(north: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "LONGEST", -1.0)
    with north.scope():
        content = tracker(*[line(north, number=f"N-{n}") for n in range(AT_ONCE + 1)])
        file = run(EXISTING, kept(north, content).id, actor=north.actor(), now=NOW)
        message = OutboxMessage.objects.get(topic="import.run")
    tasks.run_import(message)
    with north.scope():
        assert 0 < Authorization.objects.count() < AT_ONCE
        assert OutboxMessage.objects.filter(topic="import.run").count() == 2
    for _ in range(3):
        tasks.run_import(message)
    with north.scope():
        file.refresh_from_db()
        assert (file.state, Authorization.objects.count()) == ("imported", AT_ONCE + 1)
