"""What a stored interchange says: acknowledgments move a submission along its way, answers go to their
case.

Each transaction set is its own transaction, and its message row, unique by its place, is written together
with its effect: reading twice does nothing twice.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from audit.actors import Actor
from authorizations.errors import NotAllowed, Refused
from authorizations.models import Submission
from authorizations.states import SubmissionOutcome
from authorizations.transitions import Recorded, record_answer
from edi.acknowledging import HeardAcknowledgment, acknowledge, hear_group, hear_interchange
from edi.answers import AskedOf, answer_of
from edi.correlation import Unmatched, correlate
from edi.inbox import NUMBER_USED, quarantine
from edi.models import Interchange, Message
from edi.x12.acknowledgment import DUPLICATE_INTERCHANGE, read_acknowledgment, read_ta1
from edi.x12.envelope import Interchange as ReadInterchange
from edi.x12.envelope import TransactionSet, read_envelopes
from edi.x12.outcome import Outcome, outcomes
from edi.x12.problems import Problem
from edi.x12.review_request import GUIDE
from edi.x12.review_response import ReadResponse, read_response
from edi.x12.tokenizer import decode
from outbox.crashpoints import CrashPoint, crash_point
from outbox.delivery import enqueue
from payers.models import TradingPartner
from providers.models import Provider
from tenancy.scoping import organization_scope

RETRY = "submission.retry"
"""Topic of the outbox: the payer could not answer at the moment; the subject is the submission."""

RETRY_PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15))
ACKNOWLEDGMENTS = frozenset({"999", "997"})


@dataclass(frozen=True, slots=True)
class Arrived:
    """One stored interchange, as read."""

    row: Interchange
    partner: TradingPartner
    content: ReadInterchange


def read_interchange(organization_id: uuid.UUID, interchange_id: uuid.UUID, *, now: datetime) -> None:
    """Follow everything in a stored interchange, set by set. Nothing to do when it was read before."""
    with organization_scope(organization_id):
        arrived = _open(interchange_id, now=now)
    if arrived is None:
        return
    pieces: list[Callable[[], None]] = [
        *(partial(_read_ta1, arrived, index, now=now) for index in range(len(arrived.content.acknowledgments))),
        *(partial(_read_set, arrived, each, now=now) for each in arrived.content.sets),
    ]
    failures = [failure for piece in pieces if (failure := _tried(organization_id, piece))]
    crash_point(CrashPoint.AFTER_EFFECT)
    if failures:
        # The others are read; the worker tries these again.
        raise failures[0]
    with organization_scope(organization_id):
        _close(arrived, now=now)


def _tried(organization_id: uuid.UUID, piece: Callable[[], None]) -> Exception | None:
    """One piece in a transaction of its own, so that a bad one does not keep the others from their cases."""
    try:
        with organization_scope(organization_id):
            piece()
    except Exception as error:
        return error
    return None


def _open(interchange_id: uuid.UUID, *, now: datetime) -> Arrived | None:
    """The interchange, if it may be read at all; else in quarantine with the reason."""
    row = Interchange.objects.select_for_update(of=("self",)).select_related("partner").get(id=interchange_id)
    if row.state != Interchange.State.STORED:
        return None
    file = read_envelopes(decode(bytes(row.body)))
    if not file.interchanges:
        reason = file.problems[0].message if file.problems else "It holds no interchange."
        quarantine(row, reason, now=now)
        return None
    arrived = Arrived(row, row.partner, file.interchanges[0])
    reason = _not_for_us(arrived) or _number_used(row)
    if reason:
        quarantine(row, reason, now=now)
        if reason == NUMBER_USED:
            acknowledge(row, arrived.content, note=DUPLICATE_INTERCHANGE, now=now)
        return None
    return arrived


def _not_for_us(arrived: Arrived) -> str:
    """An interchange of somebody else in our partner's mail is an incident, never an answer."""
    partner, content = arrived.partner, arrived.content
    if (content.sender, content.receiver) != (partner.their_identifier, partner.our_identifier):
        return "It is addressed from or to somebody else."
    if content.usage != partner.usage:
        return "It is of the other usage: test and production do not mix."
    return ""


def _number_used(row: Interchange) -> str:
    """The same control number with other bytes: one of the two is wrong, and the first was followed."""
    others = Interchange.objects.filter(
        partner=row.partner,
        direction=Interchange.Direction.IN,
        control_number=row.control_number,
        usage=row.usage,
        duplicate_of=None,
        id__lt=row.id,
    )
    return NUMBER_USED if others.exclude(sha256=row.sha256).exists() else ""


