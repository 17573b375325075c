"""Views of the list that people keep: a filter, an order, columns and a size of page under a name."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.models import Membership
from tenancy.editing import EditedModel
from tenancy.fields import OrganizationKey
from tenancy.models import OrganizationModel

NAME_LENGTH = 60


class SavedView(EditedModel):
    """A list under a name. `query` is an address's query as `filters.address` writes it: ids, words and numbers.

    Somebody's own, or everybody's where it is `shared`. Pinned ones stand above the list, in order of `position`.
    Taken away, it stays with `removed_at`.
    """

    owner = OrganizationKey(Membership, related_name="saved_views")
    name = models.CharField(max_length=NAME_LENGTH)
    query = models.CharField(max_length=2000, default="", blank=True)
    shared = models.BooleanField(default=False)
    pinned = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta(OrganizationModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "owner", "name"],
                condition=Q(removed_at=None),
                name="one_saved_view_a_name",
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "shared", "position"], condition=Q(removed_at=None), name="saved_view_shared"
            )
        ]

    def __str__(self) -> str:
        return self.name


class FirstView(OrganizationModel):
    """Which view somebody's list opens with; none means the four usual statuses."""

    membership = OrganizationKey(Membership, related_name="first_views")
    view = OrganizationKey(SavedView, null=True, related_name="first_of")

    class Meta(OrganizationModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "membership"], name="one_first_view_a_person")]
