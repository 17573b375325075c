"""Whose rows may be seen: the organization scope, and the manager that insists on one.

Two walls that do not trust each other. The manager adds `organization_id =` to every query and raises where no
scope is open, so that a mistake is loud. The database policy (`operations.IsolateTable`) reads the transaction's
own setting, so that a mistake in the manager shows nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection, models, transaction

if TYPE_CHECKING:
    from tenancy.models import OrganizationModel

_current: ContextVar[uuid.UUID | None] = ContextVar("organization_id", default=None)


class NoOrganizationScope(RuntimeError):
    """A tenant table was touched while no organization scope was open."""


class ForeignOrganization(RuntimeError):
    """A row of one organization was about to be written inside the scope of another."""


def current_organization_id() -> uuid.UUID:
    """The organization whose scope is open. Raises NoOrganizationScope."""
    organization_id = _current.get()
    if organization_id is None:
        raise NoOrganizationScope("open organization_scope() before touching an organization's rows")
    return organization_id


def has_organization_scope() -> bool:
    return _current.get() is not None


def _set(name: str, value: uuid.UUID | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, str(value or "")])


@contextmanager
def organization_scope(organization_id: uuid.UUID) -> Iterator[None]:
    """One transaction in which exactly this organization's rows exist.

    The setting is local to the transaction, so nothing outlives it on a pooled connection. Nested in another
    scope, the outer one is back afterwards: a failed inner block, also one whose error was swallowed, rolls its
    savepoint and the setting back; a finished one restores it here.

    Rows read inside must be used inside: a lazy response or an on-commit callback runs after the end and needs a scope
    of its own.
    """
    if not isinstance(organization_id, uuid.UUID):
        raise NoOrganizationScope("an organization scope needs the organization's id")
    nested = connection.in_atomic_block
    with transaction.atomic():
        previous = _current.get()
        _set("app.organization_id", organization_id)
        token = _current.set(organization_id)
        try:
            yield
        finally:
            _current.reset(token)
        if nested and not connection.needs_rollback:
            _set("app.organization_id", previous)


@contextmanager
def user_scope(user_id: uuid.UUID) -> Iterator[None]:
    """One transaction in which a person's own memberships, and their organizations, can be read.

    Needed before the organization is known; shows no other table.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        _set("app.user_id", user_id)
        yield
        if nested and not connection.needs_rollback:
            _set("app.user_id", None)


M = TypeVar("M", bound="OrganizationModel")


class OrganizationQuerySet(models.QuerySet[M]):
    """Rows of the open scope; new rows take it."""

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        rows: Sequence[M] = list(objs)
        for row in rows:
            row.claim_for_scope()
        return super().bulk_create(rows, *args, **kwargs)


class OrganizationManager(models.Manager[M]):
    """The only way to a tenant table: filtered to the open scope, or an error."""

    def get_queryset(self) -> OrganizationQuerySet[M]:
        queryset = OrganizationQuerySet[M](self.model, using=self._db)
        return queryset.filter(organization_id=current_organization_id())
