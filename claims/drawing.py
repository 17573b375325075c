"""Bring a member's ledger to what allocation says, by appending the difference. Every write about claims ends
here.

The caller holds the member's UtilizationAccount, so nothing else of the member moves meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from audit.actors import Actor
from authorizations import ledger, work
from authorizations.ledger import Usage, write_wide_row
from authorizations.models import Authorization, LedgerEntry, Task, UtilizationAccount
from claims import queries
from claims.allocation import Outcome, allocate
from claims.explanations import number, record_of
from claims.queries import Amount, LineInForce
from claims.reconciliation import Entry, Key, missing

OVER_TASK = "units.over"
USE_COLUMNS = [
    "exhausted",
    "tight_line",
    "tight_code",
    "tight_quantity_type",
    "tight_requested",
    "tight_approved",
    "tight_used",
    "tight_remaining",
    "tight_remaining_milli",
]
"""The columns of an authorization's wide row that a draw can move."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What stands, what should, and the entries between them."""

    lines: Sequence[LineInForce]
    standing: Mapping[Key, Amount]
    outcomes: Sequence[Outcome]
    entries: list[LedgerEntry]


def settle(account: UtilizationAccount, *, actor: Actor, now: datetime) -> Difference:
    """Append what is missing between the ledger of a locked account and allocation, and refresh what shows
    it."""
    lines = queries.lines_in_force(account.member_id, lock=True)
    found = difference(account, lines)
    if found.entries:
        ledger.append(account, found.entries, actor=actor, now=now)
        _refresh_wide_rows(found)
        _follow_overdraws(found, actor=actor, now=now)
    return found


def difference(account: UtilizationAccount, lines: Sequence[LineInForce], *, without: UUID | None = None) -> Difference:
    """What must be appended to the ledger, without writing it. Empty when the ledger equals allocation from nothing.

    `without` leaves a claim out, as if it were voided: what would move then.
    """
    openings = [line.opening for line in lines if line.opening]
    charges = [charge for charge in queries.live_charges(account.member_id) if charge.claim_id != without]
    allocation = allocate([line.cover for line in lines], charges, openings)
    standing = queries.standing_draws(account.id)
    entries = missing(standing, allocation.draws, openings)
    rows = _written(entries, account, lines, allocation.outcomes, without) if entries else []
    return Difference(lines, standing, allocation.outcomes, rows)


def _written(
    entries: Sequence[Entry],
    account: UtilizationAccount,
    lines: Sequence[LineInForce],
    outcomes: Iterable[Outcome],
    without: UUID | None,
) -> list[LedgerEntry]:
    """The entries as rows, each with its reason: what is given back in the order of service, then what is drawn."""
    in_force = {line.cover.line_id: line for line in lines}
    became: dict[UUID | None, Outcome] = {outcome.charge.claim_line_id: outcome for outcome in outcomes}
    past = _past(account, entries, in_force)
    gone = {row.claim_id for key, row in past.items() if row.claim_id and key[0] not in became}
    voided = {without, *(queries.voided(gone) if gone else ())}
    first, back, drawn = [], [], []
    for entry in entries:
        row = past.get((entry.claim_line_id, entry.line_id))
        outcome = became.get(entry.claim_line_id)
        if entry.is_opening:
            first.append(_opening(entry, row or in_force[entry.line_id]))
        elif entry.units < 0 and row is not None:
            back.append(_reversal(entry, row, outcome, voided=row.claim_id in voided))
        elif outcome is not None:
            drawn.append(_draw(entry, in_force[entry.line_id], outcome))
    back.sort(key=lambda row: (row.service_date, row.claim_number, row.claim_line_number))
    return [*first, *back, *drawn]


def _past(
    account: UtilizationAccount, entries: Iterable[Entry], in_force: Mapping[UUID, LineInForce]
) -> dict[Key, LedgerEntry]:
    """What was written before of the charges and openings that change; not asked for where all is new."""
    keys = {
        (entry.claim_line_id, entry.line_id)
        for entry in entries
        if entry.units < 0 or (entry.is_opening and entry.line_id not in in_force)
    }
    return queries.past_entries(account.id, keys) if keys else {}


