"""Reads of the outbox that a person needs."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet
from django.db.models.functions import Now

from outbox.models import OutboxMessage
from tenancy.scoping import current_organization_id

MOST_SHOWN = 200


def is_held(topic: str, subject_id: uuid.UUID) -> bool:
    """Whether a worker is busy with work on this row of the open organization, by the database's clock."""
    held = OutboxMessage.objects.filter(topic=topic, subject_id=subject_id, leased_until__gt=Now())
    return held.filter(organization_id=current_organization_id()).exists()


def dead_letters(limit: int = MOST_SHOWN) -> list[OutboxMessage]:
    """What was given up in the open organization, the latest first: each waits for a person."""
    return list(dead().order_by("-dead_at", "-id")[:limit])


def dead_letter(message_id: uuid.UUID) -> OutboxMessage | None:
    """One of them; None when it is not, is no more, or belongs to another organization."""
    return dead().filter(id=message_id).first()


def dead() -> QuerySet[OutboxMessage]:
    """What was given up in the open organization, without order."""
    # The table stands outside row-level security: this condition is the only wall.
    return OutboxMessage.objects.filter(organization_id=current_organization_id(), dead_at__isnull=False)
