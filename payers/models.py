"""Who decides, and by which rules."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Membership
from tenancy.editing import EditedModel
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel, Weekday, validate_time_zone


class Workflow(models.TextChoices):
    """`authorizationWorkflow` of a program: how an authorization is asked for."""

    AUTOMATIC_278 = "AUTOMATIC_278", "278 electronic"
    MANUAL_PENDING = "MANUAL_PENDING", "Manual queue"
    NONE = "NONE", "No authorization needed"


class Rounding(models.TextChoices):
    """How minutes of service become units, where a unit is timed. A billed claim line is never rounded again."""

    EXACT = "exact", "Not rounded"
    DOWN = "down", "Only whole units count"
    NEAREST = "nearest", "Nearest unit, half counts as one"
    UP = "up", "Each unit begun counts"
    EIGHT_MINUTES = "eight_minutes", "8-minute rule, for units of 15 minutes"


class Payer(EditedModel):
    """A health plan company that pays claims."""

    name = models.CharField(max_length=120)
    identifier = models.CharField("payer ID", max_length=80)
    default_window_days = models.PositiveSmallIntegerField("usual window in days", null=True, blank=True)
    phone = models.CharField(max_length=30, default="", blank=True)
    fax = models.CharField(max_length=30, default="", blank=True)
    portal_url = models.URLField("portal", default="", blank=True)
    time_zone = models.CharField("time zone", max_length=64, default="", blank=True, validators=[validate_time_zone])
    """Whose days its clocks count; "" where we do not know, and count our own."""
    active = models.BooleanField(default=True)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "identifier"], name="one_payer_an_identifier")]

    def __str__(self) -> str:
        return self.name


class PayerAlias(OrganizationModel):
    """Another name or number a payer goes by: on cards, in files of other systems. Leads to one payer only.

    `alias_key` is the folded text it is found by: see `payers.queries.payers_called`.
    """

    payer = OrganizationKey(Payer, related_name="aliases")
    alias = models.CharField(max_length=120)
    alias_key = models.CharField(max_length=120, db_collation="C")
    active = models.BooleanField(default=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "alias_key"], condition=models.Q(active=True), name="one_payer_an_alias"
            )
        ]
        indexes = [models.Index(fields=["organization", "payer"], name="alias_by_payer")]

    def __str__(self) -> str:
        return self.alias


class Program(EditedModel):
    """A line of business of a payer. Its rules are dated: see ProgramRules."""

    payer = OrganizationKey(Payer, related_name="programs")
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "payer", "name"], name="one_program_a_name")]

    def __str__(self) -> str:
        return self.name


class ProgramRules(EditedModel):
    """What holds in a program from one day to another, last day included. Ranges of one program do not overlap.

    With a `contract_reference` it is the contract's rules. `weekly_cap` is what the program usually allows in a week: a
    new line of a request begins with it; what the payer approves is what counts.
    """

    class Class(models.TextChoices):
        """Which law's clocks bind the payer's answer."""

        COMMERCIAL = "commercial", "Commercial"
        MEDICARE_ADVANTAGE = "medicare_advantage", "Medicare Advantage"
        MEDICAID = "medicaid", "Medicaid or CHIP"
        MARKETPLACE = "marketplace", "Marketplace plan"

    class CapType(models.TextChoices):
        """What a weekly limit counts."""

        UNITS = "units", "units"
        HOURS = "hours", "hours"
        VISITS = "visits", "visits"
        DAYS = "days", "days"

    program = OrganizationKey(Program, related_name="rules")
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day", null=True, blank=True)
    authorization_workflow = models.CharField("workflow", max_length=20, choices=Workflow.choices)
    regulation = models.CharField("kind of plan", max_length=20, choices=Class.choices, default=Class.COMMERCIAL)
    default_window_days = models.PositiveSmallIntegerField("usual window in days", null=True, blank=True)
    urgent_hours = models.PositiveSmallIntegerField("urgent answer, hours", null=True, blank=True)
    routine_days = models.PositiveSmallIntegerField("routine answer, days", null=True, blank=True)
    routine_days_are_business = models.BooleanField("routine days are business days", default=False)
    follows_core = models.BooleanField("follows CAQH CORE: two business days", default=False)
    clock_runs_on = models.BooleanField("the clock runs on while the payer waits for us", default=False)
    week_start = models.SmallIntegerField("week begins on", choices=Weekday.choices, null=True, blank=True)
    prorate_partial_periods = models.BooleanField("part of a week counts in part", default=False)
    split_allowed = models.BooleanField("a claim line may be split over two authorizations", default=False)
    empty_modifiers_cover_any = models.BooleanField("no modifier means any modifier", default=True)
    renewal_lead_days = models.PositiveSmallIntegerField("renew so many days ahead", default=14)
    appeal_days = models.PositiveSmallIntegerField("appeal within, days", null=True, blank=True)
    peer_to_peer_days = models.PositiveSmallIntegerField("peer-to-peer within, days", null=True, blank=True)
    rounding = models.CharField("minutes to units", max_length=14, choices=Rounding.choices, default=Rounding.EXACT)
    weekly_cap = models.DecimalField("most a week", max_digits=15, decimal_places=3, null=True, blank=True)
    weekly_cap_type = models.CharField(
        "counted in", max_length=10, choices=CapType.choices, default=CapType.UNITS, blank=True
    )
    contract_reference = models.CharField("contract", max_length=60, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "program", "starts_on"], name="rules_by_program")]

    def covers(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    @property
    def workflow_words(self) -> str:
        return Workflow(self.authorization_workflow).label


class TradingPartner(EditedModel):
    """The other end of an exchange: a payer's gateway or a clearinghouse. Belongs to one organization."""

    class Usage(models.TextChoices):
        PRODUCTION = "P", "Production"
        TEST = "T", "Test"

    class Capability(models.TextChoices):
        """Transactions a partner takes. Only a partner with 278 can be sent a request."""

        REQUEST = "278", "278 request and answer"
        INQUIRY = "278I", "278 question about the status"
        ATTACHMENT = "275", "275 attachment"
        ELIGIBILITY = "270", "270 eligibility"

    class Transport(models.TextChoices):
        HTTP_POST = "http_post", "HTTPS POST, answer at once or collected later"

    name = models.CharField(max_length=120)
    our_qualifier = models.CharField("our qualifier", max_length=2, default="ZZ")
    our_identifier = models.CharField("our ID", max_length=15)
    their_qualifier = models.CharField("their qualifier", max_length=2, default="ZZ")
    their_identifier = models.CharField("their ID", max_length=15)
    our_application = models.CharField("our application", max_length=15)
    their_application = models.CharField("their application", max_length=15)
    trace_identifier = models.CharField("trace ID", max_length=10)
    usage = models.CharField(max_length=1, choices=Usage.choices, default=Usage.TEST)
    capabilities = ArrayField(models.CharField(max_length=10), default=list)
    transport = models.CharField(max_length=20, choices=Transport.choices, default=Transport.HTTP_POST)
    endpoint_url = models.URLField("endpoint")
    follow_up_certification_type = models.CharField("kind of a follow-up", max_length=1, default="S")
    uppercase = models.BooleanField("capital letters only", default=False)
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

    @property
    def capability_words(self) -> list[str]:
        known = dict(self.Capability.choices)
        return [str(known.get(code, code)) for code in self.capabilities]


