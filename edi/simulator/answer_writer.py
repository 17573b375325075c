"""Write a decided answer as the segments of an 005010X217 response (BHT02 11)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from edi.simulator.decisions import APPROVING, Answer, LineAnswer
from edi.simulator.request import Period
from edi.simulator.scenarios import Delivery, Level, Rejection
from edi.simulator.writing import echo, plain, segment
from edi.x12.tokenizer import STANDARD, Segment

PAYER_TRACE_COMPANY = "9SIMPAYER1"
UNKNOWN_REFERENCE, UNKNOWN_COMPANY = "NOBODYKNOWS", "9NOBODY001"
TOLD_OF_UM = 6
WANTED = "SEND THE PLAN OF CARE IN FORCE AND THE NOTES OF THE LAST 30 DAYS"
CALL = "CALL THE REVIEW LINE ABOUT THIS REQUEST"


@dataclass(frozen=True, slots=True)
class Trace:
    """A reference as a request carried it: BHT03, TRN02 and TRN03."""

    reference: str
    number: str
    company: str


@dataclass(frozen=True, slots=True)
class Marking:
    """How the answer names the request it belongs to; `foreign` is used where the delivery asks for it."""

    delivery: Delivery
    foreign: Trace = Trace(UNKNOWN_REFERENCE, UNKNOWN_REFERENCE, UNKNOWN_COMPANY)

    def reference(self, own: str) -> str:
        """BHT03 of the answer."""
        return self.foreign.reference if self._is_foreign() else plain(own)

    def traces(self, own: tuple[Segment, ...]) -> list[Segment]:
        """The echoed TRN segments."""
        if self.delivery is Delivery.NO_TRACE:
            return []
        if self._is_foreign():
            return [segment("TRN", "2", self.foreign.number, self.foreign.company)] if own else []
        mark = "1" if self.delivery is Delivery.TRACE_AS_1 else "2"
        return [segment("TRN", mark, *echo(trace).elements[1:]) for trace in own]

    def _is_foreign(self) -> bool:
        return self.delivery in (Delivery.UNKNOWN_TRACE, Delivery.FOREIGN_TRACE)


def write_answer(answer: Answer, marking: Marking, now: datetime) -> list[Segment]:
    """The segments between ST and SE."""
    return _Writer(answer, marking, now).write()


class _Writer:
    """Builds the HL tree in order; it stops at the level where the request was turned back."""

    def __init__(self, answer: Answer, marking: Marking, now: datetime) -> None:
        self.answer = answer
        self.request = answer.request
        self.marking = marking
        self.now = now
        self.level = answer.rejection.level if answer.rejection else None
        self.segments: list[Segment] = []
        self.count = 0

    def write(self) -> list[Segment]:
        answer = self.answer
        self._add(
            "BHT",
            *("0007", "11", self.marking.reference(self.request.reference)),
            *(_day(answer.written_on), self.now.strftime("%H%M"), "19" if answer.more_follows else "18"),
        )
        stops_at_once = self.level in (Level.REVIEWER, Level.REVIEWER_NAME)
        reviewer = self._hl("", "20", not stops_at_once)
        self._reject(Level.REVIEWER)
        self.segments.append(echo(self.request.reviewer))
        self._add("PER", "IC", "PROVIDER SERVICES", "TE", "8005550100")
        self._reject(Level.REVIEWER_NAME)
        if not stops_at_once:
            self._write_requester(reviewer)
        return self.segments

    def _write_requester(self, reviewer: str) -> None:
        requester = self._hl(reviewer, "21", self.level is not Level.REQUESTER)
        self.segments.append(echo(self.request.requester))
        self._reject(Level.REQUESTER)
        if self.level is not Level.REQUESTER:
            self._write_patient(requester)

    def _write_patient(self, requester: str) -> None:
        patient = self._hl(requester, "22", True)
        self.segments.append(echo(self.request.subscriber))
        self._reject(Level.SUBSCRIBER)
        if self.request.dependent:
            patient = self._hl(patient, "23", True)
            self.segments.append(echo(self.request.dependent))
            self._reject(Level.DEPENDENT)
        self._write_event(patient)

    def _write_event(self, patient: str) -> None:
        answer, request = self.answer, self.request
        event = self._hl(patient, "EV", bool(answer.lines))
        self.segments += self.marking.traces(request.traces)
        self._add("TRN", "1", answer.numbers.trace, PAYER_TRACE_COMPANY)
        self._reject(Level.EVENT)
        self.segments.append(echo(request.review, elements=TOLD_OF_UM))
        self._decide(answer.action, answer.certification, answer.reasons)
        if answer.administrative:
            self._add("REF", "NT", answer.administrative)
        self.segments += [echo(dates) for dates in request.dates]
        self._write_event_dates()
        if request.diagnoses:
            self.segments.append(echo(request.diagnoses))
        if request.pattern and not request.lines and answer.action == "A1":
            self.segments.append(echo(request.pattern))
        self._write_wishes()
        self._write_event_providers()
        for line in answer.lines:
            self._write_line(event, line)

    def _write_event_dates(self) -> None:
        answer = self.answer
        if answer.action not in ("A1", "A2", "A3", "A6", "C", "NA"):
            return
        self._add("DTP", "102", "D8", _day(answer.written_on))
        # An event without lines whose days the request named is granted by their echo (AAH) alone.
        told = not answer.lines and any(dates.element(1) == "AAH" for dates in self.request.dates)
        if answer.action in ("A1", "A2", "A6") and not told:
            self._write_period(answer.period, answer.two_dates)

    def _write_wishes(self) -> None:
        if self.answer.action == "A4":
            self._add("PWK", "77", "FX")
            self._add("MSG", WANTED)
        elif self.answer.action == "CT":
            self._add("MSG", CALL)

    def _write_event_providers(self) -> None:
        for index, provider in enumerate(self.request.providers):
            self.segments.append(echo(provider))
            if index == 0:
                self._reject(Level.EVENT_PROVIDER)
        if self.answer.action == "A4":
            self._add("NM1", "L5", "2", "UTILIZATION REVIEW")
            self._add("N3", "1 REVIEW STREET")
            self._add("N4", "BALTIMORE", "MD", "21201")
            self._add("PER", "IC", "", "FX", "8005550101")

    def _write_line(self, event: str, line: LineAnswer) -> None:
        self._hl(event, "SS", False)
        if not line.added:
            self.segments += self.marking.traces(line.line.traces)
        self._reject_line(line, Level.SERVICE)
        if line.line.review:
            self.segments.append(echo(line.line.review, elements=TOLD_OF_UM))
        self._decide(line.action, self._line_number(line), line.reasons)
        self.segments += [echo(dates) for dates in line.line.dates]
        self._write_period(line.period, line.two_dates)
        self.segments.append(_service(line))
        if line.pattern:
            self._add("HSD", *(plain(part) for part in line.pattern))
        for index, provider in enumerate(line.line.providers):
            self.segments.append(echo(provider))
            if index == 0:
                self._reject_line(line, Level.SERVICE_PROVIDER)

    def _line_number(self, line: LineAnswer) -> str:
        given = line.action in APPROVING or (line.action == "C" and self.answer.certification)
        return self.answer.numbers.certification if given else ""

    def _write_period(self, period: Period | None, two_dates: bool) -> None:
        if period is None:
            return
        if two_dates:
            self._add("DTP", "007", "D8", _day(period.first))
            self._add("DTP", "036", "D8", _day(period.last))
        else:
            self._add("DTP", "007", "RD8", f"{_day(period.first)}-{_day(period.last)}")

    def _decide(self, action: str, certification: str, reasons: tuple[str, ...]) -> None:
        if action:
            self._add("HCR", action, certification, STANDARD.repeated(*reasons))

    def _reject(self, here: Level) -> None:
        if self.answer.rejection and self.level is here:
            self._write_aaa(self.answer.rejection)

    def _reject_line(self, line: LineAnswer, here: Level) -> None:
        if line.rejection and line.rejection.level is here:
            self._write_aaa(line.rejection)

    def _write_aaa(self, rejection: Rejection) -> None:
        self._add("AAA", rejection.valid, "", rejection.reason, rejection.follow_up)

    def _hl(self, parent: str, level: str, has_children: bool) -> str:
        self.count += 1
        self._add("HL", str(self.count), parent, level, "1" if has_children else "0")
        return str(self.count)

    def _add(self, tag: str, *elements: str) -> None:
        self.segments.append(segment(tag, *elements))


def _service(line: LineAnswer) -> Segment:
    """The service segment with the granted quantity; the charge asked for is not repeated."""
    build: Callable[[LineAnswer], Segment] = {"SV1": _sv1, "SV2": _sv2, "SV3": _sv3}[line.line.service.tag]
    return build(line)


def _sv1(line: LineAnswer) -> Segment:
    return segment("SV1", _procedure(line, 1), "", *_amount(line))


def _sv2(line: LineAnswer) -> Segment:
    return segment("SV2", plain(line.line.service.element(1)), _procedure(line, 2), "", *_amount(line))


def _sv3(line: LineAnswer) -> Segment:
    count = line.quantity if line.quantity is not None else 1
    return segment("SV3", _procedure(line, 1), "", "", "", "", f"{count:f}")


def _procedure(line: LineAnswer, element: int) -> str:
    parts = list(line.line.service.components(element))[:6]
    if line.added and len(parts) > 1:
        parts[1] = line.code
    return STANDARD.composite(*(plain(part) for part in parts)) if parts else ""


def _amount(line: LineAnswer) -> tuple[str, ...]:
    return (line.unit, f"{line.quantity:f}") if line.quantity is not None else ()


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")
