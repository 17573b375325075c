"""The mail of the morning: to each person once a day of work, with what needs them, and only if something does.

What is counted belongs to the apps above: each registers a sentence with `counts`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

from accounts.models import Membership
from notices.mailing import Mail, daily_text
from notices.models import DailyMail, NoticeSettings
from notices.queries import unread
from outbox.delivery import enqueue
from tenancy.models import Holiday, Organization
from tenancy.scoping import current_organization_id

DAILY = "daily.mail"
"""Topic of the outbox: the subject is the mail of the day."""

MORNING = time(7)
WEEKEND = (5, 6)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whose morning it is."""

    membership: Membership
    scopes: frozenset[str]
    now: datetime

    @property
    def today(self) -> date:
        return self.membership.organization.today(self.now)


Sentence = Callable[[Recipient], str]
_sentences: list[Sentence] = []


def counts(sentence: Sentence) -> Sentence:
    """Register what is counted for a person: a sentence such as "3 requests need you today", "" for nothing."""
    if sentence not in _sentences:
        _sentences.append(sentence)
    return sentence


def plan_daily_mails(*, now: datetime) -> int:
    """Make the mails of this day for the open organization, from its morning on. How many were made.

    Looks at what is missing, not at the time of the tick: a late one makes what an earlier one missed, and two at once
    make one mail a person.
    """
    organization = Organization.objects.get(id=current_organization_id())
    local = now.astimezone(organization.zone)
    day = local.date()
    if local.time() < MORNING or not _is_day_of_work(day):
        return 0
    declined = NoticeSettings.objects.filter(daily=False).values("membership_id")
    made = DailyMail.objects.filter(day=day).values("to_id")
    missing = Membership.objects.filter(active=True).exclude(id__in=declined).exclude(id__in=made)
    rows = [DailyMail(to_id=each, day=day, made_at=now) for each in missing.values_list("id", flat=True)]
    DailyMail.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        enqueue(DAILY, row.id, now=now)
    return len(rows)


def compose(mail_id: uuid.UUID, *, now: datetime) -> Mail | None:
    """What a person is told this morning, counted now; None where nothing needs them, it was sent, the day is over."""
    rows = DailyMail.objects.select_related("to__user", "to__role", "to__organization")
    row = rows.filter(id=mail_id, sent_at=None, to__active=True).first()
    if row is None or row.day != row.to.organization.today(now):
        return None
    recipient = Recipient(row.to, frozenset(row.to.role.scopes), now)
    lines = [line for sentence in _sentences if (line := sentence(recipient))]
    notices = unread(row.to_id).count()
    if notices:
        lines.append(f"{notices} {'notice is' if notices == 1 else 'notices are'} unread")
    if not lines:
        return None
    return Mail(row.id, row.to.user.email, f"Today at {row.to.organization.name}", daily_text(row.to, lines))


def mark_sent(mail_id: uuid.UUID, *, now: datetime) -> None:
    DailyMail.objects.filter(id=mail_id, sent_at=None).update(sent_at=now)


def _is_day_of_work(day: date) -> bool:
    return day.weekday() not in WEEKEND and not Holiday.objects.filter(day=day, active=True).exists()
