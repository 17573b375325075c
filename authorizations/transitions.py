"""The verbs that move a case. Each is one transaction inside an open organization scope, audit event and outbox row
included; `actor` and `now` are passed in.

Raises NotAllowed where the verb does not fit where the case stands, Stale where somebody changed it meanwhile,
Refused with every problem named where what was sent cannot be taken. None of them writes anything.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.models import Membership
from audit.actors import Actor
from audit.services import record
from authorizations import recording
from authorizations.asked import Asked, freeze
from authorizations.checks import obstacles
from authorizations.decisions import Answer, Column
from authorizations.effects import Effect, Reading, effect, row_of
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.hearing import Case, Heard, hear, is_waiting
from authorizations.ledger import lock_account, refresh_wide_row
from authorizations.models import Authorization, Decision, OpeningBalance, Submission
from authorizations.models.choices import CertificationType
from authorizations.numbering import authorization_number, reference_of, submission_number
from authorizations.services import lock_case, lock_submission, refuse_needless, touch, write_content
from authorizations.states import (
    Channel,
    ExchangeState,
    Purpose,
    Status,
    SubmissionOutcome,
    WaitingOn,
    may_become,
)
from authorizations.work import next_morning, refresh_work, start_clock
from outbox.delivery import enqueue
from payers.rules import Route
from tenancy.scoping import current_organization_id
from tenancy.services import KeyReused, earlier_result, keep_result

SEND = "submission.send"
ALLOCATE = "member.allocate"
"""Topics of the outbox: the subject is the submission, and the member."""

FIRST_ACTION = {
    Channel.X12_278: "Wait for the payer",
    Channel.PORTAL: "Enter it in the payer's portal",
    Channel.PHONE: "Call the payer",
    Channel.FAX: "Fax it to the payer",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of an answer. `repeated`: the same content came before, and nothing was written."""

    decision: Decision
    effect: Effect | None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """Units of a line used before we counted, with what proves it."""

    line_number: int
    quantity: Decimal
    as_of: date
    evidence: str


@transaction.atomic
def draft(
    asked: Asked,
    *,
    owner: Membership | None,
    actor: Actor,
    now: datetime,
    parent: Authorization | None = None,
    key: str = "",
) -> Authorization:
    """A new DRAFT with a number and an owner. The same `key` twice gives the first one back.

    Refused, with the rule, where no authorization is needed for any of its lines.
    """
    content = {"asked": asked, "parent": parent.id if parent else None}
    first = _first_result(key, "authorization.draft", content)
    if first is not None:
        standing: Authorization = Authorization.objects.get(id=first)
        return standing
    authorization = _new(asked, owner=owner, parent=parent, actor=actor, now=now)
    refuse_needless(authorization, now=now)
    _audit(authorization, "authorization.drafted", actor=actor, now=now)
    _keep(key, "authorization.draft", content, authorization.id, now=now)
    return authorization


@transaction.atomic
def submit(
    authorization_id: uuid.UUID,
    *,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    key: str = "",
    lint: Sequence[Problem] = (),
) -> Submission:
    """DRAFT to SUBMITTED: the request is frozen and, for a 278, handed to the outbox.

    `lint` is what the page's check of the message found; it stops the submission like our own rules do. The same
    `key` with the same version gives the first submission back; with another it is refused.
    """
    content = {"authorization": authorization_id, "version": version}
    first = _first_result(key, "authorization.submit", content)
    if first is not None:
        sent: Submission = Submission.objects.get(id=first)
        return sent
    authorization = lock_case(authorization_id, version=version)
    if authorization.status != Status.DRAFT:
        raise NotAllowed(f"{authorization.number} was submitted already.")
    route, problems = obstacles(authorization, authorization.organization.today(now))
    problems += lint
    if problems or route is None:
        raise Refused(problems)
    recording.close_all(authorization.submissions.all(), now=now)
    _copy_route(authorization, route, now=now)
    submission = _ask(authorization, Purpose.INITIAL, Channel(route.channel), actor=actor, now=now)
    authorization.returned = False
    _move(authorization, Status.SUBMITTED)
    touch(authorization, actor=actor, now=now)
    refresh_work(authorization)
    _audit(authorization, "authorization.submitted", actor=actor, now=now, submission=str(submission.id))
    _keep(key, "authorization.submit", content, submission.id, now=now)
    return submission


@transaction.atomic
def discard(
    authorization_id: uuid.UUID, *, actor: Actor, now: datetime, version: int | None = None, reason: str = ""
) -> Authorization:
    """DRAFT to CANCELLED: nothing is deleted."""
    authorization = lock_case(authorization_id, version=version)
    if authorization.status != Status.DRAFT:
        raise NotAllowed(f"{authorization.number} is no draft any more: ask the payer to cancel it instead.")
    recording.close_all(authorization.submissions.all(), now=now)
    _move(authorization, Status.CANCELLED)
    touch(authorization, actor=actor, now=now)
    refresh_work(authorization)
    _audit(authorization, "authorization.discarded", actor=actor, now=now, reason=reason)
    return authorization


