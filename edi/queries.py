"""Reads about the exchange: the messages of a case, one message with its bytes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import QuerySet

from edi.models import Interchange, Message


def messages_of(submission_ids: Iterable[uuid.UUID]) -> list[Message]:
    """What went out and came in about these submissions, the latest first, without the bytes."""
    rows = Message.objects.filter(submission_id__in=list(submission_ids)).select_related("interchange", "partner")
    return list(rows.defer("interchange__body").order_by("-created_at", "-id"))


def message(message_id: uuid.UUID) -> Message | None:
    """One message with the interchange it came in and the case it belongs to; None when there is none here."""
    rows = Message.objects.select_related("interchange__reply_to", "partner", "submission__authorization")
    found: Message | None = rows.filter(id=message_id).first()
    return found


def exchange_of(found: Message) -> list[Message]:
    """The other messages about the same submission, or in answer to the same interchange, the latest first."""
    if found.submission_id is not None:
        return messages_of([found.submission_id])
    return [found]


def latest(limit: int, *, before: uuid.UUID | None = None, quarantined: bool = False) -> list[Message]:
    """The latest messages of the organization, without bytes; ids are in the order of time."""
    rows: QuerySet[Message] = Message.objects.select_related("interchange", "partner", "submission__authorization")
    if quarantined:
        rows = rows.filter(state=Message.State.QUARANTINED)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.defer("interchange__body").order_by("-id")[:limit])


def interchange_text(interchange: Interchange) -> str:
    """The bytes as text, for reading: what is not ASCII is shown as its number."""
    return bytes(interchange.body).decode("ascii", "backslashreplace")
