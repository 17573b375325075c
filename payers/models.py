"""Who decides, and by which rules."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel, Weekday


class Workflow(models.TextChoices):
    """`authorizationWorkflow` of a program: how an authorization is asked for."""

    AUTOMATIC_278 = "AUTOMATIC_278", "278 electronic"
    MANUAL_PENDING = "MANUAL_PENDING", "Manual queue"
    NONE = "NONE", "No authorization needed"


class Payer(OrganizationModel):
    """A health plan company that pays claims."""

    name = models.CharField(max_length=120)
    identifier = models.CharField(max_length=80)
    default_window_days = models.PositiveSmallIntegerField(null=True, blank=True)
    phone = models.CharField(max_length=30, default="", blank=True)
    fax = models.CharField(max_length=30, default="", blank=True)
    portal_url = models.URLField(default="", blank=True)
    active = models.BooleanField(default=True)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "identifier"], name="one_payer_an_identifier")]

    def __str__(self) -> str:
        return self.name


class Program(OrganizationModel):
    """A line of business of a payer. Its rules are dated: see ProgramRules."""

    payer = OrganizationKey(Payer, related_name="programs")
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "payer", "name"], name="one_program_a_name")]

    def __str__(self) -> str:
        return self.name


class ProgramRules(OrganizationModel):
    """What holds in a program from one day to another, last day included. Ranges of one program do not overlap."""

    class Class(models.TextChoices):
        """Which law's clocks bind the payer's answer."""

        COMMERCIAL = "commercial", "Commercial"
        MEDICARE_ADVANTAGE = "medicare_advantage", "Medicare Advantage"
        MEDICAID = "medicaid", "Medicaid or CHIP"
        MARKETPLACE = "marketplace", "Marketplace plan"

    program = OrganizationKey(Program, related_name="rules")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    authorization_workflow = models.CharField(max_length=20, choices=Workflow.choices)
    regulation = models.CharField(max_length=20, choices=Class.choices, default=Class.COMMERCIAL)
    default_window_days = models.PositiveSmallIntegerField(null=True, blank=True)
    urgent_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    routine_days = models.PositiveSmallIntegerField(null=True, blank=True)
    routine_days_are_business = models.BooleanField(default=False)
    week_start = models.SmallIntegerField(choices=Weekday.choices, null=True, blank=True)
    prorate_partial_periods = models.BooleanField(default=False)
    split_allowed = models.BooleanField(default=False)
    empty_modifiers_cover_any = models.BooleanField(default=True)
    renewal_lead_days = models.PositiveSmallIntegerField(default=14)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "program", "starts_on"], name="rules_by_program")]


class TradingPartner(OrganizationModel):
    """The other end of an exchange: a payer's gateway or a clearinghouse. Belongs to one organization."""

    class Usage(models.TextChoices):
        PRODUCTION = "P", "Production"
        TEST = "T", "Test"

    name = models.CharField(max_length=120)
    our_qualifier = models.CharField(max_length=2, default="ZZ")
    our_identifier = models.CharField(max_length=15)
    their_qualifier = models.CharField(max_length=2, default="ZZ")
    their_identifier = models.CharField(max_length=15)
    our_application = models.CharField(max_length=15)
    their_application = models.CharField(max_length=15)
    trace_identifier = models.CharField(max_length=10)
    usage = models.CharField(max_length=1, choices=Usage.choices, default=Usage.TEST)
    capabilities = ArrayField(models.CharField(max_length=10), default=list)
    transport = models.CharField(max_length=20, default="http_post")
    endpoint_url = models.URLField()
    follow_up_certification_type = models.CharField(max_length=1, default="S")
    uppercase = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    polled_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "our_identifier", "their_identifier", "usage"],
                name="one_partner_an_address",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def can_278(self) -> bool:
        return self.active and "278" in self.capabilities


class ReviewRoute(OrganizationModel):
    """Who reviews a service of a program, and how it is asked: the first that fits wins.

    Empty conditions fit everything. The reviewer may be a utilization management organization that is not the payer.
    An empty workflow takes the program's.
    """

    program = OrganizationKey(Program, related_name="routes")
    position = models.PositiveSmallIntegerField()
    code_from = models.CharField(max_length=12, default="", blank=True)
    code_to = models.CharField(max_length=12, default="", blank=True)
    service_type = models.CharField(max_length=3, default="", blank=True)
    place_of_service = models.CharField(max_length=2, default="", blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    workflow = models.CharField(max_length=20, choices=Workflow.choices, default="", blank=True)
    reviewer_name = models.CharField(max_length=60, default="", blank=True)
    reviewer_qualifier = models.CharField(max_length=2, default="PI", blank=True)
    reviewer_identifier = models.CharField(max_length=80, default="", blank=True)
    partner = OrganizationKey(TradingPartner, null=True, blank=True)
    portal_url = models.URLField(default="", blank=True)
    phone = models.CharField(max_length=30, default="", blank=True)
    fax = models.CharField(max_length=30, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "program", "position"], name="one_route_a_position")
        ]
