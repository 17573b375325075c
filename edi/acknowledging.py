"""Acknowledgments: those we hear move a submission along its way, those we owe are composed and sent.

Neither decides anything about a case: only an answer does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from authorizations.errors import NotAllowed
from authorizations.errors import Problem as FieldProblem
from authorizations.models import Submission
from authorizations.services import lock_submission, note_exchange
from authorizations.states import ExchangeState
from authorizations.transitions import return_unsent
from edi.exchange import EXCHANGE, keep_outbound, numbered
from edi.form_fields import problems_in
from edi.models import Interchange, Message
from edi.x12.acknowledgment import (
    GroupAcknowledgment,
    InterchangeAcknowledgment,
    SetAcknowledgment,
    write_999,
    write_ta1,
)
from edi.x12.codes import INTERCHANGE_NOTES, SEGMENT_ERRORS, words
from edi.x12.envelope import Group, TransactionSet
from edi.x12.envelope import Interchange as ReadInterchange
from edi.x12.problems import Problem, has_defect
from edi.x12.review_response import read_response
from outbox.delivery import enqueue
from payers.models import TradingPartner

SEND_INTERCHANGE = "interchange.send"
"""Topic of the outbox: the subject is an outbound interchange without a submission."""

REVIEW_GROUP = "HI"
NOT_READ_YET = frozenset({ExchangeState.TO_SEND, ExchangeState.SENT, ExchangeState.FAILED, ExchangeState.NOT_DELIVERED})
"""A refusal counts only while the partner has not said that it took the request."""


@dataclass(frozen=True, slots=True)
class HeardAcknowledgment:
    """What an acknowledgment was about; `problem` when it fits nothing that was sent."""

    submission: Submission | None = None
    problem: str = ""


def hear_interchange(
    partner: TradingPartner, found: InterchangeAcknowledgment, *, now: datetime
) -> HeardAcknowledgment:
    """A TA1 about an interchange of ours. Taken in says nothing new; refused means that nobody read it."""
    row = Interchange.objects.filter(
        partner=partner,
        direction=Interchange.Direction.OUT,
        usage=partner.usage,
        control_number=found.control_number,
    ).first()
    if row is None:
        return HeardAcknowledgment(problem="It acknowledges an interchange that was not sent.")
    submission = lock_submission(row.submission_id) if row.submission_id else None
    if found.accepted:
        return HeardAcknowledgment(submission)
    if found.is_duplicate and row.attempts > 1:
        # It arrived the first time, when the reply was lost.
        _mark(row, Interchange.State.SENT, "")
        _note(submission, ExchangeState.SENT, "", now=now)
        return HeardAcknowledgment(submission)
    reason = f"The partner refused the interchange: {words(INTERCHANGE_NOTES, found.note)}."
    _mark(row, Interchange.State.REFUSED, reason)
    _note(submission, ExchangeState.NOT_DELIVERED, reason, now=now)
    return HeardAcknowledgment(submission)


def hear_group(partner: TradingPartner, found: GroupAcknowledgment, *, now: datetime) -> HeardAcknowledgment:
    """A 999 or 997 about a group of ours, which holds one request."""
    sent = (
        Message.objects.filter(
            partner=partner,
            kind=Message.Kind.REQUEST,
            group_control_number=found.control_number,
            interchange__usage=partner.usage,
        )
        .select_related("interchange")
        .order_by("-id")
        .first()
    )
    if found.functional_code != REVIEW_GROUP or sent is None or sent.submission_id is None:
        return HeardAcknowledgment(problem="It acknowledges a group that was not sent.")
    submission = lock_submission(sent.submission_id)
    accepted = found.accepts(sent.set_control_number)
    if accepted is None:
        return HeardAcknowledgment(submission, "It does not say whether the request was taken.")
    if accepted:
        _note(submission, ExchangeState.ACKNOWLEDGED, "", now=now)
    elif submission.exchange_state in NOT_READ_YET:
        _refused(submission, sent, found, now=now)
    return HeardAcknowledgment(submission)


def _refused(submission: Submission, sent: Message, found: GroupAcknowledgment, *, now: datetime) -> None:
    """Back to its author where the fault is in the form, else to whoever looks after the exchange."""
    errors = next((each for each in found.sets if each.control_number == sent.set_control_number), None)
    problems = problems_in(errors, bytes(sent.interchange.body)) if errors else []
    reason = _reason(errors)
    _mark(sent.interchange, Interchange.State.REFUSED, reason)
    if problems and _given_back(submission, problems, now=now):
        return
    _note(submission, ExchangeState.NOT_DELIVERED, reason, now=now)


def _given_back(submission: Submission, problems: list[FieldProblem], *, now: datetime) -> bool:
    try:
        return_unsent(submission.id, problems, actor=EXCHANGE, now=now)
    except NotAllowed:
        return False
    return True


def _reason(errors: SetAcknowledgment | None) -> str:
    """Where the partner's reader stumbled, without the data."""
    if errors is None or not errors.errors:
        return "The partner's system refused the request (999)."
    first = errors.errors[0]
    elements = "".join(f", element {each.element}" for each in first.elements[:1] if each.element)
    place = f"segment {first.tag} at {first.position}{elements}"
    return f"The partner's system refused the request (999): {place}: {words(SEGMENT_ERRORS, first.code)}."


def acknowledge(row: Interchange, content: ReadInterchange, *, now: datetime, note: str = "") -> None:
    """Compose what we owe for an interchange with answers, to be sent by the worker; nothing for others.

    `note` is the TA1 note of an interchange refused as a whole. Acknowledgments are never acknowledged.
    """
    groups = [group for group in content.groups if group.functional_code == REVIEW_GROUP]
    if not groups:
        return
    if note or content.acknowledgment_requested or has_defect(content.problems):
        _send(row, content, None, note, now=now)
    for group in groups if not note else ():
        _send(row, content, group, "", now=now)


def _send(row: Interchange, content: ReadInterchange, group: Group | None, note: str, *, now: datetime) -> None:
    partner = row.partner
    envelope = numbered(partner, now.astimezone(partner.organization.zone).replace(tzinfo=None))
    if group is None:
        text = write_ta1(content, envelope, note)
    else:
        text = write_999(group, envelope, [_findings(each) for each in group.sets])
    kind = Message.Kind.INTERCHANGE_ACKNOWLEDGMENT if group is None else Message.Kind.ACKNOWLEDGMENT
    kept = keep_outbound(partner, text, envelope, now=now, reply_to=row)
    Message(
        interchange=kept,
        partner=partner,
        kind=kind,
        state=Message.State.SENT,
        position=2 if group is None else 3,
        group_control_number="" if group is None else envelope.group_control_number,
        set_control_number="" if group is None else envelope.set_control_number,
        created_at=now,
    ).save(force_insert=True)
    enqueue(SEND_INTERCHANGE, kept.id, now=now)


def _findings(transaction_set: TransactionSet) -> list[Problem]:
    """What the reader found in a set beyond its envelopes."""
    known = {*transaction_set.problems, *transaction_set.outer_problems}
    return [problem for problem in read_response(transaction_set).problems if problem not in known]


def _mark(row: Interchange, state: Interchange.State, problem: str) -> None:
    row.state, row.problem = state, problem[:200]
    row.save(update_fields=["state", "problem"])


def _note(submission: Submission | None, state: ExchangeState, problem: str, *, now: datetime) -> None:
    if submission is not None:
        note_exchange(submission.id, state, actor=EXCHANGE, now=now, problem=problem)
