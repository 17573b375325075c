"""Which payers cost the most rework: denials, peer-to-peers, and requests that came back for information (R138)."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, QuerySet

from authorizations.decisions import Column
from authorizations.models import Authorization, Decision, Submission
from authorizations.playbook_findings import denials
from authorizations.states import AppealLevel, ExchangeState, Purpose
from payers.models import Payer

LOOK_BACK = timedelta(days=90)
MISSING = (Column.PENDS, Column.RETURNS)
MOST_CASES = 200


@dataclass(frozen=True, slots=True)
class Rework:
    """One payer in the last 90 days. `missing`: pends and returns (AAA); `asked`: first requests."""

    payer: Payer
    denials: int
    peer_to_peers: int
    missing: int
    asked: int

    @property
    def total(self) -> int:
        return self.denials + self.peer_to_peers + self.missing

    @property
    def per_hundred(self) -> Decimal | None:
        """Rework for 100 requests, to one place; None without a request."""
        if not self.asked:
            return None
        return (Decimal(self.total * 100) / self.asked).quantize(Decimal("0.1"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Event:
    """One piece of rework: which case, when, of what kind, and the answer that made it (None for a peer-to-peer)."""

    case: Authorization
    at: datetime
    words: str
    decision: Decision | None = None


def by_payer(now: datetime) -> list[Rework]:
    """Payers with any rework, the most first. Five statements, whatever the number of payers."""
    since = now - LOOK_BACK
    refused, missing = _counted(denials(since)), _counted(_missing(since))
    spoken, asked = _counted(_peer_to_peers(since)), _counted(_asked(since))
    ids = {*refused, *missing, *spoken}
    rows = [
        Rework(payer, refused[payer.id], spoken[payer.id], missing[payer.id], asked[payer.id])
        for payer in Payer.objects.filter(id__in=ids)
    ]
    return sorted(rows, key=lambda row: (-row.total, row.payer.name, row.payer.id))


def events_of(payer_id: uuid.UUID, now: datetime) -> list[Event]:
    """The rework of one payer, the latest first, as many as a person would read."""
    since = now - LOOK_BACK
    found: list[Event] = []
    for words, rows in (("Denied", denials(since)), ("Information missing", _missing(since))):
        mine = rows.filter(authorization__payer_id=payer_id).select_related("authorization").prefetch_related("lines")
        found += [
            Event(row.authorization, row.recorded_at, _kind(row, words), row)
            for row in mine.order_by("-recorded_at", "-id")[:MOST_CASES]
        ]
    spoken = _peer_to_peers(since).filter(authorization__payer_id=payer_id).select_related("authorization")
    latest = spoken.order_by("-created_at", "-id")[:MOST_CASES]
    found += [Event(row.authorization, row.created_at, "Peer-to-peer") for row in latest]
    return sorted(found, key=lambda event: (event.at, event.case.number), reverse=True)[:MOST_CASES]


def _kind(row: Decision, words: str) -> str:
    if words == "Denied":
        return words if row.column == Column.DENIES else "Partly denied"
    return "Returned unreviewed" if row.column == Column.RETURNS else "Pended for information"


def _missing(since: datetime) -> QuerySet[Decision]:
    rows: QuerySet[Decision] = Decision.standing.filter(column__in=MISSING, recorded_at__gte=since)
    return rows


def _peer_to_peers(since: datetime) -> QuerySet[Submission]:
    rows: QuerySet[Submission] = Submission.objects.filter(
        purpose=Purpose.APPEAL, appeal_level=AppealLevel.PEER_TO_PEER, created_at__gte=since
    )
    return rows.exclude(exchange_state=ExchangeState.WITHDRAWN)


def _asked(since: datetime) -> QuerySet[Submission]:
    rows: QuerySet[Submission] = Submission.objects.filter(purpose=Purpose.INITIAL, created_at__gte=since)
    return rows.exclude(exchange_state=ExchangeState.WITHDRAWN)


def _counted(rows: QuerySet[Decision] | QuerySet[Submission]) -> Counter[uuid.UUID]:
    found = rows.order_by().values_list("authorization__payer_id").annotate(Count("id"))
    return Counter(dict(found))
