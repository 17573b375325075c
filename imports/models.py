"""Files that somebody brought from another system."""

from django.db import models

from tenancy.models import OrganizationModel


class ImportFile(OrganizationModel):
    """A file between preview and import, and afterwards as the proof of what was imported.

    `kind` is a name of `imports.services.ImportKind`. `content` holds the bytes as they came: a copy lies nowhere else.
    `counts` says what the import did: new, changed, unchanged, faulty. `attestation` is the sentence whoever sent the
    file confirmed with it, for kinds that ask for one. `mapping` gives headings of the file to column names ("" for one
    to ignore), `date_order` how its days are read ("" as they say themselves). While a worker imports it, everything
    up to `done_line` is done, in the name of `imported_by`.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", "To be looked at"
        RUNNING = "running", "Being imported"
        IMPORTED = "imported", "Imported"

    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=120)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    counts = models.JSONField(default=dict)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=200)
    attestation = models.TextField(default="", blank=True)
    mapping = models.JSONField(default=dict)
    date_order = models.CharField(max_length=12, default="", blank=True)
    done_line = models.PositiveIntegerField(default=0)
    imported_at = models.DateTimeField(null=True)
    imported_by = models.CharField(max_length=200, default="", blank=True)
    imported_by_id = models.UUIDField(null=True)

    class Meta(OrganizationModel.Meta):
        indexes = [models.Index(fields=["organization", "kind", "uploaded_at"], name="import_by_kind")]

    def __str__(self) -> str:
        return self.name


class ImportLayout(OrganizationModel):
    """Which column each heading is in the organization's files of a kind, remembered from those arranged by hand.

    How days are read is not: the next file may come from elsewhere, and says mostly itself.
    """

    kind = models.CharField(max_length=30)
    mapping = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "kind"], name="one_layout_a_kind")]

    def __str__(self) -> str:
        return self.kind