def _close(arrived: Arrived, *, now: datetime) -> None:
    """Say what we owe for the groups of answers, and that all of it was read."""
    row = Interchange.objects.select_for_update().get(id=arrived.row.id)
    if row.state != Interchange.State.STORED:
        return
    if not arrived.content.groups and not arrived.content.acknowledgments:
        quarantine(row, "It holds neither a message nor an acknowledgment.", now=now)
        return
    acknowledge(row, arrived.content, now=now)
    row.state, row.read_at = Interchange.State.READ, now
    row.save(update_fields=["state", "read_at"])


def _read_ta1(arrived: Arrived, index: int, *, now: datetime) -> None:
    segment = arrived.content.acknowledgments[index]
    if _was_read(arrived, segment.position):
        return
    found = read_ta1(segment)
    heard = hear_interchange(arrived.partner, found, now=now)
    _message(
        arrived,
        Message.Kind.INTERCHANGE_ACKNOWLEDGMENT,
        segment.position,
        now=now,
        state=Message.State.QUARANTINED if heard.problem else Message.State.APPLIED,
        submission=heard.submission,
        problem=heard.problem,
        facts={"control_number": found.control_number, "status": found.status, "note": found.note},
    )


def _read_set(arrived: Arrived, transaction_set: TransactionSet, *, now: datetime) -> None:
    position = transaction_set.segments[0].position
    if _was_read(arrived, position):
        return
    if transaction_set.identifier in ACKNOWLEDGMENTS:
        _read_999(arrived, transaction_set, position, now=now)
    elif transaction_set.identifier == "278" and transaction_set.version == GUIDE:
        _read_278(arrived, transaction_set, position, now=now)
    else:
        _message(
            arrived,
            Message.Kind.OTHER,
            position,
            now=now,
            transaction_set=transaction_set,
            state=Message.State.QUARANTINED,
            problem="It is not a message that is read here.",
        )


def _read_999(arrived: Arrived, transaction_set: TransactionSet, position: int, *, now: datetime) -> None:
    found = read_acknowledgment(transaction_set)
    heard = HeardAcknowledgment(problem="It is defective.")
    if transaction_set.may_be_applied:
        heard = hear_group(arrived.partner, found, now=now)
    _message(
        arrived,
        Message.Kind.ACKNOWLEDGMENT,
        position,
        now=now,
        transaction_set=transaction_set,
        state=Message.State.QUARANTINED if heard.problem else Message.State.APPLIED,
        submission=heard.submission,
        problem=heard.problem,
        facts={"group": found.control_number, "status": found.status, "problems": _plain(found.problems)},
    )


def _read_278(arrived: Arrived, transaction_set: TransactionSet, position: int, *, now: datetime) -> None:
    """Every event of a response by itself: each may answer another request."""
    read = read_response(transaction_set)
    if read.response is None or any(problem.code == "bht_purpose" for problem in read.problems):
        _message(
            arrived,
            Message.Kind.OTHER,
            position,
            now=now,
            transaction_set=transaction_set,
            state=Message.State.QUARANTINED,
            problem="It is no answer to a request for review.",
            facts={"problems": _plain(read.problems)},
        )
        return
    found = outcomes(read.response)
    matches = [correlate(arrived.partner, read.response, outcome) for outcome in found]
    cases = [match.id for match in matches if isinstance(match, Submission)]
    for index, (outcome, match) in enumerate(zip(found, matches, strict=True)):
        if isinstance(match, Submission) and cases.count(match.id) > 1:
            match = Unmatched("It answers one request in several events.")
        place = position if index == 0 else read.response.events[index].position
        message = _response_message(arrived, transaction_set, read, outcome, place, now=now)
        if isinstance(match, Unmatched):
            message.state, message.problem = Message.State.QUARANTINED, match.reason
            message.save(force_insert=True)
        else:
            _follow(message, match, outcome, read, now=now)


def _follow(message: Message, submission: Submission, outcome: Outcome, read: ReadResponse, *, now: datetime) -> None:
    """The answer onto its case, in this transaction; what the case cannot take is shown to a person."""
    message.submission = submission
    if read.may_be_applied and outcome.machine_may_retry and _ask_again(submission, now=now):
        message.state, message.problem = Message.State.RECORDED, "The payer cannot answer now: it is asked again."
        message.save(force_insert=True)
        return
    message.save(force_insert=True)
    try:
        apply_answer(message, outcome, read, now=now)
    except (NotAllowed, Refused) as error:
        message.state, message.problem = Message.State.QUARANTINED, f"The case cannot take it: {error}"[:300]
    message.save(update_fields=["state", "problem"])


