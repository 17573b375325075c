"""How a person wants to be told, and when they do not want to be disturbed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.models import Membership
from audit.actors import Actor
from audit.services import record
from notices.models import AT_ONCE, Kind, NoticeSettings
from tenancy.editing import Problem, Refused


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person said, or what holds for who said nothing. Quiet hours are of the organization's clock."""

    muted: frozenset[str] = frozenset()
    at_once: frozenset[str] = frozenset(AT_ONCE)
    daily: bool = True
    quiet_from: time | None = None
    quiet_until: time | None = None

    def mails_at_once(self, kind: str) -> bool:
        return kind in self.at_once and kind not in self.muted

    def mail_at(self, now: datetime, zone: ZoneInfo) -> datetime:
        """When a mail of this moment may go out: now, or at the end of the quiet hours."""
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return now
        local = now.astimezone(zone)
        over_night = self.quiet_from > self.quiet_until
        after_start, before_end = local.time() >= self.quiet_from, local.time() < self.quiet_until
        quiet = (after_start or before_end) if over_night else (after_start and before_end)
        if not quiet:
            return now
        day = local.date() + timedelta(days=int(over_night and after_start))
        return datetime.combine(day, self.quiet_until, tzinfo=zone)


def preferences_of(membership_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Preferences]:
    """What each of these people wants. One statement."""
    rows = {row.membership_id: row for row in NoticeSettings.objects.filter(membership_id__in=membership_ids)}
    return {each: _read(rows[each]) if each in rows else Preferences() for each in membership_ids}


@transaction.atomic
def keep_preferences(membership_id: uuid.UUID, wanted: Preferences, *, actor: Actor, now: datetime) -> None:
    """Keep what a person said; what was told before stays. Raises Refused for half of the quiet hours."""
    if (wanted.quiet_from is None) != (wanted.quiet_until is None):
        missing = "quiet_from" if wanted.quiet_from is None else "quiet_until"
        raise Refused([Problem(missing, "Quiet hours have a beginning and an end: give both, or neither.")])
    membership = Membership.objects.select_for_update(of=("self",)).get(id=membership_id)
    row = NoticeSettings.objects.filter(membership=membership).first() or NoticeSettings(membership=membership)
    row.muted = [kind for kind in Kind.values if kind in wanted.muted]
    row.at_once = [kind for kind in Kind.values if kind in wanted.at_once]
    row.daily, row.quiet_from, row.quiet_until = wanted.daily, wanted.quiet_from, wanted.quiet_until
    row.save()
    data = {"muted": row.muted, "at_once": row.at_once, "daily": row.daily}
    record("notices.preferences_kept", actor=actor, now=now, subject=("membership", membership_id), data=data)


def _read(row: NoticeSettings) -> Preferences:
    return Preferences(frozenset(row.muted), frozenset(row.at_once), row.daily, row.quiet_from, row.quiet_until)