class ReviewRoute(EditedModel):
    """Who reviews a service of a program, and how it is asked: the first that fits wins.

    Empty conditions fit everything. The reviewer may be a utilization management organization that is not the payer.
    An empty workflow takes the program's. Active routes are numbered from 1, retired ones stand behind them.
    """

    program = OrganizationKey(Program, related_name="routes")
    position = models.PositiveSmallIntegerField()
    code_from = models.CharField("first code", max_length=12, default="", blank=True)
    code_to = models.CharField("last code", max_length=12, default="", blank=True)
    service_type = models.CharField(max_length=3, default="", blank=True)
    place_of_service = models.CharField(max_length=2, default="", blank=True)
    starts_on = models.DateField("first day", null=True, blank=True)
    ends_on = models.DateField("last day", null=True, blank=True)
    workflow = models.CharField(max_length=20, choices=Workflow.choices, default="", blank=True)
    reviewer_name = models.CharField("reviewer", max_length=60, default="", blank=True)
    reviewer_qualifier = models.CharField("kind of number", max_length=2, default="PI", blank=True)
    reviewer_identifier = models.CharField("reviewer's number", max_length=80, default="", blank=True)
    partner = OrganizationKey(TradingPartner, null=True, blank=True)
    portal_url = models.URLField("portal", default="", blank=True)
    phone = models.CharField(max_length=30, default="", blank=True)
    fax = models.CharField(max_length=30, default="", blank=True)
    active = models.BooleanField(default=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "program", "position"], name="one_route_a_position")
        ]

    def __str__(self) -> str:
        return f"Route {self.position}"

    @property
    def conditions(self) -> str:
        """What it fits, dates apart: "H2019 to H2022, place 12", "every service"."""
        parts = []
        if self.code_from:
            several = self.code_to and self.code_to != self.code_from
            parts.append(f"{self.code_from} to {self.code_to}" if several else self.code_from)
        if self.service_type:
            parts.append(f"service type {self.service_type}")
        if self.place_of_service:
            parts.append(f"place {self.place_of_service}")
        return ", ".join(parts) or "every service"

    @property
    def workflow_words(self) -> str:
        """How it is asked, where the route says so."""
        return Workflow(self.workflow).label if self.workflow else ""


