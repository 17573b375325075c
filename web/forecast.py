"""Will it last? The pace of the last four weeks carried forward, in whole days. Plain arithmetic.

A forecast needs at least a week of the window behind it; before that there is none, rather than a wild one.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

LOOK_BACK_DAYS = 28
LEAST_DAYS = 7
WEEK = Decimal(7)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the pace means: the day the last unit goes, or how many are left over on the last day.

    `weekly` is the pace, `lasting` the pace that would have lasted to the end; both a week, rounded down. `per_day` is
    the pace as it is.
    """

    weekly: Decimal
    looked_back_days: int
    runs_out_on: date | None = None
    days_early: int = 0
    lasting: Decimal | None = None
    left_over: Decimal | None = None
    per_day: Decimal = Decimal(0)


def look_back(starts_on: date, today: date) -> tuple[date, date] | None:
    """The span of days the pace is read from, both included; None while it would be shorter than a week."""
    first = max(starts_on, today - timedelta(days=LOOK_BACK_DAYS - 1))
    return (first, today) if (today - first).days + 1 >= LEAST_DAYS else None


def forecast(left: Decimal, used_in_span: Decimal, span: tuple[date, date], ends_on: date) -> Forecast:
    """Carry the pace of `span` (which ends today) on to `ends_on`, both days included."""
    first, today = span
    length = (today - first).days + 1
    per_day = max(used_in_span, Decimal(0)) / length
    weekly = (per_day * WEEK).quantize(Decimal("0.1"), rounding=ROUND_FLOOR)
    days_to_go = max((ends_on - today).days, 0)
    needed = per_day * days_to_go
    if left <= 0 or needed <= left:
        over = (left - needed).to_integral_value(rounding=ROUND_FLOOR)
        return Forecast(weekly, length, left_over=max(over, Decimal(0)), per_day=per_day)
    days_left = int((left / per_day).to_integral_value(rounding=ROUND_CEILING))
    runs_out_on = today + timedelta(days=days_left)
    lasting = (left * WEEK / days_to_go).to_integral_value(rounding=ROUND_FLOOR)
    return Forecast(weekly, length, runs_out_on, (ends_on - runs_out_on).days, lasting, per_day=per_day)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would follow from so many a week, another last day or another total.

    `needed`: of the whole authorization; `short`: how many more would have to be asked for; `gap_days`: days between
    the day the last unit goes and the last day.
    """

    weekly: Decimal
    ends_on: date
    total: Decimal
    needed: Decimal
    runs_out_on: date | None
    gap_days: int
    short: Decimal
    left_over: Decimal


def what_if(used: Decimal, weekly: Decimal, total: Decimal, today: date, ends_on: date) -> WhatIf:
    """Carry `weekly` on from tomorrow to `ends_on`, both days included, against `total` of which `used` are gone."""
    days_to_go = max((ends_on - today).days, 0)
    ahead = (weekly * days_to_go / WEEK).to_integral_value(rounding=ROUND_CEILING)
    needed, left = used + ahead, max(total - used, Decimal(0))
    short, over = max(needed - total, Decimal(0)), max(total - needed, Decimal(0))
    if not short or not weekly:
        return WhatIf(weekly, ends_on, total, needed, None, 0, short, over)
    days_left = int((left * WEEK / weekly).to_integral_value(rounding=ROUND_CEILING))
    runs_out_on = min(today + timedelta(days=days_left), ends_on)
    return WhatIf(weekly, ends_on, total, needed, runs_out_on, (ends_on - runs_out_on).days, short, over)
