"""The curve of one line's use against what was approved, as coordinates of a 560 by 224 drawing.

The template draws; the sentence beside the drawing says the same in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from web.forecast import Forecast
from web.months import next_month

LEFT, RIGHT, TOP, BOTTOM = 44.0, 484.0, 26.0, 190.0
ZERO = Decimal(0)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the time axis: where, what it says and how its text is anchored."""

    x: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Coordinates, ready for attributes. `fore` is empty without a forecast."""

    cap_y: str
    cap_text_y: str
    middle_y: str
    middle_text_y: str
    middle: Decimal
    now_x: str
    now_y: str
    even: str
    actual: str
    fore: str
    end_x: str
    end_y: str
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Days to the right, amounts upwards."""

    starts_on: date
    ends_on: date
    top: Decimal

    def point(self, day: date, amount: Decimal) -> Point:
        days = (self.ends_on - self.starts_on).days
        gone = max(min((day - self.starts_on).days, days), 0)
        up = float(max(amount, ZERO) / self.top)
        return LEFT + (RIGHT - LEFT) * gone / days, BOTTOM - (BOTTOM - TOP) * min(up, 1.0)


def draw(
    used: Mapping[date, Decimal],
    approved: Decimal,
    starts_on: date,
    ends_on: date,
    today: date,
    ahead: Forecast | None,
) -> Chart | None:
    """Draw the window from units by month (its first day); None before it begins or when nothing is approved."""
    if approved <= 0 or today < starts_on or ends_on <= starts_on:
        return None
    total = sum(used.values(), ZERO)
    scale = _Scale(starts_on, ends_on, max(approved, total))
    now = min(today, ends_on)
    points = [scale.point(day, amount) for day, amount in _curve(used, starts_on, now)]
    end = _end(scale, ahead, approved, total, now)
    middle = approved / 2
    return Chart(
        cap_y=_n(scale.point(now, approved)[1]),
        cap_text_y=_n(scale.point(now, approved)[1] + 4),
        middle_y=_n(scale.point(now, middle)[1]),
        middle_text_y=_n(scale.point(now, middle)[1] + 4),
        middle=middle,
        now_x=_n(points[-1][0]),
        now_y=_n(points[-1][1]),
        even=_line([(LEFT, BOTTOM), scale.point(ends_on, approved)]),
        actual=_line(points),
        fore=_line([points[-1], end]) if end else "",
        end_x=_n(end[0]) if end else "",
        end_y=_n(end[1]) if end else "",
        ticks=_ticks(scale, today),
    )


def _curve(used: Mapping[date, Decimal], starts_on: date, now: date) -> list[tuple[date, Decimal]]:
    """Running totals at the turn of each month, and today."""
    points = [(starts_on, ZERO)]
    total = ZERO
    for first in sorted(used):
        total += used[first]
        turn = next_month(first) - timedelta(days=1)
        points.append((max(min(turn, now), starts_on), total))
    if points[-1][0] != now:
        points.append((now, total))
    return points


def _end(scale: _Scale, ahead: Forecast | None, approved: Decimal, total: Decimal, now: date) -> Point | None:
    """Where the forecast ends: at the approved amount on the day it is reached, else on the last day."""
    if ahead is None or now >= scale.ends_on:
        return None
    if ahead.runs_out_on is not None:
        return scale.point(ahead.runs_out_on, approved)
    return scale.point(scale.ends_on, approved - (ahead.left_over or ZERO)) if total < approved else None


def _ticks(scale: _Scale, today: date) -> tuple[Tick, ...]:
    """First and last day, and the months between that leave room for both."""
    first = Tick(_n(LEFT), _day(scale.starts_on, today), "start")
    last = Tick(_n(RIGHT), _day(scale.ends_on, today), "end")
    months = []
    month = next_month(scale.starts_on)
    while month < scale.ends_on:
        x = scale.point(month, ZERO)[0]
        if LEFT + 70 < x < RIGHT - 80:
            months.append(Tick(_n(x), f"{month:%b}", "middle"))
        month = next_month(month)
    every = max(1, -(-len(months) // 4))
    return (first, *months[::every], last)


def _day(day: date, today: date) -> str:
    return f"{day:%b} {day.day}" if day.year == today.year else f"{day:%b} {day.day}, {day.year}"


def _line(points: list[Point]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.1f}"
