"""What was used: claims, their versions, and what a person chose about a line."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from authorizations.models import ServiceLine
from authorizations.models.choices import QuantityType
from members.models import Coverage, Member
from payers.models import Payer, Program
from providers.models import Provider
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class Claim(OrganizationModel):
    """A chain of versions of one claim: original, replacements, void. `number` is that of its first version.

    The key is organization, payer and claim number. A void closes the chain for good; billing again under the same
    number starts a chain of its own, hence one that is not voided a number.
    """

    class State(models.TextChoices):
        LIVE = "live", "Live"
        VOIDED = "voided", "Voided"
        PARKED = "parked", "Parked: original unknown"

    number = models.CharField(max_length=80)
    payer = OrganizationKey(Payer)
    program = OrganizationKey(Program)
    member = OrganizationKey(Member, related_name="claims")
    coverage = OrganizationKey(Coverage, null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.LIVE)
    payer_control_number = models.CharField(max_length=80, default="", blank=True)
    last_version = models.PositiveSmallIntegerField(default=1)
    posted_at = models.DateTimeField()
    posted_by = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "payer", "number"],
                condition=~Q(state="voided"),
                name="one_claim_a_number",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "member", "posted_at"], name="claim_by_member"),
            models.Index(fields=["organization", "posted_at", "id"], name="claim_by_time"),
            models.Index(fields=["organization", "payer", "payer_control_number"], name="claim_by_control_number"),
        ]

    def __str__(self) -> str:
        return self.number


class ClaimVersion(OrganizationModel):
    """One submission of a claim to the payer, as it came. Only the last version of a live chain draws units."""

    class Frequency(models.TextChoices):
        """Claim frequency code of the 837 (CLM05-3)."""

        ORIGINAL = "1", "Original"
        REPLACEMENT = "7", "Replacement"
        VOID = "8", "Void"

    claim = OrganizationKey(Claim, related_name="versions")
    number = models.PositiveSmallIntegerField()
    frequency = models.CharField(max_length=1, choices=Frequency.choices)
    claim_number = models.CharField(max_length=80)
    content_hash = models.CharField(max_length=64)
    reason = models.CharField(max_length=200, default="", blank=True)
    posted_at = models.DateTimeField()
    posted_by = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "claim", "number"], name="one_claim_version_a_number")
        ]


class ClaimLine(OrganizationModel):
    """One service of a claim version. Written once.

    `billed` is False for a charge that has not been billed yet. `billed_number` is the authorization number on the
    line, if any. Service days are local dates, both included.
    """

    version = OrganizationKey(ClaimVersion, related_name="lines")
    claim = OrganizationKey(Claim, related_name="lines")
    member = OrganizationKey(Member)
    number = models.PositiveSmallIntegerField()
    system = models.CharField(max_length=12, default="HCPCS")
    code = models.CharField(max_length=12)
    modifiers = ArrayField(models.CharField(max_length=2), default=list, size=4)
    first_day = models.DateField()
    last_day = models.DateField()
    service_time = models.TimeField(null=True)
    quantity = models.DecimalField(max_digits=15, decimal_places=3)
    quantity_type = models.CharField(max_length=10, choices=QuantityType.choices, default=QuantityType.UNITS)
    provider = OrganizationKey(Provider, null=True)
    place_of_service = models.CharField(max_length=2, default="", blank=True)
    billed = models.BooleanField(default=True)
    billed_number = models.CharField(max_length=80, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "version", "number"], name="one_claim_line_a_number")
        ]
        indexes = [models.Index(fields=["organization", "member", "first_day"], name="claim_line_by_member")]


class Choice(OrganizationModel):
    """What a person decided about a claim line, for allocation to obey. Written once; the latest of a kind counts.

    `line_number` is the number in the claim, so that a choice outlives a replacement. A withdrawn choice is a later
    row with `withdrawn`.
    """

    class Kind(models.TextChoices):
        PIN = "pin", "Draw from this line"
        SPLIT = "split", "May be split"
        DUPLICATE = "duplicate", "Is a duplicate"
        NOT_DUPLICATE = "not_duplicate", "Is not a duplicate"

    claim = OrganizationKey(Claim, related_name="choices")
    line_number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=14, choices=Kind.choices)
    service_line = OrganizationKey(ServiceLine, null=True)
    withdrawn = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, default="", blank=True)
    chosen_at = models.DateTimeField()
    chosen_by = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "claim", "line_number"], name="choice_by_claim_line")]
