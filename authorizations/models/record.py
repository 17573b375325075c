"""What people add to a case, and what a case asks of people."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Membership
from authorizations.models.authorization import Authorization
from authorizations.models.submission import Submission
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class Note(OrganizationModel):
    """Something a person wrote down. Written once.

    With a `channel` it tells of a contact with the payer: with whom, under which reference, how long it took.
    """

    class Channel(models.TextChoices):
        PHONE = "phone", "Phone"
        FAX = "fax", "Fax"
        PORTAL = "portal", "Portal"
        EMAIL = "email", "E-mail"

    authorization = OrganizationKey(Authorization, related_name="notes")
    author = models.CharField(max_length=200)
    author_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    text = models.TextField()
    channel = models.CharField(max_length=8, choices=Channel.choices, default="", blank=True)
    spoken_with = models.CharField(max_length=120, default="", blank=True)
    reference = models.CharField(max_length=80, default="", blank=True)
    minutes = models.PositiveSmallIntegerField(null=True)
    next_action = models.CharField(max_length=120, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "authorization", "at"], name="note_by_authorization")]


class Document(OrganizationModel):
    """A file of a case. The bytes lie outside the database under a random name.

    Never deleted: one filed by mistake is marked, keeps its bytes and is shown apart.
    """

    class Kind(models.TextChoices):
        APPROVAL_LETTER = "approval_letter", "Approval letter"
        DENIAL_LETTER = "denial_letter", "Denial letter"
        ORDER = "order", "Order"
        CHART_NOTE = "chart_note", "Chart note"
        PLAN_OF_CARE = "plan_of_care", "Plan of care"
        IMAGING = "imaging", "Imaging"
        OTHER = "other", "Other"

    class Scan(models.TextChoices):
        NOT_SCANNED = "not_scanned", "Not scanned"
        PENDING = "pending", "Waiting for the scanner"
        CLEAN = "clean", "Clean"
        INFECTED = "infected", "Infected"
        FAILED = "failed", "Scan failed"

    authorization = OrganizationKey(Authorization, related_name="documents")
    submission = OrganizationKey(Submission, null=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_name = models.CharField(max_length=100)
    scan = models.CharField(max_length=12, choices=Scan.choices, default=Scan.NOT_SCANNED)
    requested_item = models.CharField(max_length=120, default="", blank=True)
    uploaded_by = models.CharField(max_length=200)
    uploaded_at = models.DateTimeField()
    scanned_at = models.DateTimeField(null=True)
    mistaken_at = models.DateTimeField(null=True)
    mistaken_by = models.CharField(max_length=200, default="", blank=True)
    mistaken_reason = models.CharField(max_length=200, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        indexes = [
            models.Index(fields=["organization", "authorization"], name="document_by_authorization"),
            models.Index(fields=["organization", "uploaded_at"], name="document_by_time"),
        ]

    @property
    def subject(self) -> tuple[str, uuid.UUID]:
        return ("document", self.id)


class Task(OrganizationModel):
    """Something a person must look at: an answer that could not be followed, a shortfall, an over-draw.

    `kind` names the rule that opened it; `facts` are what it found, without names.
    """

    authorization = OrganizationKey(Authorization, null=True, related_name="tasks")
    submission = OrganizationKey(Submission, null=True)
    owner = OrganizationKey(Membership, null=True)
    kind = models.CharField(max_length=40)
    words = models.CharField(max_length=300)
    facts = models.JSONField(default=dict)
    due_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=200, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        indexes = [
            models.Index(fields=["organization", "due_at", "id"], condition=Q(closed_at=None), name="task_open"),
            models.Index(fields=["organization", "authorization"], name="task_by_authorization"),
        ]
