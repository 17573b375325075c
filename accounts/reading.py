"""Reads of health data, told to the audit log before a byte of the page leaves.

One place: `@organization_view` calls `tell` once the response is rendered, in the transaction that read the rows. If
the event cannot be written there is no page. HIPAA 164.312(b) asks for a record of who looked at what.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpResponseBase
from django.utils.crypto import salted_hmac

from audit.actors import Actor
from audit.services import record
from audit.wording import READ_VERBS

UNNAMED = "page.read"
VERBS = frozenset(READ_VERBS)
"""How the action of a read ends, so that the log can tell reads from facts."""

SHOWN_WITH = frozenset({400, 409, 422})
"""Answers beside 200 to 299 that carry a page made by the view: a form with its errors, then and now."""


@dataclass(slots=True)
class Reading:
    """What one request shows of health data. Starts from the ids of the address; the view adds what it knows."""

    action: str
    organization_id: uuid.UUID
    subject: tuple[str, uuid.UUID] | None = None
    member_id: uuid.UUID | None = None
    authorization_id: uuid.UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)
    told: bool = False

    def of(
        self,
        subject: tuple[str, uuid.UUID],
        *,
        member_id: uuid.UUID | None = None,
        authorization_id: uuid.UUID | None = None,
        **data: Any,
    ) -> None:
        """One record is shown. `data` holds codes and ids only."""
        self.subject = subject
        self.member_id = member_id or self.member_id
        self.authorization_id = authorization_id or self.authorization_id
        self.data |= data

    def found(self, rows: int, *, terms: str = "", action: str = "", **data: Any) -> None:
        """A list or a search is shown: how many rows, and what was typed as a keyed hash, never as text.

        A search is recorded even when it answers with a redirect. `action` replaces the declared one.
        """
        self.action = action or self.action
        self.data |= {"rows": rows, **data}
        if terms.strip():
            self.data["terms"] = hashed_terms(terms, self.organization_id)
        self.told = True

    def is_due(self, response: HttpResponseBase) -> bool:
        """Whether this answer shows something: a page does, an empty answer and a redirect after a write do not."""
        status = response.status_code
        if self.told and status < 400:
            return True
        return (200 <= status < 300 and status != 204) or status in SHOWN_WITH

    def tell(self, *, actor: Actor, now: datetime) -> None:
        """Write the one event of this read."""
        record(
            self.action,
            actor=actor,
            now=now,
            subject=self.subject,
            member_id=self.member_id,
            authorization_id=self.authorization_id,
            data=self.data,
        )


def begin_reading(action: str, organization_id: uuid.UUID, route: str, kwargs: Mapping[str, Any]) -> Reading:
    """A reading that knows the route and the ids in its address."""
    reading = Reading(action or UNNAMED, organization_id, data={"route": route})
    for name, value in kwargs.items():
        if isinstance(value, uuid.UUID) and reading.subject is None:
            reading.subject = (name.removesuffix("_id"), value)
    reading.member_id = _id(kwargs, "member_id")
    reading.authorization_id = _id(kwargs, "authorization_id")
    return reading


def _id(kwargs: Mapping[str, Any], name: str) -> uuid.UUID | None:
    value = kwargs.get(name)
    return value if isinstance(value, uuid.UUID) else None


def hashed_terms(terms: str, organization_id: uuid.UUID) -> str:
    """The same search gives the same text within one organization; a list of names cannot be tried without our key."""
    folded = " ".join(terms.casefold().split())
    return salted_hmac("audit.terms", f"{organization_id}:{folded}", algorithm="sha256").hexdigest()[:32]
