"""Worker entry points: a member whose cover changed is allocated anew."""

from __future__ import annotations

from django.utils import timezone

from audit.actors import Actor
from claims.services import reallocate_member
from outbox.models import OutboxMessage
from outbox.tasks import reads
from tenancy.scoping import organization_scope

ALLOCATOR = Actor.job("Allocation")


@reads("member.allocate")
def allocate_member(message: OutboxMessage) -> None:
    """A decision changed what a member may use. `subject_id` is the member; doing it twice changes nothing."""
    with organization_scope(message.organization_id):
        reallocate_member(message.subject_id, actor=ALLOCATOR, now=timezone.now())
