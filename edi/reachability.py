"""Whether a partner is worth trying at this moment.

A partner that does not answer would hold every worker until the deadline, message after message, and keep the mail of
all other partners waiting. So it rests after a few failures in a row; when its rest is over one message tries for all.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db.models import F, Value
from django.db.models.functions import Now

from edi.models import Reachability
from edi.transports import http_post
from outbox.delivery import FIRST_RETRY, LEASE

FAILURES_UNTIL_REST = 2
LONGEST_REST = timedelta(minutes=5)
RESTING = "The partner did not answer lately: it is left alone for a while."
"""Why a message was not tried."""


def may_try(partner_id: uuid.UUID) -> bool:
    """Whether to send to this partner now. Whoever comes when its rest is over tries alone: the others wait until it is
    known what became of that. In the caller's transaction.
    """
    resting = Reachability.objects.filter(partner_id=partner_id, resting_until__isnull=False)
    if not resting.exists():
        return True
    return bool(resting.filter(resting_until__lte=Now()).update(resting_until=Now() + Value(LEASE)))


def note_result(partner_id: uuid.UUID, result: object) -> None:
    """What became of a try. An error said by the partner is an answer too: it held nobody up."""
    if not isinstance(result, http_post.Unknown) or result.answered:
        Reachability.objects.filter(partner_id=partner_id, failures__gt=0).update(failures=0, resting_until=None)
        return
    row, _ = Reachability.objects.get_or_create(partner_id=partner_id)
    Reachability.objects.filter(id=row.id).update(failures=F("failures") + 1)
    row.refresh_from_db()
    if row.failures >= FAILURES_UNTIL_REST:
        Reachability.objects.filter(id=row.id).update(resting_until=Now() + Value(pause(row.failures)))


def pause(failures: int) -> timedelta:
    """How long a partner rests: doubling, up to five minutes."""
    doubled: int = 2 ** min(failures - FAILURES_UNTIL_REST, 20)
    return min(FIRST_RETRY * doubled, LONGEST_REST)


def let_try(partner_id: uuid.UUID) -> None:
    """Somebody mended the exchange: the next message tries."""
    Reachability.objects.filter(partner_id=partner_id, resting_until__gt=Now()).update(resting_until=Now())
