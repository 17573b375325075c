"""What went over the wire and what came back, byte for byte."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from authorizations.models import Submission
from payers.models import TradingPartner
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class Interchange(OrganizationModel):
    """One ISA to IEA, out or in. The bytes are frozen before they are sent, and stored before they are read.

    Outbound: `submission` is what it carries; a retry sends these bytes again. Inbound: `duplicate_of` names the first
    copy of bytes that came before.
    """

    class Direction(models.TextChoices):
        OUT = "out", "Sent"
        IN = "in", "Received"

    class State(models.TextChoices):
        """Of delivery, never of a decision."""

        READY = "ready", "Ready to send"
        SENT = "sent", "Sent"
        REFUSED = "refused", "Refused by the partner"
        FAILED = "failed", "Not sent"
        STORED = "stored", "Stored, not read yet"
        READ = "read", "Read"
        DUPLICATE = "duplicate", "Came before"
        QUARANTINED = "quarantined", "In quarantine"

    partner = OrganizationKey(TradingPartner)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    state = models.CharField(max_length=11, choices=State.choices)
    submission = OrganizationKey(Submission, null=True, related_name="interchanges")
    control_number = models.CharField(max_length=9, default="", blank=True)
    usage = models.CharField(max_length=1, default="", blank=True)
    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    problem = models.CharField(max_length=200, default="", blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reply_to = OrganizationKey("self", null=True)
    duplicate_of = OrganizationKey("self", null=True)
    partner_item = models.CharField(max_length=80, default="", blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "partner", "usage", "control_number"],
                condition=Q(direction="out"),
                name="one_sent_control_number",
            ),
            models.UniqueConstraint(
                fields=["organization", "partner", "control_number", "sha256"],
                condition=Q(direction="in", duplicate_of=None),
                name="one_received_copy",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "submission"], name="interchange_by_submission"),
            models.Index(fields=["organization", "created_at", "id"], name="interchange_by_time"),
            models.Index(fields=["organization", "partner", "control_number"], name="interchange_by_number"),
        ]


class Message(OrganizationModel):
    """One transaction set of an interchange (ST to SE, or a TA1), and what became of it."""

    class Kind(models.TextChoices):
        REQUEST = "278_request", "278 request"
        RESPONSE = "278_response", "278 response"
        ACKNOWLEDGMENT = "999", "Acknowledgment (999)"
        INTERCHANGE_ACKNOWLEDGMENT = "TA1", "Interchange acknowledgment (TA1)"
        OTHER = "other", "Other"

    class State(models.TextChoices):
        SENT = "sent", "Sent"
        APPLIED = "applied", "Applied"
        RECORDED = "recorded", "Recorded, not applied"
        DUPLICATE = "duplicate", "Came before"
        QUARANTINED = "quarantined", "In quarantine"

    interchange = OrganizationKey(Interchange, related_name="messages")
    partner = OrganizationKey(TradingPartner)
    submission = OrganizationKey(Submission, null=True, related_name="messages")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=11, choices=State.choices)
    position = models.PositiveIntegerField()
    group_control_number = models.CharField(max_length=9, default="", blank=True)
    set_control_number = models.CharField(max_length=9, default="", blank=True)
    reference = models.CharField(max_length=50, default="", blank=True)
    trace = models.CharField(max_length=50, default="", blank=True)
    content_hash = models.CharField(max_length=64, default="", blank=True)
    problem = models.CharField(max_length=300, default="", blank=True)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "interchange", "position"], name="one_message_a_position")
        ]
        indexes = [
            models.Index(fields=["organization", "submission", "created_at"], name="message_by_submission"),
            models.Index(
                fields=["organization", "created_at", "id"],
                condition=Q(state="quarantined"),
                name="message_quarantined",
            ),
        ]


class ControlNumber(OrganizationModel):
    """The last number given out. Taken last in a transaction, so that a rollback gives it back."""

    class Kind(models.TextChoices):
        INTERCHANGE = "interchange", "ISA13"
        GROUP = "group", "GS06"

    partner = OrganizationKey(TradingPartner)
    usage = models.CharField(max_length=1)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    last = models.BigIntegerField(default=0)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "partner", "usage", "kind"], name="one_counter_a_kind")
        ]


class Reachability(OrganizationModel):
    """How often in a row a partner did not answer, and until when it is left alone. No row: it always answered."""

    partner = OrganizationKey(TradingPartner)
    failures = models.PositiveIntegerField(default=0)
    resting_until = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "partner"], name="one_reachability_a_partner")]
