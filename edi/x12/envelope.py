"""Read the three envelopes of X12: interchange (ISA, IEA), group (GS, GE), transaction set (ST, SE).

Every count and control number is checked. Each set is judged alone, but a defect of its group or of its
interchange forbids acting on it too, because then the sender's own count of what was sent does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from edi.x12.problems import Problem, Severity, has_defect
from edi.x12.tokenizer import Delimiters, Segment, TokenizedInterchange, tokenize

VERSION = "00501"
ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
ENVELOPE_TAGS = frozenset({"ISA", "IEA", "GS", "GE", "ST"})


@dataclass(frozen=True, slots=True)
class TransactionSet:
    """The segments from ST to SE, with what is wrong with them and with the envelopes around them."""

    identifier: str
    control_number: str
    version: str
    segments: tuple[Segment, ...] = field(repr=False)
    problems: tuple[Problem, ...] = ()
    outer_problems: tuple[Problem, ...] = ()

    @property
    def may_be_applied(self) -> bool:
        """False when the set or an envelope around it is defective: its content is shown, never acted on."""
        return not has_defect(self.problems) and not has_defect(self.outer_problems)

    def position_in_set(self, segment_position: int) -> int:
        """The position as a 999 counts it, the ST being 1."""
        return segment_position - self.segments[0].position + 1

    def text(self) -> str:
        """The set as it stands on the wire, for keeping and for comparing."""
        return "".join(segment.text() + segment.delimiters.segment for segment in self.segments)


@dataclass(frozen=True, slots=True)
class Group:
    """One functional group. `functional_code` is GS01 (`HI` for a 278, `FA` for a 999).

    `claimed_sets` is the sender's own count (GE01), None where it cannot be read.
    """

    functional_code: str
    sender: str
    receiver: str
    date: str
    time: str
    control_number: str
    version: str
    sets: tuple[TransactionSet, ...]
    problems: tuple[Problem, ...] = ()
    position: int = 0
    claimed_sets: int | None = None


@dataclass(frozen=True, slots=True)
class Interchange:
    """One interchange. Identifiers are without their padding; `acknowledgments` are the TA1 segments."""

    sender_qualifier: str
    sender: str
    receiver_qualifier: str
    receiver: str
    date: str
    time: str
    control_number: str
    acknowledgment_requested: bool
    usage: str
    delimiters: Delimiters
    groups: tuple[Group, ...]
    acknowledgments: tuple[Segment, ...] = field(default=(), repr=False)
    problems: tuple[Problem, ...] = ()

    @property
    def sets(self) -> tuple[TransactionSet, ...]:
        """The transaction sets of all groups, in order."""
        return tuple(each for group in self.groups for each in group.sets)


@dataclass(frozen=True, slots=True)
class EnvelopeFile:
    """All interchanges of a file; `problems` are those that belong to none."""

    interchanges: tuple[Interchange, ...]
    problems: tuple[Problem, ...] = ()


def read_envelopes(text: str) -> EnvelopeFile:
    """The structure of a file. Never raises; a file that is no X12 has no interchanges and says why."""
    file = tokenize(text)
    return EnvelopeFile(tuple(_read_interchange(each) for each in file.interchanges), file.problems)


def _read_interchange(tokens: TokenizedInterchange) -> Interchange:
    segments = tokens.segments
    groups: list[Group] = []
    acknowledgments: list[Segment] = []
    problems: list[Problem] = []
    trailer: Segment | None = None
    at = 1
    while at < len(segments):
        segment = segments[at]
        if segment.tag == "GS":
            group, at = _read_group(segments, at)
            groups.append(group)
            continue
        if segment.tag == "TA1":
            acknowledgments.append(segment)
        elif segment.tag == "IEA":
            trailer = segment
        else:
            problems.append(_stray(segment, "group"))
        at += 1
    header = segments[0]
    problems = [*_check_header(header), *problems, *_check_trailer(header, trailer, len(groups))]
    problems += _repeated([(group.control_number, group.position) for group in groups], "gs_control_number_used")
    return _placed(_interchange(header, tuple(groups), tuple(acknowledgments)), problems, tokens.problems)


def _interchange(header: Segment, groups: tuple[Group, ...], acknowledgments: tuple[Segment, ...]) -> Interchange:
    return Interchange(
        sender_qualifier=header.element(5).strip(),
        sender=header.element(6).strip(),
        receiver_qualifier=header.element(7).strip(),
        receiver=header.element(8).strip(),
        date=header.element(9),
        time=header.element(10),
        control_number=header.element(13),
        acknowledgment_requested=header.element(14) == "1",
        usage=header.element(15),
        delimiters=header.delimiters,
        groups=groups,
        acknowledgments=acknowledgments,
    )


def _read_group(segments: Sequence[Segment], at: int) -> tuple[Group, int]:
    header = segments[at]
    sets: list[TransactionSet] = []
    problems: list[Problem] = []
    trailer: Segment | None = None
    at += 1
    while at < len(segments) and segments[at].tag not in {"GS", "IEA"} and trailer is None:
        segment = segments[at]
        if segment.tag == "ST":
            transaction, at = _read_set(segments, at, header.element(8))
            sets.append(transaction)
            continue
        if segment.tag == "GE":
            trailer = segment
        else:
            problems.append(_stray(segment, "transaction set"))
        at += 1
    problems = [*_check_group_header(header), *problems, *_check_group_trailer(header, trailer, len(sets))]
    names = [header.element(number) for number in range(1, 9)]
    group = Group(names[0], names[1], names[2], names[3], names[4], names[5], names[7], _unique(sets), tuple(problems))
    claimed = trailer.element(1) if trailer else ""
    count = int(claimed) if _is_number(claimed) and len(claimed) <= 6 else None
    return replace(group, position=header.position, claimed_sets=count), at


def _read_set(segments: Sequence[Segment], at: int, group_version: str) -> tuple[TransactionSet, int]:
    start = at
    at += 1
    while at < len(segments) and segments[at].tag != "SE" and segments[at].tag not in ENVELOPE_TAGS:
        at += 1
    closed = at < len(segments) and segments[at].tag == "SE"
    at += 1 if closed else 0
    content = tuple(segments[start:at])
    header = content[0]
    problems = [*_check_set_header(header, group_version), *_check_set_trailer(content, closed)]
    version = header.element(3) or group_version
    return TransactionSet(header.element(1), header.element(2), version, content, tuple(problems)), at


def _placed(interchange: Interchange, problems: list[Problem], tokens: Sequence[Problem]) -> Interchange:
    """Give each finding of the tokenizer to the set it lies in, and tell each set what is wrong around it."""
    outside = [each for each in tokens if not any(_covers(one, each) for one in interchange.sets)]
    whole = (*problems, *outside)
    groups = []
    for group in interchange.groups:
        outer = whole + group.problems
        sets = [replace(one, problems=_own(one, tokens), outer_problems=outer) for one in group.sets]
        groups.append(replace(group, sets=tuple(sets)))
    return replace(interchange, groups=tuple(groups), problems=whole)


def _own(transaction: TransactionSet, tokens: Sequence[Problem]) -> tuple[Problem, ...]:
    if not tokens:
        return transaction.problems
    return transaction.problems + tuple(each for each in tokens if _covers(transaction, each))


def _covers(transaction: TransactionSet, problem: Problem) -> bool:
    first, last = transaction.segments[0].position, transaction.segments[-1].position
    return problem.position is not None and first <= problem.position <= last


def _unique(sets: list[TransactionSet]) -> tuple[TransactionSet, ...]:
    """A control number used twice in a group makes the later set ambiguous (999 code 23)."""
    seen: set[str] = set()
    result = []
    for each in sets:
        if each.control_number in seen:
            text = "The control number of the transaction set was used before in its group."
            problem = Problem("st_control_number_used", text, each.segments[0].position, 2)
            each = replace(each, problems=(*each.problems, problem))
        seen.add(each.control_number)
        result.append(each)
    return tuple(result)


def _check_header(isa: Segment) -> list[Problem]:
    problems = []
    if len(isa.elements) != len(ISA_WIDTHS):
        problems.append(Problem("isa_elements", "The ISA segment does not have 16 elements.", 1))
    widths = zip(isa.elements, ISA_WIDTHS, strict=False)
    for number, (value, width) in enumerate(widths, start=1):
        if len(value) != width:
            text = "An element of the ISA segment does not have its fixed width."
            problems.append(Problem("isa_width", text, 1, number, Severity.TOLERATED))
    if not isa.delimiters.repetition:
        text = "The ISA segment declares no repetition separator that differs from the other three."
        problems.append(Problem("isa_repetition", text, 1, 11, Severity.TOLERATED))
    if isa.element(12) != VERSION:
        problems.append(Problem("isa_version", "The interchange is not of version 00501.", 1, 12))
    if len(isa.element(13)) != 9 or not _is_number(isa.element(13)):
        text = "The control number of the interchange is not nine digits."
        problems.append(Problem("isa_control_number", text, 1, 13))
    if isa.element(15) not in {"P", "T"}:
        problems.append(Problem("isa_usage", "The usage is neither P (production) nor T (test).", 1, 15))
    return problems


def _check_trailer(isa: Segment, iea: Segment | None, groups: int) -> list[Problem]:
    if iea is None:
        return [Problem("iea_missing", "The interchange has no IEA segment: it may have been cut off.")]
    problems = []
    if not _counts(iea.element(1), groups):
        text = "IEA01 does not count the groups of the interchange."
        problems.append(Problem("iea_count", text, iea.position, 1))
    if iea.element(2) != isa.element(13):
        text = "IEA02 differs from the control number in ISA13."
        problems.append(Problem("iea_control_number", text, iea.position, 2))
    return problems


def _check_group_header(header: Segment) -> list[Problem]:
    problems = []
    if not _is_number(header.element(6)) or len(header.element(6)) > 9:
        text = "The control number of the group is not one to nine digits."
        problems.append(Problem("gs_control_number", text, header.position, 6))
    for number in (1, 2, 3, 4, 5, 7, 8):
        if not header.element(number):
            text = "A required element of the GS segment is empty."
            problems.append(Problem("gs_element", text, header.position, number))
    return problems


def _check_group_trailer(header: Segment, trailer: Segment | None, sets: int) -> list[Problem]:
    if trailer is None:
        return [Problem("ge_missing", "The group has no GE segment.", header.position)]
    problems = []
    if not _counts(trailer.element(1), sets):
        text = "GE01 does not count the transaction sets of the group."
        problems.append(Problem("ge_count", text, trailer.position, 1))
    if trailer.element(2) != header.element(6):
        text = "GE02 differs from the control number in GS06."
        problems.append(Problem("ge_control_number", text, trailer.position, 2))
    return problems


def _check_set_header(header: Segment, group_version: str) -> list[Problem]:
    problems = []
    number = header.element(2)
    if not (4 <= len(number) <= 9 and number.isascii() and number.isalnum()):
        text = "The control number of the transaction set is not four to nine letters or digits."
        problems.append(Problem("st_control_number", text, header.position, 2))
    if not header.element(1):
        problems.append(Problem("st_identifier", "ST01 is empty.", header.position, 1))
    if header.element(3) and header.element(3) != group_version:
        problems.append(Problem("st_version", "ST03 differs from GS08.", header.position, 3))
    return problems


def _check_set_trailer(content: Sequence[Segment], closed: bool) -> list[Problem]:
    if not closed:
        return [Problem("se_missing", "The transaction set has no SE segment.", content[0].position)]
    trailer = content[-1]
    problems = []
    if not _counts(trailer.element(1), len(content)):
        text = "SE01 does not count the segments from ST to SE."
        problems.append(Problem("se_count", text, trailer.position, 1))
    if trailer.element(2) != content[0].element(2):
        text = "SE02 differs from the control number in ST02."
        problems.append(Problem("se_control_number", text, trailer.position, 2))
    return problems


def _stray(segment: Segment, wanted: str) -> Problem:
    return Problem("segment_outside", f"A segment stands outside any {wanted}.", segment.position)


def _repeated(numbers: Sequence[tuple[str, int]], code: str) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for number, position in numbers:
        if number in seen:
            problems.append(Problem(code, "A control number was used before in this interchange.", position, 6))
        seen.add(number)
    return problems


def _counts(value: str, expected: int) -> bool:
    return _is_number(value) and len(value) <= 10 and int(value) == expected


def _is_number(value: str) -> bool:
    """Plain digits only: `str.isdigit` alone also takes superscripts and digits of other scripts."""
    return value.isascii() and value.isdigit()