def apply_answer(
    message: Message, outcome: Outcome, read: ReadResponse, *, now: datetime, version: int | None = None
) -> Recorded:
    """The answer of one event onto the case of the message's submission; sets the message's state, the caller saves.

    Raises NotAllowed, Refused or Stale where the case cannot take it.
    """
    submission = message.submission
    assert submission is not None, "the message was matched"
    defect = "" if read.may_be_applied else "The message is defective: its facts are shown, nothing was decided."
    answer = answer_of(outcome, _asked_of(submission), message_id=message.id, defect=defect)
    payer = submission.authorization.payer
    actor = Actor.payer(payer.id, payer.name)
    recorded = record_answer(
        submission.authorization_id, answer, submission_id=submission.id, actor=actor, now=now, version=version
    )
    message.state, message.problem = Message.State.APPLIED, ""
    if recorded.repeated:
        message.state = Message.State.DUPLICATE
    elif recorded.effect is not None and not recorded.effect.applied:
        message.state, message.problem = Message.State.RECORDED, defect
    return recorded


def _ask_again(submission: Submission, *, now: datetime) -> bool:
    """Whether the same request goes out once more: a few times, while nothing else was heard of it.

    Takes no lock: the worker that sends looks again, and a decision would need the member's first.
    """
    sent = Interchange.objects.filter(submission=submission, direction=Interchange.Direction.OUT).count()
    if submission.outcome != SubmissionOutcome.NONE or not 1 <= sent <= len(RETRY_PAUSES):
        return False
    enqueue(RETRY, submission.id, now=now, due_at=now + RETRY_PAUSES[sent - 1])
    return True


def _asked_of(submission: Submission) -> AskedOf:
    content, partner = submission.content, submission.partner
    rendering = content["rendering_provider"]
    provider = Provider.objects.filter(id=rendering).first() if rendering else None
    assert partner is not None, "a 278 submission has a partner"
    return AskedOf(
        lines=tuple(content["lines"]),
        trace=submission.trace,
        originator=partner.trace_identifier,
        provider_npi=provider.npi if provider else "",
        dependent=submission.authorization.coverage.is_dependent,
    )


def _response_message(
    arrived: Arrived,
    transaction_set: TransactionSet,
    read: ReadResponse,
    outcome: Outcome,
    position: int,
    *,
    now: datetime,
) -> Message:
    traces = [trace.number for trace in outcome.traces if trace.originator == arrived.partner.trace_identifier]
    return _unsaved(
        arrived,
        Message.Kind.RESPONSE,
        position,
        now=now,
        transaction_set=transaction_set,
        state=Message.State.APPLIED,
        reference=outcome.reference[:50],
        trace=traces[0][:50] if traces else "",
        facts={"standing": outcome.standing, "problems": _plain(read.problems)},
    )


def _message(arrived: Arrived, kind: Message.Kind, position: int, *, now: datetime, **fields: Any) -> Message:
    message = _unsaved(arrived, kind, position, now=now, **fields)
    message.save(force_insert=True)
    return message


def _unsaved(
    arrived: Arrived,
    kind: Message.Kind,
    position: int,
    *,
    now: datetime,
    transaction_set: TransactionSet | None = None,
    **fields: Any,
) -> Message:
    """One message row. The hash is of the content between ST and SE, which renumbering does not change."""
    if transaction_set is not None:
        body = "".join(segment.text() for segment in transaction_set.segments[1:-1])
        fields["content_hash"] = hashlib.sha256(body.encode()).hexdigest()
        fields["set_control_number"] = transaction_set.control_number[:9]
        groups = (group for group in arrived.content.groups if transaction_set in group.sets)
        fields["group_control_number"] = next((group.control_number[:9] for group in groups), "")
    return Message(
        interchange=arrived.row, partner=arrived.partner, kind=kind, position=position, created_at=now, **fields
    )


def _was_read(arrived: Arrived, position: int) -> bool:
    return Message.objects.filter(interchange=arrived.row, position=position).exists()


def _plain(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """Findings for a page: they hold no values from the data."""
    return [
        {"code": each.code, "words": each.message, "position": each.position, "element": each.element}
        for each in problems[:50]
    ]
