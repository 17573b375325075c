"""What every verb that moves a case is made of: the one place that sets the status, a new submission, the audit event,
and what a form that is sent twice made the first time. Used by `transitions`, inside its transactions and locks.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from audit.actors import Actor
from audit.services import record
from authorizations.asked import freeze
from authorizations.errors import NotAllowed
from authorizations.models import Authorization, Submission
from authorizations.models.choices import CertificationType
from authorizations.numbering import reference_of, submission_number
from authorizations.states import Channel, ExchangeState, Purpose, Status, WaitingOn, may_become, may_go_back
from authorizations.work import FIRST_ACTION, next_morning, next_step, start_clock
from outbox.delivery import enqueue
from payers.rules import Route
from tenancy.scoping import current_organization_id
from tenancy.services import KeyReused, earlier_result, keep_result

SEND = "submission.send"
ALLOCATE = "member.allocate"
"""Topics of the outbox: the subject is the submission, and the member."""


def move(authorization: Authorization, status: Status | None) -> None:
    """Set the status; the caller saves. Raises NotAllowed for a pair that is not in the table."""
    if status is None or status == authorization.status:
        return
    if not may_become(Status(authorization.status), status):
        raise NotAllowed(f"{authorization.number} is {authorization.get_status_display().lower()} already.")
    authorization.status = status


def refuse_moving_back(authorization: Authorization, stood: Status, status: Status | None) -> None:
    """Raise NotAllowed unless a corrected answer may lead from where the case `stood` to `status`, or to where the
    case was put back where it gives none. The database lets it pass only beside the superseding decision.
    """
    after = status or Status(authorization.status)
    if after is not stood and not may_go_back(stood, after):
        raise NotAllowed(f"{authorization.number} is {stood} and cannot become {after}.")


def ask(
    authorization: Authorization,
    purpose: Purpose,
    channel: Channel,
    *,
    actor: Actor,
    now: datetime,
    content: Mapping[str, Any] | None = None,
    parent: Submission | None = None,
    appeal_level: str = "",
) -> Submission:
    """A new submission with its frozen content; a 278 is handed to the outbox.

    `content` is what is asked where that is not the case as it stands; `parent` is the pended submission that an
    answer speaks to.
    """
    number = submission_number(authorization)
    electronic = channel is Channel.X12_278 and purpose is not Purpose.EXISTING
    reference = reference_of(authorization, number) if electronic else ""
    submission = Submission(
        authorization=authorization,
        number=number,
        purpose=purpose,
        parent=parent,
        appeal_level=appeal_level,
        certification_type=CertificationType.RENEWAL if authorization.parent_id else CertificationType.INITIAL,
        channel=channel,
        exchange_state=ExchangeState.TO_SEND if electronic else ExchangeState.TO_SUBMIT,
        partner=authorization.partner if electronic else None,
        waiting_on=WaitingOn.PAYER if electronic else WaitingOn.US,
        owner=authorization.owner,
        next_action=next_step(purpose, FIRST_ACTION.get(channel, "")),
        content=freeze(authorization) if content is None else dict(content),
        reference=reference,
        trace=reference,
        created_at=now,
        created_by=actor.label,
    )
    if electronic:
        start_clock(submission, authorization, received_at=now)
    else:
        submission.next_action_at = next_morning(authorization.organization, now)
    submission.save(force_insert=True)
    if electronic:
        enqueue(SEND, submission.id, now=now)
    return submission


def copy_route(authorization: Authorization, route: Route, *, now: datetime) -> None:
    """The route as it is on the local day of submission; the caller saves."""
    authorization.workflow = route.workflow
    authorization.route_rule = route.rule[:200]
    authorization.reviewer_name = route.reviewer_name
    authorization.reviewer_qualifier = route.reviewer_qualifier
    authorization.reviewer_identifier = route.reviewer_identifier
    authorization.partner = route.partner
    authorization.submitted_at = now


def first_result(key: str, action: str, content: Mapping[str, Any]) -> uuid.UUID | None:
    """What this key made before, waiting for a twin that is being handled right now. Raises NotAllowed for another
    request under the same key."""
    if not key:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{current_organization_id()}:{key}"])
    try:
        return earlier_result(key, action=action, content=content)
    except KeyReused as error:
        raise NotAllowed(str(error)) from error


def keep_first(key: str, action: str, content: Mapping[str, Any], result_id: uuid.UUID, *, now: datetime) -> None:
    """Remember what a key made; without a key nothing is remembered."""
    if key:
        keep_result(key, action=action, content=content, result_id=result_id, now=now)


def tell(authorization: Authorization, action: str, *, actor: Actor, now: datetime, **data: Any) -> None:
    """The audit event of something done to a case: ids, words of the tables and counts, never free text."""
    record(
        action,
        actor=actor,
        now=now,
        subject=authorization.subject,
        member_id=authorization.member_id,
        authorization_id=authorization.id,
        data=data,
    )
