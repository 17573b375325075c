"""Sending: compose once, freeze the bytes, send them until it is known what became of them.

Composing and freezing is one transaction that takes the control numbers last; sending stands outside any. A
retry sends the same bytes. What comes back is stored before it is read (`edi.inbox`).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from audit.actors import Actor
from audit.services import record
from authorizations.errors import NotAllowed, Problem
from authorizations.models import Submission
from authorizations.services import lock_submission, note_exchange
from authorizations.states import Channel, ExchangeState, SubmissionOutcome
from authorizations.transitions import return_unsent
from edi.inbox import receive
from edi.lint import in_sentences, request_problems
from edi.mapping import envelope_of, request_of
from edi.models import ControlNumber, Interchange, Message
from edi.numbers import next_control_number
from edi.polling import keep_polling
from edi.reachability import RESTING, may_try, note_result
from edi.transports import http_post
from edi.x12.envelope_writer import Envelope
from edi.x12.problems import Refusal
from edi.x12.request_model import ReviewRequest
from edi.x12.review_request import ComposedRequest, compose
from outbox.crashpoints import CrashPoint, crash_point
from outbox.delivery import MAX_ATTEMPTS
from outbox.tasks import Later, Never
from payers.models import TradingPartner
from tenancy.scoping import organization_scope

EXCHANGE = Actor.job("Exchange")
TRANSPORTS = {"http_post": http_post.post}


@dataclass(frozen=True, slots=True)
class Frozen:
    """Bytes to be sent, and where to. `resting`: the partner did not answer lately, so they are not sent now."""

    interchange_id: uuid.UUID
    submission_id: uuid.UUID | None
    partner_id: uuid.UUID
    transport: str
    address: str
    body: bytes
    resting: bool


class _RefusedByComposer(Exception):
    """Undoes the taking of numbers; never leaves this module."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("the composer refuses")
        self.refusals = refusals


def send_submission(
    organization_id: uuid.UUID, submission_id: uuid.UUID, *, attempt: int, now: datetime, again: bool = False
) -> None:
    """Send what a submission asks, or send its frozen bytes again.

    Nothing to do when it was withdrawn, answered or sent meanwhile; `again` asks for new numbers where the
    payer wants the same request once more. A request the composer refuses goes back to its author. Raises
    Later when it is unknown whether the partner has it, Never when that was so too often.
    """
    with organization_scope(organization_id):
        frozen = _prepare(submission_id, again=again, now=now)
    crash_point(CrashPoint.AFTER_FREEZE)
    if frozen is not None:
        _deliver(organization_id, frozen, attempt=attempt, now=now)


def send_interchange(organization_id: uuid.UUID, interchange_id: uuid.UUID, *, attempt: int, now: datetime) -> None:
    """Send bytes that belong to no submission: our acknowledgments. Raises Later and Never."""
    with organization_scope(organization_id):
        row = Interchange.objects.select_for_update(of=("self",)).select_related("partner").get(id=interchange_id)
        if row.state == Interchange.State.FAILED:
            _begin_again(row)
        frozen = _frozen(row) if row.state == Interchange.State.READY else None
    if frozen is not None:
        _deliver(organization_id, frozen, attempt=attempt, now=now)


def _prepare(submission_id: uuid.UUID, *, again: bool, now: datetime) -> Frozen | None:
    """The frozen bytes of a submission: those that wait to be sent, else newly composed ones."""
    submission = lock_submission(submission_id)
    if submission.exchange_state == ExchangeState.WITHDRAWN or submission.channel != Channel.X12_278:
        return None
    ready = _standing(submission, Interchange.State.READY)
    if ready is None and submission.exchange_state == ExchangeState.FAILED:
        # Given up, and begun again by a person: nobody knows whether the partner has it, so no new number.
        ready = _standing(submission, Interchange.State.FAILED)
        if ready is not None:
            _begin_again(ready)
            _note(submission.id, ExchangeState.TO_SEND, "", now=now)
    if ready is not None:
        return _frozen(ready)
    if not _may_be_composed(submission, again=again):
        return None
    if not again and _went_out(submission):
        # An answer entered by mistake hid that it was sent, and was taken off.
        _note(submission.id, ExchangeState.SENT, "", now=now)
        return None
    request = request_of(submission, now=now)
    partner = submission.partner
    assert partner is not None, "a 278 submission has a partner"
    problems = request_problems(request, partner)
    if not problems:
        try:
            return _frozen(_freeze(submission, request, partner, now=now))
        except _RefusedByComposer as refused:
            problems = in_sentences(refused.refusals, request)
    _give_back(submission, problems, now=now)
    return None


def _standing(submission: Submission, state: Interchange.State) -> Interchange | None:
    """The latest bytes of a submission that are in this state."""
    rows = Interchange.objects.select_related("partner").filter(
        submission=submission, direction=Interchange.Direction.OUT, state=state
    )
    return rows.order_by("-id").first()


def _went_out(submission: Submission) -> bool:
    """Whether the partner took the latest bytes and has not refused them since."""
    rows = Interchange.objects.filter(submission=submission, direction=Interchange.Direction.OUT)
    return rows.order_by("-id").values_list("state", flat=True).first() == Interchange.State.SENT


def _begin_again(row: Interchange) -> None:
    row.state, row.problem = Interchange.State.READY, ""
    row.save(update_fields=["state", "problem"])


def _may_be_composed(submission: Submission, *, again: bool) -> bool:
    if again:
        travelling = submission.exchange_state in (ExchangeState.SENT, ExchangeState.ACKNOWLEDGED)
        return travelling and submission.outcome == SubmissionOutcome.NONE
    return submission.exchange_state == ExchangeState.TO_SEND


