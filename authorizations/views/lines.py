"""The lines of a case for people: requested, approved and used by code, and whether they last."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from authorizations import queries
from authorizations.decisions import Basis, LineOutcome
from authorizations.models.choices import CAP_PERIOD, QuantityType
from authorizations.queries import LineBalance
from codesets.queries import words_of
from web import wording
from web.chart import Chart, draw
from web.forecast import Forecast, forecast, look_back
from web.meter import Meter, measure
from web.months import Month, by_month

ZERO = Decimal(0)
PERIOD_WORDS = dict(CAP_PERIOD) | {"authorization_month": "month, counted from the first day"}
UNDECIDED = frozenset({LineOutcome.PENDED, LineOutcome.CONTACT_PAYER, LineOutcome.RETURNED, LineOutcome.UNDECIDED})
BASIS_WORDS = {
    Basis.AS_REQUESTED: "as asked",
    Basis.DERIVED: "worked out from the limit",
    Basis.UNLIMITED: "no limit",
    Basis.UNKNOWN: "the payer named no quantity",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. `meter` is None where nothing was approved; `difference` compares with what was asked."""

    balance: LineBalance
    words: str
    meter: Meter | None
    difference: str
    basis: str
    limits: str
    hours: str

    @property
    def waits(self) -> bool:
        """Whether the payer has said nothing about it yet."""
        return not self.balance.outcome

    @property
    def undecided(self) -> bool:
        """Whether the payer spoke but neither approved nor refused."""
        return self.meter is None and self.balance.outcome in UNDECIDED


@dataclass(frozen=True, slots=True)
class Use:
    """One line over time: what the utilization tab shows of it."""

    line: Line
    forecast: Forecast | None
    months: list[Month]
    chart: Chart | None
    elapsed_percent: int | None


def lines(balances: Sequence[LineBalance], today: date) -> list[Line]:
    """Put balances into words, with the words of their codes."""
    words = words_of("HCPCS", [balance.code for balance in balances])
    return [line(balance, words.get(balance.code, ""), today) for balance in balances]


def line(balance: LineBalance, words: str, today: date) -> Line:
    """One balance in words."""
    return Line(
        balance=balance,
        words=words,
        meter=_meter(balance, today),
        difference=_difference(balance),
        basis=BASIS_WORDS.get(Basis(balance.basis), "") if balance.basis else "",
        limits=_limits(balance),
        hours=_hours(balance),
    )


def unit(quantity_type: str) -> str:
    """The word for one of what is counted."""
    label = QuantityType(quantity_type).label if quantity_type in QuantityType else "units"
    return label.removesuffix("s")


def _meter(balance: LineBalance, today: date) -> Meter | None:
    if not balance.basis or balance.outcome == LineOutcome.NOT_REQUIRED:
        return None
    return measure(
        balance.approved,
        balance.used,
        elapsed=balance.elapsed(today),
        unlimited=balance.basis == Basis.UNLIMITED,
        unit=unit(balance.quantity_type),
    )


def _difference(balance: LineBalance) -> str:
    if balance.outcome == LineOutcome.DENIED or balance.approved is None or balance.asked is None:
        return ""
    gap = balance.asked - balance.approved
    if gap == 0:
        return ""
    return f"{wording.quantity(abs(gap))} {'fewer' if gap > 0 else 'more'} than asked"


def _limits(balance: LineBalance) -> str:
    parts = []
    for period, quantity in balance.caps:
        what = wording.counted(quantity, unit(balance.quantity_type))
        parts.append(f"at most {what} a {PERIOD_WORDS.get(period, period).lower()}")
    return wording.join_words(parts)


def _hours(balance: LineBalance) -> str:
    """ "960 units of H2019 HN = 240 hours", where a unit has a length."""
    amount = balance.approved if balance.approved is not None else balance.asked
    if balance.outcome and not balance.in_force:
        return ""
    if not balance.unit_minutes or amount is None or balance.quantity_type != QuantityType.UNITS or not amount:
        return ""
    hours = (amount * balance.unit_minutes / 60).quantize(Decimal("0.01"))
    what = wording.counted(amount, "unit")
    return f"{what} of {balance.label} = {wording.counted(hours, 'hour')}"


