"""The worker's side of the exchange: one reader for each topic of the outbox.

Messages carry ids only. Readers may run twice for one message: what they do twice has one effect.
"""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from authorizations.transitions import SEND
from edi.acknowledging import SEND_INTERCHANGE
from edi.exchange import send_interchange, send_submission
from edi.inbox import READ
from edi.polling import POLL, poll_partner
from edi.reading import RETRY, read_interchange
from outbox.models import OutboxMessage
from outbox.tasks import drain, reads


@reads(SEND)
def send(message: OutboxMessage) -> None:
    """A submission is to be sent."""
    organization_id, submission_id = message.organization_id, message.subject_id
    send_submission(organization_id, submission_id, attempt=message.attempts, now=timezone.now())


@reads(RETRY)
def send_again(message: OutboxMessage) -> None:
    """The payer could not answer: the same request once more, under new numbers."""
    organization_id, submission_id = message.organization_id, message.subject_id
    send_submission(organization_id, submission_id, attempt=message.attempts, now=timezone.now(), again=True)


@reads(SEND_INTERCHANGE)
def send_acknowledgment(message: OutboxMessage) -> None:
    """An acknowledgment of ours is to be sent."""
    send_interchange(message.organization_id, message.subject_id, attempt=message.attempts, now=timezone.now())


@reads(READ)
def read(message: OutboxMessage) -> None:
    """An interchange was stored."""
    read_interchange(message.organization_id, message.subject_id, now=timezone.now())


@reads(POLL)
def poll(message: OutboxMessage) -> None:
    """A partner may have answers for us."""
    organization_id, partner_id = message.organization_id, message.subject_id
    poll_partner(organization_id, partner_id, now=timezone.now(), asked_by=message.id)


@shared_task(name="edi.tasks.poll_partners", soft_time_limit=240, time_limit=270, ignore_result=True)
def poll_partners() -> int:
    """A bell by the clock: polls that are due stand in the outbox, and are done like everything else there."""
    return int(drain())
