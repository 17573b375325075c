"""What is left for a member, by code, and cover over time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from authorizations.decisions import Basis
from authorizations.models import Authorization
from authorizations.queries import LineBalance
from authorizations.states import Status
from authorizations.views.lines import unit
from web import wording
from web.cover import CoverRow, Frame, Span, cover_row
from web.meter import Meter, measure

REMEMBERED = timedelta(days=90)
"""A code whose cover ended so long ago is no longer named as uncovered."""

ASKED = frozenset({Status.DRAFT, Status.SUBMITTED, Status.PENDED})
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Source:
    """One authorization that covers the code today; the first is used first."""

    authorization: Authorization
    balance: LineBalance


@dataclass(frozen=True, slots=True)
class CodeLeft:
    """One code: the sum over the authorizations in force, or why there is none."""

    label: str
    words: str
    meter: Meter | None
    sources: tuple[Source, ...]
    unit: str
    hours: str
    apart: str
    missing: str


def by_code(
    balances: Sequence[LineBalance],
    cases: Mapping[uuid.UUID, Authorization],
    words: Mapping[str, str],
    today: date,
    paces: Mapping[uuid.UUID, str],
) -> list[CodeLeft]:
    """One row for each code and kind of quantity; kinds are never added to each other.

    `paces` says of each line in force how it is used up: where one line alone holds a code, that is told of the code.
    """
    groups: dict[tuple[str, str], list[LineBalance]] = {}
    for balance in balances:
        if cases[balance.authorization_id].status in (Status.APPROVED, Status.DENIED):
            groups.setdefault((balance.label, balance.quantity_type), []).append(balance)
    rows = [_code(group, cases, words, today, paces) for _, group in sorted(groups.items())]
    return [row for row in rows if row is not None]


def _code(
    group: Sequence[LineBalance],
    cases: Mapping[uuid.UUID, Authorization],
    words: Mapping[str, str],
    today: date,
    paces: Mapping[uuid.UUID, str],
) -> CodeLeft | None:
    running = sorted(
        (balance for balance in group if balance.runs_on(today)),
        key=lambda balance: (balance.ends_on or date.max, balance.starts_on or date.min),
    )
    first = group[0]
    missing = "" if running else _missing(group, cases, today)
    if not running and not missing:
        return None
    return CodeLeft(
        label=first.label,
        words=words.get(first.code, ""),
        meter=_sum(running, today) if running else None,
        sources=tuple(Source(cases[balance.authorization_id], balance) for balance in running),
        unit=unit(first.quantity_type),
        hours=_hours(running),
        apart=_apart(running) or (paces.get(running[0].line_id, "") if running else ""),
        missing=missing,
    )


def _missing(group: Sequence[LineBalance], cases: Mapping[uuid.UUID, Authorization], today: date) -> str:
    """Why nothing covers the code today; "" when that is old news or cover begins later."""
    if any(balance.starts_on and balance.starts_on > today and balance.in_force for balance in group):
        starts = min(b.starts_on for b in group if b.starts_on and b.starts_on > today)
        return f"cover begins {wording.day(starts, today)}"
    ended = max((balance.ends_on for balance in group if balance.ends_on and balance.in_force), default=None)
    if ended is not None:
        return f"cover ended {wording.day(ended, today)}" if today - ended <= REMEMBERED else ""
    decided = [cases[balance.authorization_id].decided_on for balance in group]
    latest = max((day for day in decided if day is not None), default=None)
    if latest is not None and today - latest <= REMEMBERED:
        return f"not approved, {wording.day(latest, today)}"
    return ""


def _sum(running: Sequence[LineBalance], today: date) -> Meter:
    used = sum((balance.used for balance in running), ZERO)
    if any(balance.basis == Basis.UNLIMITED for balance in running):
        return measure(None, used, unlimited=True, unit=unit(running[0].quantity_type))
    known = [balance.approved for balance in running if balance.approved is not None]
    approved = sum(known, ZERO) if len(known) == len(running) else None
    elapsed = running[0].elapsed(today) if len(running) == 1 else None
    return measure(approved, used, elapsed=elapsed, unit=unit(running[0].quantity_type))


def _hours(running: Sequence[LineBalance]) -> str:
    minutes = running[0].unit_minutes if running else None
    left = sum((balance.remaining or ZERO for balance in running), ZERO)
    if not minutes or left <= 0:
        return ""
    return f"{wording.counted((left * minutes / 60).quantize(Decimal('0.01')), 'hour')} left"


def _apart(running: Sequence[LineBalance]) -> str:
    """ "5 of 8 and 4 of 4" where several authorizations add up."""
    if len(running) < 2:
        return ""
    return wording.join_words(
        [f"{wording.quantity(balance.remaining)} of {wording.quantity(balance.approved)}" for balance in running]
    )


def over_time(
    balances: Iterable[LineBalance],
    cases: Mapping[uuid.UUID, Authorization],
    shown: Frame,
    today: date,
    outside: Iterable[tuple[str, date]] = (),
) -> list[CoverRow]:
    """One row of bars for each code that any authorization holds, held or asks for, or that was served without one.

    `outside`: label and day of each service that draws from nothing.
    """
    spans: dict[str, list[Span]] = {}
    for balance in balances:
        span = _span(balance, cases[balance.authorization_id], today)
        if span is not None and span.ends_on >= shown.first and span.starts_on <= shown.last:
            spans.setdefault(balance.label, []).append(span)
    missed: dict[str, list[date]] = {}
    for label, day in outside:
        missed.setdefault(label, []).append(day)
    return [
        cover_row(label, spans.get(label, []), shown, today, missed.get(label, ()))
        for label in sorted({*spans, *missed})
    ]


def _span(balance: LineBalance, case: Authorization, today: date) -> Span | None:
    if balance.in_force and balance.starts_on is not None and case.status in (Status.APPROVED, Status.CANCELLED):
        ends_on = balance.ends_on or date.max
        if ends_on < balance.starts_on:
            return None
        return Span(case.number, balance.starts_on, ends_on, "past" if ends_on < today else "force")
    if case.status in ASKED and case.starts_on and case.ends_on:
        return Span(case.number, case.starts_on, case.ends_on, "draft")
    return None
