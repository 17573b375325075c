"""The calculator beside a request: 10 hours a week for 26 weeks is so many units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from authorizations.amounts import MOST_PERIODS, work_out
from authorizations.models.choices import QuantityType
from codesets.queries import by_code
from payers.models import ProgramRules, Rounding
from web import typed, wording

FIELDS = ("calc_line", "calc_amount", "calc_kind", "calc_per", "calc_periods")
PERIODS = {"day": ("a day", "day", 1), "week": ("a week", "week", 7), "month": ("a month", "month", 30)}
"""The words of a period, its name to count it by, and about how many days it has."""
KINDS = [(kind.value, str(kind.label)) for kind in QuantityType]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an amount a period comes to: the sentence, the rule, and what to fill in."""

    sentence: str
    rule: str
    quantity: str
    kind: str
    label: str

    @property
    def as_line(self) -> dict[str, Any]:
        return {"quantity": self.quantity, "quantity_type": self.kind, "shares": False}


def suggestion(values: Mapping[str, str], days: int | None) -> dict[str, str]:
    """What stands in the calculator: as typed, else the weeks between first and last day."""
    per = values.get("calc_per") if values.get("calc_per") in PERIODS else "week"
    kind = values.get("calc_kind") if values.get("calc_kind") in QuantityType.values else QuantityType.HOURS
    length = PERIODS[str(per)][2]
    periods = values.get("calc_periods") or (str(-(-days // length)) if days and days > 0 else "")
    return {
        "calc_line": values.get("calc_line") or "0",
        "calc_amount": values.get("calc_amount", ""),
        "calc_kind": str(kind),
        "calc_per": str(per),
        "calc_periods": periods,
    }


def line_of(values: Mapping[str, str], count: int) -> int | None:
    """Which row is meant; None where there is no such row."""
    number = typed.whole(values.get("calc_line", ""))
    return number if number is not None and number < count else None


def worked(
    values: Mapping[str, str], lines: Sequence[Mapping[str, Any]], rules: ProgramRules | None, today: date
) -> Answer | str:
    """The answer, or what is missing to give one."""
    at = line_of(values, len(lines))
    amount, periods = _amount(values.get("calc_amount", "")), typed.whole(values.get("calc_periods", "").strip())
    kind, per = values.get("calc_kind", ""), values.get("calc_per", "")
    if at is None or kind not in QuantityType.values or per not in PERIODS:
        return "Choose the line, what is counted and the period."
    if amount is None or amount <= 0:
        return "Say how much in each period: a number above 0."
    if not periods or periods > MOST_PERIODS:
        return f"Say for how many periods: a whole number from 1 to {MOST_PERIODS:,}."
    code = str(lines[at].get("code") or "").strip().upper()
    known = by_code("HCPCS", [code], today).get(code) if code else None
    minutes = known.unit_minutes if known else None
    rounding = rules.rounding if rules else Rounding.EXACT
    found = work_out(amount, kind, periods, minutes, rounding)
    name = PERIODS[per]
    start = f"{_much(amount, kind)} {name[0]} for {wording.counted(periods, name[1])} is {_much(found.total, kind)}"
    converted = found.asked_kind != kind
    units = f", which is {_much(found.asked, found.asked_kind)} of {minutes} minutes" if converted else ""
    rounded = converted and rounding != Rounding.EXACT
    rule = f"Rounded each {name[1]}: {Rounding(rounding).label.lower()}." if rounded else ""
    plain = f"{found.asked.normalize():f}"
    return Answer(f"{start}{units}.", rule, plain, found.asked_kind, code or f"line {at + 1}")


def _much(amount: Decimal, kind: str) -> str:
    label = str(QuantityType(kind).label)
    return wording.counted(amount, label.removesuffix("s"), label)


def _amount(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and found < 10**6 and found == round(found, 2) else None
