"""Reading a CSV file that somebody made elsewhere: bytes in, rows and sentences out. No Django, no database.

An importer declares its columns, calls `read`, and gets every row that can be used and every fault with line, column
and a sentence. It never raises for what stands in a file.

    columns = [Column("npi", "NPI", also=("npi number",), required=True, read=npi)]
    table = read(content, columns)
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from imports.csv_export import CALCULATED

LARGEST_FILE = 5 * 1024 * 1024
"""Bytes. Some 40,000 rows; more is sent in several files."""

DELIMITERS = ",;\t|"
WIDEST_CELL = 2000
MOST_SAMPLES = 3


class DateOrder(StrEnum):
    """How days written in digits alone are read."""

    MONTH_FIRST = "month_first"
    DAY_FIRST = "day_first"


NAMED_FORMATS = ("%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y")
"""Days with the name of their month: they read one way only."""

YEAR_FIRST = re.compile(r"(\d{4})([/-]?)(\d{1,2})\2(\d{1,2})$")
TIME_BEHIND = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?$")
DIGITS_ONLY = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})$")
CENTURY_TURNS = 69
HEADING_WORDS = re.compile(r"[^\W_]+|#")
NUMBER_WORDS = frozenset({"#", "no", "nr", "num", "nbr"})
YES = frozenset({"yes", "y", "true", "1", "x"})
NO = frozenset({"no", "n", "false", "0"})


def text(cell: str) -> str:
    """A cell as it stands, one space between words."""
    return " ".join(cell.split())


@dataclass(frozen=True)
class Column:
    """What an importer wants to find. `also` are other headings it goes by; `read` turns a filled cell into a value
    and raises ValueError with a sentence. An empty cell is None, or a fault where the column is required.
    """

    name: str
    label: str
    also: tuple[str, ...] = ()
    required: bool = False
    read: Callable[[str], Any] = text
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, where: line 1 is the heading; no column means the whole line, no line the whole file."""

    line: int | None
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line that could be read: values by column name, None for an empty or missing cell."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as it stands in the file, some of what stands below it, and the column it is read as ("" for none)."""

    text: str
    samples: tuple[str, ...]
    column: str


@dataclass(frozen=True, slots=True)
class Dates:
    """In which order the days of a file are read, and why: `reason` is chosen, sure, unsure, mixed or none.

    Unsure: every day could be read either way. Mixed: some can only be read one way, some only the other.
    """

    order: DateOrder = DateOrder.MONTH_FIRST
    reason: str = "none"


@dataclass
class Table:
    """What a file says. `headings` are those found, by column name; `ignored` those nobody asked for.

    `found` are all headings in their order. `lacking` are the labels of needed columns that no heading is read as:
    nothing but a choice is missing. `spoiled` are lines that could not be read whole, with what could.
    """

    encoding: str = ""
    found: list[Heading] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    dates: Dates = field(default_factory=Dates)
    spoiled: list[Row] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def unreadable(self) -> bool:
        """Whether the file as a whole could not be read, so that no row was looked at."""
        return any(fault.line is None for fault in self.faults)


def read(content: bytes, columns: Sequence[Column], mapping: Mapping[str, str] | None = None, order: str = "") -> Table:
    """Every row and every fault of a file.

    `mapping` gives headings as they stand in the file to column names ("" for a heading to ignore), for files with
    headings of their own; it goes before what is recognized. `order` is a DateOrder, "" to go by what the days say.
    """
    table = Table()
    problem = _unusable(content)
    if problem:
        table.faults.append(Fault(None, "", problem))
        return table
    decoded, table.encoding = decode(content)
    lines = list(_lines(decoded, table))
    if not lines:
        table.faults.append(Fault(None, "", "The file is empty: it needs a line of headings and a line an entry."))
        return table
    (_, heading), *rest = lines
    places = _places(heading, columns, mapping or {}, table)
    table.found = list(_found(heading, places, rest))
    table.lacking = [column.label for column in columns if column.required and column.name not in table.headings]
    if table.lacking:
        found = ", ".join(cell for cell in heading if cell.strip()) or "nothing"
        words = f"The first line has no column {', '.join(table.lacking)}. Found: {found[:300]}."
        table.faults.append(Fault(None, "", words))
        return table
    table.dates = _dates(places, rest, order)
    for number, cells in rest:
        _take(number, cells, len(heading), places, table)
    table.faults.sort(key=lambda fault: fault.line or 0)
    return table


