"""Which authorizations the list shows: its filters as conditions on the wide row.

A filter holds ids, words and numbers only, so that it can stand in an address; what it means depends on who looks,
and when.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from authorizations.models import Authorization, Submission
from authorizations.models.authorization import NEVER
from authorizations.models.submission import OPEN_OUTCOMES
from authorizations.states import LIST_DEFAULT, LIVE, ExchangeState, Purpose, Status

ENDED_STAYS_DAYS = 30
"""An authorization that ended longer ago is left out of the list unless asked for."""

ME, NOBODY = "me", "nobody"
"""Owners that are no id: whoever looks, and none."""


class Due(StrEnum):
    """By when something must be done."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    SOON = "soon"
    LATER = "later"


class State(StrEnum):
    """What a case is beyond its status, read from the row on the day of looking."""

    ACTIVE = "active"
    FUTURE = "future"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    ONE_EXHAUSTED = "one_exhausted"
    PARTLY = "partly"
    MODIFIED = "modified"
    ENDS_EARLY = "ends_early"
    COVER_ENDED = "cover_ended"
    TO_ACKNOWLEDGE = "to_acknowledge"
    UNVERIFIED = "unverified"
    APPEAL = "appeal"
    NOT_RENEWED = "not_renewed"


ENDED = frozenset({State.EXPIRED, State.COVER_ENDED})
"""States of what is over: looked for however long ago it ended."""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What the list shows; everything together. `owner` is ME, NOBODY or the id of a membership."""

    statuses: frozenset[Status] = LIST_DEFAULT
    member_id: uuid.UUID | None = None
    payer_ids: frozenset[uuid.UUID] = frozenset()
    expiring_days: int | None = None
    waiting_on: str = ""
    with_ended: bool = False
    owner: str = ""
    priority: str = ""
    due: str = ""
    state: str = ""
    program_ids: frozenset[uuid.UUID] = frozenset()
    code: str = ""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Who looks at the list, and when: `now` is aware, `zone` the organization's."""

    now: datetime
    zone: ZoneInfo
    membership_id: uuid.UUID

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The first moment of a local day."""
        return datetime.combine(day, time.min, tzinfo=self.zone)


def listed(wanted: ListFilter, seen: Viewpoint) -> QuerySet[Authorization]:
    """The rows a filter means, without order. Expiring: approved and ending from today to today + n, included."""
    plain = {
        "member_id": wanted.member_id,
        "payer_id__in": sorted(wanted.payer_ids),
        "program_id__in": sorted(wanted.program_ids),
        "waiting_on": wanted.waiting_on,
        "priority": wanted.priority,
        "codes__iregex": rf"\y{wanted.code}\y" if wanted.code else "",
    }
    rows = Authorization.objects.filter(status__in=sorted(wanted.statuses))
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if wanted.expiring_days is not None:
        rows = rows.filter(expiring(seen.today, wanted.expiring_days))
    elif not wanted.with_ended and wanted.state not in ENDED:
        rows = rows.filter(list_date__gte=seen.today - timedelta(days=ENDED_STAYS_DAYS))
    if wanted.owner:
        rows = rows.filter(_owned(wanted.owner, seen))
    if wanted.due:
        rows = rows.filter(due_within(Due(wanted.due), seen))
    return rows.filter(STATES[State(wanted.state)](seen)) if wanted.state else rows


def expiring(today: date, days: int) -> Q:
    """Approved cover whose last day is today or at most `days` later."""
    return Q(status=Status.APPROVED, list_date__range=(today, today + timedelta(days=days)))


def long_ended(wanted: ListFilter, seen: Viewpoint) -> QuerySet[Authorization]:
    """The rows of a status that the list leaves out because they ended more than ENDED_STAYS_DAYS ago."""
    edge = seen.today - timedelta(days=ENDED_STAYS_DAYS)
    return Authorization.objects.filter(status__in=sorted(wanted.statuses), list_date__lt=edge)


def _owned(owner: str, seen: Viewpoint) -> Q:
    if owner == NOBODY:
        return Q(owner=None)
    return Q(owner_id=seen.membership_id if owner == ME else uuid.UUID(owner))


def due_within(due: Due, seen: Viewpoint) -> Q:
    """When something must be done. Overdue is before now; today and this week (to its Sunday) are what is still to
    come of them; soon is tomorrow to seven days ahead, later what is after that and has a day at all.
    """

    def ahead(days: int) -> datetime:
        return seen.start_of(seen.today + timedelta(days=days))

    match due:
        case Due.OVERDUE:
            return Q(first_due_at__lt=seen.now)
        case Due.TODAY:
            return Q(first_due_at__gte=seen.now, first_due_at__lt=ahead(1))
        case Due.WEEK:
            return Q(first_due_at__gte=seen.now, first_due_at__lt=ahead(7 - seen.today.weekday()))
        case Due.SOON:
            return Q(first_due_at__gte=ahead(1), first_due_at__lt=ahead(8))
        case Due.LATER:
            return Q(first_due_at__gte=ahead(8), first_due_at__lt=NEVER)


def _running(seen: Viewpoint) -> Q:
    return Q(status=Status.APPROVED, list_date__gte=seen.today)


def _not_started(seen: Viewpoint) -> Q:
    return Q(cover_starts_on__gt=seen.today)


def _cover_ended(seen: Viewpoint) -> Q:
    """Approved for longer than the member was covered, and that is over."""
    return Q(status=Status.APPROVED, coverage__ends_on__lt=seen.today, cover_ends_on=F("coverage__ends_on"))


def _appealed(seen: Viewpoint) -> Q:
    asked = Submission.objects.filter(OPEN_OUTCOMES, authorization_id=OuterRef("pk"), purpose=Purpose.APPEAL)
    return Q(Exists(asked.exclude(exchange_state=ExchangeState.WITHDRAWN)))


def _not_renewed(seen: Viewpoint) -> Q:
    """Approved without a renewal that is drafted, asked for or approved."""
    renewals = Authorization.objects.filter(parent_id=OuterRef("pk"), status__in=sorted(LIVE))
    return Q(~Exists(renewals), status=Status.APPROVED, not_required=False)


STATES: Mapping[State, Callable[[Viewpoint], Q]] = {
    State.ACTIVE: lambda seen: _running(seen) & ~_not_started(seen) & Q(exhausted=False),
    State.FUTURE: lambda seen: _running(seen) & _not_started(seen),
    State.EXPIRED: lambda seen: Q(status=Status.APPROVED, list_date__lt=seen.today),
    State.EXHAUSTED: lambda seen: _running(seen) & Q(exhausted=True),
    State.ONE_EXHAUSTED: lambda seen: _running(seen) & Q(exhausted=False, tight_remaining_milli__lte=0),
    State.PARTLY: lambda seen: Q(status=Status.APPROVED, partly_approved=True),
    State.MODIFIED: lambda seen: Q(status=Status.APPROVED, modified=True),
    State.ENDS_EARLY: lambda seen: Q(status=Status.APPROVED, cover_ends_on__lt=F("ends_on")),
    State.COVER_ENDED: lambda seen: _cover_ended(seen),
    State.TO_ACKNOWLEDGE: lambda seen: Q(to_acknowledge=True),
    State.UNVERIFIED: lambda seen: Q(unverified=True),
    State.APPEAL: _appealed,
    State.NOT_RENEWED: _not_renewed,
}
"""What each state means; a case can be in several."""