class Playbook(EditedModel):
    """What people know about asking one payer: where, with what, how long it takes, what to keep.

    For one program, or for all of a payer's programs that have none of their own. No secrets: `login_hint` says whose
    login is used, never the login.
    """

    class PortalField(models.TextChoices):
        """What a portal asks to be typed in; a playbook gives the order of one portal."""

        MEMBER_NAME = "member_name", "Member's name"
        BIRTH_DATE = "birth_date", "Date of birth"
        MEMBER_NUMBER = "member_number", "Member ID"
        RENDERING_NPI = "rendering_npi", "Rendering NPI"
        REQUESTING_NPI = "requesting_npi", "Requesting NPI"
        FACILITY_NPI = "facility_npi", "Facility NPI"
        DIAGNOSES = "diagnoses", "Diagnoses"
        CODES = "codes", "Codes and modifiers"
        UNITS = "units", "Units"
        STARTS_ON = "starts_on", "First day"
        ENDS_ON = "ends_on", "Last day"
        PLACE = "place_of_service", "Place of service"
        NUMBER = "number", "Our number"

    payer = OrganizationKey(Payer, related_name="playbooks")
    program = OrganizationKey(Program, null=True, blank=True, related_name="playbooks")
    owner = OrganizationKey(Membership)
    portal_url = models.URLField("portal", default="", blank=True)
    login_hint = models.CharField("whose login", max_length=120, default="", blank=True)
    phone = models.CharField(max_length=30, default="", blank=True)
    fax = models.CharField(max_length=30, default="", blank=True)
    hours = models.CharField("reached", max_length=80, default="", blank=True)
    say_first = models.CharField("say first", max_length=200, default="", blank=True)
    documents = ArrayField(models.CharField(max_length=200), verbose_name="documents required", default=list)
    routine_turnaround = models.CharField("answers routine in", max_length=80, default="", blank=True)
    urgent_turnaround = models.CharField("answers urgent in", max_length=80, default="", blank=True)
    validity = models.CharField("valid for", max_length=120, default="", blank=True)
    evidence = models.CharField("keep before closing", max_length=200, default="", blank=True)
    triggers = ArrayField(models.CharField(max_length=120), verbose_name="triggers review", default=list)
    field_order = ArrayField(models.CharField(max_length=20), verbose_name="order in the portal", default=list)
    notes = models.TextField(default="", blank=True)
    review_days = models.PositiveSmallIntegerField("review every so many days", default=90)
    reviewed_on = models.DateField(null=True)
    reviewed_by = models.CharField(max_length=200, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "payer", "program"], nulls_distinct=False, name="one_playbook_a_program"
            )
        ]

    def __str__(self) -> str:
        return f"{self.payer}, {self.program.name}" if self.program else str(self.payer)

    @property
    def review_due_on(self) -> date | None:
        """The day by which somebody should have read it again; None when nobody ever has."""
        return self.reviewed_on + timedelta(days=self.review_days) if self.reviewed_on else None

    def needs_review(self, today: date) -> bool:
        due = self.review_due_on
        return due is None or due < today

    @property
    def field_words(self) -> list[str]:
        known = dict(self.PortalField.choices)
        return [str(known[name]) for name in self.field_order if name in known]


class PlaybookVersion(OrganizationModel):
    """What a playbook said from one change to the next: written once, compared with the one before it."""

    playbook = OrganizationKey(Playbook, related_name="versions")
    number = models.IntegerField()
    content = models.JSONField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "playbook", "number"], name="one_playbook_version")
        ]
