"""Sealing: events become links of a chain per organization, so that a changed or missing one is found.

Nothing here trusts the order of ids or of commits: what is to be sealed stands in `UnsealedEvent`.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from django.db import connection

from audit.models import AuditEvent, AuditSeal, ChainHead, UnsealedEvent
from tenancy.scoping import organization_scope

log = structlog.get_logger()

MOST_IN_ONE_SEAL = 500
# What a hash covers. Never changed: another column would give every sealed event another hash.
_COVERED = (
    "id",
    "organization_id",
    "at",
    "actor_kind",
    "actor_id",
    "actor_label",
    "action",
    "subject_type",
    "subject_id",
    "member_id",
    "authorization_id",
    "request_id",
    "data",
)


def event_hash(event: AuditEvent) -> str:
    """SHA-256 of an event as the database gave it back."""
    return _hash({name: _plain(getattr(event, name)) for name in _COVERED})


def seal_hash(
    number: int, sealed_at: datetime, previous_hash: str, event_ids: Iterable[uuid.UUID], event_hashes: Iterable[str]
) -> str:
    """SHA-256 of a link."""
    return _hash(
        {
            "number": number,
            "sealed_at": _plain(sealed_at),
            "previous": previous_hash,
            "events": [[str(event_id), each] for event_id, each in zip(event_ids, event_hashes, strict=True)],
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, uuid.UUID) else value


def _hash(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def waiting_organizations() -> list[uuid.UUID]:
    """Organizations with events that no seal holds."""
    return list(UnsealedEvent.objects.values_list("organization_id", flat=True).distinct())


def known_organizations() -> list[uuid.UUID]:
    """Every organization there is, for jobs that look after each: founding one is an event of its own.

    The pointers of this chain stand outside the organizations' policies and hold ids only.
    """
    sealed = ChainHead.objects.values_list("organization_id", flat=True)
    return sorted({*sealed, *waiting_organizations()})


def seal_waiting(organization_id: uuid.UUID, *, now: datetime) -> AuditSeal | None:
    """Seal what waits, at most some hundred events, in one transaction.

    None when nothing waits or another process is at it: two beats seal every event once.
    """
    with organization_scope(organization_id):
        head = _lock_head(organization_id)
        events = _waiting_events(organization_id) if head else []
        if head is None or not events:
            return None
        seal = _link(head, events, now)
        seal.save(force_insert=True)
        UnsealedEvent.objects.filter(event_id__in=seal.event_ids).delete()
        ChainHead.objects.filter(organization_id=organization_id).update(
            number=seal.number, hash=seal.hash, sealed_at=now
        )
    # Collected with the other logs off this machine: what even the owner of the database cannot rewrite.
    log.info(
        "audit.sealed", organization_id=str(organization_id), number=seal.number, hash=seal.hash, events=len(events)
    )
    return seal


def _lock_head(organization_id: uuid.UUID) -> ChainHead | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_chainhead (organization_id, number, hash) VALUES (%s, 0, '') ON CONFLICT DO NOTHING",
            [organization_id],
        )
    return ChainHead.objects.select_for_update(skip_locked=True).filter(organization_id=organization_id).first()


def _waiting_events(organization_id: uuid.UUID) -> list[AuditEvent]:
    waiting = UnsealedEvent.objects.filter(organization_id=organization_id).order_by("event_id")
    ids = list(waiting.values_list("event_id", flat=True)[:MOST_IN_ONE_SEAL])
    return list(AuditEvent.objects.filter(id__in=ids).order_by("id"))


def _link(head: ChainHead, events: Sequence[AuditEvent], now: datetime) -> AuditSeal:
    ids, hashes = [event.id for event in events], [event_hash(event) for event in events]
    number = head.number + 1
    return AuditSeal(
        number=number,
        sealed_at=now,
        previous_hash=head.hash,
        hash=seal_hash(number, now, head.hash, ids, hashes),
        event_ids=ids,
        event_hashes=hashes,
    )
