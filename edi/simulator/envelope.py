"""Read the envelope as strictly as the standard writes it: ISA widths, counts, control numbers.

A fault of the interchange is answered by a TA1 with a note code and nothing else is read; a fault of a group
or a set is told by the 999.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from edi.simulator.element_checks import EXTENDED, is_date, is_time, is_whole_number
from edi.x12.tokenizer import Segment, TokenizedFile, TokenizedInterchange

WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
# TA105: the note that names each ISA element.
NOTES = (
    "010", "011", "012", "013", "005", "006", "007", "008", "014", "015", "016", "017", "018", "019", "020",
    "027",
)  # fmt: skip
ID_QUALIFIERS = frozenset({"01", "14", "20", "27", "28", "29", "30", "33", "ZZ"})
GUIDE = "005010X217"
GROUP_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
SET_NUMBER = re.compile(r"[0-9A-Za-z]{4,9}", re.ASCII)
BATCH_LIMIT = 5000


@dataclass(frozen=True, slots=True)
class Address:
    """Who sent an interchange to whom, as its ISA says; the ids without their padding."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    usage: str
    control: str
    date: str
    time: str
    wants_ta1: bool


@dataclass(frozen=True, slots=True)
class SetSegments:
    """The segments from one ST to its SE; `closed` is false when the SE is missing."""

    segments: tuple[Segment, ...]
    closed: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One functional group: its GS, its GE if there is one, its sets."""

    header: Segment
    trailer: Segment | None
    sets: tuple[SetSegments, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """An interchange read to the level of sets. `note` is the TA105 code that refuses it, or empty."""

    address: Address
    groups: tuple[Group, ...] = ()
    note: str = ""


def read_address(interchange: TokenizedInterchange) -> Address:
    """Sender, receiver and control number, as far as the ISA tells them."""
    isa = interchange.segments[0]
    return Address(
        isa.element(5).strip(),
        isa.element(6).strip(),
        isa.element(7).strip(),
        isa.element(8).strip(),
        isa.element(15),
        isa.element(13),
        isa.element(9),
        isa.element(10),
        isa.element(14) == "1",
    )


def read_envelope(file: TokenizedFile, *, usage: str, payer_id: str = "") -> Envelope:
    """The first interchange of the text, or the note that refuses it.

    usage: the ISA15 this payer takes, `T` or `P`. payer_id: the only ISA08 it answers to; empty for any.
    """
    interchange = file.interchanges[0]
    address = read_address(interchange)
    note = (
        _check_isa(interchange, usage)
        or _check_receiver(address, payer_id)
        or _check_content(file, interchange)
        or _check_trailer(interchange)
    )
    if note:
        return Envelope(address, note=note)
    groups = _split_groups(interchange.segments[1:-1])
    if groups is None:
        return Envelope(address, note="022")
    if int(interchange.segments[-1].element(1)) != len(groups):
        return Envelope(address, note="021")
    if not all(_gs_is_whole(group.header) for group in groups):
        return Envelope(address, note="024")
    return Envelope(address, groups)


def group_codes(group: Group) -> tuple[str, ...]:
    """The AK905 codes that refuse the whole group, none when it may be read set by set."""
    codes = []
    header, trailer = group.header, group.trailer
    if header.element(1) != "HI":
        codes.append("1")
    if header.element(8) != GUIDE or header.element(7) != "X":
        codes.append("2")
    if not GROUP_NUMBER.fullmatch(header.element(6)):
        codes.append("6")
    if trailer is None:
        codes.append("3")
    else:
        if trailer.element(2) != header.element(6):
            codes.append("4")
        if trailer.element(1) != str(len(group.sets)) or not group.sets:
            codes.append("5")
    return tuple(codes)


def set_codes(item: SetSegments, seen: set[str]) -> tuple[str, ...]:
    """The IK502 codes of the set's own envelope; `seen` are the numbers of the group so far."""
    codes = []
    start, end = item.segments[0], item.segments[-1]
    if start.element(1) != "278":
        codes.append("1")
    if not item.closed:
        codes.append("2")
    else:
        if end.element(2) != start.element(2):
            codes.append("3")
        if end.element(1) != str(len(item.segments)):
            codes.append("4")
    if not SET_NUMBER.fullmatch(start.element(2)):
        codes.append("7")
    if start.element(2) in seen:
        codes.append("23")
    if start.element(3) != GUIDE:
        codes.append("I6")
    seen.add(start.element(2))
    return tuple(codes)


