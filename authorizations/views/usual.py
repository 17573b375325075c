"""What the rules of a program usually allow, said beside a request: the limit a week, and how minutes become units.

What the payer approves is what counts; these figures are where a request begins, and what it is compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from authorizations.amounts import hours_in_units, units_in_hours
from authorizations.models.choices import QuantityType
from codesets.models import AnyCode
from payers.models import ProgramRules, Rounding
from tenancy.models import Weekday
from web import wording

WEEK = 7
MOST_CONVERTED = 10**6


def first_line(rules: ProgramRules | None) -> dict[str, Any]:
    """What stands in a new line of a request: the program's limit a week, where it has one."""
    if rules is None or rules.weekly_cap is None:
        return {}
    cap = f"{rules.weekly_cap.normalize():f}"
    return {"quantity_type": rules.weekly_cap_type or QuantityType.UNITS, "cap_week": cap}


def cap_words(rules: ProgramRules | None) -> str:
    """ "Usually at most 40 units a week, counted from Monday; part of a week counts in full." """
    if rules is None or rules.weekly_cap is None:
        return ""
    begins = rules.week_start or rules.organization.week_start
    part = "in part" if rules.prorate_partial_periods else "in full"
    much = f"{wording.quantity(rules.weekly_cap)} {rules.get_weekly_cap_type_display()}"
    return f"Usually at most {much} a week, counted from {Weekday(begins).label}; part of a week counts {part}."


def beyond(
    rules: ProgramRules | None, lines: Iterable[Mapping[str, Any]], span: tuple[date | None, date | None]
) -> list[str]:
    """The lines that ask for more a week than the program usually allows: by their limit, or spread over the days."""
    if rules is None or rules.weekly_cap is None:
        return []
    found = []
    for line in lines:
        kind = line.get("quantity_type") or QuantityType.UNITS
        if not line.get("code") or kind != (rules.weekly_cap_type or QuantityType.UNITS):
            continue
        asked = _a_week(line, span)
        if asked is not None and asked > rules.weekly_cap:
            much = f"{wording.quantity(rules.weekly_cap)} {rules.get_weekly_cap_type_display()}"
            found.append(
                f"{str(line['code']).upper()}: {wording.quantity(round(asked, 1))} a week is asked for; "
                f"{rules.program.name} usually allows {much}."
            )
    return found


def converted(line: Mapping[str, Any], code: AnyCode | None, rules: ProgramRules | None) -> str:
    """Hours of a timed code as the units they are asked for in, units as the hours they are: "= 20 hours"."""
    amount, kind = _number(line.get("quantity")), line.get("quantity_type") or QuantityType.UNITS
    if amount is None or amount >= MOST_CONVERTED or code is None or not code.unit_minutes:
        return ""
    if kind == QuantityType.UNITS:
        return f"= {wording.counted(units_in_hours(amount, code.unit_minutes), 'hour')}"
    if kind != QuantityType.HOURS or amount != round(amount, 2):
        return ""
    rounding = Rounding(rules.rounding if rules else Rounding.EXACT)
    units = hours_in_units(amount, code.unit_minutes, rounding)
    return f"= {wording.counted(units, 'unit')} of {code.unit_minutes} minutes ({rounding.label.lower()})"


def _a_week(line: Mapping[str, Any], span: tuple[date | None, date | None]) -> Decimal | None:
    """What a line asks for in a week: its own limit, else its quantity spread over the days asked for."""
    cap = _number(line.get("cap_week"))
    if cap is not None:
        return cap
    quantity, (starts_on, ends_on) = _number(line.get("quantity")), span
    if quantity is None or starts_on is None or ends_on is None or ends_on < starts_on:
        return None
    days = (ends_on - starts_on).days + 1
    return quantity if days <= WEEK else quantity * WEEK / days


def _number(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value if value is not None else "").strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found < 10**9 else None
