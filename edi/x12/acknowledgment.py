"""Read and write the acknowledgments of X12: TA1 for an interchange, 999 (and the older 997) for a group.

An acknowledgment says whether a message could be read, never what was decided. The copies of bad data in a
999 may be health information; they are kept out of `repr`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from edi.x12.envelope import Group, Interchange, TransactionSet
from edi.x12.envelope_writer import Envelope, write_bare, write_set
from edi.x12.problems import Problem, Severity, has_defect
from edi.x12.tokenizer import Segment

VERSION_999 = "005010X231A1"
ACCEPTED = frozenset({"A", "E"})
# Of a set or a group: A and E went through, P only in part.
REJECTED = frozenset({"R", "M", "W", "X"})
DUPLICATE_INTERCHANGE = "025"

# Our findings as the reasons of TA105, of AK905 to AK909 and of IK502 to IK506.
INTERCHANGE_NOTES = {
    "iea_control_number": "001",
    "isa_version": "017",
    "isa_control_number": "018",
    "isa_usage": "020",
    "iea_count": "021",
    "iea_missing": "023",
    "isa_elements": "024",
    "segment_outside": "022",
}
GROUP_REASONS = {
    "gs_control_number": "6",
    "ge_missing": "3",
    "ge_control_number": "4",
    "ge_count": "5",
    "gs_control_number_used": "19",
}
SET_REASONS = {
    "st_identifier": "6",
    "st_control_number": "7",
    "se_missing": "2",
    "se_control_number": "3",
    "se_count": "4",
    "st_control_number_used": "23",
    "st_version": "I6",
}
SEGMENT_ERRORS = "5"


@dataclass(frozen=True, slots=True)
class ElementError:
    """IK4 or AK4: which element, by its number, component and repetition, and why (`code` is IK403)."""

    element: int | None
    component: int | None
    repetition: int | None
    code: str
    data_element: str = ""
    bad_value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SegmentError:
    """IK3 or AK3: which segment, by its place in the set (ST is 1) and its loop, and why (`code` is IK304)."""

    tag: str
    position: int | None
    loop: str
    code: str
    contexts: tuple[str, ...] = field(default=(), repr=False)
    elements: tuple[ElementError, ...] = ()


@dataclass(frozen=True, slots=True)
class SetAcknowledgment:
    """IK5 or AK5 with what stands before it.

    `status` is `A` `E` `R` `M` `W` `X`, empty when it is missing.
    """

    kind: str
    control_number: str
    status: str
    reasons: tuple[str, ...] = ()
    errors: tuple[SegmentError, ...] = ()

    @property
    def accepted(self) -> bool:
        """The set went on to review."""
        return self.status in ACCEPTED


@dataclass(frozen=True, slots=True)
class GroupAcknowledgment:
    """A whole 999 or 997: what became of one group of ours, named by GS01 and GS06."""

    functional_code: str
    control_number: str
    version: str
    status: str
    reasons: tuple[str, ...] = ()
    counts: tuple[int | None, int | None, int | None] = (None, None, None)
    sets: tuple[SetAcknowledgment, ...] = ()
    problems: tuple[Problem, ...] = ()

    def accepts(self, set_number: str) -> bool | None:
        """Whether a set of the group went through; None where the acknowledgment does not say."""
        for each in self.sets:
            if each.control_number == set_number and each.status:
                return each.accepted
        if self.status in ACCEPTED:
            return True
        return False if self.status in REJECTED else None


@dataclass(frozen=True, slots=True)
class InterchangeAcknowledgment:
    """TA1: what became of one interchange of ours.

    `status` is `A` accepted, `E` with errors, `R` rejected.
    """

    control_number: str
    date: str
    time: str
    status: str
    note: str

    @property
    def accepted(self) -> bool:
        """The interchange was taken in."""
        return self.status in ACCEPTED

    @property
    def is_duplicate(self) -> bool:
        """Rejected because the number was used before: after an unknown delivery, the partner has it."""
        return self.status == "R" and self.note == DUPLICATE_INTERCHANGE


def read_ta1(segment: Segment) -> InterchangeAcknowledgment:
    """A TA1 segment."""
    values = (segment.element(number).strip() for number in range(1, 6))
    return InterchangeAcknowledgment(*values)


def read_acknowledgment(transaction: TransactionSet) -> GroupAcknowledgment:
    """A 999 or 997 set. Never raises; without its AK1 it names no group, and says so in `problems`."""
    found = GroupAcknowledgment("", "", "", "")
    problems = [*transaction.outer_problems, *transaction.problems]
    sets: list[SetAcknowledgment] = []
    for segment in transaction.segments:
        if segment.tag == "AK1":
            found = replace(
                found,
                functional_code=segment.element(1),
                control_number=segment.element(2),
                version=segment.element(3),
            )
        elif segment.tag == "AK2":
            sets.append(SetAcknowledgment(segment.element(1), segment.element(2), ""))
        elif segment.tag == "AK9":
            found = replace(
                found,
                status=segment.element(1),
                counts=(_count(segment, 2), _count(segment, 3), _count(segment, 4)),
                reasons=_reasons(segment, 5),
            )
        elif sets:
            sets[-1] = _with(sets[-1], segment)
    if not found.control_number:
        problems.append(Problem("ak1_missing", "The acknowledgment does not say which group it is about."))
    if not found.status:
        problems.append(Problem("ak9_missing", "The acknowledgment does not say what became of the group."))
    return replace(found, sets=tuple(sets), problems=tuple(problems))


def write_ta1(interchange: Interchange, envelope: Envelope, note: str = "") -> str:
    """Our TA1 for an interchange: `note` overrules what its problems say, as for a duplicate (`025`)."""
    if not note:
        note = _first_note(interchange.problems)
    status = "A" if note == "000" else "R"
    acknowledged = (interchange.control_number, interchange.date, interchange.time)
    return write_bare(envelope, [Segment.of("TA1", *acknowledged, status, note)])


def write_999(group: Group, envelope: Envelope, findings: Sequence[Sequence[Problem]] = ()) -> str:
    """Our 999 for a group of responses: a set with a defect is rejected, each with its reasons.

    `findings` are what the reader found in each set beyond the envelopes, in the order of the sets.
    """
    body = [Segment.of("AK1", group.functional_code, group.control_number, group.version)]
    group_reasons = tuple(dict.fromkeys(_codes(group.problems, GROUP_REASONS)))
    accepted = 0
    for index, each in enumerate(group.sets):
        found = findings[index] if index < len(findings) else ()
        own = (*each.problems, *found)
        rejected = has_defect(own) or bool(group_reasons)
        accepted += not rejected
        body += _set_segments(each, own, rejected=rejected)
    total = len(group.sets)
    status = "R" if not accepted else "A" if accepted == total else "P"
    counts = (_claimed_count(group, total), str(total), str(accepted))
    body.append(Segment.of("AK9", status, *counts, *group_reasons[:5]))
    return write_set(envelope, "FA", "999", VERSION_999, body)


def _set_segments(transaction: TransactionSet, own: Iterable[Problem], *, rejected: bool) -> list[Segment]:
    header = ("AK2", transaction.identifier, transaction.control_number, transaction.version)
    segments = [Segment.of(*header)]
    defects = [each for each in own if each.severity is Severity.DEFECT]
    reasons = list(dict.fromkeys(_codes(defects, SET_REASONS)))
    inner = [each for each in defects if each.code not in SET_REASONS and each.position is not None]
    for problem in inner[:20]:
        segments += _error_segments(transaction, problem)
    if rejected and (inner or not reasons):
        reasons.append(SEGMENT_ERRORS)
    segments.append(Segment.of("IK5", "R" if rejected else "A", *(reasons[:5] if rejected else ())))
    return segments


def _error_segments(transaction: TransactionSet, problem: Problem) -> list[Segment]:
    """IK3 and, where an element is known, IK4; never with a copy of the data."""
    at = transaction.position_in_set(problem.position or 0)
    if not 1 <= at <= len(transaction.segments):
        return []
    tag = transaction.segments[at - 1].tag
    if problem.element is None:
        return [Segment.of("IK3", tag, str(at), "", "2")]
    return [Segment.of("IK3", tag, str(at), "", "8"), Segment.of("IK4", str(problem.element), "", "I12")]


def _with(found: SetAcknowledgment, segment: Segment) -> SetAcknowledgment:
    if segment.tag in {"IK5", "AK5"}:
        return replace(found, status=segment.element(1), reasons=_reasons(segment, 2))
    if segment.tag in {"IK3", "AK3"}:
        error = SegmentError(segment.element(1), _count(segment, 2), segment.element(3), segment.element(4))
        return replace(found, errors=(*found.errors, error))
    if not found.errors:
        return found
    error = found.errors[-1]
    if segment.tag in {"IK4", "AK4"}:
        error = replace(error, elements=(*error.elements, _element_error(segment)))
    elif segment.tag == "CTX":
        error = replace(error, contexts=(*error.contexts, *(each for each in segment.elements if each)))
    return replace(found, errors=(*found.errors[:-1], error))


def _element_error(segment: Segment) -> ElementError:
    element, component, repetition = (_plain_count(segment.component(1, part)) for part in (1, 2, 3))
    code, name, bad = segment.element(3), segment.element(2), segment.element(4)
    return ElementError(element, component, repetition, code, name, bad)


def _codes(problems: Iterable[Problem], table: dict[str, str]) -> list[str]:
    return [table[each.code] for each in problems if each.code in table]


def _first_note(problems: Sequence[Problem]) -> str:
    defects = [each for each in problems if each.severity is Severity.DEFECT]
    if not defects:
        return "000"
    return next(iter(_codes(defects, INTERCHANGE_NOTES)), "024")


def _claimed_count(group: Group, total: int) -> str:
    """AK902 is what the sender counted; without a GE it is what we found."""
    return str(total) if group.claimed_sets is None else str(group.claimed_sets)


def _reasons(segment: Segment, start: int) -> tuple[str, ...]:
    return tuple(each for each in segment.elements[start - 1 :] if each)


def _count(segment: Segment, element: int) -> int | None:
    return _plain_count(segment.element(element))


def _plain_count(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 10 else None
