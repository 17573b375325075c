"""Reading the files in which CMS publishes ICD-10-CM (yearly) and HCPCS (quarterly). Text in, entries out.

Layouts: `icd10cm_order_YYYY.txt` (order number 1-5, code 7-13, 1 for a code that can be used 15, long words from 78)
and the Alpha-Numeric HCPCS contractor record of 320 positions (code 1-5, record type 11, long words 12-91, coverage
230, day added 269-276, last day 285-292). Positions count from 1, as the publisher's own descriptions do.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from codesets.folding import dotted

LONGEST_WORDS = 255
DIAGNOSIS = re.compile(r"[A-Z][0-9A-Z]{2,6}")
PROCEDURE = re.compile(r"[A-CE-Z][0-9]{4}")
LICENSED = re.compile(r"[0-9]{4}[0-9A-Z]|D[0-9]{4}")
"""CPT (five digits, or four and a letter) belongs to the AMA and CDT (the D codes) to the ADA: neither is taken."""

FIRST_LINE, MORE_WORDS = "3", "4"
RECORD_TYPES = frozenset("3478")
TIMED = re.compile(r"\b(?:per|each|every) (\d{1,3}) ?min")
COUNTED = (
    (re.compile(r"\bper (?:diem|day)\b"), "days", None),
    (re.compile(r"\b(?:per|each) hour\b"), "hours", 60),
    (re.compile(r"\bper (?:visit|encounter|session)\b"), "visits", None),
)


class BadFile(Exception):
    """A file that is not what it should be. Nothing of it is taken. `line` is None for the whole file."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {message}" if line else message)
        self.line = line


@dataclass(slots=True)
class Entry:
    """One code as published. No first day: from the day of the release."""

    code: str
    words: str
    quantity_type: str = ""
    unit_minutes: int | None = None
    coverage: str = ""
    starts_on: date | None = None
    ends_on: date | None = None


@dataclass(slots=True)
class Publication:
    """What a file holds. `licensed` counts codes of others that were left out."""

    entries: list[Entry] = field(default_factory=list)
    licensed: int = 0


def unpack(content: bytes, wanted: re.Pattern[str]) -> str:
    """The text of a file, or of the one member of a ZIP archive whose name is `wanted`. Raises BadFile."""
    if not content.startswith(b"PK\x03\x04"):
        return _decoded(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name for name in archive.namelist() if wanted.search(name)]
            if len(names) != 1:
                held = ", ".join(archive.namelist())[:300]
                raise BadFile(f"The archive holds {len(names)} files of this set. It holds: {held}.")
            return _decoded(archive.read(names[0]))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise BadFile(f"The archive cannot be opened: {error}.") from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def read_diagnoses(content: bytes) -> Publication:
    """Every ICD-10-CM code that can be used. Raises BadFile with the line."""
    found = Publication()
    for number, line in _lines(unpack(content, re.compile(r"icd10cm[-_]order.*\.txt$", re.IGNORECASE))):
        order, code, usable, words = line[:5], line[6:13].strip(), line[14:15], " ".join(line[77:].split())
        if not order.isdigit() or usable not in ("0", "1") or not DIAGNOSIS.fullmatch(code):
            raise BadFile("This is no line of an ICD-10-CM order file.", number)
        if not words:
            raise BadFile(f"{dotted(code)} has no words.", number)
        if usable == "1":
            found.entries.append(Entry(dotted(code), words[:LONGEST_WORDS]))
    return _whole(found)


def read_procedures(content: bytes) -> Publication:
    """Every HCPCS Level II code; modifiers are passed over, licensed codes counted. Raises BadFile with the line."""
    found, current = Publication(), Entry("", "")
    for number, line in _lines(unpack(content, re.compile(r"HCPC.*ANWEB.*\.txt$", re.IGNORECASE))):
        code, kind, words = line[:5].strip(), line[10:11], " ".join(line[11:91].split())
        if kind not in RECORD_TYPES or not line[5:10].strip().isdigit():
            raise BadFile("This is no record of a HCPCS Alpha-Numeric file.", number)
        if kind == FIRST_LINE and LICENSED.fullmatch(code):
            found.licensed += 1
        elif kind == FIRST_LINE:
            current = _procedure(code, words, line, number)
            found.entries.append(current)
        elif kind == MORE_WORDS and code == current.code:
            current.words = f"{current.words} {words}"
        elif kind == MORE_WORDS and not LICENSED.fullmatch(code):
            raise BadFile(f"More words for {code}, which was not begun.", number)
    for entry in found.entries:
        entry.quantity_type, entry.unit_minutes = counted_in(entry.words)
        entry.words = entry.words[:LONGEST_WORDS]
    return _whole(found)


def counted_in(words: str) -> tuple[str, int | None]:
    """How a procedure is counted, by its words: “per 15 minutes” is units of 15 minutes."""
    text = words.lower()
    if timed := TIMED.search(text):
        return "units", int(timed[1])
    for pattern, quantity_type, minutes in COUNTED:
        if pattern.search(text):
            return quantity_type, minutes
    return "units", None


def _procedure(code: str, words: str, line: str, number: int) -> Entry:
    if not PROCEDURE.fullmatch(code):
        raise BadFile(f"“{code}” is no HCPCS code.", number)
    if not words:
        raise BadFile(f"{code} has no words.", number)
    starts_on, ends_on = _day(line[268:276], number), _day(line[284:292], number)
    if starts_on and ends_on and ends_on < starts_on:
        raise BadFile(f"{code} ends before it begins.", number)
    return Entry(code, words, coverage=line[229:230].strip(), starts_on=starts_on, ends_on=ends_on)


def _day(text: str, number: int) -> date | None:
    if not text.strip(" 0"):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 (a day has no zone)
    except ValueError as error:
        raise BadFile(f"“{text}” is no day.", number) from error


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line


def _whole(found: Publication) -> Publication:
    """The publication, if it holds anything and every code once."""
    if not found.entries:
        raise BadFile("The file holds no code.")
    seen = set[str]()
    for entry in found.entries:
        if entry.code in seen:
            raise BadFile(f"{entry.code} stands in the file twice.")
        seen.add(entry.code)
    return found
