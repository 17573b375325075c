"""Worker entry points: mails go out, each person's morning is looked for."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone

from audit.sealing import known_organizations
from notices.daily import DAILY, compose, mark_sent, plan_daily_mails
from notices.mailing import mark_mailed, send, take
from notices.services import MAIL
from outbox.models import OutboxMessage
from outbox.tasks import reads
from tenancy.scoping import organization_scope

log = structlog.get_logger()


@reads(MAIL)
def mail_notices(message: OutboxMessage) -> None:
    """`subject_id` is the membership. No transaction is open while the mail server is spoken to."""
    with organization_scope(message.organization_id):
        mail = take(message.subject_id, message.id)
    if mail is not None:
        send(mail)
        with organization_scope(message.organization_id):
            mark_mailed(mail.id, now=timezone.now())


@reads(DAILY)
def mail_the_day(message: OutboxMessage) -> None:
    """`subject_id` is the mail of the day."""
    with organization_scope(message.organization_id):
        mail = compose(message.subject_id, now=timezone.now())
    if mail is not None:
        send(mail)
        with organization_scope(message.organization_id):
            mark_sent(mail.id, now=timezone.now())


@shared_task(name="notices.tasks.plan_day", soft_time_limit=240, time_limit=270, ignore_result=True)
def plan_day() -> int:
    """Make the mails of the morning wherever it has come; rung by beat. How many were made.

    An organization where that fails keeps none of the others back; the next tick tries it again.
    """
    made = 0
    for organization_id in known_organizations():
        try:
            with organization_scope(organization_id):
                made += plan_daily_mails(now=timezone.now())
        except Exception as error:
            log.error("daily_mail.failed", organization=str(organization_id), error=type(error).__name__)
    return made
