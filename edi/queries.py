"""Reads about the exchange: the messages of a case, one message with its bytes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from authorizations.models import Submission
from authorizations.models.submission import OPEN_OUTCOMES
from authorizations.states import Channel, ExchangeState
from edi.models import Interchange, Message, Reachability
from payers.models import TradingPartner

STUCK = frozenset({ExchangeState.NOT_DELIVERED, ExchangeState.FAILED})
"""Where a request stands that a person must send once more."""


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


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A request that may not have arrived. `same_bytes`: nobody knows whether it did, so those go again."""

    submission: Submission
    same_bytes: bool


def undelivered(limit: int, *, before: uuid.UUID | None = None) -> list[Undelivered]:
    """Requests that were refused on the way or given up, the latest first."""
    rows = _undelivered()
    if before is not None:
        rows = rows.filter(id__lt=before)
    return _with_bytes(rows.order_by("-id")[:limit])


def undelivered_of(submission_ids: Iterable[uuid.UUID]) -> list[Undelivered]:
    """Those of these that are still not delivered, in the order of the list."""
    return _with_bytes(_undelivered().filter(id__in=list(submission_ids)).order_by("-id"))


def _undelivered() -> QuerySet[Submission]:
    rows = Submission.objects.filter(OPEN_OUTCOMES, channel=Channel.X12_278, outcome="none", exchange_state__in=STUCK)
    return rows.select_related("authorization", "partner")


def _with_bytes(rows: QuerySet[Submission]) -> list[Undelivered]:
    found = list(rows)
    unknown = Interchange.objects.filter(submission__in=found, state=Interchange.State.FAILED)
    kept = set(unknown.values_list("submission_id", flat=True))
    return [Undelivered(row, row.id in kept) for row in found]


@dataclass(frozen=True, slots=True)
class PartnerHealth:
    """Whether a trading partner answers: how often in a row it did not, and until when it is left alone."""

    partner: TradingPartner
    failures: int
    resting_until: datetime | None


def partner_health() -> list[PartnerHealth]:
    """Every partner in use, by name. Two statements."""
    rows = {row.partner_id: row for row in Reachability.objects.all()}
    found = []
    for partner in TradingPartner.objects.filter(active=True).order_by("name", "id"):
        row = rows.get(partner.id)
        found.append(PartnerHealth(partner, row.failures if row else 0, row.resting_until if row else None))
    return found


def interchange_text(interchange: Interchange) -> str:
    """The bytes as text, for reading: what is not ASCII is shown as its number."""
    return bytes(interchange.body).decode("ascii", "backslashreplace")
