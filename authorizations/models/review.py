"""What people say of an answer after it came: that its terms are taken, or that what was typed in is right."""

from __future__ import annotations

from django.db import models

from authorizations.models.authorization import Authorization
from authorizations.models.decision import Decision
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class DecisionReview(OrganizationModel):
    """One person's word on one answer. Written once.

    `terms`: it gives something else than was asked, and somebody accepts or disputes that (requirements D50).
    `entry`: it was recorded by hand, and a second person confirms or rejects what was typed (requirements N23).
    """

    class Kind(models.TextChoices):
        TERMS = "terms", "Other terms than asked"
        ENTRY = "entry", "Recorded by hand"

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DISPUTED = "disputed", "Disputed"
        CONFIRMED = "confirmed", "Confirmed"
        REJECTED = "rejected", "Rejected"

    authorization = OrganizationKey(Authorization, related_name="reviews")
    decision = OrganizationKey(Decision, related_name="reviews")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    reason = models.CharField(max_length=300, default="", blank=True)
    reviewed_by = models.CharField(max_length=200)
    reviewed_by_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "decision", "kind"], name="one_review_of_a_kind")
        ]
        indexes = [models.Index(fields=["organization", "authorization"], name="review_by_authorization")]
