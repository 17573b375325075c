"""When is an answer due, by which rule, and when do we look again?

Instants are aware; a day ends at its last second in the zone of the calendar given. Rules: requirements,
"Clocks" (hours run through nights and weekends, days are those of the payer's calendar, the strictest rule
wins and is named) and practices 5 and 6 (follow-up).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

BOUND_BY_FEDERAL_CLOCKS = frozenset({"medicare_advantage", "medicaid"})
"""Classes of program whose payers CMS-0057-F binds to answer in time."""

LEGAL_BASIS = {
    "medicare_advantage": "CMS-0057-F; 42 CFR 422.568(b) for standard and 422.572(a) for expedited requests; not drugs",
    "medicaid": "CMS-0057-F; 42 CFR 438.210(d) for managed care, 440.230(e) for fee for service, 457.495(d) and "
    "457.1230(d) for CHIP; not drugs",
}
NOT_BOUND = {
    "marketplace": "No federal clock: plans on the federal exchange must give a reason, but no time limit binds them.",
    "commercial": "No federal clock: commercial and self-funded plans follow their contract or their state.",
}
CORE_BASIS = "CAQH CORE prior authorization rule: two business days to ask for more or to decide"
CORE_DAYS = 2

SILENT_PAYER_BUSINESS_DAYS = 5
"""When nobody sets a clock, we look after a working week."""

START_OF_WORK = time(8)
END_OF_DAY = time(23, 59, 59)


class Measure(StrEnum):
    """How a clock counts."""

    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"


class Source(StrEnum):
    """Who set a clock."""

    FEDERAL = "federal"
    CORE = "core"
    CONTRACT = "contract"
    PROGRAM = "program"
    PLAYBOOK = "playbook"


@dataclass(frozen=True, slots=True)
class Clock:
    """A time within which an answer is due, and the sentence that says who asks for it.

    `basis` is where the rule stands written. `restarts`: it counts from what the payer received last, not from the
    first request.
    """

    measure: Measure
    amount: int
    rule: str
    source: Source = Source.PROGRAM
    basis: str = ""
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whose days are meant. `weekend` counts Monday as 0."""

    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})

    def is_business_day(self, day: date) -> bool:
        """Whether people work on `day`."""
        return day.weekday() not in self.weekend and day not in self.holidays

    def business_day_after(self, day: date, count: int = 1) -> date:
        """The `count`-th day of work after `day`."""
        while count:
            day += timedelta(days=1)
            count -= self.is_business_day(day)
        return day

    def at(self, day: date, when: time) -> datetime:
        """A local time of `day` as an instant in UTC; one that the clocks skip is read an hour later."""
        return datetime.combine(day, when, tzinfo=self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Due:
    """The instant an answer is due and the rule that made it."""

    at: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """When the payer had what it must answer.

    `first_at`: the request; `latest_at`: what was handed in last, the request itself or the answer to a pend;
    `paused`: how long the payer waited for us in between. `runs_on`: its clock does not stop for that.
    """

    first_at: datetime
    latest_at: datetime
    paused: timedelta = timedelta(0)
    runs_on: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One clock of a request: from when to when. `otherwise_at` is its end by the other reading of a pause."""

    clock: Clock
    starts_at: datetime
    ends_at: datetime
    otherwise_at: datetime | None = None


def clocks(
    *,
    urgent: bool,
    regulation: str = "",
    urgent_hours: int | None = None,
    routine_days: int | None = None,
    routine_days_are_business: bool = False,
    follows_core: bool = False,
    contract: str = "",
    playbook: str = "",
) -> list[Clock]:
    """Every clock that runs for a request of this priority: the law's first, then what was agreed, then the playbook.

    `contract` names the contract the program's times come from, `playbook` is what it says about this priority.
    """
    found = [*_federal(urgent, regulation)]
    if follows_core:
        found.append(
            Clock(
                Measure.BUSINESS_DAYS, CORE_DAYS, "2 business days, CAQH CORE", Source.CORE, CORE_BASIS, restarts=True
            )
        )
    source = Source.CONTRACT if contract else Source.PROGRAM
    basis = f"contract {contract}" if contract else "the rules of the program"
    if urgent and urgent_hours:
        words = f"contract {contract}" if contract else "the program's urgent turnaround"
        found.append(Clock(Measure.HOURS, urgent_hours, f"{urgent_hours} hours, {words}", source, basis))
    if not urgent and routine_days:
        kind = Measure.BUSINESS_DAYS if routine_days_are_business else Measure.CALENDAR_DAYS
        words = f"contract {contract}" if contract else "the program's turnaround"
        found.append(Clock(kind, routine_days, f"{_amount(kind, routine_days)}, {words}", source, basis))
    usual = turnaround(playbook)
    if usual is not None:
        kind, amount = usual
        words = f"{_amount(kind, amount)}, the playbook"
        found.append(Clock(kind, amount, words, Source.PLAYBOOK, f"the playbook says “{playbook.strip()}”"))
    return found


def _federal(urgent: bool, regulation: str) -> Iterable[Clock]:
    if regulation not in BOUND_BY_FEDERAL_CLOCKS:
        return
    basis = LEGAL_BASIS[regulation]
    if urgent:
        yield Clock(Measure.HOURS, 72, "72 hours, federal rule for urgent requests", Source.FEDERAL, basis)
    else:
        yield Clock(Measure.CALENDAR_DAYS, 7, "7 calendar days, federal rule", Source.FEDERAL, basis)


def _amount(measure: Measure, amount: int) -> str:
    """ "3 business days", "1 hour"."""
    words = {Measure.HOURS: "hour", Measure.CALENDAR_DAYS: "calendar day", Measure.BUSINESS_DAYS: "business day"}
    return f"{amount} {words[measure]}{'' if amount == 1 else 's'}"


_TURNAROUND = re.compile(
    r"(?:\d{1,3}\s*(?:-|–|to)\s*)?(\d{1,3})\s*(business |working |calendar )?(hours?|hrs?|days?)", re.IGNORECASE
)


def turnaround(text: str) -> tuple[Measure, int] | None:
    """A time that a playbook gives in words ("3 to 5 business days" is 5); None where the whole text is no time."""
    found = _TURNAROUND.fullmatch(text.strip().rstrip("."))
    if found is None or int(found[1]) == 0:
        return None
    kind = (found[2] or "").strip().lower()
    if found[3].lower().startswith("h"):
        return None if kind else (Measure.HOURS, int(found[1]))
    business = kind in ("business", "working")
    return (Measure.BUSINESS_DAYS if business else Measure.CALENDAR_DAYS), int(found[1])


def runs(found: Iterable[Clock], receipt: Receipt, calendar: Calendar) -> list[Run]:
    """Every clock from its start to its end, the first to end first; the first named wins a tie.

    A clock that stops while the payer waits for us ends as much later as the wait took.
    """
    listed = [_run(clock, receipt, calendar) for clock in found]
    return sorted(listed, key=lambda run: run.ends_at)


def _run(clock: Clock, receipt: Receipt, calendar: Calendar) -> Run:
    if clock.restarts or not receipt.paused:
        starts_at = receipt.latest_at if clock.restarts else receipt.first_at
        return Run(clock, starts_at, ends_at(clock, starts_at, calendar))
    going = ends_at(clock, receipt.first_at, calendar)
    stopped = ends_at(clock, receipt.first_at + receipt.paused, calendar)
    here, other = (going, stopped) if receipt.runs_on else (stopped, going)
    return Run(clock, receipt.first_at, here, other)


def strictest(running: Iterable[Clock], received_at: datetime, calendar: Calendar) -> Due | None:
    """When the first clock ends, by which rule; None when none runs. The first named wins a tie."""
    ends = [Due(ends_at(clock, received_at, calendar), clock.rule) for clock in running]
    return min(ends, key=lambda due: due.at, default=None)


def ends_at(clock: Clock, received_at: datetime, calendar: Calendar) -> datetime:
    """The instant at which a clock started by the payer's receipt has run down, in UTC.

    Business days end at the clock time of receipt (Friday 16:30 and two days is Tuesday 16:30); what is
    received on a day off counts from its end.
    """
    if clock.measure is Measure.HOURS:
        return received_at.astimezone(UTC) + timedelta(hours=clock.amount)
    local = received_at.astimezone(calendar.zone)
    if clock.measure is Measure.CALENDAR_DAYS:
        return calendar.at(local.date() + timedelta(days=clock.amount), END_OF_DAY)
    day = calendar.business_day_after(local.date(), clock.amount)
    received_at_work = calendar.is_business_day(local.date())
    return calendar.at(day, local.time() if received_at_work else END_OF_DAY)


def next_action_at(*, urgent: bool, due_at: datetime | None, asked_at: datetime, calendar: Calendar) -> datetime:
    """When somebody looks at the request again if nothing happens: at the start of work of a local day.

    Urgent: the next business day. Routine: the day after the answer was due.
    """
    asked_on = asked_at.astimezone(calendar.zone).date()
    if urgent:
        return calendar.at(calendar.business_day_after(asked_on), START_OF_WORK)
    if due_at is None:
        return calendar.at(calendar.business_day_after(asked_on, SILENT_PAYER_BUSINESS_DAYS), START_OF_WORK)
    return calendar.at(due_at.astimezone(calendar.zone).date() + timedelta(days=1), START_OF_WORK)
