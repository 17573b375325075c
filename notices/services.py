"""Telling people: each once for each cause, their deputy instead while they are away, as they want to be told.

Part of the transaction of the fact that is told: both stand, or neither.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.db import transaction

from accounts.absences import deputies
from accounts.models import Membership
from notices.models import Kind, Notice
from notices.preferences import Preferences, preferences_of
from outbox.delivery import enqueue
from tenancy.models import Organization
from tenancy.scoping import current_organization_id

MAIL = "notice.mail"
"""Topic of the outbox: the subject is the membership whose notices are mailed."""


def give_notice(
    to: Iterable[uuid.UUID | None],
    kind: Kind,
    words: str,
    *,
    about: tuple[str, uuid.UUID],
    cause: uuid.UUID,
    now: datetime,
    besides: uuid.UUID | None = None,
) -> None:
    """Tell these memberships something. None is nobody; who has left, and who muted the kind, is not told.

    `about` is what it leads to, `cause` the row that is told of: the same to the same person twice is told once.
    `besides` is the person (not the membership) who did it and knows.
    """
    wanted = {membership_id for membership_id in to if membership_id is not None}
    if not wanted:
        return
    organization = Organization.objects.get(id=current_organization_id())
    stand_ins = deputies(organization.today(now))
    here = _people({*wanted, *(each for each in stand_ins.values() if each)}, besides)
    rows = [
        Notice(
            to_id=membership_id,
            stands_in_for_id=absent,
            kind=kind,
            words=words[:200],
            subject_type=about[0],
            subject_id=about[1],
            cause=cause,
            at=now,
            mail_wanted=here[membership_id].mails_at_once(kind),
        )
        for membership_id, absent in _recipients(sorted(wanted), stand_ins, here)
        if kind not in here[membership_id].muted
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        if row.mail_wanted:
            enqueue(MAIL, row.to_id, now=now, due_at=here[row.to_id].mail_at(now, organization.zone))


@transaction.atomic
def mark_read(membership_id: uuid.UUID, *, now: datetime, notice_id: uuid.UUID | None = None) -> int:
    """A person has seen one of their notices, or all. How many were unread."""
    rows = Notice.objects.filter(to_id=membership_id, read_at=None)
    return (rows if notice_id is None else rows.filter(id=notice_id)).update(read_at=now)


def _people(ids: set[uuid.UUID], besides: uuid.UUID | None) -> Mapping[uuid.UUID, Preferences]:
    """Those of them who have a place, with how they want to be told."""
    rows = Membership.objects.filter(id__in=ids, active=True)
    if besides is not None:
        rows = rows.exclude(user_id=besides)
    return preferences_of(list(rows.values_list("id", flat=True)))


def _recipients(
    wanted: Iterable[uuid.UUID], stand_ins: Mapping[uuid.UUID, uuid.UUID | None], here: Mapping[uuid.UUID, Preferences]
) -> Iterator[tuple[uuid.UUID, uuid.UUID | None]]:
    """Who is told, and for whose absence; the absent find theirs when they are back. Nobody is told twice."""
    told = set()
    for membership_id in wanted:
        if membership_id in here:
            told.add(membership_id)
            yield membership_id, None
    for membership_id in wanted:
        deputy = stand_ins.get(membership_id)
        if deputy is not None and deputy in here and deputy not in told:
            told.add(deputy)
            yield deputy, membership_id