@transaction.atomic
def record_answer(
    authorization_id: uuid.UUID,
    answer: Answer,
    *,
    actor: Actor,
    now: datetime,
    submission_id: uuid.UUID | None = None,
    version: int | None = None,
) -> Recorded:
    """Write down what the payer said, and do what `effects` makes of it.

    `submission_id` is the submission the answer was matched to; None for a letter or call nobody asked for. The same
    content twice changes nothing. `actor` is the payer for a message, the person for a recorded answer; a person's
    approval needs the payer's number or the reason why there is none.
    """
    member_id = Authorization.objects.values_list("member_id", flat=True).get(id=authorization_id)
    lock_account(member_id)
    authorization = lock_case(authorization_id, version=version)
    heard = hear(authorization, answer, submission_id, today=authorization.organization.today(now))
    digest = recording.content_hash(answer, heard.submission)
    repeated = Decision.objects.filter(authorization=authorization, content_hash=digest).first()
    if repeated is not None:
        return Recorded(repeated, None, repeated=True)
    _insist_on_a_number(heard)
    return _follow(heard, effect(heard.reading), digest=digest, actor=actor, now=now)


@transaction.atomic
def return_unsent(submission_id: uuid.UUID, problems: Sequence[Problem], *, actor: Actor, now: datetime) -> Submission:
    """The composer, or a 999 that names an element of the form, refuses the request: it goes back to whoever fixes it.

    Read in the column of a returned answer, so a first request becomes a draft again and nothing else moves.
    """
    submission = lock_submission(submission_id)
    authorization = submission.authorization
    if not is_waiting(submission) or submission.outcome == SubmissionOutcome.RETURNED:
        raise NotAllowed("This submission is answered or withdrawn already.")
    case = Case(authorization)
    row = row_of(Purpose(submission.purpose), Purpose(case.root(submission).purpose))
    found = effect(Reading(row, Column.RETURNS, Status(authorization.status), SubmissionOutcome(submission.outcome)))
    submission.outcome, submission.waiting_on = SubmissionOutcome.RETURNED, WaitingOn.US
    unsent = submission.exchange_state == ExchangeState.TO_SEND
    submission.exchange_state = ExchangeState.FAILED if unsent else ExchangeState.NOT_DELIVERED
    submission.problem = "; ".join(problem.message for problem in problems)[:300]
    submission.field_errors = Refused(problems).by_field()
    submission.next_action, submission.next_action_at = "Fix and resend", next_morning(authorization.organization, now)
    submission.save()
    authorization.returned = found.status is not None
    _move(authorization, found.status)
    touch(authorization, actor=actor, now=now)
    refresh_work(authorization)
    fields = sorted(submission.field_errors)
    _audit(
        authorization, "submission.returned_unsent", actor=actor, now=now, submission=str(submission.id), fields=fields
    )
    return submission


@transaction.atomic
def record_existing(
    asked: Asked,
    answer: Answer,
    *,
    channel: Channel,
    owner: Membership | None,
    actor: Actor,
    now: datetime,
    openings: Sequence[Opening] = (),
    key: str = "",
) -> Authorization:
    """A decision that existed before we knew of the case: by letter, telephone, import or another system.

    Nothing is sent and no clock runs. `openings` are units used before; they count from now on.
    """
    content = {"asked": asked, "answer": answer, "openings": openings}
    first = _first_result(key, "authorization.record_existing", content)
    if first is not None:
        standing: Authorization = Authorization.objects.get(id=first)
        return standing
    lock_account(asked.coverage.member_id)
    authorization = _new(asked, owner=owner, parent=None, actor=actor, now=now)
    submission = _ask(authorization, Purpose.EXISTING, channel, actor=actor, now=now)
    _move(authorization, Status.SUBMITTED)
    authorization.save()
    recorded = record_answer(authorization.id, answer, submission_id=submission.id, actor=actor, now=now)
    if recorded.effect is None or not recorded.effect.applied:
        raise Refused(
            [Problem("answer", "This is no decision that can be taken over: record an approval or a denial.")]
        )
    _write_openings(authorization, openings, actor=actor, now=now)
    authorization = lock_case(authorization.id)
    refresh_wide_row(authorization)
    _audit(authorization, "authorization.existing_recorded", actor=actor, now=now, channel=channel)
    _keep(key, "authorization.record_existing", content, authorization.id, now=now)
    return authorization


def _new(
    asked: Asked, *, owner: Membership | None, parent: Authorization | None, actor: Actor, now: datetime
) -> Authorization:
    """A draft with its content."""
    authorization = Authorization(
        number=authorization_number(),
        status=Status.DRAFT,
        owner=owner,
        parent=parent,
        created_at=now,
        created_by=actor.label,
        changed_at=now,
        changed_by=actor.label,
    )
    write_content(authorization, asked, now=now)
    refresh_work(authorization)
    return authorization


