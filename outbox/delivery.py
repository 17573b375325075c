"""When work is claimed, retried and given up.

A claim is a lease by the database's clock: a worker that dies keeps nothing, another one takes the message when the
lease is over. Marking asks for the lease again, so a slow worker that lost it cannot undo what the next one did.
"""

from __future__ import annotations

import random
import uuid
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection, transaction

from outbox.bells import ring
from outbox.crashpoints import CrashPoint, crash_point
from outbox.models import OutboxMessage
from tenancy.ids import uuid7
from tenancy.scoping import current_organization_id

LEASE = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
"""Longer than anything a worker does with a message at a time, the deadline of a transport above all."""

MAX_ATTEMPTS = 12
FIRST_RETRY = timedelta(seconds=settings.OUTBOX_FIRST_RETRY_SECONDS)
LONGEST_RETRY = timedelta(hours=1)


def enqueue(topic: str, subject_id: uuid.UUID, *, now: datetime, due_at: datetime | None = None) -> OutboxMessage:
    """State, in the caller's transaction, that something must be done elsewhere; ring the bell after commit."""
    message = OutboxMessage(
        organization_id=current_organization_id(),
        topic=topic,
        subject_id=subject_id,
        due_at=due_at or now,
        created_at=now,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
    )
    message.save(force_insert=True)
    crash_point(CrashPoint.BEFORE_COMMIT)
    if due_at is None or due_at <= now:
        transaction.on_commit(ring, robust=True)
    return message


def claim_due(limit: int = 50) -> list[OutboxMessage]:
    """Take due messages for `LEASE`; nobody else gets them meanwhile."""
    lease = uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE outbox_outboxmessage SET lease = %s, leased_until = clock_timestamp() + make_interval(secs => %s),
                      attempts = attempts + 1
               WHERE id IN (SELECT id FROM outbox_outboxmessage
                            WHERE dead_at IS NULL AND due_at <= clock_timestamp()
                              AND (leased_until IS NULL OR leased_until <= clock_timestamp())
                            ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED)""",
            [lease, LEASE.total_seconds(), limit],
        )
    claimed = list(OutboxMessage.objects.filter(lease=lease).order_by("due_at", "id"))
    if claimed:
        crash_point(CrashPoint.AFTER_CLAIM)
    return claimed


def mark_done(message: OutboxMessage) -> bool:
    """The work is done. False when the lease was lost meanwhile and another worker has it."""
    return bool(OutboxMessage.objects.filter(id=message.id, lease=message.lease).delete()[0])


def mark_failed(message: OutboxMessage, problem: str, *, retry: bool = True) -> None:
    """Try again later, with growing pauses; after `MAX_ATTEMPTS`, or when a retry is useless, leave it to a person.

    `problem` is a class of failure for the operator: no health data.
    """
    with connection.cursor() as cursor:
        if retry and message.attempts < MAX_ATTEMPTS:
            cursor.execute(
                """UPDATE outbox_outboxmessage SET lease = NULL, leased_until = NULL, problem = %s,
                          due_at = clock_timestamp() + make_interval(secs => %s) WHERE id = %s AND lease = %s""",
                [problem[:200], backoff(message.attempts).total_seconds(), message.id, message.lease],
            )
        else:
            cursor.execute(
                """UPDATE outbox_outboxmessage SET lease = NULL, leased_until = NULL, problem = %s,
                          dead_at = clock_timestamp() WHERE id = %s AND lease = %s""",
                [problem[:200], message.id, message.lease],
            )


def backoff(attempts: int) -> timedelta:
    """A random pause up to double the last one: many failed messages do not come back at once."""
    ceiling = min(LONGEST_RETRY.total_seconds(), FIRST_RETRY.total_seconds() * 2.0 ** max(0, attempts - 1))
    return timedelta(seconds=random.uniform(ceiling / 2, ceiling))  # noqa: S311
