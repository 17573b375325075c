"""Writing a file that a spreadsheet shows and does not calculate."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.csv_export import CALCULATED, inert, write
from imports.csv_import import Column, plain, read


@pytest.mark.parametrize("text", ["=1+1", "+1 555", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x")'])
def test_what_a_spreadsheet_would_calculate_is_marked_as_text(text: str) -> None:
    assert inert(text) == f"'{text}"
    assert plain(inert(text)) == text


def test_plain_text_stays_plain() -> None:
    assert [inert(text) for text in ("", "H2019", "O'Brien", "a=b")] == ["", "H2019", "O'Brien", "a=b"]


def test_file_has_the_mark_of_utf8_iso_days_and_words_for_yes_and_no() -> None:
    text = write(["Name", "Day", "On", "Units"], [["Renée", date(2026, 11, 23), True, Decimal("2.50")], [None] * 4])
    assert text == "\ufeffName,Day,On,Units\r\nRenée,2026-11-23,yes,2.5\r\n,,,\r\n"


@given(
    st.lists(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1).map(str.strip), min_size=1)
)
def test_what_is_exported_is_read_back_and_nothing_in_it_is_a_formula(names: list[str]) -> None:
    filled = [" ".join(name.split()) for name in names if name.split()]
    text = write(["Name"], [[name] for name in filled])
    assert not any(line[:1] in CALCULATED for line in text.removeprefix("\ufeff").split("\r\n") if line)
    found = read(text.encode(), [Column("name", "Name")])
    assert [row.values["name"] for row in found.rows] == filled
