"""Read a 005010X217 request back into its model: our own, to prove what was composed, and anyone else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edi.x12.charset import Period
from edi.x12.envelope import TransactionSet
from edi.x12.loops import Loop, Tree, read_tree
from edi.x12.moments import read_moment
from edi.x12.parts import Delivery, Diagnosis, EventDate, Party, Service, Supporting
from edi.x12.parts_reader import SERVICE_TAGS, SUPPORTING_TAGS, PartsReader
from edi.x12.problems import Problem, Severity
from edi.x12.request_model import RequestedService, ReviewRequest
from edi.x12.tokenizer import Segment

TRANSPORT_ROLES = frozenset({"PW", "45", "FS", "ND", "R3"})
OTHER_REVIEWER_ROLES = frozenset({"00", "CA", "GG"})
EVENT_TAGS = SUPPORTING_TAGS | {"TRN", "UM", "REF", "DTP", "HI", "HSD", "PWK", "MSG"}
LINE_TAGS = SERVICE_TAGS | {"TRN", "UM", "REF", "DTP", "HSD", "PWK", "MSG"}


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """The content, or None where a part without which there is no request is missing, and all that is wrong.

    The problems begin with those of the set and of the envelopes around it, so that the caller can decide.
    """

    request: ReviewRequest | None
    problems: tuple[Problem, ...]


def read_request(transaction: TransactionSet) -> ReadRequest:
    """The request in a transaction set. Never raises."""
    tree = read_tree(transaction.segments)
    reader = _RequestReader(tree)
    request = reader.read()
    envelope = (*transaction.outer_problems, *transaction.problems)
    return ReadRequest(request, (*envelope, *tree.problems, *reader.parts.problems))


class _RequestReader:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.parts = PartsReader()

    def read(self) -> ReviewRequest | None:
        head = self._head()
        reviewer = self._member_of("20")
        requester = self._member_of("21")
        subscriber = self._member_of("22")
        dependent = self._member_of("23", required=False)
        event = self._only("EV")
        review = event.first("UM") if event else None
        if event and review is None:
            self._missing("UM", "The kind of review (UM) is missing.", event)
        if not (head and reviewer and requester and subscriber and event and review):
            return None
        reference, prepared_at = head
        return ReviewRequest(
            reference=reference,
            prepared_at=prepared_at,
            reviewer=self.parts.party(reviewer),
            requester=self.parts.party(requester),
            subscriber=self.parts.subscriber(subscriber),
            dependent=self.parts.dependent(dependent) if dependent else None,
            traces=tuple(self.parts.trace(each) for each in event.all("TRN")),
            review=self.parts.review(review),
            previous_certification=_reference(event, "BB"),
            previous_administrative=_reference(event, "NT"),
            dates=self._dates(event),
            diagnoses=self._diagnoses(event),
            delivery=self._delivery(event),
            supporting=self._supporting(event),
            attachments=tuple(self.parts.attachment(each) for each in event.all("PWK")),
            message=_message(event),
            providers=self._providers(event, transports=False),
            transports=self._providers(event, transports=True),
            services=self._services(),
        )

    def _head(self) -> tuple[str, datetime] | None:
        head = next((each for each in self.tree.head if each.tag == "BHT"), None)
        if head is None:
            self.parts.problems.append(Problem("bht_missing", "The set has no BHT segment.", 2))
            return None
        if head.element(1) != "0007" or head.element(2) != "13":
            self.parts.note("bht_purpose", "The set is not a request for review (BHT02 13).", head, 2)
        moment = read_moment(head.element(4), head.element(5))
        if moment is None:
            self.parts.note("date_format", "The date or time of the request cannot be read.", head, 4)
            return None
        return head.element(3), moment

    def _member_of(self, level: str, *, required: bool = True) -> list[Segment] | None:
        """The first party of a level that occurs once."""
        loop = self._only(level, required=required)
        if loop is None:
            return None
        if not loop.parties:
            self._missing("NM1", "The name (NM1) is missing.", loop)
            return None
        if len(loop.parties) > 1 or loop.segments:
            self._unread(loop.header, "A segment of this level is not read.")
        return loop.parties[0]

    def _only(self, level: str, *, required: bool = True) -> Loop | None:
        loops = self.tree.of_level(level)
        if not loops and required:
            self.parts.problems.append(Problem("level_missing", f"The level {level} is missing."))
        for extra in loops[1:]:
            self.parts.note("level_repeated", "The level may stand only once in a request.", extra.header, 3)
        return loops[0] if loops else None

    def _services(self) -> tuple[RequestedService, ...]:
        found = []
        for loop in self.tree.of_level("SS"):
            self._tell_unread(loop, LINE_TAGS)
            review = loop.first("UM")
            date = loop.first("DTP", "472")
            found.append(
                RequestedService(
                    traces=tuple(self.parts.trace(each) for each in loop.all("TRN")),
                    review=self.parts.review(review) if review else None,
                    previous_certification=_reference(loop, "BB"),
                    previous_administrative=_reference(loop, "NT"),
                    period=self.parts.period(date) if date else None,
                    service=self._service(loop),
                    delivery=self._delivery(loop),
                    attachments=tuple(self.parts.attachment(each) for each in loop.all("PWK")),
                    message=_message(loop),
                    providers=tuple(self.parts.party(each) for each in loop.parties),
                )
            )
        return tuple(found)

    def _service(self, loop: Loop) -> Service:
        segment = next((each for each in loop.segments if each.tag in SERVICE_TAGS), None)
        if segment is None:
            self._missing("SV1", "The service (SV1, SV2 or SV3) is missing.", loop)
            return Service()
        return self.parts.service(segment)

    def _dates(self, event: Loop) -> tuple[EventDate, ...]:
        found: list[EventDate] = []
        self._tell_unread(event, EVENT_TAGS)
        for segment in event.all("DTP"):
            period: Period | None = self.parts.period(segment)
            if period:
                found.append(EventDate(segment.element(1), period))
        return tuple(found)

    def _diagnoses(self, event: Loop) -> tuple[Diagnosis, ...]:
        return tuple(each for segment in event.all("HI") for each in self.parts.diagnoses(segment))

    def _delivery(self, loop: Loop) -> Delivery | None:
        segment = loop.first("HSD")
        return self.parts.delivery(segment) if segment else None

    def _supporting(self, event: Loop) -> tuple[Supporting, ...]:
        found = (each for each in event.segments if each.tag in SUPPORTING_TAGS)
        return tuple(Supporting(each.tag, each.elements) for each in found)

    def _providers(self, event: Loop, *, transports: bool) -> tuple[Party, ...]:
        found = []
        for segments in event.parties:
            role = segments[0].element(1)
            if role in OTHER_REVIEWER_ROLES:
                if transports:
                    self._unread(segments[0], "Another reviewer (loop 2010EC) is not read.")
            elif (role in TRANSPORT_ROLES) is transports:
                found.append(self.parts.party(segments))
        return tuple(found)

    def _missing(self, tag: str, message: str, loop: Loop) -> None:
        self.parts.note(f"{tag.lower()}_missing", message, loop.header)

    def _tell_unread(self, loop: Loop, read: frozenset[str]) -> None:
        for segment in loop.segments:
            if segment.tag not in read:
                self._unread(segment, "The segment is not one of this level, and is not read.")

    def _unread(self, segment: Segment, message: str) -> None:
        problem = Problem("segment_unread", message, segment.position, severity=Severity.TOLERATED)
        self.parts.problems.append(problem)


def _reference(loop: Loop, qualifier: str) -> str:
    segment = loop.first("REF", qualifier)
    return segment.element(2) if segment else ""


def _message(loop: Loop) -> str:
    segments: Sequence[Segment] = list(loop.all("MSG"))
    return " ".join(segment.element(1) for segment in segments)
