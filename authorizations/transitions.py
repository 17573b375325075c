"""The verbs that move a case. Each is one transaction inside an open organization scope, audit event and outbox row
included; `actor` and `now` are passed in.

Raises NotAllowed where the verb does not fit where the case stands, Stale where somebody changed it meanwhile,
Refused with every problem named where what was sent cannot be taken. None of them writes anything.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import Membership
from audit.actors import Actor
from authorizations import corrections, cover_end, pends, publishing, recording, reviewing
from authorizations.asked import Asked
from authorizations.channels import choose
from authorizations.checks import obstacles
from authorizations.decisions import Answer, Column
from authorizations.effects import FIRST_ASKED, NOT_ANSWERED, Effect, Reading, effect, row_of
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.hearing import Case, Heard, hear, is_waiting
from authorizations.ledger import lock_account, refresh_wide_row
from authorizations.models import Authorization, Decision, OpeningBalance, Submission
from authorizations.moving import ALLOCATE as ALLOCATE
from authorizations.moving import SEND as SEND
from authorizations.moving import ask, copy_route, first_result, keep_first, move, refuse_moving_back, tell
from authorizations.numbering import authorization_number, reference_of, submission_number
from authorizations.pends import Reply
from authorizations.recording import Correction
from authorizations.services import lock_case, lock_submission, refuse_needless, touch, write_content
from authorizations.states import UNSENT, Channel, ExchangeState, Purpose, Status, SubmissionOutcome, WaitingOn
from authorizations.telling import tell_answer
from authorizations.unchecked import note_unchecked
from authorizations.work import close_overdue, close_undelivered, next_morning, open_task, refresh_work
from outbox.delivery import enqueue
from outbox.queries import is_held


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
    first = first_result(key, "authorization.draft", content)
    if first is not None:
        standing: Authorization = Authorization.objects.get(id=first)
        return standing
    authorization = _new(asked, owner=owner, parent=parent, actor=actor, now=now)
    refuse_needless(authorization, now=now)
    tell(authorization, "authorization.drafted", actor=actor, now=now)
    keep_first(key, "authorization.draft", content, authorization.id, now=now)
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
    unchecked_reason: str = "",
) -> Submission:
    """DRAFT to SUBMITTED: the request is frozen and, for a 278, handed to the outbox.

    `lint` is what the page's check of the message found; it stops the submission like our own rules do.
    `unchecked_reason` says why it goes out without a fresh check of eligibility, and is kept as a note. The same `key`
    with the same version gives the first submission back; with another it is refused.
    """
    content = {"authorization": authorization_id, "version": version}
    first = first_result(key, "authorization.submit", content)
    if first is not None:
        sent: Submission = Submission.objects.get(id=first)
        return sent
    authorization = lock_case(authorization_id, version=version)
    if authorization.status != Status.DRAFT:
        raise NotAllowed(f"{authorization.number} was submitted already.")
    route, problems = obstacles(authorization, authorization.organization.today(now), unchecked_reason)
    problems += lint
    if problems:
        raise Refused(problems)
    if unchecked_reason.strip():
        note_unchecked(authorization, unchecked_reason, actor=actor, now=now)
    recording.close_all(authorization.submissions.all(), now=now)
    copy_route(authorization, route, now=now)
    submission = ask(authorization, Purpose.INITIAL, Channel(route.channel), actor=actor, now=now)
    authorization.returned = False
    move(authorization, Status.SUBMITTED)
    touch(authorization, actor=actor, now=now)
    refresh_work(authorization)
    tell(authorization, "authorization.submitted", actor=actor, now=now, submission=str(submission.id))
    keep_first(key, "authorization.submit", content, submission.id, now=now)
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
    move(authorization, Status.CANCELLED)
    touch(authorization, actor=actor, now=now)
    refresh_work(authorization)
    tell(authorization, "authorization.discarded", actor=actor, now=now, reason=reason)
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
    key: str = "",
) -> Recorded:
    """Write down what the payer said, and do what `effects` makes of it.

    `submission_id` is the submission the answer was matched to; None for a letter or call nobody asked for. The same
    content twice, or the same `key`, changes nothing. `actor` is the payer for a message, the person for a recorded
    answer; a person's approval needs the payer's number or the reason why there is none.
    """
    content = {"authorization": authorization_id, "answer": answer, "submission": submission_id}
    first = first_result(key, "authorization.record_answer", content)
    if first is not None:
        return Recorded(Decision.objects.get(id=first), None, repeated=True)
    member_id = Authorization.objects.values_list("member_id", flat=True).get(id=authorization_id)
    lock_account(member_id)
    authorization = lock_case(authorization_id, version=version)
    heard = hear(authorization, answer, submission_id, today=authorization.organization.today(now))
    digest = recording.content_hash(answer, heard.submission)
    repeated = Decision.standing.filter(authorization=authorization, content_hash=digest).first()
    if repeated is not None:
        return Recorded(repeated, None, repeated=True)
    _insist_on_a_number(heard)
    recorded = _follow(heard, effect(heard.reading), digest=digest, actor=actor, now=now)
    keep_first(key, "authorization.record_answer", content, recorded.decision.id, now=now)
    return recorded


@transaction.atomic
def correct_decision(
    decision_id: uuid.UUID,
    answer: Answer | None,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    version: int | None = None,
    key: str = "",
) -> Recorded:
    """The latest decision was entered wrongly by hand: do what the right answer does to the case as it stood before.

    None means the payer has not answered at all. The wrong decision stays, superseded with its reason; versions it made
    no longer count and units are allocated anew.
    """
    wrong = Decision.objects.select_related("authorization").get(id=decision_id)
    content = {"decision": decision_id, "answer": answer, "reason": reason}
    first = first_result(key, "authorization.correct_decision", content)
    if first is not None:
        return Recorded(Decision.objects.get(id=first), None, repeated=True)
    lock_account(wrong.authorization.member_id)
    authorization = lock_case(wrong.authorization_id, version=version)
    corrections.refuse_unless_correctable(authorization, wrong)
    _insist_on_a_reason(reason)
    stood = Status(authorization.status)
    corrections.put_back(authorization, wrong, actor=actor, now=now)
    authorization.status = wrong.before["status"]
    said = answer or Answer(problem="Entered by mistake: the payer has not answered")
    today = authorization.organization.today(now)
    heard = hear(authorization, said, wrong.submission_id, today=today, without=[wrong.id])
    digest = recording.content_hash(said, heard.submission)
    if digest == wrong.content_hash:
        raise Refused([Problem("", "Nothing differs from what was recorded.")])
    found = _effect_of_correction(wrong, answer, heard)
    refuse_moving_back(authorization, stood, found.status)
    recorded = _follow(heard, found, digest=digest, actor=actor, now=now, correction=Correction(wrong, reason))
    keep_first(key, "authorization.correct_decision", content, recorded.decision.id, now=now)
    return recorded


@transaction.atomic
def resubmit(
    submission_id: uuid.UUID,
    reply: Reply,
    *,
    actor: Actor,
    now: datetime,
    channel: Channel | None = None,
    confirmed: bool = False,
    version: int | None = None,
    key: str = "",
) -> Submission:
    """Answer the payer: a new submission whose parent is the pended one. PENDED becomes SUBMITTED, else it stays.

    `confirmed`: it goes although nothing was added since. The same `key` twice answers once. Raises NotAllowed unless
    the payer waits for us, Stale, Refused.
    """
    content = {"submission": submission_id, "reply": reply, "channel": channel}
    first = first_result(key, "submission.resubmit", content)
    if first is not None:
        sent: Submission = Submission.objects.get(id=first)
        return sent
    authorization = lock_submission(submission_id, version=version).authorization
    case = Case(authorization)
    pended = pends.answerable(case, case.submission(submission_id))
    pends.insist_on_news(case, pended, reply, confirmed=confirmed)
    way = choose(authorization, channel, now=now)
    reference = reference_of(authorization, submission_number(authorization))
    frozen = pends.content_of_reply(case.root(pended), reply, reference)
    answer = ask(authorization, Purpose.ANSWER, way, content=frozen, parent=pended, actor=actor, now=now)
    recording.leave_to(case.thread(pended), answer)
    if authorization.status == Status.PENDED and Purpose(case.root(pended).purpose) in FIRST_ASKED:
        move(authorization, Status.SUBMITTED)
    touch(authorization, actor=actor, now=now)
    refresh_work(authorization)
    tell(authorization, "submission.answered_pend", actor=actor, now=now, submission=str(answer.id))
    keep_first(key, "submission.resubmit", content, answer.id, now=now)
    return answer


@transaction.atomic
def recall(
    submission_id: uuid.UUID, *, actor: Actor, now: datetime, version: int | None = None, reason: str = ""
) -> Submission:
    """What the payer has not read is taken back: a first request becomes a draft, an answer leaves its case pended.

    Raises NotAllowed once it was sent, is being sent, or was answered.
    """
    submission = lock_submission(submission_id, version=version)
    authorization = submission.authorization
    refuse_unless_unsent(submission)
    case = Case(authorization)
    root = Purpose(case.root(submission).purpose)
    submission.exchange_state, submission.waiting_on = ExchangeState.WITHDRAWN, WaitingOn.NOBODY
    submission.next_action, submission.next_action_at = "", None
    submission.due_at, submission.due_rule = None, ""
    submission.problem = f"Recalled: {reason}"[:300] if reason else "Recalled"
    submission.save()
    if submission.purpose == Purpose.ANSWER:
        _ask_us_again(case, submission, now=now)
    if root in FIRST_ASKED and authorization.status == Status.SUBMITTED:
        move(authorization, Status.PENDED if submission.purpose == Purpose.ANSWER else Status.DRAFT)
    touch(authorization, actor=actor, now=now)
    refresh_work(authorization)
    tell(authorization, "submission.recalled", actor=actor, now=now, submission=str(submission.id))
    return submission


def refuse_unless_unsent(submission: Submission) -> None:
    """Raise NotAllowed, with the reason, unless the payer cannot have read a submission."""
    if not is_waiting(submission) or submission.outcome != SubmissionOutcome.NONE:
        raise NotAllowed("This was answered or withdrawn already.")
    if submission.exchange_state not in UNSENT:
        raise NotAllowed("The payer has it: it cannot be recalled, only cancelled.")
    if submission.exchange_state == ExchangeState.TO_SEND and is_held(SEND, submission.id):
        raise NotAllowed("It is being sent at this moment. Look again in a minute.")


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
    submission.problem = " ".join(problem.message for problem in problems)[:300]
    submission.field_errors = Refused(problems).by_field()
    submission.next_action, submission.next_action_at = "Fix and resend", next_morning(authorization.organization, now)
    submission.save()
    authorization.returned = found.status is not None
    move(authorization, found.status)
    touch(authorization, actor=actor, now=now)
    refresh_work(authorization)
    fields = sorted(submission.field_errors)
    tell(
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
    first = first_result(key, "authorization.record_existing", content)
    if first is not None:
        standing: Authorization = Authorization.objects.get(id=first)
        return standing
    lock_account(asked.coverage.member_id)
    authorization = _new(asked, owner=owner, parent=None, actor=actor, now=now)
    submission = ask(authorization, Purpose.EXISTING, channel, actor=actor, now=now)
    move(authorization, Status.SUBMITTED)
    authorization.save()
    recorded = record_answer(authorization.id, answer, submission_id=submission.id, actor=actor, now=now)
    if recorded.effect is None or not recorded.effect.applied:
        raise Refused(
            [Problem("answer", "This is no decision that can be taken over: record an approval or a denial.")]
        )
    _write_openings(authorization, openings, actor=actor, now=now)
    authorization = lock_case(authorization.id)
    refresh_wide_row(authorization)
    tell(authorization, "authorization.existing_recorded", actor=actor, now=now, channel=channel)
    keep_first(key, "authorization.record_existing", content, authorization.id, now=now)
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


def _follow(
    heard: Heard, found: Effect, *, digest: str, actor: Actor, now: datetime, correction: Correction | None = None
) -> Recorded:
    """Write the decision and everything its effect says, in the caller's transaction."""
    authorization = heard.authorization
    before = authorization.status
    decision = recording.write_decision(heard, found, digest=digest, actor=actor, now=now, correction=correction)
    made = recording.write_lines(heard, found, decision, now=now)
    recording.settle_submissions(heard, found, now=now)
    if heard.submission is not None:
        close_undelivered(heard.submission, actor=actor, now=now, because="answer")
    if found.applied:
        recording.copy_answer(heard, found)
        recording.mark_partly(authorization)
    move(authorization, found.status)
    if authorization.status == Status.CANCELLED and before != Status.CANCELLED:
        recording.close_all(authorization.submissions.all(), now=now)
    close_overdue(authorization, actor=actor, now=now)
    recording.open_tasks(heard, found, decision, now=now)
    publishing.ask_to_publish(authorization, found, decision, now=now)
    if found.applied:
        reviewing.mark(authorization, decision, found, now=now)
        cover_end.watch(authorization, actor=actor, now=now)
    if correction:
        _tell_billing(authorization, correction, decision, now=now)
    touch(authorization, actor=actor, now=now)
    refresh_wide_row(authorization)
    refresh_work(authorization)
    if made or (correction and corrections.wrote_versions(correction.wrong)):
        enqueue(ALLOCATE, authorization.member_id, now=now)
    _audit_answer(heard, found, decision, before=before, actor=actor, now=now)
    tell_answer(heard, found, decision, actor=actor, now=now)
    return Recorded(decision, found)


