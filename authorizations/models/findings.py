"""What was learnt from a denial: the playbook was changed, or it had no gap."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from authorizations.models.authorization import Authorization
from authorizations.models.decision import Decision
from payers.models import PlaybookVersion
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class PlaybookFinding(OrganizationModel):
    """A denial traced back to the playbook of its payer (requirements R137). Written once; the latest one counts.

    `changed` leads to the version of the playbook that came of it, with the `sections` that differ (names of its
    fields); `no_gap` has the reason why nothing was to be changed.
    """

    class Outcome(models.TextChoices):
        CHANGED = "changed", "Playbook changed"
        NO_GAP = "no_gap", "No gap in the playbook"

    authorization = OrganizationKey(Authorization, related_name="playbook_findings")
    decision = OrganizationKey(Decision)
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    playbook_version = OrganizationKey(PlaybookVersion, null=True)
    sections: Any = ArrayField(models.CharField(max_length=30), default=list)
    reason = models.CharField(max_length=200, default="", blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        indexes = [
            models.Index(fields=["organization", "authorization", "at"], name="finding_by_authorization"),
        ]