def _follow(heard: Heard, found: Effect, *, digest: str, actor: Actor, now: datetime) -> Recorded:
    """Write the decision and everything its effect says, in the caller's transaction."""
    authorization = heard.authorization
    before = authorization.status
    decision = recording.write_decision(heard, found, digest=digest, actor=actor, now=now)
    made = recording.write_lines(heard, found, decision, now=now)
    recording.settle_submissions(heard, found, now=now)
    if found.applied:
        recording.copy_answer(heard, found)
        recording.mark_partly(authorization)
    _move(authorization, found.status)
    if authorization.status == Status.CANCELLED and before != Status.CANCELLED:
        recording.close_all(authorization.submissions.all(), now=now)
    recording.open_tasks(heard, found, now=now)
    touch(authorization, actor=actor, now=now)
    refresh_wide_row(authorization)
    refresh_work(authorization)
    if made:
        enqueue(ALLOCATE, authorization.member_id, now=now)
    _audit_answer(heard, found, decision, before=before, actor=actor, now=now)
    return Recorded(decision, found)


def _move(authorization: Authorization, status: Status | None) -> None:
    """The one place that sets the status; the caller saves. Raises NotAllowed for a pair that is not in the table."""
    if status is None or status == authorization.status:
        return
    if not may_become(Status(authorization.status), status):
        raise NotAllowed(f"{authorization.number} is {authorization.get_status_display().lower()} already.")
    authorization.status = status


def _ask(
    authorization: Authorization, purpose: Purpose, channel: Channel, *, actor: Actor, now: datetime
) -> Submission:
    """A new submission with its frozen content; a 278 is handed to the outbox."""
    number = submission_number(authorization)
    electronic = channel is Channel.X12_278 and purpose is not Purpose.EXISTING
    reference = reference_of(authorization, number) if electronic else ""
    submission = Submission(
        authorization=authorization,
        number=number,
        purpose=purpose,
        certification_type=CertificationType.RENEWAL if authorization.parent_id else CertificationType.INITIAL,
        channel=channel,
        exchange_state=ExchangeState.TO_SEND if electronic else ExchangeState.TO_SUBMIT,
        partner=authorization.partner if electronic else None,
        waiting_on=WaitingOn.PAYER if electronic else WaitingOn.US,
        owner=authorization.owner,
        next_action=FIRST_ACTION.get(channel, ""),
        content=freeze(authorization),
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


def _copy_route(authorization: Authorization, route: Route, *, now: datetime) -> None:
    """The route as it is on the local day of submission; the caller saves."""
    authorization.workflow = route.workflow
    authorization.route_rule = route.rule[:200]
    authorization.reviewer_name = route.reviewer_name
    authorization.reviewer_qualifier = route.reviewer_qualifier
    authorization.reviewer_identifier = route.reviewer_identifier
    authorization.partner = route.partner
    authorization.submitted_at = now


def _insist_on_a_number(heard: Heard) -> None:
    """A person who records an approval gives the payer's number, or why there is none."""
    answer = heard.answer
    if answer.source_message_id is not None or answer.number_missing_reason:
        return
    granted = [said for said in heard.said if said.grants]
    if any(not said.answer.certification_number for said in granted):
        raise Refused([Problem("certification_number", "Enter the payer's number, or why it gave none.")])


def _write_openings(authorization: Authorization, openings: Sequence[Opening], *, actor: Actor, now: datetime) -> None:
    lines = {line.number: line for line in authorization.lines.filter(removed_at=None)}
    unknown = [opening.line_number for opening in openings if opening.line_number not in lines]
    if unknown:
        raise Refused([Problem(f"lines-{number}", "There is no such line.") for number in unknown])
    for opening in openings:
        OpeningBalance(
            line=lines[opening.line_number],
            quantity=opening.quantity,
            as_of=opening.as_of,
            evidence=opening.evidence[:200],
            recorded_by=actor.label,
            recorded_at=now,
        ).save(force_insert=True)


def _first_result(key: str, action: str, content: Mapping[str, Any]) -> uuid.UUID | None:
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


def _keep(key: str, action: str, content: Mapping[str, Any], result_id: uuid.UUID, *, now: datetime) -> None:
    if key:
        keep_result(key, action=action, content=content, result_id=result_id, now=now)


def _audit_answer(heard: Heard, found: Effect, decision: Decision, *, before: str, actor: Actor, now: datetime) -> None:
    _audit(
        heard.authorization,
        "authorization.answer_recorded",
        actor=actor,
        now=now,
        decision=str(decision.id),
        submission=str(decision.submission_id or ""),
        message=str(decision.source_message_id or ""),
        column=heard.reading.column,
        note=found.note,
        applied=found.applied,
        before=before,
        after=heard.authorization.status,
    )


def _audit(authorization: Authorization, action: str, *, actor: Actor, now: datetime, **data: Any) -> None:
    record(
        action,
        actor=actor,
        now=now,
        subject=authorization.subject,
        member_id=authorization.member_id,
        authorization_id=authorization.id,
        data=data,
    )
