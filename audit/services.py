"""The one way to write an audit event."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import structlog

from audit.actors import Actor
from audit.models import AuditEvent


def record(
    action: str,
    *,
    actor: Actor,
    now: datetime,
    subject: tuple[str, uuid.UUID] | None = None,
    member_id: uuid.UUID | None = None,
    authorization_id: uuid.UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write a fact beside what it tells, in the caller's transaction and scope: both stand or neither.

    `subject` is (type, id), such as ("authorization", id).
    """
    event = fact(
        action,
        actor=actor,
        now=now,
        subject=subject,
        member_id=member_id,
        authorization_id=authorization_id,
        data=data,
    )
    event.save(force_insert=True)
    return event


def record_all(events: Iterable[AuditEvent]) -> None:
    """Write many facts, made by `fact`, at once."""
    AuditEvent.objects.bulk_create(events)


def fact(
    action: str,
    *,
    actor: Actor,
    now: datetime,
    subject: tuple[str, uuid.UUID] | None = None,
    member_id: uuid.UUID | None = None,
    authorization_id: uuid.UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """An event that is not written yet, for `record_all`."""
    return AuditEvent(
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
        action=action,
        subject_type=subject[0] if subject else "",
        subject_id=subject[1] if subject else None,
        member_id=member_id,
        authorization_id=authorization_id,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
        data=dict(data or {}),
    )