def _found(
    heading: Sequence[str], places: Mapping[int, Column], rest: Sequence[tuple[int, list[str]]]
) -> Iterator[Heading]:
    """Every heading with the first cells below it that differ."""
    for place, cell in enumerate(heading):
        if not cell.strip():
            continue
        filled = (text(cells[place]) for _, cells in rest[:50] if place < len(cells) and cells[place].strip())
        samples = tuple(dict.fromkeys(filled))[:MOST_SAMPLES]
        yield Heading(text(cell), samples, places[place].name if place in places else "")


def _dates(places: Mapping[int, Column], rest: Sequence[tuple[int, list[str]]], order: str) -> Dates:
    """The order chosen, else the one in which all days can be read, else month first."""
    if order in set(DateOrder):
        return Dates(DateOrder(order), "chosen")
    at = [place for place, column in places.items() if column.read is day]
    cells = (cells[place] for _, cells in rest for place in at if place < len(cells))
    pairs = [found.group(1, 3) for cell in cells if (found := DIGITS_ONLY.match(TIME_BEHIND.sub("", cell.strip())))]
    day_first = any(int(first) > 12 for first, _ in pairs)
    month_first = any(int(second) > 12 for _, second in pairs)
    if day_first and not month_first:
        return Dates(DateOrder.DAY_FIRST, "sure")
    reason = "mixed" if day_first else "sure" if month_first else "unsure" if pairs else "none"
    return Dates(DateOrder.MONTH_FIRST, reason)


