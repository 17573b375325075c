"""What must still be done elsewhere."""

from django.db import models
from django.db.models import Q

from tenancy.ids import uuid7


class OutboxMessage(models.Model):
    """A pointer to work: which organization, which topic, which row. No health data.

    Stands outside row-level security so that one worker can look for due work of all organizations; it then opens the
    organization's scope to see anything. Handled rows are deleted, because handled rows at an index's head make
    claiming slow. A message that failed too often is dead and waits for a person.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization_id = models.UUIDField()
    topic = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    attempts = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    dead_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=200, default="", blank=True)
    request_id = models.CharField(max_length=64, default="", blank=True)
    """Of the page or the work that asked for this: logs and audit events of the work carry it on."""

    class Meta:
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(dead_at=None), name="outbox_due"),
            models.Index(fields=["organization_id", "topic", "subject_id"], name="outbox_by_subject"),
            models.Index(fields=["organization_id", "dead_at"], condition=~Q(dead_at=None), name="outbox_dead"),
        ]
