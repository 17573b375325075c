"""Keys between two rows of one organization."""

from typing import Any

from django.db import models


class OrganizationKey(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key whose constraint is `(organization_id, x_id)`, made by `IsolateTable`.

    A one-column key would let a row point at another organization's parent, because key checks do not look
    at row policies. Nothing is deleted, so the parent is protected; indexes are declared by the model, each
    beginning with the organization.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs.setdefault("db_index", False)
        kwargs["db_constraint"] = False
        kwargs.setdefault("related_name", "+")
        super().__init__(to, on_delete, **kwargs)
