"""Who has how much to do: cases by owner, by status and by when something is due, counted in one statement."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from accounts.models import Membership
from authorizations.models import Authorization
from authorizations.models.authorization import NEVER
from authorizations.states import Status
from authorizations.worklist import NOBODY, Due, ListFilter, Viewpoint, due_within, listed

STATUSES = (Status.DRAFT, Status.SUBMITTED, Status.PENDED, Status.APPROVED)
DUES = (Due.OVERDUE, Due.TODAY, Due.SOON, Due.LATER)


@dataclass(frozen=True, slots=True)
class Load:
    """What one person looks after, by status and by when it is due. Without a membership: what nobody does.

    `open` is what is not decided, the work; every figure is that of the list under the same filter.
    """

    membership: Membership | None
    counts: Mapping[str, int]

    @property
    def owner(self) -> str:
        """The owner as the list's filter has it."""
        return str(self.membership.id) if self.membership else NOBODY

    @property
    def open(self) -> int:
        return sum(self.counts[status] for status in (Status.DRAFT, Status.SUBMITTED, Status.PENDED))

    @property
    def pressing(self) -> int:
        return self.counts[Due.OVERDUE] + self.counts[Due.TODAY]


def board(seen: Viewpoint) -> list[Load]:
    """What nobody looks after first, then everybody who works here or still has something. Two statements."""
    parts: dict[str, Count] = {status: Count("id", filter=Q(status=status)) for status in STATUSES}
    parts |= {due: Count("id", filter=due_within(due, seen)) for due in DUES}
    rows = listed(ListFilter(), seen).order_by().values("owner_id").annotate(**{f"n_{k}": v for k, v in parts.items()})
    found: Any = list(rows)
    counts: dict[uuid.UUID | None, dict[str, int]] = {
        row["owner_id"]: {name: row[f"n_{name}"] for name in parts} for row in found
    }
    none = dict.fromkeys(parts, 0)
    people = Membership.objects.filter(Q(active=True) | Q(id__in=[owner for owner in counts if owner]))
    loads = [
        Load(row, counts.get(row.id, none)) for row in people.select_related("user", "role").order_by("user__name")
    ]
    works = [load for load in loads if any(load.counts.values()) or _takes_cases(load)]
    return [Load(None, counts.get(None, none)), *works]


def _takes_cases(load: Load) -> bool:
    """Whether somebody without any case is one to whom cases are given."""
    return load.membership is not None and load.membership.works_requests


def cases_of(owner: str, seen: Viewpoint, *, limit: int) -> list[Authorization]:
    """What one person, or nobody, looks after and is not decided: what is due first stands first."""
    rows = listed(ListFilter(owner=owner), seen)
    undecided = Q(status__in=[Status.DRAFT, Status.SUBMITTED, Status.PENDED]) | Q(first_due_at__lt=NEVER)
    return list(rows.filter(undecided).order_by("first_due_at", "list_date", "id")[:limit])
