"""Service lines as asked, and the versions of them that are in force."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from authorizations.models.authorization import Authorization
from authorizations.models.choices import BASIS, CAP_PERIOD, LINE_OUTCOME, QuantityType
from providers.models import Provider
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel
from tenancy.scoping import OrganizationManager, OrganizationQuerySet


class ServiceLine(OrganizationModel):
    """What is asked for: one code with its own units, or several that share one total.

    `quantity` is in `quantity_type`; `unit_minutes` is the length of a unit where it is timed. A line the payer added
    has nothing asked. Taken off a draft, a line stays with `removed_at`.
    """

    authorization = OrganizationKey(Authorization, related_name="lines")
    number = models.PositiveSmallIntegerField()
    quantity_type = models.CharField(max_length=10, choices=QuantityType.choices, default=QuantityType.UNITS)
    quantity = models.DecimalField(max_digits=15, decimal_places=3, null=True)
    unit_minutes = models.PositiveSmallIntegerField(null=True)
    pooled = models.BooleanField(default=False)
    added_by_payer = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "authorization", "number"],
                condition=Q(removed_at=None),
                name="one_line_a_number",
            )
        ]


class LineCode(OrganizationModel):
    """A code of a service line, with modifiers in the order they are billed."""

    line = OrganizationKey(ServiceLine, related_name="codes")
    position = models.PositiveSmallIntegerField()
    system = models.CharField(max_length=12, default="HCPCS")
    code = models.CharField(max_length=12)
    modifiers = ArrayField(models.CharField(max_length=2), default=list, size=4)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "line", "position"], name="one_code_a_position")]

    @property
    def words(self) -> str:
        return " ".join([self.code, *self.modifiers])


class LineCap(OrganizationModel):
    """At most so much in each period, as asked."""

    line = OrganizationKey(ServiceLine, related_name="caps")
    period = models.CharField(max_length=20, choices=CAP_PERIOD)
    quantity = models.DecimalField(max_digits=15, decimal_places=3)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "line", "period"], name="one_cap_a_period")]


class StandingVersions(OrganizationManager["LineVersion"]):
    """Versions whose decision no correction has superseded: the only ones that were ever in force."""

    def get_queryset(self) -> OrganizationQuerySet[LineVersion]:
        return super().get_queryset().filter(decision__corrections=None)


class LineVersion(OrganizationModel):
    """The terms of a line in force since a decision: written once, the highest number of `standing` is the latest.

    `codes` is a list of {"system", "code", "modifiers"}; `caps` a list of {"period", "quantity"} with the quantity as
    text. `quantity` is None where the basis is unlimited or unknown. Terms hold for service dates from `starts_on` to
    `ends_on`, both included.
    """

    line = OrganizationKey(ServiceLine, related_name="versions")
    authorization = OrganizationKey(Authorization)
    number = models.PositiveSmallIntegerField()
    decision = OrganizationKey("authorizations.Decision", related_name="line_versions")
    outcome = models.CharField(max_length=14, choices=LINE_OUTCOME)
    quantity_type = models.CharField(max_length=10, choices=QuantityType.choices)
    quantity = models.DecimalField(max_digits=15, decimal_places=3, null=True)
    basis = models.CharField(max_length=12, choices=BASIS)
    unit_minutes = models.PositiveSmallIntegerField(null=True)
    codes = models.JSONField(default=list)
    caps = models.JSONField(default=list)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    certification_number = models.CharField(max_length=80, default="", blank=True)
    provider = OrganizationKey(Provider, null=True)
    created_at = models.DateTimeField()

    objects: ClassVar[OrganizationManager[Self]] = OrganizationManager()
    standing: ClassVar[StandingVersions] = StandingVersions()

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "line", "number"], name="one_version_a_number")]
        indexes = [models.Index(fields=["organization", "authorization", "line"], name="version_by_authorization")]

    @property
    def approved(self) -> Decimal | None:
        return self.quantity