def with_forecast(shown: Sequence[Line], today: date) -> list[Line]:
    """The same lines, each meter telling when it runs out where the pace of the last weeks says so."""
    running = [each for each in shown if _runs(each)]
    spans = {each.balance.line_id: _span(each.balance, today) for each in running}
    recent = _recent(spans)
    ahead = {each.balance.line_id: _forecast(each.balance, spans[each.balance.line_id], recent) for each in running}
    return [_told(each, ahead.get(each.balance.line_id), today) for each in shown]


def first_to_run_out(balances: Sequence[LineBalance], today: date) -> date | None:
    """The day on which, at the pace of the last weeks, the first line runs out before its end; None when none does.

    That is today where a line is used up.
    """
    if any(each.in_force and each.remaining is not None and each.remaining <= 0 for each in balances):
        return today
    running = [each for each in lines(balances, today) if _runs(each)]
    spans = {each.balance.line_id: _span(each.balance, today) for each in running}
    recent = _recent(spans)
    ahead = [_forecast(each.balance, spans[each.balance.line_id], recent) for each in running]
    return min((each.runs_out_on for each in ahead if each and each.runs_out_on), default=None)


def _told(shown: Line, ahead: Forecast | None, today: date) -> Line:
    if ahead is None or ahead.runs_out_on is None or shown.meter is None:
        return shown
    detail = f"{shown.meter.detail}; runs out about {wording.day(ahead.runs_out_on, today)}"
    return replace(shown, meter=replace(shown.meter, detail=detail))


def uses(shown: Sequence[Line], today: date, *, until: datetime | None = None) -> list[Use]:
    """The lines in force over time, in three reads. `until`: as it stood at a moment of `today`, without a forecast."""
    running = [each for each in shown if _runs(each)]
    by_line = queries.used_by_month((each.balance.line_id for each in running), until=until)
    spans = {each.balance.line_id: None if until else _span(each.balance, today) for each in running}
    recent = _recent(spans)
    return [
        _use(each, by_line.get(each.balance.line_id, {}), spans[each.balance.line_id], recent, today)
        for each in running
    ]


def _runs(shown: Line) -> bool:
    """Whether it is in force between two days, so that time can be set against use."""
    return bool(shown.balance.basis and shown.balance.starts_on and shown.balance.ends_on)


def _forecast(
    balance: LineBalance,
    span: tuple[date, date] | None,
    recent: Mapping[tuple[date, date], Mapping[uuid.UUID, Decimal]],
) -> Forecast | None:
    if span is None or not balance.approved or balance.ends_on is None:
        return None
    pace = recent[span].get(balance.line_id, ZERO)
    return forecast(balance.approved - balance.used, pace, span, balance.ends_on)


def _span(balance: LineBalance, today: date) -> tuple[date, date] | None:
    if balance.starts_on is None or balance.ends_on is None or today > balance.ends_on:
        return None
    return look_back(balance.starts_on, today)


def _recent(
    spans: Mapping[uuid.UUID, tuple[date, date] | None],
) -> dict[tuple[date, date], dict[uuid.UUID, Decimal]]:
    """Units by span and line; lines of one authorization mostly share the span."""
    wanted: dict[tuple[date, date], list[uuid.UUID]] = {}
    for line_id, span in spans.items():
        if span is not None:
            wanted.setdefault(span, []).append(line_id)
    return {span: dict(queries.used_since(ids, *span)) for span, ids in wanted.items()}


def _use(
    shown: Line,
    used: Mapping[date, Decimal],
    span: tuple[date, date] | None,
    recent: Mapping[tuple[date, date], Mapping[uuid.UUID, Decimal]],
    today: date,
) -> Use:
    balance = shown.balance
    assert balance.starts_on is not None
    assert balance.ends_on is not None
    ahead = _forecast(balance, span, recent)
    elapsed = balance.elapsed(today)
    return Use(
        line=shown,
        forecast=ahead,
        months=by_month(used, balance.approved, balance.starts_on, balance.ends_on, today),
        chart=draw(used, balance.approved, balance.starts_on, balance.ends_on, today, ahead)
        if balance.approved
        else None,
        elapsed_percent=int(elapsed * 100) if elapsed is not None else None,
    )
