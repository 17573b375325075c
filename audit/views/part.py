"""The audit part of another page: what happened to one authorization, or to one member, a page at a time."""

from __future__ import annotations

import uuid
from typing import Any

from accounts.access import OrganizationRequest
from audit.queries import EventFilter, page
from audit.views.rows import event_rows

PAGE_SIZE = 25


def audit_part(
    request: OrganizationRequest,
    address: str,
    *,
    authorization_id: uuid.UUID | None = None,
    member_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    """What `audit/_part.html` shows. `address` is the page with this part open; the reading says that it was shown.

    For those who may read the log: the caller asks.
    """
    wanted = EventFilter(authorization_id=authorization_id, member_id=member_id)
    after = request.GET.get("after", "")
    shown = page(wanted, size=PAGE_SIZE, after=after)
    request.reading.data |= {"part": "audit", "rows": len(shown.events)}
    return {
        "rows": event_rows(shown.events, request.access),
        "next_address": f"{address}&after={shown.next_key}" if shown.next_key else "",
        "first_address": address if after else "",
    }
