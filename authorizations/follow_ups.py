"""When somebody looks at their cases again, for a calendar: our number and an instant, nothing of health."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from authorizations.models import Authorization
from authorizations.states import Status

STAYS = timedelta(days=30)
"""So long a follow-up that was missed stays in the calendar."""

MOST = 500


def follow_ups(owner_ids: Sequence[uuid.UUID], now: datetime) -> list[tuple[uuid.UUID, str, datetime]]:
    """Id, number and time of the next step on each case of these people, the first first. One statement."""
    rows = Authorization.objects.filter(owner_id__in=owner_ids, next_action_at__gte=now - STAYS)
    rows = rows.exclude(status=Status.CANCELLED).order_by("next_action_at", "id")
    return [
        (case_id, number, at)
        for case_id, number, at in rows.values_list("id", "number", "next_action_at")[:MOST]
        if at is not None
    ]
