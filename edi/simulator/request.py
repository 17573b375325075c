"""What a sound request asks: who, for whom, which services, how much, when, and what it refers to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from edi.simulator.set_reader import Loop, ReadSet
from edi.x12.tokenizer import Segment

CANCEL, REVISE, EXTEND, RENEW = "3", "S", "4", "R"
APPEALS = ("1", "2", "N")


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """One 2000F: the service as asked. `quantity` and `unit` are empty where the line states none."""

    code: str
    service: Segment
    unit: str
    quantity: Decimal | None
    pattern: Segment | None
    period: Period | None
    traces: tuple[Segment, ...]
    review: Segment | None
    dates: tuple[Segment, ...]
    providers: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """One 278 request. Segments are kept where the answer repeats them."""

    reference: str
    reviewer: Segment
    requester: Segment
    subscriber: Segment
    dependent: Segment | None
    traces: tuple[Segment, ...]
    review: Segment
    certification: str
    administrative: str
    dates: tuple[Segment, ...]
    diagnoses: Segment | None
    pattern: Segment | None
    providers: tuple[Segment, ...]
    period: Period | None
    lines: tuple[RequestedLine, ...]

    @property
    def purpose(self) -> str:
        """UM02: initial, renewal, revision, extension, cancellation or appeal."""
        return self.review.element(2)

    @property
    def codes(self) -> tuple[str, ...]:
        """The service codes asked for, in order."""
        return tuple(line.code for line in self.lines)


def read_request(read: ReadSet) -> ReviewRequest:
    """The request in a set that was read without faults."""
    header, event = read.header, read.level("EV")
    if header is None or event is None:
        raise ValueError("a set with faults is not a request")
    dependent = read.level("23")
    return ReviewRequest(
        reference=header.element(3),
        reviewer=_name(read, "20"),
        requester=_name(read, "21"),
        subscriber=_name(read, "22"),
        dependent=_name(read, "23") if dependent else None,
        traces=tuple(event.all("TRN")),
        review=event.all("UM")[0],
        certification=_reference(event, "BB"),
        administrative=_reference(event, "NT"),
        dates=tuple(event.all("DTP")),
        diagnoses=event.first("HI"),
        pattern=event.first("HSD"),
        providers=tuple(entity.segments[0] for entity in event.entities if entity.rule.name == "2010EA"),
        period=_period(event, ("AAH", "435")),
        lines=tuple(_line(loop) for loop in read.levels if loop.level == "SS"),
    )


def _name(read: ReadSet, level: str) -> Segment:
    loop = read.level(level)
    if loop is None:
        raise ValueError("a set with faults is not a request")
    return loop.entities[0].segments[0]


def _reference(loop: Loop, qualifier: str) -> str:
    segment = loop.first("REF", qualifier)
    return segment.element(2) if segment else ""


def _line(loop: Loop) -> RequestedLine:
    service = loop.first("SV1") or loop.first("SV2") or loop.all("SV3")[0]
    procedure, unit, quantity = {"SV1": (1, 3, 4), "SV2": (2, 4, 5), "SV3": (1, 0, 6)}[service.tag]
    return RequestedLine(
        code=service.component(procedure, 2) or service.element(1),
        service=service,
        unit=service.element(unit),
        quantity=_decimal(service.element(quantity)),
        pattern=loop.first("HSD"),
        period=_period(loop, ("472",)),
        traces=tuple(loop.all("TRN")),
        review=loop.first("UM"),
        dates=tuple(loop.all("DTP")),
        providers=tuple(entity.segments[0] for entity in loop.entities),
    )


def _decimal(value: str) -> Decimal | None:
    return Decimal(value) if value else None


def _period(loop: Loop, qualifiers: tuple[str, ...]) -> Period | None:
    for qualifier in qualifiers:
        segment = loop.first("DTP", qualifier)
        if segment:
            first, _, last = segment.element(3).partition("-")
            return Period(_day(first), _day(last or first))
    return None


def _day(value: str) -> date:
    return datetime.strptime(value, "%Y%m%d").date()  # noqa: DTZ007 - a day of no zone
