"""Hours, weeks and units: how long a service of so many units is, and how many units an amount a period comes to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from authorizations.models.choices import QuantityType
from payers.rules import units_for

HOUR = 60
MOST_PERIODS = 1000


@dataclass(frozen=True, slots=True)
class Worked:
    """An amount worked out: so many hours or pieces in all, and what is asked for."""

    total: Decimal
    kind: str
    asked: Decimal
    asked_kind: str


def hours_in_units(hours: Decimal, unit_minutes: int, rounding: str) -> Decimal:
    """Hours as units of so many minutes, by the program's rule (requirements D2, D3)."""
    minutes = int((hours * HOUR).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return units_for(minutes, unit_minutes, rounding)


def units_in_hours(units: Decimal, unit_minutes: int) -> Decimal:
    """How long so many units are: 80 units of 15 minutes are 20 hours."""
    return (units * unit_minutes / HOUR).quantize(Decimal("0.01")).normalize()


def work_out(amount: Decimal, kind: str, periods: int, unit_minutes: int | None, rounding: str) -> Worked:
    """So much in each of so many periods: hours of a timed code as units, anything else as it is counted.

    The rounding is that of one period, which is what is delivered and billed; a sum of rounded weeks is what they
    come to. Where the rule leaves part of a unit, the sum is taken up to a whole one.
    """
    total = amount * periods
    if kind != QuantityType.HOURS or not unit_minutes:
        return Worked(total, kind, total, kind)
    units = hours_in_units(amount, unit_minutes, rounding) * periods
    whole = units.to_integral_value(rounding="ROUND_CEILING")
    return Worked(total, kind, whole, QuantityType.UNITS)
