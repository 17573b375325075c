"""What a person can do about the exchange."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from authorizations.errors import NotAllowed
from authorizations.models import Submission
from authorizations.services import lock_submission, note_exchange
from authorizations.states import ExchangeState
from authorizations.transitions import SEND
from edi.models import Interchange
from edi.queries import STUCK
from edi.reachability import let_try
from outbox.delivery import enqueue


@transaction.atomic
def resend(submission_id: uuid.UUID, *, actor: Actor, now: datetime) -> Submission:
    """Send once more what was not delivered.

    Where nobody knows whether the partner has it, the same bytes go again; where it was refused, it is
    composed anew with new control numbers. Raises NotAllowed for a submission that is on its way or
    answered.
    """
    submission = lock_submission(submission_id)
    if submission.exchange_state not in STUCK or submission.outcome != "none":
        raise NotAllowed("This request is on its way, answered, or back as a draft.")
    unknown = Interchange.objects.filter(submission=submission, state=Interchange.State.FAILED)
    unknown.update(state=Interchange.State.READY)
    note_exchange(submission_id, ExchangeState.TO_SEND, actor=actor, now=now)
    if submission.partner_id is not None:
        let_try(submission.partner_id)
    enqueue(SEND, submission_id, now=now)
    record(
        "submission.resent",
        actor=actor,
        now=now,
        subject=("submission", submission_id),
        member_id=submission.authorization.member_id,
        authorization_id=submission.authorization_id,
    )
    found: Submission = Submission.objects.get(id=submission_id)
    return found
