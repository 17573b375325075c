"""Organizations, and what every row of theirs has in common."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime, time
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models

from tenancy.fields import OrganizationKey
from tenancy.ids import uuid7
from tenancy.scoping import ForeignOrganization, OrganizationManager, current_organization_id


def validate_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(f"{value} is not a time zone name such as America/New_York")


class Weekday(models.IntegerChoices):
    """ISO weekdays."""

    MONDAY = 1, "Monday"
    TUESDAY = 2, "Tuesday"
    WEDNESDAY = 3, "Wednesday"
    THURSDAY = 4, "Thursday"
    FRIDAY = 5, "Friday"
    SATURDAY = 6, "Saturday"
    SUNDAY = 7, "Sunday"


class Organization(models.Model):
    """A provider organization: the tenant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="America/New_York", validators=[validate_time_zone])
    week_start = models.SmallIntegerField(choices=Weekday.choices, default=Weekday.SUNDAY)
    created_at = models.DateTimeField()
    second_factor_required = models.BooleanField(default=False)
    # The local time of day by which an urgent request is to have left the house.
    urgent_cut_off = models.TimeField(default=time(16))
    second_look_required = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def today(self, now: datetime) -> date:
        """The organization's calendar day at an instant."""
        return now.astimezone(self.zone).date()


class OrganizationModel(models.Model):
    """A row that belongs to one organization and can be reached only inside its scope."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", editable=False, db_index=False)

    objects: ClassVar[OrganizationManager[Self]] = OrganizationManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def claim_for_scope(self) -> None:
        """Take the open scope's organization, or refuse when the row already has another one."""
        scope = current_organization_id()
        if not self.organization_id:
            self.organization_id = scope
        elif self.organization_id != scope:
            raise ForeignOrganization(f"{type(self).__name__} belongs to another organization")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.claim_for_scope()
        super().save(*args, **kwargs)


class Holiday(OrganizationModel):
    """A day on which the organization does not work: next actions skip it. Taken off by `active`."""

    day = models.DateField()
    name = models.CharField(max_length=80)
    active = models.BooleanField(default=True)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "day"], name="one_holiday_a_day")]


class NumberSeries(OrganizationModel):
    """The last human number given out, per kind: `authorization` gives PA-000123."""

    kind = models.CharField(max_length=40)
    last = models.BigIntegerField(default=0)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "kind"], name="one_series_a_kind")]


class IdempotencyKey(OrganizationModel):
    """What was answered to a form that may be sent twice.

    The same key with the same request gives the first result; with another request it is refused.
    """

    key = models.CharField(max_length=64)
    action = models.CharField(max_length=60)
    request_hash = models.CharField(max_length=64)
    result_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="one_result_a_key")]


__all__ = [
    "Holiday",
    "IdempotencyKey",
    "NumberSeries",
    "Organization",
    "OrganizationKey",
    "OrganizationModel",
    "Weekday",
]
