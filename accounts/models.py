"""People and what they may do."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower

from accounts.scopes import Scope
from tenancy.fields import OrganizationKey
from tenancy.ids import uuid7
from tenancy.models import OrganizationModel


class UserManager(BaseUserManager["User"]):
    """People are found by e-mail address, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractUser):
    """A person who signs in. Belongs to no organization by itself: see Membership."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=120)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(email=Lower("email")), name="email_in_lower_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


def validate_scopes(values: list[str]) -> None:
    unknown = sorted(set(values) - set(Scope))
    if unknown:
        raise ValidationError(f"unknown scope {', '.join(unknown)}")


class Role(OrganizationModel):
    """A named set of scopes of one organization."""

    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=60), default=list, validators=[validate_scopes])

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="one_role_a_name")]

    def __str__(self) -> str:
        return self.name


class Membership(OrganizationModel):
    """A person's place in an organization. Rights taken away act on the next request."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", db_index=False)
    role = OrganizationKey(Role)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    # Before the organization is known; the policy shows only the rows of the person of user_scope().
    of_person: ClassVar[models.Manager[Membership]] = models.Manager()

    class Meta(OrganizationModel.Meta):
        default_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="one_membership_a_person")]
        indexes = [models.Index(fields=["user"], name="membership_by_user")]

    @property
    def label(self) -> str:
        return self.user.name

    @property
    def works_requests(self) -> bool:
        """Whether requests can be given to this person: the role may create, submit and cancel them."""
        return Scope.AUTHORIZATION_WRITE in self.role.scopes


class Absence(OrganizationModel):
    """Days on which a person is away, both included, and who looks after their follow-ups meanwhile.

    Ends by itself with its last day. Called off, it stays with `called_off_at` and counts for nothing.
    """

    membership = OrganizationKey(Membership, related_name="absences")
    deputy = OrganizationKey(Membership)
    starts_on = models.DateField()
    ends_on = models.DateField()
    announced_at = models.DateTimeField()
    announced_by = models.CharField(max_length=200)
    called_off_at = models.DateTimeField(null=True)
    called_off_by = models.CharField(max_length=200, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="absence_in_order"),
            models.CheckConstraint(condition=~models.Q(membership=models.F("deputy")), name="absence_has_another"),
        ]
        indexes = [
            models.Index(
                fields=["organization", "ends_on"], condition=models.Q(called_off_at=None), name="absence_to_come"
            )
        ]


class Invitation(OrganizationModel):
    """A place in the organization offered to an e-mail address. Of the link only a hash is kept; it works once."""

    email = models.EmailField()
    role = OrganizationKey(Role)
    token_hash = models.CharField(max_length=64)
    invited_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "token_hash"], name="one_invitation_a_token"),
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation_an_address",
            ),
        ]

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and now < self.expires_at


class KeptForm(models.Model):
    """What a person sent after their sign-in had ended, until they have signed in again.

    Belongs to the person, whatever the organization, and holds its content encrypted: it may be health data. Removed
    when it is sent, thrown away or too old.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    content = models.BinaryField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="kept_form_by_end")]


class SecurityEvent(models.Model):
    """Something about signing in that belongs to no organization: a failed sign-in, a lock-out. Written once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    user_id = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="security_event_by_time"),
            models.Index(fields=["user_id", "at"], name="security_event_by_user"),
        ]
