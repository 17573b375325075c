"""Codes that everybody shares, and the words for them. Global: no organization owns them."""

from django.db import models
from django.db.models import Q


class Code(models.Model):
    """One code of a shipped set on a range of days, with our own short words.

    `unit_minutes` is the length of a unit where the code is timed, `quantity_type` how it is usually counted. CPT is
    never shipped: a tenant's own file stands in its own isolated table.
    """

    class System(models.TextChoices):
        HCPCS = "HCPCS", "HCPCS Level II"
        ICD10CM = "ICD-10-CM", "ICD-10-CM"
        MODIFIER = "MODIFIER", "Modifier"
        PLACE = "POS", "Place of service"
        SERVICE_TYPE = "SERVICE", "Service type"

    system = models.CharField(max_length=12, choices=System.choices)
    code = models.CharField(max_length=12)
    words = models.CharField(max_length=255)
    words_key = models.CharField(max_length=255, db_collation="C", default="")
    quantity_type = models.CharField(max_length=10, default="", blank=True)
    unit_minutes = models.SmallIntegerField(null=True)
    service_type = models.CharField(max_length=3, default="", blank=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "code"], condition=Q(ends_on=None), name="one_current_code")
        ]
        indexes = [models.Index(fields=["system", "code"], name="code_by_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.words}"
