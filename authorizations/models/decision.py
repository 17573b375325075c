"""What a payer decided, message by message."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from authorizations.decisions import Column
from authorizations.models.authorization import Authorization
from authorizations.models.choices import BASIS, LINE_OUTCOME, QuantityType, choices
from authorizations.models.line import ServiceLine
from authorizations.models.submission import Submission
from providers.models import Provider
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel
from tenancy.scoping import OrganizationManager, OrganizationQuerySet


class StandingDecisions(OrganizationManager["Decision"]):
    """Decisions that no correction has superseded."""

    def get_queryset(self) -> OrganizationQuerySet[Decision]:
        return super().get_queryset().filter(corrections=None)


class StandingWords(OrganizationManager["LineDecision"]):
    """Words of decisions that no correction has superseded."""

    def get_queryset(self) -> OrganizationQuerySet[LineDecision]:
        return super().get_queryset().filter(decision__corrections=None)


class Decision(OrganizationModel):
    """One answer: read from a message of the payer, or recorded by a person. Written once.

    `applied` is False for an answer that was kept but not followed. `source_message_id` is the inbound message;
    `content_hash` lets the same content be recognised when it comes twice. `facts` holds the rest as it was said,
    `before` how the case stood when it came (see `corrections`). One that `supersedes` another was recorded because
    that one was entered wrongly; `objects` has both, `standing` only what counts.
    """

    authorization = OrganizationKey(Authorization, related_name="decisions")
    submission = OrganizationKey(Submission, null=True, related_name="decisions")
    number = models.PositiveSmallIntegerField()
    column = models.CharField(max_length=14, choices=choices(Column))
    applied = models.BooleanField(default=True)
    source_message_id = models.UUIDField(null=True)
    recorded_by = models.CharField(max_length=200)
    recorded_by_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    decided_on = models.DateField(null=True)
    final_word = models.BooleanField(null=True)
    certification_number = models.CharField(max_length=80, default="", blank=True)
    administrative_number = models.CharField(max_length=80, default="", blank=True)
    reasons = ArrayField(models.CharField(max_length=30), default=list)
    message = models.TextField(default="", blank=True)
    problem = models.CharField(max_length=200, default="", blank=True)
    facts = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    before = models.JSONField(default=dict)
    supersedes = OrganizationKey("self", null=True, related_name="corrections")
    superseded_reason = models.CharField(max_length=200, default="", blank=True)

    objects: ClassVar[OrganizationManager[Self]] = OrganizationManager()
    standing: ClassVar[StandingDecisions] = StandingDecisions()

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "authorization", "number"], name="one_decision_a_number"),
            models.UniqueConstraint(fields=["organization", "supersedes"], name="one_correction_a_decision"),
        ]
        indexes = [models.Index(fields=["organization", "recorded_at"], name="decision_by_time")]

    @property
    def grants(self) -> bool:
        """Whether it said yes to something, or that nobody needs to ask."""
        return self.column in (Column.APPROVES, Column.NOT_REQUIRED)

    @property
    def correction(self) -> Decision | None:
        """The decision that superseded this one because it was entered wrongly."""
        return next(iter(self.corrections.all()), None)


class LineDecision(OrganizationModel):
    """The payer's word on one line in one decision. Written once."""

    decision = OrganizationKey(Decision, related_name="lines")
    line = OrganizationKey(ServiceLine, related_name="decisions")
    outcome = models.CharField(max_length=14, choices=LINE_OUTCOME)
    quantity_type = models.CharField(max_length=10, choices=QuantityType.choices, default="", blank=True)
    quantity = models.DecimalField(max_digits=15, decimal_places=3, null=True)
    basis = models.CharField(max_length=12, choices=BASIS, default="", blank=True)
    codes = models.JSONField(default=list)
    caps = models.JSONField(default=list)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    certification_number = models.CharField(max_length=80, default="", blank=True)
    administrative_number = models.CharField(max_length=80, default="", blank=True)
    provider = OrganizationKey(Provider, null=True)
    provider_named = models.CharField(max_length=120, default="", blank=True)
    reasons = ArrayField(models.CharField(max_length=30), default=list)
    follow_up = models.CharField(max_length=20, default="", blank=True)
    message = models.TextField(default="", blank=True)
    facts = models.JSONField(default=dict)

    objects: ClassVar[OrganizationManager[Self]] = OrganizationManager()
    standing: ClassVar[StandingWords] = StandingWords()

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "decision", "line"], name="one_word_a_line"),
        ]
        indexes = [models.Index(fields=["organization", "line"], name="line_decision_by_line")]
