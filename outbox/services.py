"""What a person may do about work that was given up."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from outbox.bells import ring
from outbox.models import OutboxMessage
from tenancy.scoping import current_organization_id


class NotGivenUp(Exception):
    """Nothing of that id is given up in this organization: it is being worked on, is done, or never was."""


@transaction.atomic
def requeue(message_id: uuid.UUID, *, actor: Actor, now: datetime) -> OutboxMessage:
    """Begin again with work that was given up, with all its attempts before it.

    Only the pointer is renewed: whoever reads the topic finds what was frozen, so a message goes out with the bytes it
    had. Raises NotGivenUp.
    """
    given_up = OutboxMessage.objects.select_for_update().filter(
        id=message_id, organization_id=current_organization_id(), dead_at__isnull=False
    )
    message = given_up.first()
    if message is None:
        raise NotGivenUp
    data = {"topic": message.topic, "about": str(message.subject_id), "problem": message.problem}
    record("outbox.requeued", actor=actor, now=now, subject=("outbox_message", message.id), data=data)
    message.attempts, message.problem = 0, ""
    message.dead_at = message.lease = message.leased_until = None
    message.due_at = now
    message.save()
    transaction.on_commit(ring, robust=True)
    return message
