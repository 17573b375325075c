"""What happened, for ever."""

from django.contrib.postgres.fields import ArrayField
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
            models.Index(fields=["organization", "subject_id", "at"], name="audit_by_subject"),
        ]


class AuditSeal(OrganizationModel):
    """One link of an organization's chain: the hashes of some events, and of the link before. Written once.

    `hash` covers number, time, `previous_hash` and, in order, ids and hashes of the events (see `audit.sealing`).
    """

    number = models.BigIntegerField()
    sealed_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    event_ids = ArrayField(models.UUIDField())
    event_hashes = ArrayField(models.CharField(max_length=64))

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "number"], name="one_seal_a_number")]


class UnsealedEvent(models.Model):
    """A pointer to an event that no seal holds yet, written by the database beside each event.

    It becomes visible with its event, however late that commits, so that sealing needs no cursor that could pass by
    it. Ids only, outside row-level security: one job looks for the work of all organizations.
    """

    event_id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["organization_id", "event_id"], name="unsealed_by_organization")]


class ChainHead(models.Model):
    """Where an organization's chain ends: what is missing behind it was cut off. Moves forward by one, never back.

    Number and hash only, outside row-level security, so that the chains of all organizations can be found.
    """

    organization_id = models.UUIDField(primary_key=True)
    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="", blank=True)
    sealed_at = models.DateTimeField(null=True)
