"""What a limit per day, week or month allows now: "this week 28 of 40"."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from authorizations.decisions import CapPeriod
from authorizations.models import Authorization
from authorizations.queries import LineBalance, drawn_between
from claims.caps import Cap
from payers.rules import rules_on
from web import wording

ZERO = Decimal(0)
PERIODS = {
    CapPeriod.DAY: "Today",
    CapPeriod.WEEK: "This week",
    CapPeriod.MONTH: "This month",
    CapPeriod.AUTHORIZATION_MONTH: "This month of the authorization",
}


@dataclass(frozen=True, slots=True)
class Allowance:
    """One limit in the period that runs. Periods are those that claims are held to."""

    period: str
    span: str
    used: Decimal
    allowed: Decimal

    @property
    def left(self) -> Decimal:
        return self.allowed - self.used


def allowances(case: Authorization, balances: Sequence[LineBalance], today: date) -> dict[uuid.UUID, list[Allowance]]:
    """By line; nothing is read where no line that runs today has a limit. One statement for the rules and one for each
    kind of period."""
    running = [line for line in balances if line.caps and line.runs_on(today)]
    caps = [(line, cap) for line in running for cap in _caps(case, line)] if running else []
    spans: dict[tuple[date, date], list[uuid.UUID]] = {}
    for line, cap in caps:
        spans.setdefault(cap.span(today), []).append(line.line_id)
    drawn = {span: drawn_between(ids, *span) for span, ids in spans.items()}
    found: dict[uuid.UUID, list[Allowance]] = {}
    for line, cap in caps:
        first, last = cap.span(today)
        used = drawn[first, last].get(line.line_id, ZERO)
        span = "" if first == last else f"{wording.weekday(first, today)} to {wording.weekday(last, today)}"
        row = Allowance(PERIODS[cap.period], span, used, cap.allowance(today))
        found.setdefault(line.line_id, []).append(row)
    return found


def _caps(case: Authorization, line: LineBalance) -> list[Cap]:
    """As allocation sees them: the program's week on the day the line began, else the organization's."""
    assert line.starts_on is not None
    rules = rules_on(case.program, line.starts_on)
    week = (rules.week_start if rules else None) or case.organization.week_start
    prorate = bool(rules and rules.prorate_partial_periods)
    return [
        Cap(CapPeriod(period), quantity, line.starts_on, line.approved_until, week, prorate)
        for period, quantity in line.caps
    ]
