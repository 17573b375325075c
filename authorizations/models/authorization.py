"""One case: a member, a payer, one route, one to many service lines."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import models
from django.db.models import Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Cast, Coalesce

from accounts.models import Membership
from authorizations.models.choices import STATUS, WAITING_ON, Priority, QuantityType, RequestCategory
from authorizations.states import Status, WaitingOn
from members.models import Coverage, Member
from payers.models import Payer, Program, TradingPartner, Workflow
from providers.models import Facility, Provider
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel

NO_END = date(9999, 12, 31)
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
UNCOUNTED = 2**62
"""The share left where nothing is counted: after every share."""

SORTED = ("id", "list_date", "status")
"""What follows the place in an order: what is long over is passed by within the index, without reading its row."""

LISTED = Q(status__in=["draft", "submitted", "pended", "approved"])


class Authorization(OrganizationModel):
    """A prior authorization, from draft to the end of its use.

    `status` moves only through `transitions.py`. `starts_on` and `ends_on` are what was asked; what is in force
    stands in the line versions, repeated in `cover_starts_on` and `cover_ends_on`; that ends with the member's
    coverage at the latest. `to_acknowledge`: the latest answer gives something else than was asked, and nobody has
    accepted or disputed it. `unverified`: a second person has not confirmed what was recorded by hand. The columns
    under "the wide row" are copies that the services keep, so that a list reads one table.

    `waived` lists the documents of the playbook that are not needed, each {"item", "reason"}.
    """

    number = models.CharField(max_length=20)
    status = models.CharField(max_length=10, choices=STATUS, default=Status.DRAFT)
    version = models.IntegerField(default=1)
    member = OrganizationKey(Member, related_name="authorizations")
    coverage = OrganizationKey(Coverage)
    payer = OrganizationKey(Payer)
    program = OrganizationKey(Program)
    parent = OrganizationKey("self", null=True, related_name="children")
    owner = OrganizationKey(Membership, null=True)
    priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.ROUTINE)
    request_category = models.CharField(
        max_length=16, choices=RequestCategory.choices, default=RequestCategory.HEALTH_SERVICES
    )
    service_type = models.CharField(max_length=3, default="", blank=True)
    place_of_service = models.CharField(max_length=2, default="", blank=True)
    requesting_provider = OrganizationKey(Provider, null=True)
    rendering_provider = OrganizationKey(Provider, null=True)
    facility = OrganizationKey(Facility, null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    admission_on = models.DateField(null=True, blank=True)
    admission_days = models.PositiveSmallIntegerField(null=True, blank=True)
    note_to_payer = models.CharField(max_length=264, default="", blank=True)
    retro_reason = models.CharField(max_length=200, default="", blank=True)
    waived = models.JSONField(default=list, blank=True)

    # The route, as it was on the local day of submission.
    workflow = models.CharField(max_length=20, choices=Workflow.choices, default="", blank=True)
    route_rule = models.CharField(max_length=200, default="", blank=True)
    reviewer_name = models.CharField(max_length=60, default="", blank=True)
    reviewer_qualifier = models.CharField(max_length=2, default="", blank=True)
    reviewer_identifier = models.CharField(max_length=80, default="", blank=True)
    partner = OrganizationKey(TradingPartner, null=True)
    submitted_at = models.DateTimeField(null=True)

    # What the payer said last.
    certification_number = models.CharField(max_length=80, default="", blank=True)
    certification_key = models.CharField(max_length=80, default="", blank=True, db_collation="C")
    administrative_number = models.CharField(max_length=80, default="", blank=True)
    number_missing_reason = models.CharField(max_length=200, default="", blank=True)
    decided_on = models.DateField(null=True)
    cover_starts_on = models.DateField(null=True)
    cover_ends_on = models.DateField(null=True)
    partly_approved = models.BooleanField(default=False)
    modified = models.BooleanField(default=False)
    not_required = models.BooleanField(default=False)
    returned = models.BooleanField(default=False)
    to_acknowledge = models.BooleanField(default=False)
    unverified = models.BooleanField(default=False)

    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    # The wide row.
    member_name = models.CharField(max_length=120, default="")
    member_mrn = models.CharField(max_length=40, default="", blank=True)
    payer_name = models.CharField(max_length=120, default="")
    program_name = models.CharField(max_length=120, default="")
    owner_name = models.CharField(max_length=120, default="", blank=True)
    codes = models.CharField(max_length=400, default="", blank=True)
    line_count = models.PositiveSmallIntegerField(default=0)
    waiting_on = models.CharField(max_length=10, choices=WAITING_ON, default=WaitingOn.US)
    next_action = models.CharField(max_length=120, default="", blank=True)
    next_action_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    due_rule = models.CharField(max_length=200, default="", blank=True)
    list_date = models.DateField(default=NO_END)
    tight_line = models.UUIDField(null=True)
    tight_code = models.CharField(max_length=40, default="", blank=True)
    tight_quantity_type = models.CharField(max_length=10, choices=QuantityType.choices, default="", blank=True)
    tight_requested = models.DecimalField(max_digits=15, decimal_places=3, null=True)
    tight_approved = models.DecimalField(max_digits=15, decimal_places=3, null=True)
    tight_used = models.DecimalField(max_digits=15, decimal_places=3, default=Decimal(0))
    tight_remaining = models.DecimalField(max_digits=15, decimal_places=3, null=True)
    # Thousandths, because numeric comparison cannot use an index under row-level security.
    tight_remaining_milli = models.BigIntegerField(null=True)
    exhausted = models.BooleanField(default=False)

    # What the list is sorted by, never empty and kept by the database: our own next step, else the payer's answer;
    # and the thousandths left on the tightest line of what is approved.
    first_due_at = models.GeneratedField(
        expression=Coalesce("next_action_at", "due_at", Value(NEVER)),
        output_field=models.DateTimeField(),
        db_persist=True,
    )
    share_left = models.GeneratedField(
        expression=Case(
            When(
                status="approved",
                tight_approved__gt=0,
                tight_remaining_milli__isnull=False,
                then=Cast(
                    ExpressionWrapper(
                        F("tight_remaining_milli") / F("tight_approved"), output_field=models.BigIntegerField()
                    ),
                    models.BigIntegerField(),
                ),
            ),
            default=Value(UNCOUNTED),
        ),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "number"], name="one_authorization_a_number")]
        indexes = [
            models.Index(fields=["organization", "list_date", "id"], condition=LISTED, name="auth_open_expiry"),
            models.Index(fields=["organization", "first_due_at", *SORTED], name="auth_by_due"),
            models.Index(fields=["organization", "created_at", *SORTED], name="auth_by_age"),
            models.Index(fields=["organization", "share_left", *SORTED], name="auth_by_share"),
            models.Index(fields=["organization", "payer", "list_date", "id"], condition=LISTED, name="auth_open_payer"),
            models.Index(fields=["organization", "status", "list_date", "id"], name="auth_status_expiry"),
            models.Index(fields=["organization", "list_date", "id"], name="auth_all_expiry"),
            models.Index(fields=["organization", "member", "list_date", "id"], name="auth_member"),
            models.Index(fields=["organization", "owner", "next_action_at", "id"], name="auth_owner_next"),
            models.Index(
                fields=["organization", "first_due_at", "id"],
                condition=Q(priority=Priority.URGENT) & ~Q(waiting_on=WaitingOn.NOBODY),
                name="auth_urgent",
            ),
            models.Index(fields=["organization", "certification_key"], name="auth_certification"),
            models.Index(fields=["organization", "parent"], name="auth_parent"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def subject(self) -> tuple[str, uuid.UUID]:
        """How audit events name this case."""
        return ("authorization", self.id)


class Diagnosis(OrganizationModel):
    """An ICD-10-CM code of the request, the principal one first. Taken off a draft, it stays with `removed_at`."""

    authorization = OrganizationKey(Authorization, related_name="diagnoses")
    position = models.PositiveSmallIntegerField()
    system = models.CharField(max_length=12, default="ICD-10-CM")
    code = models.CharField(max_length=10)
    removed_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "authorization", "position"],
                condition=Q(removed_at=None),
                name="one_diagnosis_a_position",
            )
        ]
