"""Claims that need a biller: parked, not covered in full, or drawn beyond what was approved, each with the reason."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from authorizations.models import LedgerEntry
from claims.models import Claim, ClaimLine
from claims.queries import ClaimRow, rows_of

MOST_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Flag:
    """A claim and what is wrong with it. `numbers`: our numbers of the authorizations that were overdrawn."""

    row: ClaimRow
    parked: bool
    undrawn: Decimal | None
    over: Decimal
    numbers: tuple[str, ...]


def flagged(since: datetime, *, limit: int) -> list[Flag]:
    """Of the claims posted since then, those that need somebody, the latest first. Five statements at most."""
    claims = Claim.objects.filter(Q(state=Claim.State.PARKED) | Exists(_doubtful_lines()), posted_at__gte=since)
    claims = claims.exclude(state=Claim.State.VOIDED)
    latest = claims.select_related("member", "payer").order_by("-posted_at", "-id")[:MOST_LOOKED_AT]
    rows = [row for row in rows_of(list(latest)) if _is_flagged(row)][:limit]
    overdrawn = _overdrawn(line.id for row in rows if row.over > 0 for line in row.lines)
    return [
        Flag(
            row=row,
            parked=row.claim.state == Claim.State.PARKED,
            undrawn=row.undrawn,
            over=row.over,
            numbers=tuple(dict.fromkeys(name for line in row.lines for name in overdrawn.get(line.id, ()))),
        )
        for row in rows
    ]


def _doubtful_lines() -> QuerySet[ClaimLine]:
    """Lines of a claim, as last billed, that draw otherwise than billed: a superset of those that need somebody."""
    drawn = LedgerEntry.objects.filter(claim_line_id=OuterRef("id")).order_by().values("claim_line_id")
    lines = ClaimLine.objects.filter(claim_id=OuterRef("id"), version__number=OuterRef("last_version"))
    lines = lines.annotate(
        drawn=Subquery(drawn.annotate(total=Sum("quantity")).values("total")),
        over=Subquery(drawn.annotate(total=Sum("over")).values("total")),
    )
    return lines.filter(Q(drawn=None) | ~Q(drawn=F("quantity")) | Q(over__gt=0))


def _is_flagged(row: ClaimRow) -> bool:
    return row.claim.state == Claim.State.PARKED or row.over > 0 or row.undrawn is not None


def _overdrawn(line_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[str, ...]]:
    """Our numbers of what was drawn beyond its end, by claim line."""
    ids = list(line_ids)
    if not ids:
        return {}
    entries = LedgerEntry.objects.filter(claim_line_id__in=ids).values_list("claim_line_id", "authorization__number")
    found: dict[uuid.UUID, tuple[str, ...]] = {}
    for line_id, number, over in entries.annotate(Sum("over")).order_by("authorization__number"):
        if over > 0:
            found[line_id] = (*found.get(line_id, ()), number)
    return found
