"""Celery tasks that act for one organization."""

from __future__ import annotations

import uuid
from typing import Any

from celery import Task

from tenancy.scoping import organization_scope


class OrganizationTask(Task):  # type: ignore[type-arg]
    """A task whose first argument is the organization's id; its body runs inside that scope.

    Arguments are ids only: they lie in the broker in clear. Called without an organization it fails loudly.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not args:
            raise TypeError(f"{self.name} needs the organization's id as its first argument")
        with organization_scope(uuid.UUID(str(args[0]))):
            return super().__call__(*args, **kwargs)
