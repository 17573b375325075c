"""How much was approved and from when to when: the terms of a decision.

A quantity that is not stated is never made up: approved as asked (A1) says so, and approved otherwise (A2,
A6) without an amount is unknown, for a person to find out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from edi.x12.charset import Period
from edi.x12.parts import Delivery
from edi.x12.response_model import ReviewDecision, Reviewed, ReviewedService

# The kind of period of HSD03 and of HSD05 that mean the same.
SAME_PERIOD = {"DA": "7", "WK": "35", "MO": "34"}
ZERO = Decimal(0)


class Basis(StrEnum):
    """Where an approved quantity comes from."""

    STATED = "stated"
    DERIVED = "derived"
    AS_REQUESTED = "as_requested"
    UNKNOWN = "unknown"
    # Nothing was approved.
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `quantity` of `unit` in each `every` days, weeks or months (`per` is `DA` `WK` `MO`)."""

    quantity: Decimal
    unit: str
    per: str
    every: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class ApprovedQuantity:
    """The total approved, if it is known, and the cap that holds beside it.

    `amount` is None for AS_REQUESTED and UNKNOWN. `unit` is SV103 or SV204 (`UN` `MJ` `F2` `DA`) or HSD01
    (`VS` `DY` `HS` `MN`). `pattern` is the HSD as it was given, to be shown where no total follows from it.
    """

    basis: Basis
    amount: Decimal | None = None
    unit: str = ""
    cap: Cap | None = None
    pattern: Delivery | None = None


NOTHING = ApprovedQuantity(Basis.NOTHING)


@dataclass(frozen=True, slots=True)
class Window:
    """The days covered, both inclusive; an open end is None.

    `source` is the DTP qualifier it was read from, empty when no date is given, and `conflict` when the dates
    given contradict each other.
    """

    first: date | None = None
    last: date | None = None
    source: str = ""


NO_WINDOW = Window()


def approved_quantity(
    decision: ReviewDecision | None, reviewed: Reviewed, event: Reviewed | None, *, alone: bool
) -> ApprovedQuantity:
    """The quantity of an approved line (`event` is the one above it) or of an event (`event` is None).

    The amount of the service is the total, and an HSD with a period beside it the cap. Else the line's HSD,
    else the event's, which counts only for a line that is approved `alone`: shared among several it belongs
    to none.
    """
    own = _own_amount(reviewed)
    delivery = reviewed.delivery
    if own:
        amount, unit = own
        return ApprovedQuantity(Basis.STATED, amount, unit, _cap(delivery), delivery)
    if (delivery is None or delivery.quantity is None) and event and alone:
        delivery = event.delivery
    found = _of_delivery(delivery)
    if found:
        return found
    as_asked = decision is not None and decision.action == "A1"
    return ApprovedQuantity(Basis.AS_REQUESTED if as_asked else Basis.UNKNOWN, pattern=delivery)


def approved_window(reviewed: Reviewed, event: Reviewed | None) -> Window:
    """007 as a range; else 007 and 036; else the days of the service or the event. The line's dates win."""
    levels = [reviewed] if event is None else [reviewed, event]
    for level in levels:
        window = _certified(level)
        if window.source:
            return window
    for level in levels:
        for qualifier in ("472", "AAH", "435"):
            period = period_of(level, qualifier)
            if period:
                # The day of an admission begins a stay; its end is another date.
                last = None if qualifier == "435" and period.days == 1 else period.last
                return Window(period.first, last, qualifier)
    return Window()


def decision_day(reviewed: Reviewed, event: Reviewed | None) -> date | None:
    """The day the certification was issued (DTP 102), of the line or of its event."""
    for level in (reviewed, event):
        period = period_of(level, "102") if level else None
        if period:
            return period.first
    return None


def period_of(reviewed: Reviewed, qualifier: str) -> Period | None:
    """The days of one kind of date."""
    return next((each.period for each in reviewed.dates if each.qualifier == qualifier), None)


def _own_amount(reviewed: Reviewed) -> tuple[Decimal, str] | None:
    service = reviewed.service if isinstance(reviewed, ReviewedService) else None
    if service is None or service.quantity is None:
        return None
    return service.quantity, service.unit


def _of_delivery(delivery: Delivery | None) -> ApprovedQuantity | None:
    if delivery is None or delivery.quantity is None:
        return None
    if not delivery.per:
        return ApprovedQuantity(Basis.STATED, delivery.quantity, delivery.unit, pattern=delivery)
    cap = _cap(delivery)
    rounds = _rounds(delivery)
    if rounds is None:
        return ApprovedQuantity(Basis.UNKNOWN, None, delivery.unit, cap, delivery)
    return ApprovedQuantity(Basis.DERIVED, delivery.quantity * rounds, delivery.unit, cap, delivery)


def _cap(delivery: Delivery | None) -> Cap | None:
    if delivery is None or delivery.quantity is None or not delivery.per:
        return None
    return Cap(delivery.quantity, delivery.unit, delivery.per, delivery.every or Decimal(1))


def _rounds(delivery: Delivery) -> Decimal | None:
    """How often the amount comes: known only when both periods are of one kind and divide without a rest."""
    if delivery.spans is None or SAME_PERIOD.get(delivery.per) != delivery.span:
        return None
    every = delivery.every or Decimal(1)
    rounds, rest = divmod(Decimal(delivery.spans), every)
    return rounds if rest == ZERO else None


def _certified(reviewed: Reviewed) -> Window:
    effective, expires = period_of(reviewed, "007"), period_of(reviewed, "036")
    if effective is None:
        return Window()
    if effective.first != effective.last:
        return Window(effective.first, effective.last, "007")
    if expires is None:
        return Window(effective.first, None, "007")
    if expires.last < effective.first:
        return Window(None, None, "conflict")
    return Window(effective.first, expires.last, "007")
