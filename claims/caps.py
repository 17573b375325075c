"""Limits per day, week, month and authorization month beside the total of a service line.

Pure. A service counts in the period that holds its first day; what a period leaves unused is not carried over
(requirements D14, D15).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal

from authorizations.decisions import CapPeriod

WEEK = 7


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `quantity` units per `period`; an authorization month runs from the day of the month of
    `starts_on`.

    `week_start` is an ISO weekday, 1 for Monday to 7 for Sunday; None counts weeks from `starts_on`. With
    `prorate` the first and the last period get only the share of their days between `starts_on` and
    `ends_on` (included; None is open), rounded down to whole units.
    """

    period: CapPeriod
    quantity: Decimal
    starts_on: date
    ends_on: date | None = None
    week_start: int | None = None
    prorate: bool = False

    def span(self, day: date) -> tuple[date, date]:
        """First and last day of the period that holds `day`."""
        if self.period is CapPeriod.DAY:
            return day, day
        if self.period is CapPeriod.WEEK:
            return self._week(day)
        if self.period is CapPeriod.MONTH:
            return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
        return self._auth_month(day)

    def allowance(self, day: date) -> Decimal:
        """How many units the period that holds `day` allows."""
        if not self.prorate:
            return self.quantity
        first, last = self.span(day)
        inside = (min(last, self.ends_on or last) - max(first, self.starts_on)).days + 1
        length = (last - first).days + 1
        if inside >= length:
            return self.quantity
        share = self.quantity * max(inside, 0) / length
        return share.quantize(Decimal(1), rounding=ROUND_FLOOR)

    def _week(self, day: date) -> tuple[date, date]:
        begins = self.week_start or self.starts_on.isoweekday()
        first = day - timedelta(days=(day.isoweekday() - begins) % WEEK)
        return first, first + timedelta(days=WEEK - 1)

    def _auth_month(self, day: date) -> tuple[date, date]:
        months = (day.year - self.starts_on.year) * 12 + day.month - self.starts_on.month
        if _months_after(self.starts_on, months) > day:
            months -= 1
        first, following = _months_after(self.starts_on, months), _months_after(self.starts_on, months + 1)
        return first, following - timedelta(days=1)


def _months_after(day: date, months: int) -> date:
    """The same day of the month `months` later, or the last day of a month that is too short."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
