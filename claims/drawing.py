"""Bring a member's ledger to what allocation says, by appending the difference. Every write about claims ends
here.

The caller holds the member's UtilizationAccount, so nothing else of the member moves meanwhile.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from audit.actors import Actor
from authorizations import ledger, work
from authorizations.ledger import Usage, write_wide_row
from authorizations.models import Authorization, LedgerEntry, Task, UtilizationAccount
from claims import queries
from claims.allocation import Draw, Outcome, allocate
from claims.explanations import number, record_of
from claims.models import Claim
from claims.queries import LineInForce, Standing

NOTHING = Decimal(0)
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

# One charge and one line; None for what was used before we counted.
_Key = tuple[uuid.UUID | None, uuid.UUID]
_Wanted = dict[_Key, tuple[Draw, Outcome]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What stands, what should, and the entries between them."""

    lines: Sequence[LineInForce]
    outcomes: Sequence[Outcome]
    standing: dict[_Key, Standing]
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


def difference(account: UtilizationAccount, lines: Sequence[LineInForce]) -> Difference:
    """What must be appended to the ledger, without writing it. Empty when the ledger equals allocation from
    nothing."""
    openings = [line.opening for line in lines if line.opening]
    charges = queries.live_charges(account.member_id)
    outcomes = allocate([line.cover for line in lines], charges, openings).outcomes
    standing = {(row.claim_line_id, row.line_id): row for row in queries.standing_draws(account.id)}
    wanted: _Wanted = {(draw.claim_line_id, draw.line_id): (draw, each) for each in outcomes for draw in each.draws}
    entries = [*_openings(lines, standing), *_reversals(standing, wanted, outcomes)]
    fresh = [pair for key, pair in wanted.items() if not _stands(standing.get(key), pair[0])]
    entries += _draws(fresh, lines)
    return Difference(lines, outcomes, standing, entries)


def _stands(row: Standing | None, draw: Draw) -> bool:
    return row is not None and (row.units, row.over) == (draw.units, draw.over)


def _openings(lines: Sequence[LineInForce], standing: dict[_Key, Standing]) -> Iterator[LedgerEntry]:
    """Opening balances are entries of their own, one for each change."""
    for line in lines:
        row = standing.get((None, line.cover.line_id))
        change = (line.opening.units if line.opening else NOTHING) - (row.units if row else NOTHING)
        if change:
            yield LedgerEntry(
                authorization_id=line.cover.authorization_id,
                line_id=line.cover.line_id,
                kind=LedgerEntry.Kind.OPENING,
                quantity=change,
                quantity_type=line.cover.quantity_type,
                service_date=line.opening_day or (row.service_date if row else line.versions[0].starts_on),
                reason={"reason": "used_before"},
            )


def _reversals(standing: dict[_Key, Standing], wanted: _Wanted, outcomes: Iterable[Outcome]) -> Iterator[LedgerEntry]:
    """Give back, whole, every draw that no longer stands, with what became of its charge."""
    gone = {key: row for key, row in standing.items() if key[0] is not None}
    gone = {key: row for key, row in gone.items() if key not in wanted or not _stands(row, wanted[key][0])}
    if not gone:
        return
    now: dict[uuid.UUID | None, Outcome] = {outcome.charge.claim_line_id: outcome for outcome in outcomes}
    withdrawn = {row.claim_id for row in gone.values() if row.claim_line_id not in now and row.claim_id}
    states: dict[uuid.UUID | None, str] = {}
    if withdrawn:
        states = dict(queries.claims_by_id(withdrawn).values_list("id", "state"))
    for (claim_line_id, line_id), row in gone.items():
        outcome = now.get(claim_line_id)
        reason: dict[str, Any] = {"reason": "allocated_anew", "now": record_of(outcome)} if outcome else {}
        voided = states.get(row.claim_id) == Claim.State.VOIDED
        yield LedgerEntry(
            authorization_id=row.authorization_id,
            line_id=line_id,
            kind=LedgerEntry.Kind.REVERSAL,
            quantity=-row.units,
            over=-row.over,
            quantity_type=row.quantity_type,
            service_date=row.service_date,
            code=row.code,
            claim_line_id=claim_line_id,
            claim_id=row.claim_id,
            claim_number=row.claim_number,
            claim_line_number=row.claim_line_number,
            reason=reason or {"reason": "voided" if voided else "replaced"},
        )


def _draws(fresh: Iterable[tuple[Draw, Outcome]], lines: Sequence[LineInForce]) -> Iterator[LedgerEntry]:
    """Draws in the order of processing."""
    covers = {line.cover.line_id: line.cover for line in lines}
    for draw, outcome in fresh:
        cover, charge = covers[draw.line_id], outcome.charge
        yield LedgerEntry(
            authorization_id=cover.authorization_id,
            line_id=cover.line_id,
            kind=LedgerEntry.Kind.DRAW,
            quantity=draw.units,
            over=draw.over,
            quantity_type=charge.quantity_type,
            service_date=charge.first_day,
            code=charge.code,
            claim_line_id=charge.claim_line_id,
            claim_id=charge.claim_id,
            claim_number=charge.claim_number,
            claim_line_number=charge.line_number,
            reason=record_of(outcome),
        )


def _refresh_wide_rows(found: Difference) -> None:
    """Copy the new use onto the authorizations whose lines were drawn or given back. One statement, as a
    rule."""
    moved = {entry.authorization_id for entry in found.entries}
    used: dict[uuid.UUID, Decimal] = defaultdict(Decimal)
    for row in found.standing.values():
        used[row.line_id] += row.units
    for entry in found.entries:
        used[entry.line_id] += entry.quantity
    cases: dict[uuid.UUID, Authorization] = {}
    usages: dict[uuid.UUID, list[Usage]] = defaultdict(list)
    for line in found.lines:
        if line.authorization.id in moved:
            case = cases.setdefault(line.authorization.id, line.authorization)
            usages[case.id].append(Usage(line.versions[-1].line, line.versions, used[line.cover.line_id]))
    for case in cases.values():
        write_wide_row(case, usages[case.id])
    Authorization.objects.bulk_update(cases.values(), USE_COLUMNS)
    if without_cover := moved - set(cases):
        ledger.refresh_wide_rows(without_cover)


def _follow_overdraws(found: Difference, *, actor: Actor, now: datetime) -> None:
    """Open a task where an authorization is newly drawn beyond what is approved; close it when that is
    mended."""
    before: dict[uuid.UUID, Decimal] = defaultdict(Decimal)
    for row in found.standing.values():
        before[row.authorization_id] += row.over
    after = before.copy()
    for entry in found.entries:
        after[entry.authorization_id] += entry.over
    cases = {line.authorization.id: line.authorization for line in found.lines}
    for case_id in sorted(set(after) & set(cases)):
        if before[case_id] <= 0 < after[case_id]:
            words = f"Drawn {number(after[case_id])} beyond what is approved: ask for more, or correct the claim"
            work.open_task(cases[case_id], OVER_TASK, words, now=now)
            work.refresh_work(cases[case_id])
        elif after[case_id] <= 0 < before[case_id]:
            standing = Task.objects.filter(authorization_id=case_id, kind=OVER_TASK, closed_at=None)
            for task_id in standing.values_list("id", flat=True):
                work.close_task(task_id, actor=actor, now=now)
