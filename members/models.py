"""Who receives care, under which ids, and who covers it."""

from __future__ import annotations

from datetime import date

from django.db import models

from members.freshness import Found
from payers.models import Payer, Program
from tenancy.editing import EditedModel
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class Sex(models.TextChoices):
    """As payers exchange it."""

    FEMALE = "F", "Female"
    MALE = "M", "Male"
    UNKNOWN = "U", "Unknown"


class Member(EditedModel):
    """A person who receives care.

    `name_key` and the token table are the folded name for prefix search by range; `mrn` repeats the current record
    number of MemberIdentifier for lists. All three are kept by `members.services`.
    """

    last_name = models.CharField(max_length=60)
    first_name = models.CharField(max_length=35)
    middle_name = models.CharField(max_length=25, default="", blank=True)
    suffix = models.CharField(max_length=10, default="", blank=True)
    birth_date = models.DateField("date of birth")
    sex = models.CharField(max_length=1, choices=Sex.choices, default=Sex.UNKNOWN)
    mrn = models.CharField("MRN", max_length=40, default="", blank=True)
    address = models.CharField(max_length=55, default="", blank=True)
    city = models.CharField(max_length=30, default="", blank=True)
    state = models.CharField(max_length=2, default="", blank=True)
    postal_code = models.CharField("ZIP", max_length=15, default="", blank=True)
    phone = models.CharField(max_length=30, default="", blank=True)
    name_key = models.CharField(max_length=140, db_collation="C", editable=False)
    created_at = models.DateTimeField(editable=False)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "name_key", "id"], name="member_by_name_key")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name, self.suffix) if part)

    def age(self, today: date) -> int:
        before_birthday = (today.month, today.day) < (self.birth_date.month, self.birth_date.day)
        return today.year - self.birth_date.year - int(before_birthday)


class MemberIdentifier(EditedModel):
    """A number the member is known by, valid on a range of days. Ranges of one kind and payer do not overlap, and no
    two members have one MRN on one day.

    The number of a card stands in its coverage; the row here with that `coverage` follows it, so that a search finds
    it too.
    """

    class Kind(models.TextChoices):
        MRN = "mrn", "Medical record number"
        MEMBER_ID = "member_id", "Member id of the payer"
        MEDICAID = "medicaid", "Medicaid number"
        OTHER = "other", "Other"

    member = OrganizationKey(Member, related_name="identifiers")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    payer = OrganizationKey(Payer, null=True, blank=True)
    coverage = OrganizationKey("Coverage", null=True, related_name="identifiers")
    value = models.CharField("number", max_length=80)
    value_key = models.CharField(max_length=80, db_collation="C", editable=False)
    starts_on = models.DateField("first day", null=True, blank=True)
    ends_on = models.DateField("last day", null=True, blank=True)

    class Meta(OrganizationModel.Meta):
        indexes = [
            models.Index(fields=["organization", "value_key", "member"], name="identifier_by_value"),
            models.Index(fields=["organization", "member"], name="identifier_by_member"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"

    def valid_on(self, day: date) -> bool:
        return (self.starts_on is None or self.starts_on <= day) and (self.ends_on is None or day <= self.ends_on)


class MemberToken(OrganizationModel):
    """One folded word of a name, for search by any word's beginning. Derived: rewritten when the name changes."""

    member = OrganizationKey(Member)
    token = models.CharField(max_length=60, db_collation="C")

    class Meta(OrganizationModel.Meta):
        indexes = [
            models.Index(fields=["organization", "token", "member"], name="token_by_token"),
            models.Index(fields=["organization", "member"], name="token_by_member"),
        ]


class Coverage(EditedModel):
    """A member's cover by a program, on a range of days; `position` 1 is primary.

    `member_number` is the number on the member's own card. When the member is a dependent without a number of their
    own, the subscriber's stands in `subscriber_number`, with the subscriber's name.
    """

    class Relationship(models.TextChoices):
        SELF = "self", "Subscriber"
        SPOUSE = "spouse", "Spouse"
        CHILD = "child", "Child"
        OTHER = "other", "Other dependent"

    member = OrganizationKey(Member, related_name="coverages")
    payer = OrganizationKey(Payer)
    program = OrganizationKey(Program)
    position = models.PositiveSmallIntegerField("order", default=1)
    member_number = models.CharField("number on the card", max_length=80, default="", blank=True)
    group_number = models.CharField("group", max_length=50, default="", blank=True)
    relationship = models.CharField(
        "the member is the", max_length=8, choices=Relationship.choices, default=Relationship.SELF
    )
    subscriber_last_name = models.CharField(max_length=60, default="", blank=True)
    subscriber_first_name = models.CharField(max_length=35, default="", blank=True)
    subscriber_number = models.CharField(max_length=80, default="", blank=True)
    subscriber_birth_date = models.DateField("subscriber date of birth", null=True, blank=True)
    subscriber_sex = models.CharField(max_length=1, choices=Sex.choices, default=Sex.UNKNOWN)
    starts_on = models.DateField("first day")
    ends_on = models.DateField("last day", null=True, blank=True)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "member", "position"], name="coverage_by_member")]

    def __str__(self) -> str:
        return f"{self.payer.name} {self.program.name}"

    def in_force_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def overlaps(self, other: Coverage) -> bool:
        """Whether there is a day on which both are in force."""
        return (other.ends_on is None or self.starts_on <= other.ends_on) and (
            self.ends_on is None or other.starts_on <= self.ends_on
        )

    @property
    def number(self) -> str:
        """What the payer finds the member by."""
        return self.member_number or self.subscriber_number

    @property
    def is_dependent(self) -> bool:
        """Sent under the subscriber: no number of their own (005010X217 guide, 2000C and 2000D)."""
        return self.relationship != self.Relationship.SELF and not self.member_number


