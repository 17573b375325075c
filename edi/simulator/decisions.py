"""Decide a request: each line by its scenario, the event from its lines, later requests by the case they name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from edi.simulator.request import APPEALS, CANCEL, EXTEND, RENEW, REVISE, Period, RequestedLine, ReviewRequest
from edi.simulator.scenarios import (
    APPROVED,
    Level,
    Outcome,
    Rejection,
    Scenario,
    Units,
    scenario_for,
)

APPROVING = ("A1", "A6")
CHANGES = (REVISE, EXTEND)
# Levels at which the whole request comes back; the outermost one governs.
WHOLE = (
    Level.REVIEWER,
    Level.REVIEWER_NAME,
    Level.REQUESTER,
    Level.SUBSCRIBER,
    Level.DEPENDENT,
    Level.EVENT,
    Level.EVENT_PROVIDER,
)
DEFAULT_DAYS = 90


class CaseState(StrEnum):
    """What the payer remembers of a case."""

    DECIDED = "decided"
    PENDED = "pended"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Case:
    """A review event the payer has given a number."""

    certification: str
    administrative: str
    state: CaseState
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """The payer's own numbers for one answer: its trace, certification and administrative reference."""

    trace: str
    certification: str
    administrative: str


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """The answer to one line; `added` marks one the payer put beside what was asked."""

    line: RequestedLine
    code: str
    action: str
    reasons: tuple[str, ...] = ()
    quantity: Decimal | None = None
    unit: str = ""
    pattern: tuple[str, ...] = ()
    period: Period | None = None
    rejection: Rejection | None = None
    added: bool = False
    two_dates: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request, before it is written. `written_on` is BHT04 and the issue date."""

    request: ReviewRequest
    numbers: Numbers
    written_on: date
    action: str = ""
    reasons: tuple[str, ...] = ()
    lines: tuple[LineAnswer, ...] = ()
    rejection: Rejection | None = None
    period: Period | None = None
    two_dates: bool = False

    @property
    def certification(self) -> str:
        """HCR02: given when anything is approved, repeated when an approval is cancelled."""
        cancelled = self.action == "C" and self.request.purpose == CANCEL
        if cancelled or self.action in ("A1", "A2", "A6"):
            return self.numbers.certification
        approved = any(line.action in APPROVING for line in self.lines)
        return self.numbers.certification if approved else ""

    @property
    def administrative(self) -> str:
        """REF NT: given when anything is pended, denied or needs a call, so that it can be referred to."""
        actions = {self.action, *(line.action for line in self.lines)}
        return self.numbers.administrative if actions & {"A3", "A4", "CT"} else ""

    @property
    def more_follows(self) -> bool:
        """Whether BHT06 says that a further answer will come."""
        held = self.rejection is not None and self.rejection.follow_up == "Y"
        return self.action == "A4" or held

    @property
    def state(self) -> CaseState:
        """What the payer remembers after this answer."""
        if self.action == "C":
            return CaseState.CANCELLED
        return CaseState.PENDED if self.action == "A4" else CaseState.DECIDED


def decide(request: ReviewRequest, case: Case | None, numbers: Numbers, today: date) -> Answer:
    """The first answer to a request; `case` is the one its REF BB or REF NT names, if the payer knows it."""
    answer = Answer(request, numbers, today, period=_period(request, today))
    refusal = _reference_fault(request, case)
    if refusal:
        return replace(answer, rejection=refusal)
    if case is not None and request.purpose == CANCEL:
        return _decide_cancellation(answer, case)
    if case is not None and request.purpose in APPEALS:
        return _decide_appeal(answer, case)
    if case is not None and request.purpose in CHANGES and case.state is not CaseState.PENDED:
        return _with_outcomes(answer, [_changed(scenario_for(code)) for code in request.codes])
    if case is not None and case.state is CaseState.PENDED:
        return _with_outcomes(answer, [_answered(scenario_for(code)) for code in request.codes])
    return _with_outcomes(answer, [scenario_for(code).outcome for code in request.codes])


def decide_afterwards(first: Answer, today: date) -> Answer | None:
    """The answer that follows the first one by pickup, when a line's scenario has one."""
    scenarios = [scenario_for(code) for code in first.request.codes]
    if first.request.purpose in (CANCEL, *APPEALS) or not any(scenario.then for scenario in scenarios):
        return None
    older = any(scenario.then_is_older for scenario in scenarios)
    answer = replace(first, written_on=today - timedelta(days=1) if older else today, rejection=None)
    return _with_outcomes(answer, [scenario.then or scenario.outcome for scenario in scenarios])


def event_action(actions: tuple[str, ...]) -> str:
    """HCR01 of the event from those of its lines; an empty one is a line rejected or left undecided."""
    found = set(actions)
    for pending in ("A4", "CT", "ZZ"):
        if pending in found:
            return pending
    if len(found) == 1:
        return actions[0]
    if found <= {"A1", "NA"}:
        return "A1"
    return "A2" if found & {"A1", "A6", "NA"} else "A3"


def _reference_fault(request: ReviewRequest, case: Case | None) -> Rejection | None:
    """A later request names a case; a number the payer does not hold, or has closed, comes back."""
    named = request.certification or request.administrative
    if named:
        if case is None:
            return Rejection(Level.EVENT, "AA", "C")
        closed = case.state is CaseState.CANCELLED and request.purpose != CANCEL
        return Rejection(Level.EVENT, "AA", "N") if closed else None
    if request.purpose in (CANCEL, REVISE, EXTEND, RENEW, *APPEALS):
        return Rejection(Level.EVENT, "15", "C")
    return None


