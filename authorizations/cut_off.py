"""Urgent requests leave the house on the day they come: by the organization's cut-off time, or they are late.

What comes after the cut-off, or on a day without work, has until the cut-off of the next day of work.
"""

from __future__ import annotations

import uuid
from datetime import datetime, time
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from authorizations.deadlines import Calendar
from authorizations.models import Authorization, Submission
from authorizations.models.choices import Priority
from authorizations.models.submission import OPEN_OUTCOMES
from authorizations.states import UNSENT, ExchangeState, Purpose, Status, WaitingOn
from authorizations.work import calendar_of
from tenancy.models import Organization

NOT_GONE = frozenset({*UNSENT, ExchangeState.FAILED})
"""Where a request stands that the payer has not got."""

MOST = 1000


def send_by(came_at: datetime, cut_off: time, calendar: Calendar) -> datetime:
    """By when an urgent request that came at an instant is to have left, in UTC."""
    local = came_at.astimezone(calendar.zone)
    in_time = local.time() <= cut_off and calendar.is_business_day(local.date())
    day = local.date() if in_time else calendar.business_day_after(local.date())
    return calendar.at(day, cut_off)


def unsent_urgent() -> QuerySet[Authorization]:
    """Urgent cases whose request has not left: drafts, and what waits to be sent or typed in."""
    asked = Submission.objects.filter(
        OPEN_OUTCOMES,
        authorization_id=OuterRef("pk"),
        purpose__in=[Purpose.INITIAL, Purpose.ANSWER],
        exchange_state__in=sorted(NOT_GONE),
    )
    waiting = Q(status=Status.DRAFT) | Q(Exists(asked), status__in=[Status.SUBMITTED, Status.PENDED])
    # What is still here waits on somebody; said for the index of urgent work.
    return Authorization.objects.filter(waiting, priority=Priority.URGENT).exclude(waiting_on=WaitingOn.NOBODY)


def times_to_leave(organization: Organization) -> dict[uuid.UUID, datetime]:
    """By when each urgent request that is still here is to leave, the oldest first. Two statements at most.

    One that the payer sent back came in anew with that; one that came back unsent, when it was submitted.
    """
    answers = Submission.objects.filter(authorization_id=OuterRef("pk"), answered_at__isnull=False)
    came_back = Subquery(answers.order_by("-number").values("answered_at")[:1])
    came_anew = When(returned=True, then=Coalesce(came_back, F("submitted_at"), F("created_at")))
    rows = unsent_urgent().annotate(came_at=Case(came_anew, default=F("created_at")))
    found: Any = list(rows.order_by("created_at", "id").values_list("id", "came_at")[:MOST])
    if not found:
        return {}
    calendar, cut_off = calendar_of(organization), organization.urgent_cut_off
    return {case_id: send_by(came_at, cut_off, calendar) for case_id, came_at in found}
