"""When is an answer due, by which rule, and when do we look again?

Instants are aware; a day ends at its last second in the zone of the calendar given. Rules: requirements,
"Clocks" (hours run through nights and weekends, days are those of the payer's calendar, the strictest rule
wins and is named) and practices 5 and 6 (follow-up).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

BOUND_BY_FEDERAL_CLOCKS = frozenset({"medicare_advantage", "medicaid"})
"""Classes of program whose payers CMS-0057-F binds to answer in time."""

SILENT_PAYER_BUSINESS_DAYS = 5
"""When nobody sets a clock, we look after a working week."""

START_OF_WORK = time(8)
END_OF_DAY = time(23, 59, 59)


class Measure(StrEnum):
    """How a clock counts."""

    HOURS = "hours"
    CALENDAR_DAYS = "calendar_days"
    BUSINESS_DAYS = "business_days"


@dataclass(frozen=True, slots=True)
class Clock:
    """A time within which an answer is due, and the sentence that says who asks for it."""

    measure: Measure
    amount: int
    rule: str


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


def clocks(
    *,
    urgent: bool,
    regulation: str = "",
    urgent_hours: int | None = None,
    routine_days: int | None = None,
    routine_days_are_business: bool = False,
) -> list[Clock]:
    """Every clock that runs for a request of this priority: the law's first, then the program's own."""
    found = []
    if regulation in BOUND_BY_FEDERAL_CLOCKS:
        found.append(
            Clock(Measure.HOURS, 72, "72 hours, federal rule for urgent requests")
            if urgent
            else Clock(Measure.CALENDAR_DAYS, 7, "7 calendar days, federal rule")
        )
    if urgent and urgent_hours:
        found.append(Clock(Measure.HOURS, urgent_hours, f"{urgent_hours} hours, the program's urgent turnaround"))
    if not urgent and routine_days:
        kind = Measure.BUSINESS_DAYS if routine_days_are_business else Measure.CALENDAR_DAYS
        words = "business" if routine_days_are_business else "calendar"
        found.append(Clock(kind, routine_days, f"{routine_days} {words} days, the program's turnaround"))
    return found


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
