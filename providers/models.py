"""Rendering and requesting providers, and facilities."""

from __future__ import annotations

from datetime import date

from django.db import models

from tenancy.editing import EditedModel
from tenancy.models import OrganizationModel


class _Dated(models.Model):
    active_from = models.DateField("first day", null=True, blank=True)
    active_to = models.DateField("last day", null=True, blank=True)

    class Meta:
        abstract = True

    def active_on(self, day: date) -> bool:
        return (self.active_from is None or self.active_from <= day) and (
            self.active_to is None or day <= self.active_to
        )


class Provider(_Dated, EditedModel):
    """A person, or the group itself, that asks for or renders a service."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        GROUP = "group", "Group"

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.PERSON)
    name = models.CharField("last name, or name of the group", max_length=60)
    first_name = models.CharField(max_length=35, default="", blank=True)
    credentials = models.CharField(max_length=20, default="", blank=True)
    npi = models.CharField("NPI", max_length=10, default="", blank=True)
    taxonomy = models.CharField(max_length=10, default="", blank=True)
    phone = models.CharField(max_length=30, default="", blank=True)
    fax = models.CharField(max_length=30, default="", blank=True)
    user_id = models.UUIDField(null=True, blank=True)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "name", "first_name"], name="provider_by_name")]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "npi"], condition=~models.Q(npi=""), name="one_provider_an_npi"
            )
        ]

    def __str__(self) -> str:
        if self.kind == self.Kind.GROUP:
            return self.name
        return f"{self.first_name} {self.name}" + (f", {self.credentials}" if self.credentials else "")


class Facility(_Dated, EditedModel):
    """A place where services are given."""

    name = models.CharField(max_length=60)
    npi = models.CharField("NPI", max_length=10, default="", blank=True)
    place_of_service = models.CharField(max_length=2, default="", blank=True)
    address = models.CharField(max_length=55, default="", blank=True)
    city = models.CharField(max_length=30, default="", blank=True)
    state = models.CharField(max_length=2, default="", blank=True)
    postal_code = models.CharField(max_length=15, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="one_facility_a_name")]

    def __str__(self) -> str:
        return self.name
