"""What was used of what is in force: an append-only ledger for each member."""

from __future__ import annotations

from django.db import models

from authorizations.models.authorization import Authorization
from authorizations.models.choices import QuantityType
from authorizations.models.line import ServiceLine
from members.models import Member
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class UtilizationAccount(OrganizationModel):
    """The lock of a member's units: taken first by every posting, decision and recalculation.

    `last_entry` numbers the ledger without gap; `dirty_since` is set by an import that leaves allocation to a worker.
    """

    member = OrganizationKey(Member)
    last_entry = models.BigIntegerField(default=0)
    dirty_since = models.DateTimeField(null=True)
    allocated_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "member"], name="one_account_a_member")]


class OpeningBalance(OrganizationModel):
    """Units used before this system counted them: recorded once per line with its evidence; the latest one counts."""

    line = OrganizationKey(ServiceLine, related_name="openings")
    quantity = models.DecimalField(max_digits=15, decimal_places=3)
    as_of = models.DateField()
    evidence = models.CharField(max_length=200)
    recorded_by = models.CharField(max_length=200)
    recorded_at = models.DateTimeField()

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "line", "recorded_at"], name="opening_by_line")]


class LedgerEntry(OrganizationModel):
    """Units drawn from a line (positive) or given back (negative). Written once.

    The sum over a line is what was used of it. `claim_line_id`, `claim_number` and `claim_line_number` name the claim
    line that drew (None for an opening balance); `reason` says why this line was chosen and which others were refused,
    as codes that `claims.explanations` puts into words. `over` is the part beyond what was approved.
    """

    class Kind(models.TextChoices):
        DRAW = "draw", "Drawn"
        REVERSAL = "reversal", "Given back"
        OPENING = "opening", "Used before"

    account = OrganizationKey(UtilizationAccount)
    sequence = models.BigIntegerField()
    authorization = OrganizationKey(Authorization)
    line = OrganizationKey(ServiceLine)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    quantity = models.DecimalField(max_digits=15, decimal_places=3)
    quantity_type = models.CharField(max_length=10, choices=QuantityType.choices)
    over = models.DecimalField(max_digits=15, decimal_places=3, default=0)
    service_date = models.DateField()
    code = models.CharField(max_length=12, default="", blank=True)
    claim_line_id = models.UUIDField(null=True)
    claim_id = models.UUIDField(null=True)
    claim_number = models.CharField(max_length=80, default="", blank=True)
    claim_line_number = models.PositiveSmallIntegerField(null=True)
    reason = models.JSONField(default=dict)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "account", "sequence"], name="one_entry_a_number")
        ]
        indexes = [
            models.Index(fields=["organization", "line", "service_date"], include=["quantity"], name="ledger_by_line"),
            models.Index(fields=["organization", "authorization", "sequence"], name="ledger_by_authorization"),
            models.Index(fields=["organization", "claim_line_id"], name="ledger_by_claim_line"),
        ]
