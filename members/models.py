"""Who receives care, under which ids, and who covers it."""

from __future__ import annotations

from datetime import date

from django.db import models

from payers.models import Payer, Program
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel


class Sex(models.TextChoices):
    """As payers exchange it."""

    FEMALE = "F", "Female"
    MALE = "M", "Male"
    UNKNOWN = "U", "Unknown"


class Member(OrganizationModel):
    """A person who receives care.

    `name_key` and the token table are the folded name for prefix search by range; `mrn` repeats the current record
    number of MemberIdentifier for lists. All three are kept by `members.services`.
    """

    last_name = models.CharField(max_length=60)
    first_name = models.CharField(max_length=35)
    middle_name = models.CharField(max_length=25, default="", blank=True)
    suffix = models.CharField(max_length=10, default="", blank=True)
    birth_date = models.DateField()
    sex = models.CharField(max_length=1, choices=Sex.choices, default=Sex.UNKNOWN)
    mrn = models.CharField("MRN", max_length=40, default="", blank=True)
    address = models.CharField(max_length=55, default="", blank=True)
    city = models.CharField(max_length=30, default="", blank=True)
    state = models.CharField(max_length=2, default="", blank=True)
    postal_code = models.CharField(max_length=15, default="", blank=True)
    phone = models.CharField(max_length=30, default="", blank=True)
    name_key = models.CharField(max_length=140, db_collation="C")
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField()

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


class MemberIdentifier(OrganizationModel):
    """A number the member is known by, valid on a range of days. Ranges of one kind and payer do not overlap."""

    class Kind(models.TextChoices):
        MRN = "mrn", "Medical record number"
        MEMBER_ID = "member_id", "Member id of the payer"
        MEDICAID = "medicaid", "Medicaid number"
        OTHER = "other", "Other"

    member = OrganizationKey(Member, related_name="identifiers")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    payer = OrganizationKey(Payer, null=True, blank=True)
    value = models.CharField(max_length=80)
    value_key = models.CharField(max_length=80, db_collation="C")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta(OrganizationModel.Meta):
        indexes = [
            models.Index(fields=["organization", "value_key", "member"], name="identifier_by_value"),
            models.Index(fields=["organization", "member"], name="identifier_by_member"),
        ]


class MemberToken(OrganizationModel):
    """One folded word of a name, for search by any word's beginning. Derived: rewritten when the name changes."""

    member = OrganizationKey(Member)
    token = models.CharField(max_length=60, db_collation="C")

    class Meta(OrganizationModel.Meta):
        indexes = [
            models.Index(fields=["organization", "token", "member"], name="token_by_token"),
            models.Index(fields=["organization", "member"], name="token_by_member"),
        ]


class Coverage(OrganizationModel):
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
    position = models.PositiveSmallIntegerField(default=1)
    member_number = models.CharField(max_length=80, default="", blank=True)
    group_number = models.CharField(max_length=50, default="", blank=True)
    relationship = models.CharField(max_length=8, choices=Relationship.choices, default=Relationship.SELF)
    subscriber_last_name = models.CharField(max_length=60, default="", blank=True)
    subscriber_first_name = models.CharField(max_length=35, default="", blank=True)
    subscriber_number = models.CharField(max_length=80, default="", blank=True)
    subscriber_birth_date = models.DateField(null=True, blank=True)
    subscriber_sex = models.CharField(max_length=1, choices=Sex.choices, default=Sex.UNKNOWN)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "member", "position"], name="coverage_by_member")]

    def in_force_on(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    @property
    def number(self) -> str:
        """What the payer finds the member by."""
        return self.member_number or self.subscriber_number

    @property
    def is_dependent(self) -> bool:
        """Sent under the subscriber: no number of their own (005010X217 guide, 2000C and 2000D)."""
        return self.relationship != self.Relationship.SELF and not self.member_number
