"""Urgent requests leave the house on the day they come: by the organization's cut-off time, or they are late.

What comes after the cut-off, or on a day without work, has until the cut-off of the next day of work.
"""

from __future__ import annotations

import uuid
from datetime import datetime, time

from django.db.models import Exists, OuterRef, Q, QuerySet

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

    One that the payer sent back came in anew with that.
    """
    rows = unsent_urgent().order_by("created_at", "id")
    found = list(rows.values_list("id", "returned", "created_at", "changed_at")[:MOST])
    if not found:
        return {}
    calendar, cut_off = calendar_of(organization), organization.urgent_cut_off
    return {
        case_id: send_by(changed_at if returned else created_at, cut_off, calendar)
        for case_id, returned, created_at, changed_at in found
    }
