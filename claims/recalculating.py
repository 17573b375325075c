"""Recalculate: derive a member's use anew from the claims that stand, because a person doubts a figure.

The same allocation as posting a claim, under the same lock: pressed twice, or while an import runs, it comes to the
same figures (requirements R112, R113).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from authorizations.ledger import lock_account, refresh_wide_rows, usage_of
from authorizations.models import Authorization, LedgerEntry
from claims.services import reallocate_member


@dataclass(frozen=True, slots=True)
class LineUse:
    """One line: used before, and used after."""

    label: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Recalculated:
    """What it came to. `entries` are what was appended for the member, of this authorization and of others;
    `shown` is the figure that lists showed of the tightest line, before and after."""

    lines: Sequence[LineUse]
    entries: Sequence[LedgerEntry]
    shown: tuple[Decimal, Decimal]

    @property
    def changed(self) -> bool:
        return bool(self.entries) or self.shown[0] != self.shown[1]


@transaction.atomic
def recalculate(authorization_id: uuid.UUID, *, actor: Actor, now: datetime) -> Recalculated:
    """Bring ledger and lists to what the member's claims say. Always leaves an event: somebody asked."""
    case: Authorization = Authorization.objects.get(id=authorization_id)
    lock_account(case.member_id)
    before = _used(authorization_id)
    shown = _shown(authorization_id)
    found = reallocate_member(case.member_id, actor=actor, now=now)
    refresh_wide_rows({authorization_id, *(line.authorization.id for line in found.lines)})
    lines = [LineUse(label, before[key][1], used) for key, (label, used) in _used(authorization_id).items()]
    result = Recalculated(lines, found.entries, (shown, _shown(authorization_id)))
    record(
        "utilization.recalculated",
        actor=actor,
        now=now,
        subject=case.subject,
        member_id=case.member_id,
        authorization_id=case.id,
        data={
            "entries": len(result.entries),
            "before": [str(line.before) for line in lines],
            "after": [str(line.after) for line in lines],
            "shown": [str(figure) for figure in result.shown],
        },
    )
    return result


def _used(authorization_id: uuid.UUID) -> dict[uuid.UUID, tuple[str, Decimal]]:
    usages = usage_of([authorization_id])[authorization_id]
    return {usage.line.id: (usage.words, usage.used) for usage in usages}


def _shown(authorization_id: uuid.UUID) -> Decimal:
    figure: Decimal = Authorization.objects.values_list("tight_used", flat=True).get(id=authorization_id)
    return figure
