"""One row for each thing asked of a payer."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Membership
from authorizations.models.authorization import Authorization
from authorizations.models.choices import (
    APPEAL_LEVEL,
    CHANNEL,
    EXCHANGE_STATE,
    PURPOSE,
    SUBMISSION_OUTCOME,
    WAITING_ON,
    CertificationType,
)
from authorizations.states import SubmissionOutcome, WaitingOn
from payers.models import TradingPartner
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel

OPEN_OUTCOMES = Q(outcome__in=["none", "pended", "returned"])


class Submission(OrganizationModel):
    """Something asked of a payer, how far it travelled, and what came of it.

    `content` is the request frozen at submit, so that a later edit cannot change what was asked. `reference` is the
    number the payer echoes for the message, `trace` for the case: an answer is matched by them.
    """

    authorization = OrganizationKey(Authorization, related_name="submissions")
    number = models.PositiveSmallIntegerField()
    purpose = models.CharField(max_length=10, choices=PURPOSE)
    appeal_level = models.CharField(max_length=16, choices=APPEAL_LEVEL, default="", blank=True)
    certification_type = models.CharField(
        max_length=10, choices=CertificationType.choices, default=CertificationType.INITIAL
    )
    channel = models.CharField(max_length=16, choices=CHANNEL)
    exchange_state = models.CharField(max_length=14, choices=EXCHANGE_STATE)
    outcome = models.CharField(max_length=10, choices=SUBMISSION_OUTCOME, default=SubmissionOutcome.NONE)
    parent = OrganizationKey("self", null=True, related_name="answers")
    partner = OrganizationKey(TradingPartner, null=True)
    waiting_on = models.CharField(max_length=10, choices=WAITING_ON, default=WaitingOn.PAYER)
    owner = OrganizationKey(Membership, null=True)
    next_action = models.CharField(max_length=120, default="", blank=True)
    next_action_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    due_rule = models.CharField(max_length=200, default="", blank=True)
    clocks = models.JSONField(default=dict)
    """Every clock of the answer as it was worked out: see `authorizations.clocks`."""
    content = models.JSONField(default=dict)
    reference = models.CharField(max_length=50, default="", blank=True)
    trace = models.CharField(max_length=50, default="", blank=True)
    portal_reference = models.CharField(max_length=80, default="", blank=True)
    problem = models.CharField(max_length=300, default="", blank=True)
    field_errors = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    sent_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "authorization", "number"], name="one_submission_a_number"),
            models.UniqueConstraint(
                fields=["organization", "partner", "reference"],
                condition=~Q(reference=""),
                name="one_reference",
            ),
            models.UniqueConstraint(
                fields=["organization", "partner", "trace"], condition=~Q(trace=""), name="one_trace"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "channel", "due_at", "id"],
                condition=OPEN_OUTCOMES,
                name="submission_open",
            ),
            models.Index(fields=["organization", "created_at"], name="submission_by_time"),
            models.Index(fields=["organization", "due_at", "id"], condition=OPEN_OUTCOMES, name="submission_open_due"),
            models.Index(
                fields=["organization", "next_action_at", "id"], condition=OPEN_OUTCOMES, name="submission_open_next"
            ),
        ]