def decode(content: bytes) -> tuple[str, str]:
    """The text, and by which encoding: UTF-8 (with or without its mark), UTF-16 with its mark, else Latin-1.

    Latin-1 (as Windows-1252) reads anything, so names with accents are worth a look then.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), "UTF-16"
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), "Latin-1"


def day(cell: str, order: DateOrder = DateOrder.MONTH_FIRST) -> date:
    """2026-11-23, 11/23/2026, 11/23/26, 11-23-2026, 20261123, Nov 23, 2026 or 23-Nov-2026; a time behind it is left.

    With the day first 23/11/2026 and 23.11.2026 are read, and those with the month first are not.
    """
    written = TIME_BEHIND.sub("", cell.strip())
    try:
        return _in_digits(written, order) or _with_name(written)
    except ValueError:
        pass
    example = "11/23/2026" if order is DateOrder.MONTH_FIRST else "23/11/2026"
    raise ValueError(f"“{_short(cell)}” is not a date. Write it like 2026-11-23 or {example}.")


def _in_digits(written: str, order: DateOrder) -> date | None:
    """A day without words; None where it is none. Raises ValueError for one that no month has.

    By hand, because looking for the format of every cell takes seconds in a large file.
    """
    found = YEAR_FIRST.match(written)
    if found and (found[2] or len(written) == len("20261123")):
        return date(int(found[1]), int(found[3]), int(found[4]))
    found = DIGITS_ONLY.match(written)
    if found is None:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if len(found[4]) == 2:
        year += 1900 if year >= CENTURY_TURNS else 2000
    month, day_of = (first, second) if order is DateOrder.MONTH_FIRST else (second, first)
    return date(year, month, day_of)


def _with_name(written: str) -> date:
    """Raises ValueError."""
    for form in NAMED_FORMATS:
        try:
            return datetime.strptime(written, form).date()  # noqa: DTZ007 (a local date has no zone)
        except ValueError:
            continue
    raise ValueError(written)


def whole_number(cell: str) -> int:
    try:
        value = int(cell.replace(",", "").strip())
    except ValueError:
        value = -1
    if not 0 <= value <= 1_000_000:
        raise ValueError(f"“{_short(cell)}” is not a whole number.")
    return value


def yes_no(cell: str) -> bool:
    word = cell.strip().lower()
    if word in YES or word in NO:
        return word in YES
    raise ValueError(f"“{_short(cell)}” is neither yes nor no.")


def one_of(known: Mapping[str, str]) -> Callable[[str], str]:
    """A reader for one of some words. `known` gives every spelling (in lower case) its value."""

    def reader(cell: str) -> str:
        value = known.get(" ".join(cell.lower().split()))
        if value is None:
            values = ", ".join(dict.fromkeys(known.values()))
            raise ValueError(f"“{_short(cell)}” is not one of {values}.")
        return value

    return reader


def _unusable(content: bytes) -> str:
    if len(content) > LARGEST_FILE:
        return f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB. Send it in parts."
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "This is an Excel workbook. Save it as “CSV UTF-8” and send that file."
    if content.startswith(b"%PDF"):
        return "This is a PDF. Only CSV files can be read."
    if b"\x00" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "This is no text file. Only CSV files can be read."
    return ""


def _lines(decoded: str, table: Table) -> Iterator[tuple[int, list[str]]]:
    """Filled entries with the number of the line each begins on.

    After a quotation mark that is not closed reading goes on with the next line, so that one slip hides no other.
    """
    lines = list(io.StringIO(decoded, newline=""))
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    start = 0
    while start < len(lines):
        reader = csv.reader((lines[place] for place in range(start, len(lines))), delimiter=delimiter, strict=True)
        begun = start
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield begun + 1, cells
                begun = start + reader.line_num
            return
        except csv.Error:
            words = "A quotation mark in this line is not closed, or stands in the middle of a cell."
            table.faults.append(Fault(begun + 1, "", words))
            start = begun + 1


def _places(
    heading: Sequence[str], columns: Sequence[Column], mapping: Mapping[str, str], table: Table
) -> dict[int, Column]:
    """Which cell of a line belongs to which column."""
    by_heading = {_folded(name): column for column in columns for name in (column.name, column.label, *column.also)}
    by_name = {column.name: column for column in columns}
    wanted = {_folded(name): by_name.get(column) for name, column in mapping.items()}
    places: dict[int, Column] = {}
    for place, cell in enumerate(heading):
        key = _folded(cell)
        column = wanted[key] if key in wanted else by_heading.get(key)
        if column is None or column.name in table.headings:
            table.ignored += [text(cell)] if cell.strip() else []
        else:
            table.headings[column.name] = text(cell)
            places[place] = column
    return places


def _folded(heading: str) -> str:
    """Without case and punctuation; Auth # and Auth No. are Auth number, but # alone counts the lines of a file."""
    words: list[str] = HEADING_WORDS.findall(heading.lower()) or [""]
    return words[0] + "".join("number" if word in NUMBER_WORDS else word for word in words[1:])


def _take(number: int, cells: Sequence[str], width: int, places: Mapping[int, Column], table: Table) -> None:
    """One line into a row, or its faults."""
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        words = f"This line has {len(cells)} cells and the heading {width}. A cell with a comma needs quotation marks."
        table.faults.append(Fault(number, "", words))
        return
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for place, column in places.items():
        cell = plain(cells[place]) if place < len(cells) else ""
        try:
            values[column.name] = _value(column, cell, table.dates.order)
        except ValueError as error:
            faults.append(Fault(number, column.label, str(error)))
    table.faults += faults
    (table.spoiled if faults else table.rows).append(Row(number, values))


def _value(column: Column, cell: str, order: DateOrder) -> Any:
    if not cell.strip():
        if column.required:
            raise ValueError(f"{column.label} is missing.")
        return None
    if len(cell) > WIDEST_CELL:
        raise ValueError(f"This is longer than {WIDEST_CELL} characters.")
    return day(cell, order) if column.read is day else column.read(cell)


def plain(cell: str) -> str:
    """A cell without the mark that keeps a spreadsheet from calculating it (see `csv_export.inert`)."""
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in CALCULATED else cell


def _short(cell: str) -> str:
    return cell if len(cell) <= 40 else f"{cell[:40]}…"