def _check_isa(interchange: TokenizedInterchange, usage: str) -> str:
    isa = interchange.segments[0]
    values = isa.elements
    if len(values) != len(WIDTHS):
        return "022"
    for value, width, note in zip(values, WIDTHS, NOTES, strict=True):
        if len(value) != width:
            return note
    if not interchange.delimiters.repetition:
        return "016"
    checks = (
        (values[0] in ("00", "03"), "010"),
        (values[2] in ("00", "01"), "012"),
        (values[4] in ID_QUALIFIERS, "005"),
        (bool(values[5].strip()) and EXTENDED.issuperset(values[5]), "006"),
        (values[6] in ID_QUALIFIERS, "007"),
        (bool(values[7].strip()) and EXTENDED.issuperset(values[7]), "008"),
        (is_date("20" + values[8]), "014"),
        (is_time(values[9]), "015"),
        (values[11] == "00501", "017"),
        (is_whole_number(values[12], 9) and int(values[12]) > 0, "018"),
        (values[13] in ("0", "1"), "019"),
        (values[14] == usage, "020"),
    )
    return next((note for holds, note in checks if not holds), "")


def _check_receiver(address: Address, payer_id: str) -> str:
    return "009" if payer_id and address.receiver != payer_id else ""


def _check_content(file: TokenizedFile, interchange: TokenizedInterchange) -> str:
    """One interchange in a message, every segment terminated, none empty or without a name."""
    codes = [problem.code for problem in interchange.problems]
    if "segment_not_terminated" in codes:
        return "023"
    if codes:
        return "024"
    return "022" if file.problems or len(file.interchanges) > 1 else ""


def _check_trailer(interchange: TokenizedInterchange) -> str:
    end = interchange.segments[-1]
    if end.tag != "IEA":
        return "023"
    count = end.element(1)
    if len(end.elements) != 2 or not (count.isascii() and count.isdigit() and len(count) <= 5):
        return "021"
    return "" if end.element(2) == interchange.segments[0].element(13) else "001"


def _split_groups(segments: Sequence[Segment]) -> tuple[Group, ...] | None:
    """The groups between ISA and IEA, or None when the segments do not nest."""
    groups: list[Group] = []
    at = 0
    while at < len(segments) and segments[at].tag == "TA1":
        at += 1
    while at < len(segments):
        if segments[at].tag != "GS":
            return None
        end = next((i for i in range(at + 1, len(segments)) if segments[i].tag in ("GE", "GS")), len(segments))
        closed = end < len(segments) and segments[end].tag == "GE"
        sets = _split_sets(segments[at + 1 : end])
        if sets is None or len(sets) > BATCH_LIMIT:
            return None
        groups.append(Group(segments[at], segments[end] if closed else None, sets))
        at = end + 1 if closed else end
    return tuple(groups)


def _gs_is_whole(gs: Segment) -> bool:
    names = [gs.element(number) for number in (2, 3)]
    named = all(2 <= len(name) <= 15 and EXTENDED.issuperset(name) for name in names)
    return len(gs.elements) == 8 and named and is_date(gs.element(4)) and is_time(gs.element(5))


def _split_sets(segments: Sequence[Segment]) -> tuple[SetSegments, ...] | None:
    sets: list[SetSegments] = []
    start: int | None = None
    for at, segment in enumerate(segments):
        if segment.tag == "ST":
            if start is not None:
                sets.append(SetSegments(tuple(segments[start:at]), closed=False))
            start = at
        elif start is None:
            return None
        elif segment.tag == "SE":
            sets.append(SetSegments(tuple(segments[start : at + 1]), closed=True))
            start = None
    if start is not None:
        sets.append(SetSegments(tuple(segments[start:]), closed=False))
    return tuple(sets)
