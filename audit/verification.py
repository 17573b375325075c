"""Walking an organization's chain: the first thing that is not as it was sealed.

What this cannot see: somebody with the owner's power who rewrites the chain to its end and the head with it. The heads
in the collected logs ("audit.sealed") show that, since the numbers and hashes no longer agree.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from audit.models import AuditEvent, AuditSeal, ChainHead, UnsealedEvent
from audit.sealing import event_hash, seal_hash
from tenancy.scoping import organization_scope

PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the walk found. `fault` is "" when the chain is whole; `head` is the number and hash it ends with."""

    organization_id: uuid.UUID
    seals: int
    events: int
    head: str
    fault: str

    @property
    def is_whole(self) -> bool:
        return not self.fault


def chained_organizations() -> list[uuid.UUID]:
    """Every organization that ever had an event."""
    heads = ChainHead.objects.values_list("organization_id", flat=True)
    waiting = UnsealedEvent.objects.values_list("organization_id", flat=True)
    return sorted(set(heads) | set(waiting))


def verify(organization_id: uuid.UUID, *, now: datetime, patience: timedelta = PATIENCE) -> Verdict:
    """Walk the chain from its first link and say what is wrong first, naming the row."""
    with organization_scope(organization_id):
        walk = _Walk()
        faults = (
            fault for part in (walk.links(), walk.end(organization_id), _strays(now - patience)) for fault in part
        )
        fault = next(faults, "")
        return Verdict(organization_id, walk.seals, walk.events, f"{walk.seals}:{walk.hash}", fault)


class _Walk:
    """Follows the links in order and remembers where it is."""

    def __init__(self) -> None:
        self.seals = 0
        self.events = 0
        self.hash = ""

    def links(self) -> Iterator[str]:
        for seal in AuditSeal.objects.order_by("number").iterator(chunk_size=50):
            if seal.number != self.seals + 1:
                yield f"seal {self.seals + 1} is missing"
            if seal.previous_hash != self.hash:
                yield f"seal {seal.number} does not follow seal {self.seals}"
            yield from self._contents(seal)
            if seal.hash != seal_hash(
                seal.number, seal.sealed_at, seal.previous_hash, seal.event_ids, seal.event_hashes
            ):
                yield f"seal {seal.number} was changed"
            self.seals, self.hash = seal.number, seal.hash

    def _contents(self, seal: AuditSeal) -> Iterator[str]:
        found = AuditEvent.objects.in_bulk(seal.event_ids)
        for event_id, sealed in zip(seal.event_ids, seal.event_hashes, strict=False):
            event = found.get(event_id)
            if event is None:
                yield f"event {event_id} of seal {seal.number} was removed"
            elif event_hash(event) != sealed:
                yield f"event {event_id} of seal {seal.number} was changed"
            self.events += 1

    def end(self, organization_id: uuid.UUID) -> Iterator[str]:
        """The head tells how far the chain once went."""
        head = ChainHead.objects.filter(organization_id=organization_id).first()
        if head is None:
            if self.seals:
                yield f"the head behind seal {self.seals} was removed"
        elif head.number > self.seals:
            yield f"the chain was cut: seals {self.seals + 1} to {head.number} are gone"
        elif (head.number, head.hash) != (self.seals, self.hash):
            yield f"the head names seal {head.number}, and the chain ends with another seal {self.seals}"


# As a difference of sets: PostgreSQL takes a seal for ten events, and would walk all seals for each event.
_OUTSIDE = """
    WITH outside AS MATERIALIZED (
        SELECT id FROM audit_auditevent EXCEPT SELECT unnest(event_ids) FROM audit_auditseal)
    SELECT e.id, w.event_id IS NOT NULL
    FROM outside
    JOIN audit_auditevent e ON e.id = outside.id
    LEFT JOIN audit_unsealedevent w ON w.event_id = e.id
    WHERE w.event_id IS NULL OR e.at < %s
    ORDER BY e.id LIMIT 1"""
_GONE = """
    SELECT w.event_id FROM audit_unsealedevent w
    LEFT JOIN audit_auditevent e ON e.id = w.event_id
    WHERE e.id IS NULL
      AND w.organization_id = (SELECT nullif(current_setting('app.organization_id', true), '')::uuid)
    ORDER BY w.event_id LIMIT 1"""


def _strays(before: datetime) -> Iterator[str]:
    """Events that no seal holds, and waiting events that are no longer there."""
    with connection.cursor() as cursor:
        cursor.execute(_GONE)
        for (event_id,) in cursor.fetchall():
            yield f"event {event_id} was removed before it was sealed"
        cursor.execute(_OUTSIDE, [before])
        for event_id, waits in cursor.fetchall():
            yield f"event {event_id} {'waits too long for its seal' if waits else 'was kept from being sealed'}"