def _decide_cancellation(answer: Answer, case: Case) -> Answer:
    found = (scenario_for(code).when_cancelled for code in case.codes)
    outcome = next((outcome for outcome in found if outcome), Outcome("C"))
    if outcome.rejection:
        return replace(answer, rejection=outcome.rejection)
    lines = tuple(_decide_line(line, outcome, answer) for line in answer.request.lines)
    return replace(answer, action=outcome.action, reasons=outcome.reasons, lines=lines, period=None)


def _decide_appeal(answer: Answer, case: Case) -> Answer:
    if answer.request.codes:
        return _with_outcomes(answer, [_appealed(scenario_for(code)) for code in answer.request.codes])
    outcomes = [_appealed(scenario_for(code)) for code in case.codes]
    refused = next((outcome for outcome in outcomes if outcome.action == "A3"), None)
    return _with_outcomes(answer, []) if refused is None else replace(answer, action="A3", reasons=refused.reasons)


def _answered(scenario: Scenario) -> Outcome:
    return scenario.when_answered or scenario.then or scenario.outcome


def _changed(scenario: Scenario) -> Outcome:
    return scenario.when_changed or scenario.outcome


def _appealed(scenario: Scenario) -> Outcome:
    return scenario.when_appealed or (APPROVED if scenario.outcome.action == "A3" else scenario.outcome)


def _with_outcomes(answer: Answer, outcomes: list[Outcome]) -> Answer:
    """The answer with one outcome for each line of the request; without lines the event is approved."""
    whole = _whole_rejection(answer.request, outcomes)
    if whole:
        return replace(answer, rejection=whole)
    lines: list[LineAnswer] = []
    for line, outcome in zip(answer.request.lines, outcomes, strict=True):
        lines.append(_decide_line(line, outcome, answer))
        if outcome.other_code:
            lines.append(_added_line(line, outcome.other_code, answer))
    action = event_action(tuple(line.action for line in lines)) if lines else "A1"
    reasons = tuple(dict.fromkeys(reason for line in lines for reason in line.reasons))[:5]
    return replace(
        answer,
        action=action,
        reasons=reasons if action in ("A3", "A4") else (),
        lines=tuple(lines),
        period=_granted(lines) or answer.period,
        two_dates=any(outcome.two_dates for outcome in outcomes),
    )


def _whole_rejection(request: ReviewRequest, outcomes: list[Outcome]) -> Rejection | None:
    found = {outcome.rejection.level: outcome.rejection for outcome in outcomes if outcome.rejection}
    level = next((level for level in WHOLE if level in found), None)
    if level is None:
        return None
    if level is Level.DEPENDENT and request.dependent is None:
        return replace(found[level], level=Level.SUBSCRIBER)
    if level is Level.EVENT_PROVIDER and not request.providers:
        return replace(found[level], level=Level.EVENT, reason="33")
    return found[level]


def _decide_line(line: RequestedLine, outcome: Outcome, answer: Answer) -> LineAnswer:
    rejection = outcome.rejection
    if rejection and rejection.level is Level.SERVICE_PROVIDER and not line.providers:
        rejection = replace(rejection, level=Level.SERVICE, reason="33")
    decided = LineAnswer(line, line.code, outcome.action, outcome.reasons, rejection=rejection)
    if outcome.action in APPROVING:
        return _granted_line(decided, outcome, answer)
    if outcome.action in ("A4", "CT", "ZZ", ""):
        pattern = line.pattern.elements if line.pattern else ()
        return replace(decided, quantity=line.quantity, unit=line.unit, pattern=pattern)
    return decided


def _granted_line(decided: LineAnswer, outcome: Outcome, answer: Answer) -> LineAnswer:
    line = decided.line
    asked = line.period or answer.period
    period = _first_half(asked) if outcome.shorter and asked else asked
    granted = replace(decided, period=period, two_dates=outcome.two_dates)
    if outcome.units is Units.UNSTATED:
        return granted
    halve = outcome.units is Units.HALF
    quantity = _half(line.quantity) if halve and line.quantity is not None else line.quantity
    pattern = line.pattern.elements if line.pattern else ()
    if halve and len(pattern) > 1 and pattern[1]:
        pattern = (pattern[0], _plain(_half(Decimal(pattern[1]))), *pattern[2:])
    if outcome.weekly_cap and quantity is not None and period is not None:
        pattern = ("VS", _plain(_a_week(quantity, period)), "WK")
    return replace(granted, quantity=quantity, unit=line.unit, pattern=pattern)


def _added_line(line: RequestedLine, code: str, answer: Answer) -> LineAnswer:
    period = line.period or answer.period
    return LineAnswer(line, code, "A1", quantity=line.quantity, unit=line.unit, period=period, added=True)


def _period(request: ReviewRequest, today: date) -> Period:
    """The days asked for; a payer that is told none grants its usual window from today."""
    if request.period:
        return request.period
    asked = [line.period for line in request.lines if line.period]
    if asked:
        return Period(min(period.first for period in asked), max(period.last for period in asked))
    return Period(today, today + timedelta(days=DEFAULT_DAYS - 1))


def _granted(lines: list[LineAnswer]) -> Period | None:
    periods = [line.period for line in lines if line.period]
    if not periods:
        return None
    return Period(min(period.first for period in periods), max(period.last for period in periods))


def _first_half(period: Period) -> Period:
    days = (period.last - period.first).days
    return Period(period.first, period.first + timedelta(days=days // 2))


def _half(quantity: Decimal) -> Decimal:
    return max((quantity / 2).to_integral_value(ROUND_FLOOR), min(quantity, Decimal(1)))


def _a_week(quantity: Decimal, period: Period) -> Decimal:
    weeks = Decimal(((period.last - period.first).days + 7) // 7)
    return (quantity / weeks).to_integral_value(ROUND_CEILING)


def _plain(quantity: Decimal) -> str:
    return f"{quantity:f}"