def _effect_of_correction(wrong: Decision, answer: Answer | None, heard: Heard) -> Effect:
    """What the right answer does; without one the case stands as it did, which a case taken over never did."""
    if answer is not None:
        _insist_on_a_number(heard)
        return effect(heard.reading)
    if wrong.submission is not None and wrong.submission.purpose == Purpose.EXISTING:
        raise NotAllowed("This case began with the answer that was recorded: correct it instead.")
    return NOT_ANSWERED


def _insist_on_a_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused([Problem("reason", "Say what was wrong with the entry.")])


def _tell_billing(authorization: Authorization, correction: Correction, decision: Decision, *, now: datetime) -> None:
    """Claims and appeals may have gone by the wrong entry."""
    words = "A recorded answer was corrected: check what was billed or appealed by the old one"
    facts = {"decision": str(decision.id), "superseded": str(correction.wrong.id)}
    open_task(authorization, "decision_corrected", words, now=now, submission=decision.submission, facts=facts)


def _ask_us_again(case: Case, answer: Submission, *, now: datetime) -> None:
    """The pend an unsent answer spoke to waits for us again."""
    for row in case.thread(answer):
        if row.id != answer.id and row.outcome != SubmissionOutcome.NONE and is_waiting(row):
            row.waiting_on, row.next_action = WaitingOn.US, "Answer the payer"
            row.next_action_at = next_morning(case.authorization.organization, now)
            row.save()


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


def _audit_answer(heard: Heard, found: Effect, decision: Decision, *, before: str, actor: Actor, now: datetime) -> None:
    superseded = {"superseded": str(decision.supersedes_id)} if decision.supersedes_id else {}
    tell(
        heard.authorization,
        "authorization.decision_corrected" if superseded else "authorization.answer_recorded",
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
        **superseded,
    )