class MemberChange(OrganizationModel):
    """What one write changed about a member: field by field, old and new. Written once.

    The audit event of the same write names the fields only: what stands here is health data, and the audit log is
    read by people who may not see it.
    """

    class About(models.TextChoices):
        MEMBER = "member", "Member"
        IDENTIFIER = "identifier", "Number"
        COVERAGE = "coverage", "Coverage"

    member = OrganizationKey(Member)
    about = models.CharField(max_length=10, choices=About.choices)
    subject_id = models.UUIDField()
    subject_label = models.CharField(max_length=250)
    added = models.BooleanField(default=False)
    changes = models.JSONField(default=dict)
    at = models.DateTimeField()
    who = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "member", "at"], name="member_change_by_member")]


class EligibilityCheck(OrganizationModel):
    """What the payer said about a coverage on one day, asked by portal, phone or from the card. Written once: a later
    check counts instead.

    `service_type` 30 is health benefit plan coverage (X12 code list 1365), what a plain question asks about.
    """

    class Source(models.TextChoices):
        PORTAL = "portal", "Payer portal"
        PHONE = "phone", "Phone"
        CARD = "card", "Card shown"

    member = OrganizationKey(Member, related_name="eligibility_checks")
    coverage = OrganizationKey(Coverage, related_name="eligibility_checks")
    service_date = models.DateField()
    service_type = models.CharField(max_length=3, default="30")
    result = models.CharField(max_length=10, choices=[(each.value, each.words) for each in Found])
    source = models.CharField(max_length=10, choices=Source.choices)
    reference = models.CharField(max_length=80, default="", blank=True)
    note = models.CharField(max_length=400, default="", blank=True)
    checked_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        indexes = [
            models.Index(fields=["organization", "coverage", "checked_at"], name="eligibility_by_coverage"),
            models.Index(fields=["organization", "member", "checked_at"], name="eligibility_by_member"),
        ]


class CoverQuestion(OrganizationModel):
    """Whether a service is covered, as it was asked and answered about one coverage, or about none. Written once.

    `inputs` is what was asked with: code with modifiers, provider, place, units. `verdict` is one of `web.covered`;
    `authorization_id` is the authorization the answer names, with no key because members stand below them.
    """

    member = OrganizationKey(Member)
    coverage = OrganizationKey(Coverage, null=True)
    service_date = models.DateField()
    inputs = models.JSONField(default=dict)
    verdict = models.CharField(max_length=10)
    headline = models.CharField(max_length=200)
    rule = models.CharField(max_length=400)
    authorization_id = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "member", "asked_at"], name="cover_question_by_member")]


class EligibilityRule(EditedModel):
    """How long a check is good in this organization, and whether Submit insists on one. One row, or none: the defaults.

    A check is fresh for `fresh_days` (the day of the check is day 0), stale until `stale_days`, expired afterwards.
    """

    fresh_days = models.PositiveSmallIntegerField("fresh for, days", default=30)
    stale_days = models.PositiveSmallIntegerField("stale until, days", default=60)
    insists = models.BooleanField("Submit insists on a fresh check", default=False)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="one_eligibility_rule")]

    def __str__(self) -> str:
        return "Eligibility"


class EligibilityRoster(OrganizationModel):
    """Members whose eligibility is to be checked, as a list that is worked one by one."""

    class Of(models.TextChoices):
        ALL = "all", "All members with coverage in force"
        PAYER = "payer", "Members covered by one payer"
        LIST = "list", "A list of MRNs"

    name = models.CharField(max_length=120)
    of = models.CharField(max_length=8, choices=Of.choices)
    payer = OrganizationKey(Payer, null=True)
    service_date = models.DateField()
    service_type = models.CharField(max_length=3, default="30")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=200)
    total = models.PositiveIntegerField(default=0)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "created_at"], name="roster_by_day")]

    def __str__(self) -> str:
        return self.name


class RosterEntry(OrganizationModel):
    """One line of a roster: whom it is about, and what became of it.

    `given` is the MRN as it was typed where nobody has it. An exception has its reason.
    """

    class State(models.TextChoices):
        OPEN = "open", "To check"
        ACTIVE = "active", "Active"
        EXCEPTION = "exception", "Exception"

    roster = OrganizationKey(EligibilityRoster, related_name="entries")
    position = models.PositiveIntegerField()
    given = models.CharField(max_length=40, default="", blank=True)
    member = OrganizationKey(Member, null=True)
    coverage = OrganizationKey(Coverage, null=True)
    check_made = OrganizationKey(EligibilityCheck, null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=200, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "roster", "position"], name="one_entry_a_position")
        ]
        indexes = [
            models.Index(fields=["organization", "roster", "state", "position"], name="entry_by_state"),
        ]
