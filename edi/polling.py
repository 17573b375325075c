"""Fetching delayed answers: no partner calls us, so we ask.

One outbox message for each partner asks again and again; it begins when something is sent to the partner.
Each item is stored here before the partner is told that it may forget it.
"""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from authorizations.models import Submission
from authorizations.models.submission import OPEN_OUTCOMES
from authorizations.states import ExchangeState
from edi.inbox import receive
from edi.reachability import RESTING, may_try, note_result
from edi.transports import http_post
from edi.transports.http_post import Delivered
from outbox.delivery import enqueue
from outbox.models import OutboxMessage
from payers.models import TradingPartner
from tenancy.scoping import current_organization_id, organization_scope

log = structlog.get_logger()

POLL = "partner.poll"
"""Topic of the outbox: the subject is the trading partner."""

WHILE_WAITING = timedelta(seconds=3)
WHILE_QUIET = timedelta(seconds=60)
AFTER_FAILURE = timedelta(seconds=30)


def poll_partner(
    organization_id: uuid.UUID, partner_id: uuid.UUID, *, now: datetime, asked_by: uuid.UUID | None = None
) -> int:
    """Fetch what waits at a partner, and ask for the next time. How many items came.

    `asked_by` is the outbox message that asks, which is about to be done.
    """
    with organization_scope(organization_id):
        partner = TradingPartner.objects.filter(id=partner_id, active=True).first()
        if partner is None:
            return 0
        pause = WHILE_WAITING if _anything_open(partner) else WHILE_QUIET
        resting = not may_try(partner_id)
    found = http_post.Unknown(RESTING) if resting else _fetch(organization_id, partner, now=now)
    if isinstance(found, http_post.Unknown | http_post.Refused):
        log.warning("edi.poll_failed", partner_id=str(partner_id), reason=found.reason)
        pause = AFTER_FAILURE
    with organization_scope(organization_id):
        if not resting:
            note_result(partner_id, found)
        TradingPartner.objects.filter(id=partner_id).update(polled_at=now)
        keep_polling(partner_id, now=now, due_at=now + pause, asked_by=asked_by)
    return found if isinstance(found, int) else 0


def _fetch(
    organization_id: uuid.UUID, partner: TradingPartner, *, now: datetime
) -> int | http_post.Unknown | http_post.Refused:
    """Store what waits at a partner. How many items it offered; all of it together has the deadline of one exchange."""
    end = time.monotonic() + settings.EDI_DEADLINE_SECONDS
    items = http_post.waiting(partner.endpoint_url, partner.our_identifier, deadline=settings.EDI_DEADLINE_SECONDS)
    if not isinstance(items, tuple):
        return items
    for item in items:
        receive(organization_id, partner.id, item.body, now=now, partner_item=item.item)
        left = end - time.monotonic()
        if left <= 0 or not isinstance(http_post.take(partner.endpoint_url, item.item, deadline=left), Delivered):
            # It will be offered again, and have no effect then.
            break
    return len(items)


def keep_polling(
    partner_id: uuid.UUID, *, now: datetime, due_at: datetime | None = None, asked_by: uuid.UUID | None = None
) -> None:
    """Have the partner polled, in the caller's transaction; one standing request is enough.

    One that a worker has now does not count: it may have looked before us and be about to end.
    """
    standing = OutboxMessage.objects.filter(
        Q(leased_until=None) | Q(leased_until__lte=Now()),
        organization_id=current_organization_id(),
        topic=POLL,
        subject_id=partner_id,
        dead_at=None,
    ).values_list("id", flat=True)
    if not set(standing) - {asked_by}:
        enqueue(POLL, partner_id, now=now, due_at=due_at or now + WHILE_WAITING)


def _anything_open(partner: TradingPartner) -> bool:
    """Whether the partner owes us an answer."""
    travelling = [ExchangeState.SENT, ExchangeState.ACKNOWLEDGED, ExchangeState.ANSWERED]
    return Submission.objects.filter(OPEN_OUTCOMES, partner=partner, exchange_state__in=travelling).exists()
