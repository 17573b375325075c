"""Reading a file that somebody made elsewhere: what is found, and every fault with its line and column."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.csv_import import LARGEST_FILE, Column, Table, day, one_of, read, whole_number, yes_no

COLUMNS = (
    Column("name", "Name", also=("full name",), required=True),
    Column("born", "Born on", read=day),
    Column("units", "Units", read=whole_number),
)


def table(text: str | bytes, **options: Any) -> Table:
    return read(text.encode() if isinstance(text, str) else text, COLUMNS, **options)


def told(found: Table) -> list[tuple[int | None, str, str]]:
    return [(fault.line, fault.column, fault.message) for fault in found.faults]


def test_headings_are_known_in_any_order_case_and_spelling() -> None:
    found = table("UNITS,born_on,Full Name,Shoe size\n12,2026-11-23,Ada Byron,7\n")
    assert [dict(row.values) for row in found.rows] == [
        {"units": 12, "born": date(2026, 11, 23), "name": "Ada Byron"},
    ]
    assert (found.ignored, found.headings["name"]) == (["Shoe size"], "Full Name")


def test_headings_of_ones_own_can_be_mapped() -> None:
    found = table("Patient,Qty\nAda,3\n", mapping={"Patient": "name", "Qty": "units"})
    assert dict(found.rows[0].values) == {"name": "Ada", "units": 3}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_taken_from_the_heading(delimiter: str) -> None:
    found = table(delimiter.join(["Name", "Born on"]) + "\n" + delimiter.join(["Ada", "11/23/2026"]))
    assert found.rows[0].values["born"] == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Name\nRenée\n".encode(), "UTF-8"),
        ("Name\nRenée\n".encode("utf-8-sig"), "UTF-8"),
        ("Name\nRenée\n".encode("utf-16"), "UTF-16"),
        ("Name\nRenée\n".encode("cp1252"), "Latin-1"),
    ],
)
def test_encoding_is_recognized_and_said(content: bytes, encoding: str) -> None:
    found = table(content)
    assert (found.encoding, found.rows[0].values["name"]) == (encoding, "Renée")


def test_every_fault_has_line_column_and_sentence() -> None:
    found = table("Name,Born on,Units\n,2026-13-01,many\n\nAda,,-1\nBea,11/23/2026,4\n")
    assert told(found) == [
        (2, "Name", "Name is missing."),
        (2, "Born on", "“2026-13-01” is not a date. Write it like 2026-11-23 or 11/23/2026."),
        (2, "Units", "“many” is not a whole number."),
        (4, "Units", "“-1” is not a whole number."),
    ]
    assert [row.line for row in found.rows] == [5]


def test_line_numbers_are_those_of_the_file_also_after_a_cell_of_two_lines() -> None:
    found = table('Name,Units\n"Ada\nByron",x\nBea,y\n')
    assert [fault.line for fault in found.faults] == [2, 4]


def test_line_with_too_many_cells_is_told_and_one_with_too_few_is_empty_there() -> None:
    found = table("Name,Units\nSmith, Ada,3\nBea\nCleo,,\n")
    assert told(found)[0][:2] == (2, "")
    assert "3 cells and the heading 2" in told(found)[0][2]
    assert [dict(row.values) for row in found.rows] == [
        {"name": "Bea", "units": None},
        {"name": "Cleo", "units": None},
    ]


def test_quotation_mark_that_is_not_closed_hides_no_other_line() -> None:
    found = table('Name,Units\n"Ada,1\nBea,2\nCleo,x\n"Di"na,4\nEve,5\n')
    assert [fault.line for fault in found.faults] == [2, 4, 5]
    assert [row.values["name"] for row in found.rows] == ["Bea", "Eve"]


def test_file_without_a_needed_column_is_refused_whole_and_says_what_it_found() -> None:
    found = table("Born on,Units\n2026-01-01,1\n")
    assert found.unreadable
    assert told(found) == [(None, "", "The first line has no column Name. Found: Born on, Units.")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"PK\x03\x04rest of a workbook", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest of an old workbook", "Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"Name\nAda\x00\n", "no text file"),
        (b"x" * (LARGEST_FILE + 1), "larger than 5 MB"),
    ],
)
def test_what_is_no_csv_file_is_said_to_be_none(content: bytes, words: str) -> None:
    found = table(content)
    assert found.unreadable
    assert words in told(found)[0][2]


def test_heading_alone_is_a_file_without_lines() -> None:
    found = table("Name,Units\n")
    assert (found.rows, found.faults) == ([], [])


def test_thousand_bad_lines_are_all_told_in_a_moment() -> None:
    lines = [f',"{number}-99-99",x' for number in range(1000)]
    began = time.monotonic()
    found = table("Name,Born on,Units\n" + "\n".join(lines))
    assert time.monotonic() - began < 2
    assert {fault.line for fault in found.faults} == set(range(2, 1002))
    assert len(found.faults) == 3000


def test_forty_thousand_open_quotation_marks_take_no_minute() -> None:
    began = time.monotonic()
    found = table("Name,Units\n" + '"x,\n' * 40000)
    assert time.monotonic() - began < 5
    assert len(found.faults) == 40000


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail(content: bytes) -> None:
    found = read(content, COLUMNS)
    assert found.rows or found.faults or not found.unreadable


@given(st.text(max_size=200))
def test_each_line_is_a_row_or_a_fault(text: str) -> None:
    found = table("Name\n" + text)
    lines = {row.line for row in found.rows} | {fault.line for fault in found.faults}
    assert len(lines) <= len(("Name\n" + text).splitlines()) + 1
    assert not {row.line for row in found.rows} & {fault.line for fault in found.faults}


@pytest.mark.parametrize("cell", ["2026-11-23", "11/23/2026", "11/23/26", "11-23-2026", "20261123", " 2026-11-23 "])
def test_days_are_read_as_americans_and_machines_write_them(cell: str) -> None:
    assert day(cell) == date(2026, 11, 23)


@pytest.mark.parametrize("cell", ["23/11/2026", "2026-02-29", "tomorrow", "0000-01-01", ""])
def test_what_is_no_day_is_told(cell: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        day(cell)


def test_words_for_yes_and_no_and_one_of_some() -> None:
    assert (yes_no("Y"), yes_no("0")) == (True, False)
    with pytest.raises(ValueError, match="neither yes nor no"):
        yes_no("perhaps")
    kind = one_of({"person": "P", "group": "G"})
    assert kind(" Group ") == "G"
    with pytest.raises(ValueError, match="is not one of P, G"):
        kind("robot")


@pytest.mark.parametrize(
    ("cells", "order", "reason", "first"),
    [
        (["03/04/2026", "11/23/2026"], "month_first", "sure", date(2026, 3, 4)),
        (["03/04/2026", "23/11/2026"], "day_first", "sure", date(2026, 4, 3)),
        (["03/04/2026", "05/06/2026"], "month_first", "unsure", date(2026, 3, 4)),
        (["03/04/2026", "23/11/2026", "11/23/2026"], "month_first", "mixed", date(2026, 3, 4)),
        (["2026-03-04"], "month_first", "none", date(2026, 3, 4)),
        (["Mar 4, 2026"], "month_first", "none", date(2026, 3, 4)),
        (["4-Mar-2026"], "month_first", "none", date(2026, 3, 4)),
        (["20260304"], "month_first", "none", date(2026, 3, 4)),
        (["3/4/26"], "month_first", "unsure", date(2026, 3, 4)),
        (["3/4/2026 12:00:00 AM"], "month_first", "unsure", date(2026, 3, 4)),
    ],
)
def test_days_are_read_in_the_order_the_file_shows(cells: list[str], order: str, reason: str, first: date) -> None:
    found = table("Name;Born on\n" + "\n".join(f"Ada;{cell}" for cell in cells))
    assert (found.dates.order, found.dates.reason) == (order, reason)
    assert found.rows[0].values["born"] == first


def test_chosen_order_of_days_wins() -> None:
    found = table("Name,Born on\nAda,03/04/2026\n", order="day_first")
    assert (found.dates.reason, found.rows[0].values["born"]) == ("chosen", date(2026, 4, 3))


def test_heading_can_be_ignored_on_purpose() -> None:
    found = table("Name,Units\nAda,many\n", mapping={"Units": ""})
    assert (found.faults, dict(found.rows[0].values)) == ([], {"name": "Ada"})


def test_headings_come_with_samples_even_when_a_needed_one_is_missing() -> None:
    found = table("Who,Units\nAda,3\nBob,3\n")
    assert found.unreadable
    assert [(each.text, each.samples, each.column) for each in found.found] == [
        ("Who", ("Ada", "Bob"), ""),
        ("Units", ("3",), "units"),
    ]


def test_what_could_be_read_of_a_bad_line_is_kept_apart() -> None:
    found = table("Name,Born on\nAda,soon\n")
    assert [(row.line, dict(row.values)) for row in found.spoiled] == [(2, {"name": "Ada"})]
    assert not found.rows
