"""Codes that everybody shares, the procedures an organization brought itself, and the words for them."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q

from tenancy.models import OrganizationModel


class AnyCode(models.Model):
    """A code on a range of days, both included, with short words.

    `unit_minutes` is the length of a unit where the code is timed, `quantity_type` how it is usually counted.
    """

    code = models.CharField(max_length=12, db_collation="C")
    words = models.CharField(max_length=255)
    words_key = models.CharField(max_length=255, db_collation="C", default="")
    quantity_type = models.CharField(max_length=10, default="", blank=True)
    unit_minutes = models.SmallIntegerField(null=True)
    service_type = models.CharField(max_length=3, default="", blank=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.code} {self.words}"

    def valid_on(self, day: date) -> bool:
        """Whether it may be used for a service on this day."""
        return (self.starts_on is None or self.starts_on <= day) and (self.ends_on is None or day <= self.ends_on)


class Code(AnyCode):
    """One code of a set that everybody shares: global, no organization owns it. CPT is never among them.

    `coverage` is Medicare's coverage code of a procedure as CMS publishes it, such as S: not covered by statute.
    """

    class System(models.TextChoices):
        HCPCS = "HCPCS", "HCPCS Level II"
        ICD10CM = "ICD-10-CM", "ICD-10-CM"
        MODIFIER = "MODIFIER", "Modifier"
        PLACE = "POS", "Place of service"
        SERVICE_TYPE = "SERVICE", "Service type"

    system = models.CharField(max_length=12, choices=System.choices)
    coverage = models.CharField(max_length=1, db_default="", default="", blank=True)
    search = models.GeneratedField(
        expression=SearchVector("words_key", config="simple"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "code"], condition=Q(ends_on=None), name="one_current_code")
        ]
        indexes = [
            models.Index(fields=["system", "code"], name="code_by_code"),
            GinIndex(fields=["search"], name="code_by_words"),
        ]


class Release(models.Model):
    """What the publisher's file of a set did when an operator imported it: from which day, and how many codes."""

    system = models.CharField(max_length=12, choices=Code.System.choices)
    effective_from = models.DateField()
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64, default="", blank=True)
    counts = models.JSONField(default=dict)
    imported_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["system", "effective_from"], name="release_by_system")]

    def __str__(self) -> str:
        return f"{self.system} from {self.effective_from}"


class OrganizationProcedure(AnyCode, OrganizationModel):
    """A procedure code an organization brought itself, such as its licensed CPT codes. Nobody else sees it."""

    search = models.GeneratedField(
        expression=SearchVector("words_key", config="simple"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "code"], name="one_procedure_a_code")]


class Procedure(AnyCode):
    """Every procedure that may be asked for here: the shared HCPCS codes and the organization's own.

    A view in the database, which reads with the rights and the organization of whoever asks.
    """

    key = models.CharField(max_length=60, primary_key=True)
    own = models.BooleanField()
    search = SearchVectorField()

    class Meta:
        managed = False
        db_table = "code_set_procedure"
