"""Views of the list that people keep, and which one somebody's list opens with.

Whoever reads the list keeps views of their own. A view for everybody is shared by those who see everybody's work: it
stands on every colleague's page. Only its owner changes a view, or takes it away; nothing is deleted.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from audit.actors import Actor
from audit.services import record
from authorizations.models import FirstView, SavedView
from tenancy.editing import Problem, Refused, field_faults, insert, keep, locked, put

MOST_OF_ONE = 30
LARGEST = 32767
EDITABLE = frozenset({"name", "shared", "pinned"})


def visible_to(membership_id: uuid.UUID) -> QuerySet[SavedView]:
    """The views somebody has: their own, then those that colleagues share, each in its owner's order."""
    rows = SavedView.objects.filter(Q(owner_id=membership_id) | Q(shared=True), removed_at=None)
    return rows.select_related("owner__user").order_by("shared", "position", "id")


def first_view(membership_id: uuid.UUID) -> SavedView | None:
    """What somebody's list opens with, as long as it is there for them."""
    chosen = FirstView.objects.filter(membership_id=membership_id).values("view_id")
    return visible_to(membership_id).filter(id__in=chosen).first()


@transaction.atomic
def save_view(
    membership_id: uuid.UUID, values: Mapping[str, Any], *, query: str, actor: Actor, now: datetime
) -> SavedView:
    """Keep a list under a name. `values`: name, shared, pinned. Raises Refused."""
    own = SavedView.objects.filter(owner_id=membership_id, removed_at=None)
    last = own.aggregate(last=Max("position"))["last"]
    view = SavedView(
        owner_id=membership_id, query=query, position=0 if last is None else min(last + 1, LARGEST), created_at=now
    )
    put(view, {name: values[name] for name in EDITABLE})
    if own.count() >= MOST_OF_ONE:
        raise Refused([Problem("", f"You have {MOST_OF_ONE} views already. Remove one first.")])
    _refuse_faults(view)
    insert(view, who=actor.label, now=now)
    _tell("view.saved", view, actor=actor, now=now, query=query)
    return view


@transaction.atomic
def change_view(
    view_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> SavedView:
    """Rename, share or pin. Raises Refused, Stale, DoesNotExist."""
    view = _locked(view_id, version=version)
    changes = put(view, {name: values[name] for name in EDITABLE})
    _refuse_faults(view)
    if changes:
        keep(view, who=actor.label, now=now)
        _tell("view.changed", view, actor=actor, now=now, changes=changes)
    return view


@transaction.atomic
def move_view_up(view_id: uuid.UUID, *, actor: Actor, now: datetime) -> bool:
    """Change places with the view of the same owner before it. False where none is. Raises DoesNotExist."""
    view = _locked(view_id, version=None)
    own = SavedView.objects.select_for_update().filter(owner_id=view.owner_id, removed_at=None, shared=view.shared)
    order = list(own.order_by("position", "id"))
    at = order.index(view)
    if at == 0:
        return False
    order[at - 1], order[at] = order[at], order[at - 1]
    for position, each in enumerate(order):
        if each.position != position:
            each.position = position
            each.save(update_fields=["position"])
    _tell("view.moved", view, actor=actor, now=now)
    return True


@transaction.atomic
def remove_view(view_id: uuid.UUID, *, actor: Actor, now: datetime) -> SavedView:
    """Take a view away; it stays with the time. Raises DoesNotExist where it is gone already."""
    view = _locked(view_id, version=None)
    view.removed_at = now
    keep(view, who=actor.label, now=now)
    _tell("view.removed", view, actor=actor, now=now)
    return view


@transaction.atomic
def open_with(membership_id: uuid.UUID, view_id: uuid.UUID | None, *, actor: Actor, now: datetime) -> None:
    """Let somebody's list open with a view; None: with the usual statuses. Raises DoesNotExist."""
    if view_id is not None:
        visible_to(membership_id).get(id=view_id)
    FirstView.objects.update_or_create(membership_id=membership_id, defaults={"view_id": view_id})
    record("view.first_chosen", actor=actor, now=now, data={"view": str(view_id or "")})


def _locked(view_id: uuid.UUID, *, version: int | None) -> SavedView:
    view = locked(SavedView, view_id, version=version)
    if view.removed_at is not None:
        raise SavedView.DoesNotExist
    return view


def _refuse_faults(view: SavedView) -> None:
    problems = list(field_faults(view))
    others = SavedView.objects.filter(owner_id=view.owner_id, removed_at=None).exclude(id=view.id)
    if any(other.casefold() == view.name.casefold() for other in others.values_list("name", flat=True)):
        problems.append(Problem("name", "You have a view of this name. Choose another."))
    if problems:
        raise Refused(problems)


def _tell(action: str, view: SavedView, *, actor: Actor, now: datetime, **data: Any) -> None:
    subject = ("saved_view", view.id)
    record(action, actor=actor, now=now, subject=subject, data={"name": view.name, "shared": view.shared, **data})
