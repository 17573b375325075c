"""Receiving: the raw bytes first, in a transaction of their own; what they mean afterwards.

Bytes that came before have no effect. Everything that cannot be placed with certainty goes to quarantine,
where a person sees it with the reason.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

from django.db import IntegrityError, transaction

from edi.models import Interchange, Message
from edi.x12.envelope import read_envelopes
from edi.x12.tokenizer import decode, split_interchanges
from outbox.crashpoints import CrashPoint, crash_point
from outbox.delivery import enqueue
from payers.models import TradingPartner
from tenancy.scoping import organization_scope

READ = "interchange.read"
"""Topic of the outbox: the subject is a stored interchange."""

NUMBER_USED = "The control number was used before with other content."


def receive(
    organization_id: uuid.UUID,
    partner_id: uuid.UUID,
    raw: bytes,
    *,
    now: datetime,
    reply_to: uuid.UUID | None = None,
    partner_item: str = "",
) -> list[uuid.UUID]:
    """Store what came and have it read, in one transaction: what is stored is read, whoever dies. The ids of both.

    `reply_to` is the interchange of ours that it answers at once, `partner_item` the partner's own name for it.
    """
    with organization_scope(organization_id):
        ids = store(organization_id, partner_id, raw, now=now, reply_to=reply_to, partner_item=partner_item)
        for interchange_id in ids:
            enqueue(READ, interchange_id, now=now)
    crash_point(CrashPoint.AFTER_STORE)
    return ids


def store(
    organization_id: uuid.UUID,
    partner_id: uuid.UUID,
    raw: bytes,
    *,
    now: datetime,
    reply_to: uuid.UUID | None = None,
    partner_item: str = "",
) -> list[uuid.UUID]:
    """Keep what came, each interchange by itself, in a transaction of its own. The ids of what must be
    read.

    `reply_to` is the interchange of ours that it answers at once, `partner_item` the partner's own name for
    it. A copy of bytes that were stored and never read asks for the first copy to be read.
    """
    with organization_scope(organization_id):
        partner = TradingPartner.objects.get(id=partner_id)
        found = [
            _keep(partner, piece, reply_to=reply_to, partner_item=partner_item, now=now)
            for piece in split_interchanges(raw)
        ]
    first_copies = [row.duplicate_of or row for row in found]
    return [row.id for row in first_copies if row.state == Interchange.State.STORED]


def _keep(
    partner: TradingPartner, body: bytes, *, reply_to: uuid.UUID | None, partner_item: str, now: datetime
) -> Interchange:
    file = read_envelopes(decode(body))
    first = file.interchanges[0] if file.interchanges else None
    row = Interchange(
        partner=partner,
        direction=Interchange.Direction.IN,
        state=Interchange.State.STORED,
        control_number=first.control_number[:9] if first else "",
        usage=first.usage[:1] if first else "",
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        reply_to_id=reply_to,
        partner_item=partner_item,
        created_at=now,
    )
    earlier = _earlier(row)
    if earlier is None:
        try:
            with transaction.atomic():
                row.save(force_insert=True)
            return row
        except IntegrityError:
            # Its twin was stored at the same moment.
            earlier = _earlier(row)
    row.duplicate_of, row.state = earlier, Interchange.State.DUPLICATE
    row.save(force_insert=True)
    return row


def _earlier(row: Interchange) -> Interchange | None:
    """The first copy of the same bytes."""
    found: Interchange | None = Interchange.objects.filter(
        partner=row.partner,
        direction=Interchange.Direction.IN,
        control_number=row.control_number,
        sha256=row.sha256,
        duplicate_of=None,
    ).first()
    return found


def quarantine(row: Interchange, reason: str, *, now: datetime) -> None:
    """Show a whole interchange to a person; nothing of it is followed."""
    Message(
        interchange=row,
        partner=row.partner,
        kind=Message.Kind.OTHER,
        state=Message.State.QUARANTINED,
        position=0,
        problem=reason,
        created_at=now,
    ).save(force_insert=True)
    row.state, row.problem, row.read_at = Interchange.State.QUARANTINED, reason, now
    row.save(update_fields=["state", "problem", "read_at"])
