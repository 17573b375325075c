"""Reading the audit log: by who, what, about whom and when, the latest first."""

from __future__ import annotations

import functools
import operator
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from audit.models import AuditEvent
from audit.wording import READ_VERBS, REFUSED

READINGS, REFUSALS, CHANGES = "readings", "refusals", "changes"
KINDS = (READINGS, CHANGES, REFUSALS)
MACHINES = "machines"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What is looked for. `what` is one of KINDS or an action; `who` a person's id or MACHINES; times are instants."""

    who: str = ""
    what: str = ""
    member_id: uuid.UUID | None = None
    authorization_id: uuid.UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    """One page, the latest event first. `next_key` is "" at the end."""

    events: list[AuditEvent]
    next_key: str


def found(wanted: EventFilter) -> QuerySet[AuditEvent]:
    """The events of the open organization that match, the latest first. `until` is left out itself."""
    rows: QuerySet[AuditEvent] = AuditEvent.objects.order_by("-at", "-id")
    if wanted.who == MACHINES:
        rows = rows.exclude(actor_kind="user")
    elif wanted.who:
        rows = rows.filter(actor_id=wanted.who)
    if wanted.what:
        rows = rows.filter(_what(wanted.what))
    if wanted.member_id:
        rows = rows.filter(member_id=wanted.member_id)
    if wanted.authorization_id:
        rows = rows.filter(authorization_id=wanted.authorization_id)
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return rows


def _what(what: str) -> Q:
    reading = functools.reduce(operator.or_, (Q(action__endswith=f".{verb}") for verb in READ_VERBS))
    refused = Q(action__in=REFUSED)
    kinds = {READINGS: reading, REFUSALS: refused, CHANGES: ~reading & ~refused}
    return kinds.get(what) or Q(action=what)


def page(wanted: EventFilter, *, size: int, after: str = "") -> EventPage:
    """The events behind `after`, the key of the last one shown. An unknown key begins anew."""
    rows = found(wanted)
    last = _event(after)
    if last is not None:
        rows = rows.filter(Q(at__lt=last.at) | Q(at=last.at, id__lt=last.id))
    events = list(rows[: size + 1])
    return EventPage(events[:size], str(events[size - 1].id) if len(events) > size else "")


def _event(key: str) -> AuditEvent | None:
    try:
        return AuditEvent.objects.filter(id=uuid.UUID(key)).first()
    except ValueError:
        return None


def events_of(
    *, authorization_id: uuid.UUID | None = None, member_id: uuid.UUID | None = None, limit: int = 100
) -> list[AuditEvent]:
    """What happened to one authorization, or to one member with all that is theirs, the latest first."""
    if (authorization_id is None) == (member_id is None):
        raise TypeError("one authorization or one member")
    return list(found(EventFilter(authorization_id=authorization_id, member_id=member_id))[:limit])
