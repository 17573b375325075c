"""A renewal beside what it renews: what was asked and granted last time, and how the two meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from authorizations import queries
from authorizations.models import Authorization
from authorizations.queries import LineBalance
from authorizations.renewing import Joint, joint


@dataclass(frozen=True, slots=True)
class Renews:
    """What a draft renews. `lines` are those of the parent, `meets` how its cover meets the draft."""

    parent: Authorization
    lines: Sequence[LineBalance]
    meets: Joint


def renews(draft: Authorization | None, starts_on: date | None) -> Renews | None:
    """What a draft with this first day renews; None for a request of its own."""
    if draft is None or draft.parent is None:
        return None
    parent = draft.parent
    return Renews(parent, queries.balances([parent.id]), joint(parent.cover_ends_on, starts_on))
