"""Members with their coverage from a file."""

from __future__ import annotations

import time
from datetime import date

import pytest

from imports.queries import import_file
from imports.services import Look, look, run
from members.importers import COLUMNS, MEMBERS
from members.models import Coverage, Member, MemberIdentifier
from tests.cast import NOW, TODAY, House, make_coverage
from tests.payers.stage import upload

HEAD = "MRN,Last name,First name,Date of birth,Payer,Program,Coverage from,Member ID\n"


def looked(house: House, text: str | bytes) -> Look:
    file = import_file("members", upload(house, MEMBERS, text if isinstance(text, bytes) else text.encode()))
    assert file is not None
    return look(MEMBERS, file, TODAY)


def imported(house: House, text: str | bytes) -> dict[str, int]:
    content = text if isinstance(text, bytes) else text.encode()
    return dict(run(MEMBERS, upload(house, MEMBERS, content), actor=house.actor(), now=NOW).counts)


def told(found: Look) -> list[tuple[int | None, str, str]]:
    return [(fault.line, fault.column, fault.message) for fault in found.faults]


def member(mrn: str) -> Member:
    return Member.objects.get(id=MemberIdentifier.objects.get(kind="mrn", value=mrn).member_id)


def test_member_and_coverage_come_from_one_line_and_the_file_twice_changes_nothing(in_north: House) -> None:
    text = HEAD + "0770001,Weir,Jo,02/03/2015,HLNOR,Commercial,2026-01-01,00042\n"
    text = text.replace("HLNOR", in_north.payer.identifier)
    assert imported(in_north, text) == {"new": 1, "faulty": 0}
    made = Coverage.objects.get(member=member("0770001"))
    assert (made.member.last_name, made.member.birth_date, made.program, made.member_number, made.starts_on) == (
        "Weir", date(2015, 2, 3), in_north.manual, "00042", date(2026, 1, 1),
    )  # fmt: skip
    assert imported(in_north, text) == {"unchanged": 1, "faulty": 0}
    assert Coverage.objects.filter(member=made.member).count() == 1


def test_one_member_with_two_coverages_takes_two_lines(in_north: House) -> None:
    name = in_north.payer.name
    text = (
        HEAD + f"0770001,Weir,Jo,2015-02-03,{name},Medicaid,2026-01-01,A1\n0770001,,,,{name},Commercial,2026-01-01,A2\n"
    )
    assert imported(in_north, text) == {"new": 2, "faulty": 0}
    assert Coverage.objects.filter(member=member("0770001")).count() == 2


def test_change_of_a_member_and_the_end_of_a_coverage_are_told_old_and_new(in_north: House) -> None:
    mrn = in_north.member.mrn
    text = f"MRN,Phone,Payer,Program,Coverage to\n{mrn},555-0101,{in_north.payer.name},Medicaid,2026-12-31\n"
    found = looked(in_north, text)
    assert found.plan.steps[0].changes == (("Phone", "", "555-0101"), ("Coverage to", "", "2026-12-31"))
    assert imported(in_north, text) == {"changed": 1, "faulty": 0}
    assert Coverage.objects.get(id=in_north.coverage.id).ends_on == date(2026, 12, 31)


