"""What needs a person today, in the order in which it presses: one's own, that of whom one stands in for, and what
nobody owns.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import timedelta

from django.db.models import Q, QuerySet

from authorizations.models import Authorization, Submission
from authorizations.models.choices import Priority
from authorizations.models.submission import OPEN_OUTCOMES
from authorizations.states import AppealLevel, ExchangeState, Purpose, Status, SubmissionOutcome, WaitingOn
from authorizations.worklist import Viewpoint

ORDER = ("first_due_at", "list_date", "id")
"""What is due first stands first, then what ends first."""

MOST_NEIGHBOURS = 500
APPEAL_DAYS = 60
"""So long a denial stands among the work of its owner; payers give 30 to 180 days."""

ELSEWHERE = (WaitingOn.PAYER, WaitingOn.CLINICIAN, WaitingOn.PATIENT)


def todo(owner_ids: Collection[uuid.UUID], seen: Viewpoint, *, with_unowned: bool = True) -> QuerySet[Authorization]:
    """Cases of these people that need a hand by the end of today or wait for one, without order.

    What waits on us, whenever it is due; what waits on somebody else once we are to look again, or the payer is late.
    """
    tomorrow = seen.start_of(seen.today + timedelta(days=1))
    look_again = Q(next_action_at__lt=tomorrow) | Q(waiting_on=WaitingOn.PAYER, due_at__lt=seen.now)
    pressing = Q(waiting_on=WaitingOn.US) | Q(look_again, waiting_on__in=ELSEWHERE)
    rows = Authorization.objects.filter(pressing).exclude(status=Status.CANCELLED)
    return rows.filter(whose(owner_ids, with_unowned=with_unowned))


def whose(owner_ids: Collection[uuid.UUID], *, with_unowned: bool = False) -> Q:
    """Cases that these people look after; with what nobody does, where that is wanted."""
    owned = Q(owner_id__in=list(owner_ids))
    return owned | Q(owner=None) if with_unowned else owned


def neighbours(
    case: Authorization, owner_ids: Collection[uuid.UUID], seen: Viewpoint
) -> tuple[Authorization | None, Authorization | None]:
    """The one before and the one after a case in somebody's work, with number and member's name alone. One statement.

    From a case that is not among it the way leads to the first of it.
    """
    rows = todo(owner_ids, seen).order_by(*ORDER).only("id", "organization_id", "number", "member_name")
    found = list(rows[:MOST_NEIGHBOURS])
    place = next((at for at, row in enumerate(found) if row.id == case.id), None)
    if place is None:
        return None, found[0] if found else None
    before = found[place - 1] if place else None
    return before, found[place + 1] if place + 1 < len(found) else None


def of_priority(priority: str) -> QuerySet[Authorization]:
    """Every open case of a priority: a draft, or something asked or to be done about it. Without order."""
    rows = Authorization.objects.filter(priority=Priority(priority)).exclude(status=Status.CANCELLED)
    return rows.exclude(waiting_on=WaitingOn.NOBODY)


def missing_papers() -> QuerySet[Authorization]:
    """What a clinician is waited for, and what a payer pended for papers of ours, whoever looks after it; no order."""
    pended = Q(status=Status.PENDED, waiting_on=WaitingOn.US)
    return Authorization.objects.filter(pended | Q(waiting_on=WaitingOn.CLINICIAN)).exclude(status=Status.CANCELLED)


def denied_lately(seen: Viewpoint) -> QuerySet[Authorization]:
    """What payers denied in the last weeks, whoever looks after it, without order."""
    return Authorization.objects.filter(status=Status.DENIED, decided_on__gte=seen.today - timedelta(days=APPEAL_DAYS))


def calls(*, limit: int) -> list[Submission]:
    """Peer-to-peer calls that are to be held, each with its case, the latest asked first."""
    rows = Submission.objects.filter(
        OPEN_OUTCOMES,
        appeal_level=AppealLevel.PEER_TO_PEER,
        exchange_state=ExchangeState.TO_SUBMIT,
        outcome=SubmissionOutcome.NONE,
    )
    return list(rows.select_related("authorization").order_by("-created_at")[:limit])


def to_appeal(owner_ids: Collection[uuid.UUID], seen: Viewpoint) -> QuerySet[Authorization]:
    """Denials of the last weeks against which nothing was said, without order."""
    since = seen.today - timedelta(days=APPEAL_DAYS)
    appealed = Submission.objects.filter(purpose=Purpose.APPEAL).exclude(exchange_state=ExchangeState.WITHDRAWN)
    rows = Authorization.objects.filter(status=Status.DENIED, decided_on__gte=since, waiting_on=WaitingOn.NOBODY)
    return rows.filter(whose(owner_ids)).exclude(id__in=appealed.values("authorization_id"))


def leading_submissions(cases: Iterable[Authorization]) -> dict[uuid.UUID, Submission]:
    """What each of these cases is worked by: of what is open, the latest asked. One statement."""
    rows = Submission.objects.filter(OPEN_OUTCOMES, authorization_id__in=[case.id for case in cases])
    rows = rows.exclude(exchange_state=ExchangeState.WITHDRAWN).order_by("number")
    return {row.authorization_id: row for row in rows.defer("content")}
