"""A payer that is late, in the demonstration: its receipt is put back, and the product finds it like any other."""

from __future__ import annotations

from datetime import datetime, timedelta

from authorizations.escalation import escalate, find_breaches
from authorizations.models import Authorization, Escalation, Submission
from authorizations.states import ExchangeState
from authorizations.work import refresh_work, start_clock
from demo.houses import House

HOW_LATE = timedelta(hours=26)


def let_payers_be_late(house: House, *, now: datetime) -> None:
    """The urgent request that waited longest, and a routine one, are past their time. Once."""
    if Escalation.objects.filter(kind=Escalation.Kind.PAYER_OVERDUE).exists():
        return
    rows = Submission.objects.filter(exchange_state=ExchangeState.ACKNOWLEDGED, outcome="none", due_at__gt=now)
    for priority in ("urgent", "routine"):
        found = rows.filter(authorization__priority=priority).order_by("created_at", "id").first()
        if found is not None:
            _put_back(found, now)
    for breach in find_breaches(now):
        escalate(breach, now=now)


def _put_back(submission: Submission, now: datetime) -> None:
    assert submission.due_at is not None
    case = Authorization.objects.select_for_update(of=("self",)).get(id=submission.authorization_id)
    length = submission.due_at - (submission.acknowledged_at or submission.created_at)
    received_at = now - length - HOW_LATE
    submission.created_at = submission.sent_at = received_at - timedelta(minutes=1)
    submission.acknowledged_at = received_at
    start_clock(submission, case, received_at=received_at)
    submission.save()
    Authorization.objects.filter(id=case.id).update(submitted_at=submission.created_at)
    refresh_work(case)
