"""Read a payer's answer (005010X217 response) into its model.

Strict about the envelope and the tree of levels, tolerant inside a loop: segments in any order, any number of
events, service lines under service lines, an answer that stops at the payer's own level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edi.x12.envelope import TransactionSet
from edi.x12.loops import LEVEL_NAMES, Loop, Tree, read_tree
from edi.x12.moments import read_moment
from edi.x12.parts import Diagnosis, EventDate, Supporting
from edi.x12.parts_reader import SERVICE_TAGS, SUPPORTING_TAGS, PartsReader
from edi.x12.problems import Problem, Severity, has_defect
from edi.x12.response_model import Rejection, ReviewDecision, ReviewedEvent, ReviewedService, ReviewResponse
from edi.x12.tokenizer import Segment

LOOP_TAGS = SERVICE_TAGS | SUPPORTING_TAGS
KNOWN_TAGS = LOOP_TAGS | {"TRN", "AAA", "UM", "HCR", "REF", "DTP", "HI", "HSD", "PWK", "MSG", "TOO"}
PARTY_LEVELS = {"20": "2010A", "21": "2010B", "22": "2010C", "23": "2010D", "EV": "2010E", "SS": "2010F"}
DOCUMENT_REQUEST = "LOI"
DOCUMENT_CONTACT = "L5"
MOST_REASONS = 5


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """The content, or None for a set that is no response at all, and all that is wrong, envelopes first."""

    response: ReviewResponse | None
    problems: tuple[Problem, ...]

    @property
    def may_be_applied(self) -> bool:
        """False when any part could not be trusted: the facts are shown to a person, and nothing is
        decided.
        """
        return self.response is not None and not has_defect(self.problems)


def read_response(transaction: TransactionSet) -> ReadResponse:
    """The answer in a transaction set. Never raises."""
    tree = read_tree(transaction.segments)
    reader = _ResponseReader(tree)
    response = reader.read()
    envelope = (*transaction.outer_problems, *transaction.problems)
    return ReadResponse(response, (*envelope, *tree.problems, *reader.parts.problems))


class _ResponseReader:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.parts = PartsReader()

    def read(self) -> ReviewResponse | None:
        head = next((each for each in self.tree.head if each.tag == "BHT"), None)
        if head is None:
            self.parts.problems.append(Problem("bht_missing", "The set has no BHT segment.", 2))
            return None
        if head.element(1) != "0007" or head.element(2) != "11":
            self.parts.note("bht_purpose", "The set is not a response to a request for review.", head, 2)
        if not self.tree.loops:
            self.parts.note("level_missing", "The answer has no levels.", head)
        moment = read_moment(head.element(4), head.element(5))
        if moment is None:
            self.parts.note("date_format", "The date or time of the answer cannot be read.", head, 4)
        reviewers = self._parties("20")
        subscribers, dependents = self._parties("22"), self._parties("23")
        return ReviewResponse(
            reference=head.element(3),
            prepared_at=moment,
            update=head.element(6),
            reviewer=self.parts.party(reviewers[0]) if reviewers else None,
            requesters=tuple(self.parts.party(each) for each in self._parties("21")),
            subscriber=self.parts.subscriber(subscribers[0]) if subscribers else None,
            dependent=self.parts.dependent(dependents[0]) if dependents else None,
            rejections=self._header_rejections(),
            events=self._events(),
        )

    def _parties(self, level: str) -> list[list[Segment]]:
        loops = self.tree.of_level(level)
        for extra in loops[1:]:
            self.parts.note("level_repeated", "The answer concerns more than one patient.", extra.header, 3)
        return [party for loop in loops for party in loop.parties]

    def _header_rejections(self) -> tuple[Rejection, ...]:
        loops = (loop for loop in self.tree.loops if loop.level in {"20", "21", "22", "23"})
        return tuple(each for loop in loops for each in self._rejections(loop))

    def _events(self) -> tuple[ReviewedEvent, ...]:
        """The events with their lines; a line under a line belongs to the event above both."""
        lines: dict[int, list[Loop]] = {}
        event_of: dict[int, Loop] = {}
        last: Loop | None = None
        for loop in self.tree.loops:
            if loop.level == "EV":
                last = event_of[id(loop)] = loop
                lines[id(loop)] = []
            elif loop.level == "SS":
                # A line that hangs nowhere is a defect already told; it is shown with the event before it.
                owner = event_of.get(id(loop.parent)) or last
                if owner:
                    event_of[id(loop)] = owner
                    lines[id(owner)].append(loop)
        return tuple(self._event(loop, lines[id(loop)]) for loop in self.tree.of_level("EV"))

    def _event(self, loop: Loop, lines: Sequence[Loop]) -> ReviewedEvent:
        diagnoses = self._diagnoses(loop)
        supporting = (each for each in loop.segments if each.tag in SUPPORTING_TAGS)
        return ReviewedEvent(
            **self._reviewed(loop, diagnoses),
            diagnoses=tuple(each for each in diagnoses if each.qualifier != DOCUMENT_REQUEST),
            supporting=tuple(Supporting(each.tag, each.elements) for each in supporting),
            services=tuple(self._service(each) for each in lines),
        )

    def _service(self, loop: Loop) -> ReviewedService:
        segment = next((each for each in loop.segments if each.tag in SERVICE_TAGS), None)
        service = self.parts.service(segment) if segment else None
        return ReviewedService(**self._reviewed(loop, self._diagnoses(loop)), service=service)

    def _reviewed(self, loop: Loop, diagnoses: Sequence[Diagnosis]) -> dict[str, Any]:
        self._tell_unread(loop)
        review, delivery = loop.first("UM"), loop.first("HSD")
        parties = [self.parts.party(each) for each in loop.parties]
        return {
            "position": loop.header.position,
            "traces": tuple(self.parts.trace(each) for each in loop.all("TRN")),
            "rejections": self._rejections(loop),
            "review": self.parts.review(review) if review else None,
            "decision": self._decision(loop),
            "administrative_number": _reference(loop, "NT"),
            "previous_certification": _reference(loop, "BB"),
            "dates": self._dates(loop),
            "delivery": self.parts.delivery(delivery) if delivery else None,
            "document_requests": tuple(e.code for e in diagnoses if e.qualifier == DOCUMENT_REQUEST),
            "attachments": tuple(self.parts.attachment(each) for each in loop.all("PWK")),
            "message": " ".join(each.element(1) for each in loop.all("MSG")),
            "providers": tuple(each for each in parties if each.role != DOCUMENT_CONTACT),
            "contacts": tuple(each for each in parties if each.role == DOCUMENT_CONTACT),
        }

    def _decision(self, loop: Loop) -> ReviewDecision | None:
        segments = list(loop.all("HCR"))
        if not segments:
            return None
        if len(segments) > 1:
            self.parts.note("hcr_repeated", "One level holds two decisions.", segments[1], 1)
        first = segments[0]
        return ReviewDecision(
            action=first.element(1),
            certification_number=first.element(2),
            reasons=tuple(each for each in first.repetitions(3)[:MOST_REASONS] if each),
            second_opinion=first.element(4) == "Y",
            position=first.position,
        )

    def _rejections(self, loop: Loop) -> tuple[Rejection, ...]:
        """AAA of the loop itself, then of its parties."""
        own = LEVEL_NAMES.get(loop.level, loop.level)
        found = [_rejection(own, each) for each in loop.all("AAA")]
        level = PARTY_LEVELS.get(loop.level, loop.level)
        found += [_rejection(level, each) for party in loop.parties for each in party if each.tag == "AAA"]
        return tuple(found)

    def _dates(self, loop: Loop) -> tuple[EventDate, ...]:
        found = []
        for segment in loop.all("DTP"):
            period = self.parts.period(segment)
            if period:
                found.append(EventDate(segment.element(1), period))
        return tuple(found)

    def _diagnoses(self, loop: Loop) -> tuple[Diagnosis, ...]:
        return tuple(each for segment in loop.all("HI") for each in self.parts.diagnoses(segment))

    def _tell_unread(self, loop: Loop) -> None:
        for segment in loop.segments:
            if segment.tag not in KNOWN_TAGS:
                text = "The segment is not one of this level, and is not read."
                problem = Problem("segment_unread", text, segment.position, severity=Severity.TOLERATED)
                self.parts.problems.append(problem)


def _rejection(level: str, segment: Segment) -> Rejection:
    return Rejection(level, segment.element(3), segment.element(4), segment.position)


def _reference(loop: Loop, qualifier: str) -> str:
    segment = loop.first("REF", qualifier)
    return segment.element(2) if segment else ""
