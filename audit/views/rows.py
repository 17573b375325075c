"""Events as lines of a table: who did what to whom, in words and with links. Also for the audit part of other pages."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accounts.access import Access
from accounts.models import Membership, Role
from accounts.scopes import Scope
from audit import wording
from audit.models import AuditEvent
from authorizations.models import Authorization
from members.models import Member


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line. `authorization` and `member` are what to call them, "" where nobody may know or there is none."""

    event: AuditEvent
    words: str
    details: str
    authorization: str
    member: str
    is_refusal: bool


def event_rows(events: Sequence[AuditEvent], access: Access) -> list[EventRow]:
    """Lines for these events, in a few reads. Names only for those who may see authorizations and members."""
    numbers = _numbers(event.authorization_id for event in events) if access.allows(Scope.AUTHORIZATION_READ) else {}
    names = _names(event.member_id for event in events) if access.allows(Scope.MEMBER_READ) else {}
    staff = _staff(events)
    return [
        EventRow(
            event=event,
            words=wording.words(event.action),
            details=wording.details(event.action, event.data, staff),
            authorization=numbers.get(event.authorization_id, ""),
            member=names.get(event.member_id, ""),
            is_refusal=event.action in wording.REFUSED,
        )
        for event in events
    ]


def _staff(events: Sequence[AuditEvent]) -> dict[str, str]:
    """What to call the roles and colleagues whom these events name by id; no read where none does."""
    if not any({"role", "user"} & set(event.data) for event in events):
        return {}
    roles = {str(key): name for key, name in Role.objects.values_list("id", "name")}
    people = Membership.objects.values_list("user_id", "user__name")
    return roles | {str(key): name for key, name in people}


def _numbers(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    rows = Authorization.objects.filter(id__in={each for each in ids if each})
    return dict(rows.values_list("id", "number"))


def _names(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    return {row.id: row.display_name for row in Member.objects.filter(id__in={each for each in ids if each})}
