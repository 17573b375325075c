"""What drew from an authorization: one row for each claim line, with every entry it made in the ledger."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from authorizations.models import LedgerEntry, OpeningBalance
from authorizations.queries import LineBalance
from claims.explanations import refusals, why
from claims.models import Claim, ClaimLine
from claims.queries import claims_by_id, lines_by_id
from web import wording

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Draw:
    """One claim line and what it did to one service line. `entries` ascend; `history` is empty for a single draw.

    `billed`: the units on the claim line; None for what was used before we counted.
    """

    claim: Claim | None
    last: LedgerEntry
    entries: tuple[LedgerEntry, ...]
    label: str
    drawn: Decimal
    over: Decimal
    left_after: Decimal | None
    why: str
    history: str
    refusals: Sequence[str] = ()
    billed: Decimal | None = None

    @property
    def gone(self) -> bool:
        """Whether everything was given back."""
        return self.drawn == 0


def draws(entries: Sequence[LedgerEntry], balances: Iterable[LineBalance]) -> list[Draw]:
    """Group the ledger's entries of one authorization (any order), the latest service first."""
    ordered = sorted(entries, key=lambda entry: entry.sequence)
    by_line = {balance.line_id: balance for balance in balances}
    claims = {claim.id: claim for claim in claims_by_id(e.claim_id for e in ordered if e.claim_id)}
    billed = lines_by_id(e.claim_line_id for e in ordered if e.claim_line_id)
    left = _left_after(ordered, by_line)
    proofs = _proofs({entry.line_id for entry in ordered if entry.kind == LedgerEntry.Kind.OPENING})
    groups: dict[tuple[uuid.UUID | None, uuid.UUID], list[LedgerEntry]] = {}
    for entry in ordered:
        groups.setdefault((entry.claim_line_id, entry.line_id), []).append(entry)
    made = [_as_billed(_draw(group, by_line, claims, left, proofs), billed) for group in groups.values()]
    return sorted(made, key=lambda draw: (draw.last.service_date, draw.last.sequence), reverse=True)


def _proofs(line_ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Where the units used before come from, by line; nothing is asked where no line has any."""
    rows = OpeningBalance.objects.filter(line_id__in=line_ids).order_by("recorded_at", "id") if line_ids else ()
    return {
        row.line_id: f"Used before we counted: {row.evidence.rstrip('.')}. Recorded by {row.recorded_by}."
        for row in rows
    }


def _left_after(ordered: Iterable[LedgerEntry], by_line: Mapping[uuid.UUID, LineBalance]) -> dict[int, Decimal | None]:
    """What was left of the line's present quantity after each entry, by the entry's sequence."""
    used: dict[uuid.UUID, Decimal] = {}
    found: dict[int, Decimal | None] = {}
    for entry in ordered:
        used[entry.line_id] = used.get(entry.line_id, ZERO) + entry.quantity
        balance = by_line.get(entry.line_id)
        approved = balance.approved if balance else None
        found[entry.sequence] = None if approved is None else approved - used[entry.line_id]
    return found


def _draw(
    group: Sequence[LedgerEntry],
    by_line: Mapping[uuid.UUID, LineBalance],
    claims: Mapping[uuid.UUID, Claim],
    left: Mapping[int, Decimal | None],
    proofs: Mapping[uuid.UUID, str],
) -> Draw:
    last = group[-1]
    balance = by_line.get(last.line_id)
    return Draw(
        claim=claims.get(last.claim_id) if last.claim_id else None,
        last=last,
        entries=tuple(group),
        label=last.code or (balance.label if balance else ""),
        drawn=sum((entry.quantity for entry in group), ZERO),
        over=sum((entry.over for entry in group), ZERO),
        left_after=left[last.sequence],
        why=proofs.get(last.line_id, "") if last.kind == LedgerEntry.Kind.OPENING else _why(group),
        history=_history(group),
        refusals=_refusals(group),
    )


def _as_billed(draw: Draw, billed: Mapping[uuid.UUID, ClaimLine]) -> Draw:
    """The draw with code, modifiers and units as they stand on the claim line."""
    line = billed.get(draw.last.claim_line_id) if draw.last.claim_line_id else None
    if line is None:
        return draw
    return replace(draw, label=" ".join([line.code, *line.modifiers]), billed=line.quantity)


def _why(group: Sequence[LedgerEntry]) -> str:
    """The reason of the latest draw of the group."""
    reasons = [entry.reason for entry in group if entry.quantity > 0 and entry.reason.get("reason")]
    return why(reasons[-1]) if reasons else ""


def _refusals(group: Sequence[LedgerEntry]) -> list[str]:
    """Why the others were not drawn from, for the latest draw of the group."""
    records = [entry.reason for entry in group if entry.quantity > 0 and entry.reason.get("refused")]
    return refusals(records[-1]) if records else []


def _history(group: Sequence[LedgerEntry]) -> str:
    """ "8 drawn, 8 given back": every entry, in its order."""
    if len(group) < 2:
        return ""
    return ", ".join(
        f"{wording.quantity(abs(entry.quantity))} {'drawn' if entry.quantity >= 0 else 'given back'}" for entry in group
    )
