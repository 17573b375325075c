"""What a person was told."""

from __future__ import annotations

import uuid

from django.db.models import F, QuerySet

from notices.models import CalendarFeed, Notice


def unread(membership_id: uuid.UUID) -> QuerySet[Notice]:
    """What a person has not seen yet, without order."""
    return Notice.objects.filter(to_id=membership_id, read_at=None)


def told(membership_id: uuid.UUID, limit: int) -> list[Notice]:
    """What a person was told, what is unread first, then the latest."""
    rows = Notice.objects.filter(to_id=membership_id).select_related("stands_in_for__user")
    return list(rows.order_by(F("read_at").desc(nulls_first=True), "-at", "-id")[:limit])


def notice_of(membership_id: uuid.UUID, notice_id: uuid.UUID) -> Notice | None:
    """One of a person's own notices; None for anybody else's."""
    found: Notice | None = Notice.objects.filter(to_id=membership_id, id=notice_id).first()
    return found


def open_feed(membership_id: uuid.UUID) -> CalendarFeed | None:
    """The calendar address of a person that works, if any."""
    found: CalendarFeed | None = CalendarFeed.objects.filter(membership_id=membership_id, withdrawn_at=None).first()
    return found