def _give_back(submission: Submission, problems: Sequence[Problem], *, now: datetime) -> None:
    try:
        return_unsent(submission.id, problems, actor=EXCHANGE, now=now)
    except NotAllowed:
        # Answered or withdrawn while it waited: there is nobody to give it back to.
        return


@transaction.atomic
def _freeze(submission: Submission, request: ReviewRequest, partner: TradingPartner, *, now: datetime) -> Interchange:
    """Compose and keep the bytes. The numbers are taken last; a refusal gives them back."""
    envelope = numbered(partner, request.prepared_at)
    composed = compose(request, envelope, uppercase=partner.uppercase)
    if not isinstance(composed, ComposedRequest):
        raise _RefusedByComposer(composed.refusals)
    row = keep_outbound(partner, composed.text, envelope, now=now, submission=submission)
    Message(
        interchange=row,
        partner=partner,
        submission=submission,
        kind=Message.Kind.REQUEST,
        state=Message.State.SENT,
        position=3,
        group_control_number=envelope.group_control_number,
        set_control_number=envelope.set_control_number,
        reference=submission.reference,
        trace=submission.trace,
        facts={"cleaned": list(composed.cleaned)},
        created_at=now,
    ).save(force_insert=True)
    record(
        "submission.composed",
        actor=EXCHANGE,
        now=now,
        subject=("submission", submission.id),
        member_id=submission.authorization.member_id,
        authorization_id=submission.authorization_id,
        data={"interchange": str(row.id), "control_number": row.control_number},
    )
    return row


def numbered(partner: TradingPartner, prepared_at: datetime) -> Envelope:
    """Envelopes with the next control numbers, in the caller's transaction: the last thing it takes."""
    return envelope_of(
        partner,
        interchange_number=next_control_number(partner, ControlNumber.Kind.INTERCHANGE),
        group_number=next_control_number(partner, ControlNumber.Kind.GROUP),
        prepared_at=prepared_at,
    )


def keep_outbound(
    partner: TradingPartner,
    text: str,
    envelope: Envelope,
    *,
    now: datetime,
    submission: Submission | None = None,
    reply_to: Interchange | None = None,
) -> Interchange:
    """Freeze composed bytes, ready to be sent, in the caller's transaction."""
    body = text.encode("ascii")
    row = Interchange(
        partner=partner,
        direction=Interchange.Direction.OUT,
        state=Interchange.State.READY,
        submission=submission,
        control_number=envelope.interchange_control_number,
        usage=partner.usage,
        body=body,
        sha256=hashlib.sha256(body).hexdigest(),
        reply_to=reply_to,
        created_at=now,
    )
    row.save(force_insert=True)
    return row


def _frozen(row: Interchange) -> Frozen:
    """What is about to be sent. Counted now: whoever dies at it cannot say afterwards that he tried."""
    partner = row.partner
    resting = not may_try(partner.id)
    if not resting:
        row.attempts += 1
        row.save(update_fields=["attempts"])
    address = partner.endpoint_url
    return Frozen(row.id, row.submission_id, partner.id, partner.transport, address, bytes(row.body), resting)


def _deliver(organization_id: uuid.UUID, frozen: Frozen, *, attempt: int, now: datetime) -> None:
    """Hand the bytes over, outside any transaction, and write down what became of them."""
    result = _hand_over(frozen)
    crash_point(CrashPoint.AFTER_SEND)
    if isinstance(result, http_post.Delivered):
        # Stored before the message counts as sent: a reply that is lost here would never come again.
        receive(organization_id, frozen.partner_id, result.body, reply_to=frozen.interchange_id, now=now)
    with organization_scope(organization_id):
        _note_result(frozen, result, last=attempt >= MAX_ATTEMPTS, now=now)
    if isinstance(result, http_post.Unknown):
        raise (Never if attempt >= MAX_ATTEMPTS else Later)(result.reason)


def _hand_over(frozen: Frozen) -> http_post.Result:
    if frozen.resting:
        return http_post.Unknown(RESTING)
    transport = TRANSPORTS.get(frozen.transport)
    if transport is None:
        return http_post.Refused("The partner's way of transport is not known.")
    return transport(frozen.address, frozen.body, deadline=settings.EDI_DEADLINE_SECONDS)


def _note_result(frozen: Frozen, result: http_post.Result, *, last: bool, now: datetime) -> None:
    if not frozen.resting:
        note_result(frozen.partner_id, result)
    # The case before the interchange: the order of every other writer.
    if frozen.submission_id is not None:
        lock_submission(frozen.submission_id)
    row = Interchange.objects.select_for_update().get(id=frozen.interchange_id)
    if row.state == Interchange.State.READY:
        _set_state(row, frozen, result, last=last, now=now)
        row.save(update_fields=["state", "problem", "sent_at"])


def _set_state(row: Interchange, frozen: Frozen, result: http_post.Result, *, last: bool, now: datetime) -> None:
    if isinstance(result, http_post.Delivered):
        row.state, row.problem, row.sent_at = Interchange.State.SENT, "", now
        _note(frozen.submission_id, ExchangeState.SENT, "", now=now)
        keep_polling(frozen.partner_id, now=now)
        return
    row.problem = result.reason
    if isinstance(result, http_post.Refused):
        row.state = Interchange.State.REFUSED
        _note(frozen.submission_id, ExchangeState.FAILED, result.reason, now=now)
    elif last:
        row.state = Interchange.State.FAILED
        _note(frozen.submission_id, ExchangeState.FAILED, result.reason, now=now)


def _note(submission_id: uuid.UUID | None, state: ExchangeState, problem: str, *, now: datetime) -> None:
    if submission_id is not None:
        note_exchange(submission_id, state, actor=EXCHANGE, now=now, problem=problem)