def _opening(entry: Entry, source: LedgerEntry | LineInForce) -> LedgerEntry:
    """Units used before we counted, or their correction."""
    if isinstance(source, LedgerEntry):
        case_id, kind, day = source.authorization_id, source.quantity_type, source.service_date
    else:
        case_id, kind, day = source.cover.authorization_id, source.cover.quantity_type, source.opening_day
    return LedgerEntry(
        authorization_id=case_id,
        line_id=entry.line_id,
        kind=LedgerEntry.Kind.OPENING,
        quantity=entry.units,
        quantity_type=kind,
        service_date=day,
        reason={"reason": "used_before"},
    )


def _reversal(entry: Entry, row: LedgerEntry, outcome: Outcome | None, *, voided: bool) -> LedgerEntry:
    """A draw that no longer stands, with what became of its charge."""
    reason: dict[str, Any] = {"reason": "voided" if voided else "replaced"}
    if outcome is not None:
        reason = {"reason": "allocated_anew", "now": record_of(outcome)}
    return LedgerEntry(
        authorization_id=row.authorization_id,
        line_id=entry.line_id,
        kind=LedgerEntry.Kind.REVERSAL,
        quantity=entry.units,
        over=entry.over,
        quantity_type=row.quantity_type,
        service_date=row.service_date,
        code=row.code,
        claim_line_id=entry.claim_line_id,
        claim_id=row.claim_id,
        claim_number=row.claim_number,
        claim_line_number=row.claim_line_number,
        reason=reason,
    )


def _draw(entry: Entry, line: LineInForce, outcome: Outcome) -> LedgerEntry:
    charge = outcome.charge
    return LedgerEntry(
        authorization_id=line.cover.authorization_id,
        line_id=entry.line_id,
        kind=LedgerEntry.Kind.DRAW,
        quantity=entry.units,
        over=entry.over,
        quantity_type=charge.quantity_type,
        service_date=charge.first_day,
        code=charge.code,
        claim_line_id=entry.claim_line_id,
        claim_id=charge.claim_id,
        claim_number=charge.claim_number,
        claim_line_number=charge.line_number,
        reason=record_of(outcome),
    )


def _refresh_wide_rows(found: Difference) -> None:
    """Copy the new use onto the authorizations whose lines were drawn or given back. One statement, as a
    rule."""
    moved = {entry.authorization_id for entry in found.entries}
    used: dict[UUID, Decimal] = defaultdict(Decimal)
    for (_, line_id), amount in found.standing.items():
        used[line_id] += amount.units
    for entry in found.entries:
        used[entry.line_id] += entry.quantity
    cases: dict[UUID, Authorization] = {}
    usages: dict[UUID, list[Usage]] = defaultdict(list)
    for line in found.lines:
        if line.authorization.id in moved:
            case = cases.setdefault(line.authorization.id, line.authorization)
            usages[case.id].append(Usage(line.versions[-1].line, line.versions, used[line.cover.line_id]))
    for case in cases.values():
        write_wide_row(case, usages[case.id])
    if len(cases) == 1:
        next(iter(cases.values())).save(update_fields=USE_COLUMNS)
    else:
        Authorization.objects.bulk_update(cases.values(), USE_COLUMNS)
    if without_cover := moved - set(cases):
        ledger.refresh_wide_rows(without_cover)


def _follow_overdraws(found: Difference, *, actor: Actor, now: datetime) -> None:
    """Open a task where an authorization is newly drawn beyond what is approved; close it when that is
    mended."""
    cases = {line.authorization.id: line.authorization for line in found.lines}
    case_of = {line.cover.line_id: line.authorization.id for line in found.lines}
    before: dict[UUID, Decimal] = defaultdict(Decimal)
    for (_, line_id), amount in found.standing.items():
        if amount.over and line_id in case_of:
            before[case_of[line_id]] += amount.over
    after = before.copy()
    for entry in found.entries:
        after[entry.authorization_id] += entry.over
    for case_id in sorted(set(after) & set(cases)):
        if before[case_id] <= 0 < after[case_id]:
            words = f"Drawn {number(after[case_id])} beyond what is approved: ask for more, or correct the claim"
            work.open_task(cases[case_id], OVER_TASK, words, now=now)
            work.refresh_work(cases[case_id])
        elif after[case_id] <= 0 < before[case_id]:
            standing = Task.objects.filter(authorization_id=case_id, kind=OVER_TASK, closed_at=None)
            for task_id in standing.values_list("id", flat=True):
                work.close_task(task_id, actor=actor, now=now)