def test_empty_cells_leave_what_stands(in_north: House) -> None:
    text = f"MRN,Last name,First name,City\n{in_north.member.mrn},,,\n"
    assert imported(in_north, text) == {"unchanged": 1, "faulty": 0}


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        ("0770001,Weir,,2015-02-03,,,,", "First name", "First name is missing."),
        ("0770001,Weir,Jo,,,,,", "Date of birth", "Date of birth is missing."),
        ("0770001,Weir,Jo,2027-02-03,,,,", "Date of birth", "This day has not come yet."),
        ("TEMP,Weir,Jo,2015-02-03,,,,", "MRN",
         "“TEMP” stands for no number. Leave it empty until the number is known."),
        ("--,Weir,Jo,2015-02-03,,,,", "MRN", "A number has letters or digits."),
        ("0770001,Weir,Jo,2015-02-03,Nobody,,2026-01-01,", "Payer", "No payer in use goes by “Nobody”."),
        ("0770001,Weir,Jo,2015-02-03,,Medicaid,,", "Payer", "Name the payer of this coverage."),
        ("0770001,Weir,Jo,2015-02-03,PAYER,Gold,2026-01-01,", "Program",
         "The payer has no program “Gold” in use. It has: Commercial, Medicaid, Open access."),
        ("0770001,Weir,Jo,2015-02-03,PAYER,,2026-01-01,", "Program",
         "The payer has several programs or none, so name one. It has: Commercial, Medicaid, Open access."),
        ("0770001,Weir,Jo,2015-02-03,PAYER,Medicaid,,A1", "Coverage from",
         "The member has no coverage by this program yet: give its first day."),
    ],
)  # fmt: skip
def test_faulty_line_is_left_out_with_column_and_reason(in_north: House, line: str, column: str, words: str) -> None:
    text = HEAD + line.replace("PAYER", in_north.payer.name) + "\n0770002,Larch,Tom,2014-01-01,,,,\n"
    assert told(looked(in_north, text)) == [(2, column, words)]
    assert imported(in_north, text) == {"new": 1, "faulty": 1}
    assert not Member.objects.filter(last_name="Weir").exists()


def test_lines_that_contradict_each_other_are_told(in_north: House) -> None:
    text = HEAD + "0770001,Weir,Jo,2015-02-03,,,,\n0770-001,Ware,Jo,2015-02-03,,,,\n0770001,Weir,Jo,2015-02-03,,,,\n"
    assert told(looked(in_north, text)) == [
        (3, "Last name", "Line 2 says something else for the same member."),
        (4, "", "Line 2 is about the same member and coverage."),
    ]


def test_two_running_coverages_by_one_program_need_the_first_day(in_north: House) -> None:
    make_coverage(in_north.member, in_north.electronic, position=2)
    text = f"MRN,Payer,Program,Group\n{in_north.member.mrn},{in_north.payer.name},Medicaid,G1\n"
    assert told(looked(in_north, text)) == [
        (2, "Coverage from", "The member has more than one coverage by this program: give its first day.")
    ]


def test_semicolons_and_old_encodings_are_read_and_zeros_kept(in_north: House) -> None:
    text = "MRN;Last name;First name;DOB;Medicaid ID\n00077;Núñez;Zoë;20150203;000123\n"
    assert imported(in_north, text.encode("cp1252")) == {"new": 1, "faulty": 0}
    assert (member("00077").last_name, member("00077").first_name) == ("Núñez", "Zoë")
    assert MemberIdentifier.objects.get(kind="medicaid").value == "000123"
    assert imported(in_north, text.encode("cp1252")) == {"unchanged": 1, "faulty": 0}


def test_dependent_is_imported_under_the_subscriber(in_north: House) -> None:
    head = "MRN,Last name,First name,DOB,Payer,Program,Coverage from,Relationship,Subscriber last name," \
           "Subscriber first name,Subscriber ID\n"  # fmt: skip
    line = f"0770001,Weir,Jo,2015-02-03,{in_north.payer.name},Medicaid,2026-01-01,Child,Weir,Alex,0009\n"
    assert imported(in_north, head + line) == {"new": 1, "faulty": 0}
    made = Coverage.objects.get(member=member("0770001"))
    assert (made.is_dependent, made.number) == (True, "0009")


def test_thousand_bad_lines_are_all_reported_within_seconds(in_north: House) -> None:
    text = HEAD + "".join(f"Q{number},Weir,,,Nobody,,,\n" for number in range(1000))
    began = time.monotonic()
    found = looked(in_north, text)
    assert time.monotonic() - began < 10
    assert {fault.line for fault in found.faults} == set(range(2, 1002))
    assert found.writes == 0


def test_no_heading_means_two_columns() -> None:
    owners: dict[str, set[str]] = {}
    for column in COLUMNS:
        for heading in (column.name, column.label, *column.also):
            folded = "".join(each for each in heading.lower() if each.isalnum())
            owners.setdefault(folded, set()).add(column.name)
    assert {heading: names for heading, names in owners.items() if len(names) > 1} == {}
