"""Which field of the form a segment of our own request was filled in from, to show a 999 where it belongs."""

from __future__ import annotations

from collections.abc import Sequence

from authorizations.errors import Problem
from edi.lint import PARTNER, field_of
from edi.x12.acknowledgment import SegmentError, SetAcknowledgment
from edi.x12.codes import ELEMENT_ERRORS, SEGMENT_ERRORS
from edi.x12.envelope import read_envelopes
from edi.x12.request_model import ReviewRequest
from edi.x12.request_reader import read_request
from edi.x12.tokenizer import Segment, decode

LEVELS = {"20": "reviewer", "21": "requester", "22": "subscriber", "23": "dependent"}
MEMBER_PARTS = {"N3": "address", "N4": "address", "NM1": "name"}
EVENT_PARTS = {"UM": "review", "DTP": "dates", "HI": "diagnoses", "MSG": "message", "REF": "previous"}
LINE_PARTS = {"DTP": "period", "HSD": "delivery", "MSG": "message", "TRN": "traces"}


def problems_in(errors: SetAcknowledgment, sent: bytes) -> list[Problem]:
    """What a person can mend in the form; empty when any error lies elsewhere, for then it is not theirs to
    mend.
    """
    sets = [each for one in read_envelopes(decode(sent)).interchanges for each in one.sets]
    request = read_request(sets[0]).request if sets else None
    if request is None or not errors.errors:
        return []
    found = [_problem(error, sets[0].segments, request) for error in errors.errors]
    problems = [problem for problem in found if problem is not None]
    return list(dict.fromkeys(problems)) if len(problems) == len(found) else []


def _problem(error: SegmentError, segments: Sequence[Segment], request: ReviewRequest) -> Problem | None:
    if error.position is None or not 1 <= error.position <= len(segments):
        return None
    element = error.elements[0] if error.elements else None
    number = element.element if element and element.element else 0
    field, label = field_of(path_of(segments, error.position - 1, number), request)
    if field == PARTNER[0]:
        return None
    table, code = (ELEMENT_ERRORS, element.code) if element else (SEGMENT_ERRORS, error.code)
    reason = table.get(code, "it is refused")
    return Problem(field, f"{label}: {reason[0].lower()}{reason[1:]}, says the payer's system.")


def path_of(segments: Sequence[Segment], index: int, element: int) -> str:
    """The path in the model of the segment at `index`; `element` counts from 1, 0 for the segment as a
    whole.
    """
    segment = segments[index]
    level, line, party = _place(segments[: index + 1])
    if level == "SS":
        part = LINE_PARTS.get(segment.tag, "service.procedure")
        if segment.tag in ("SV1", "SV2"):
            part = "service.quantity" if element in (3, 4, 5) and segment.tag == "SV1" else "service.procedure"
        return f"services[{line}].{part}"
    if level == "EV":
        return _event_path(segment, element, party)
    root = LEVELS.get(level, "")
    if root == "subscriber" and segment.tag == "NM1" and element in (8, 9):
        return "subscriber.member_id"
    if root in ("subscriber", "dependent"):
        return f"{root}.{MEMBER_PARTS.get(segment.tag, 'person')}"
    return f"{root}.{segment.tag}" if root else ""


def _event_path(segment: Segment, element: int, party: int) -> str:
    if party >= 0 and segment.tag in ("NM1", "N3", "N4", "PER", "PRV", "REF"):
        return f"providers[{party}]"
    if segment.tag == "UM" and element in (3, 4):
        return "review.service_type" if element == 3 else "review.place"
    if segment.tag == "HI" and element:
        return f"diagnoses[{element - 1}]"
    return EVENT_PARTS.get(segment.tag, "")


def _place(segments: Sequence[Segment]) -> tuple[str, int, int]:
    """The level of the last segment, which service line it is in, and which party of its loop; -1 for none."""
    level, line, party = "", -1, -1
    for segment in segments:
        if segment.tag == "HL":
            level, party = segment.element(3), -1
            line += level == "SS"
        elif segment.tag == "NM1":
            party += 1
    return level, line, party
