"""Mails to people: counts and a link, never a name, a code or a number of a member. The words stand in the app.

A mail goes out outside any transaction, after what it says was marked as taken by this message; a retry sends the same
mail with the same Message-ID, so that one that arrived twice is seen to be one.
"""

from __future__ import annotations

import smtplib
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from accounts.models import Membership
from notices.models import Kind, Notice
from outbox.tasks import Later, Never

SAYS = {
    Kind.ESCALATED: ("deadline has passed", "deadlines have passed"),
    Kind.ANSWERED: ("answer of a payer", "answers of payers"),
    Kind.PENDED: ("question of a payer", "questions of payers"),
    Kind.APPROVED: ("approval to carry on", "approvals to carry on"),
    Kind.HANDED_OVER: ("request handed to you", "requests handed to you"),
    Kind.TASK: ("thing to look at", "things to look at"),
    Kind.NOT_DELIVERED: ("message not delivered", "messages not delivered"),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to go. `id` makes its Message-ID."""

    id: uuid.UUID
    to: str
    subject: str
    text: str


def address_of(name: str) -> str:
    """The full address of a page, for a mail or a calendar."""
    return full_address(reverse(name))


def full_address(path: str) -> str:
    """A path of ours as an address that works outside the browser."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"


def take(membership_id: uuid.UUID, batch: uuid.UUID) -> Mail | None:
    """What waits to be mailed to a person at once, marked as taken by this outbox message; None when nothing does.

    What was read meanwhile is not mailed. Called in a scope of its own, which ends before the mail goes out.
    """
    waiting = Notice.objects.filter(to_id=membership_id, mail_wanted=True, mailed_at=None, read_at=None)
    waiting.filter(mail_batch=None).update(mail_batch=batch)
    kinds = Counter(waiting.filter(mail_batch=batch).values_list("kind", flat=True))
    person = _recipient(membership_id)
    if not kinds or person is None:
        return None
    lines = [f"{count} {SAYS[Kind(kind)][count != 1]}" for kind, count in sorted(kinds.items())]
    return Mail(batch, person.user.email, _subject(sum(kinds.values()), person), _text(person, lines, "notice_list"))


def mark_mailed(batch: uuid.UUID, *, now: datetime) -> None:
    Notice.objects.filter(mail_batch=batch, mailed_at=None).update(mailed_at=now)


def daily_text(person: Membership, lines: list[str]) -> str:
    return _text(person, lines, "home")


def send(mail: Mail) -> None:
    """Hand a mail to the mail server. Raises Later where it cannot be had, Never for an address it refuses."""
    # A name with a line break in it would end the header it stands in.
    subject = " ".join(mail.subject.split())
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "greenlight"
    headers = {"Message-ID": f"<{mail.id}@{domain}>", "Auto-Submitted": "auto-generated"}
    try:
        EmailMessage(subject, mail.text, None, [mail.to], headers=headers).send()
    except smtplib.SMTPRecipientsRefused:
        raise Never("the mail server refuses the address") from None
    except (OSError, smtplib.SMTPException):
        raise Later("the mail server cannot be reached") from None


def _recipient(membership_id: uuid.UUID) -> Membership | None:
    """The person, while they have a place."""
    rows = Membership.objects.select_related("user", "organization")
    found: Membership | None = rows.filter(id=membership_id, active=True).first()
    return found


def _subject(count: int, person: Membership) -> str:
    return f"{count} {'thing needs' if count == 1 else 'things need'} you at {person.organization.name}"


def _text(person: Membership, lines: list[str], page: str) -> str:
    said = "\n".join(f"- {line}" for line in lines)
    return (
        f"{person.organization.name}:\n\n{said}\n\n"
        f"Look at it: {address_of(page)}\n\n"
        f"This mail holds no names on purpose. What you are told, and how: {address_of('notice_settings')}\n"
    )
