"""A time that passed: what was to happen by when, and what we know of it."""

from __future__ import annotations

from django.db import models

from authorizations.models.authorization import Authorization
from authorizations.models.record import Task
from authorizations.models.submission import Submission
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class Escalation(OrganizationModel):
    """One breach, told once: a payer that missed its time, or we ours. Written once.

    `evidence` is what stood when it was found: what was sent when, its receipt, the rule, how late. Ids, instants and
    words of tables; no names. `submission` is None for a draft that was never sent.
    """

    class Kind(models.TextChoices):
        PAYER_OVERDUE = "payer_overdue", "The payer missed its time"
        ACTION_OVERDUE = "action_overdue", "Our next step is overdue"
        URGENT_UNSENT = "urgent_unsent", "Urgent and not sent by the cut-off"

    authorization = OrganizationKey(Authorization, related_name="escalations")
    submission = OrganizationKey(Submission, null=True, related_name="escalations")
    task = OrganizationKey(Task, null=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    due_at = models.DateTimeField()
    rule = models.CharField(max_length=200, default="", blank=True)
    found_at = models.DateTimeField()
    evidence = models.JSONField(default=dict)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "authorization", "submission", "due_at"],
                nulls_distinct=False,
                name="one_escalation_a_breach",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "found_at", "id"], name="escalation_by_time"),
            models.Index(fields=["organization", "submission", "kind"], name="escalation_by_submission"),
        ]
