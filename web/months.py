"""A line's use month by month: every month of the window, those without use too, so that the sum equals the bar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Month:
    """One row of the table; `even` is what an even pace would use. `used_bar` and `even_at` are SVG percents."""

    label: str
    used: Decimal
    even: Decimal | None
    so_far: Decimal
    left: Decimal | None
    used_bar: str
    even_at: str


def by_month(
    used: Mapping[date, Decimal], approved: Decimal | None, starts_on: date, ends_on: date, today: date
) -> list[Month]:
    """The months of a window, from the first service before it (an over-wide draw) to the last after it."""
    firsts = _months(min([starts_on.replace(day=1), *used]), max([ends_on.replace(day=1), *used]))
    whole = (ends_on - starts_on).days + 1
    evens = [_even(approved, first, starts_on, ends_on, whole) for first in firsts]
    scale = max([*(used.get(first, ZERO) for first in firsts), *(even or ZERO for even in evens), Decimal(1)])
    rows = []
    so_far = ZERO
    for first, even in zip(firsts, evens, strict=True):
        amount = used.get(first, ZERO)
        so_far += amount
        rows.append(
            Month(
                label=_label(first, starts_on, ends_on, today),
                used=amount,
                even=even,
                so_far=so_far,
                left=None if approved is None else approved - so_far,
                used_bar=f"{max(amount, ZERO) * 100 / scale:.2f}%",
                even_at=f"{(even or ZERO) * 98 / scale:.2f}%",
            )
        )
    return rows


def next_month(first: date) -> date:
    """The first day of the month after."""
    return (first + timedelta(days=31)).replace(day=1)


def _months(first: date, last: date) -> list[date]:
    found = []
    month = first
    while month <= last:
        found.append(month)
        month = next_month(month)
    return found


def _even(approved: Decimal | None, first: date, starts_on: date, ends_on: date, whole: int) -> Decimal | None:
    if approved is None:
        return None
    last = next_month(first) - timedelta(days=1)
    days = max((min(last, ends_on) - max(first, starts_on)).days + 1, 0)
    return (approved * days / whole).quantize(Decimal(1), rounding=ROUND_HALF_UP)


def _label(first: date, starts_on: date, ends_on: date, today: date) -> str:
    """ "Jun (from 15)", "Jul", "Nov (to 23)" for the month that runs, "Dec (to 12)"; the year when not this one."""
    name = f"{first:%b}" if first.year == today.year else f"{first:%b} {first.year}"
    if first == starts_on.replace(day=1) and starts_on.day > 1:
        return f"{name} (from {starts_on.day})"
    if first == today.replace(day=1) and today < ends_on:
        return f"{name} (to {today.day})"
    if first == ends_on.replace(day=1) and next_month(first) - timedelta(days=1) > ends_on:
        return f"{name} (to {ends_on.day})"
    return name
