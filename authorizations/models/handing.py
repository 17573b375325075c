"""Who looked after a case before, and whether those who need an approval have heard of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Membership
from authorizations.models.authorization import Authorization
from authorizations.models.decision import Decision
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class HandOver(OrganizationModel):
    """A case went from one person to another, or to nobody, for a reason. Written once."""

    authorization = OrganizationKey(Authorization, related_name="hand_overs")
    before = OrganizationKey(Membership, null=True)
    after = OrganizationKey(Membership, null=True)
    before_name = models.CharField(max_length=120, default="", blank=True)
    after_name = models.CharField(max_length=120, default="", blank=True)
    reason = models.CharField(max_length=200)
    note = models.CharField(max_length=1000, default="", blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "authorization", "at"], name="hand_over_by_case")]


class Publication(OrganizationModel):
    """An approval that schedule, chart and billing are to be told of by its owner, and when they were."""

    authorization = OrganizationKey(Authorization, related_name="publications")
    decision = OrganizationKey(Decision, related_name="publications")
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=200, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "authorization"], condition=Q(done_at=None), name="one_publication_open"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "opened_at"], condition=Q(done_at=None), name="publication_open"),
            models.Index(fields=["organization", "authorization"], name="publication_by_case"),
        ]
