"""What happened, for ever."""

from django.db import models

from tenancy.models import OrganizationModel


class AuditEvent(OrganizationModel):
    """A fact, or a read of health data: written once, in the transaction of what it tells.

    `action` is dotted and in the past tense ("authorization.submitted"). `data` holds codes, counts and ids, never
    names or free text of a member.
    """

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    action = models.CharField(max_length=80)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    member_id = models.UUIDField(null=True)
    authorization_id = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, default="", blank=True)
    data = models.JSONField(default=dict)

    class Meta(OrganizationModel.Meta):
        indexes = [
            models.Index(fields=["organization", "at", "id"], name="audit_by_time"),
            models.Index(fields=["organization", "authorization_id", "at"], name="audit_by_authorization"),
            models.Index(fields=["organization", "member_id", "at"], name="audit_by_member"),
        ]
