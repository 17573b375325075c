"""Writes about a case that do not move its status.

Each public function is one transaction inside an open organization scope, with its audit event; `actor` and `now`
are passed in. Status changes stand in `transitions`.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Membership
from audit.actors import Actor
from authorizations.asked import Asked, AskedLine, faults, frozen_line, lines_of
from authorizations.checks import routes_of
from authorizations.errors import NotAllowed, Problem, Refused, Stale
from authorizations.hearing import is_waiting
from authorizations.ledger import refresh_wide_row
from authorizations.models import Authorization, Diagnosis, LineCap, LineCode, Note, ServiceLine, Submission
from authorizations.models.choices import CHANNEL
from authorizations.moving import SEND, first_result, keep_first, tell
from authorizations.states import BY_HAND, Channel, ExchangeState, Status, SubmissionOutcome, WaitingOn
from authorizations.work import (
    FIRST_ACTION,
    close_undelivered,
    next_morning,
    next_step,
    open_task,
    refresh_work,
    start_clock,
)
from notices.audience import exchange_people
from notices.models import Kind
from notices.services import give_notice
from outbox.queries import is_held
from payers.models import Workflow

ON_THE_WAY = {
    ExchangeState.TO_SEND: 0,
    ExchangeState.SENT: 1,
    ExchangeState.FAILED: 1,
    ExchangeState.NOT_DELIVERED: 2,
    ExchangeState.ACKNOWLEDGED: 3,
    ExchangeState.ANSWERED: 4,
}
"""How far each state of a 278 has come: an older report never takes a submission back."""

DELIVERED = (ExchangeState.SENT, ExchangeState.ACKNOWLEDGED, ExchangeState.ANSWERED)
"""Where the payer has a 278."""

TRAVELLING = frozenset(
    {
        ExchangeState.TO_SEND,
        ExchangeState.SENT,
        ExchangeState.ACKNOWLEDGED,
        ExchangeState.NOT_DELIVERED,
        ExchangeState.FAILED,
        ExchangeState.TO_SUBMIT,
    }
)
"""Where something stands that may still be asked another way: nobody has answered it."""


@transaction.atomic
def save_draft(
    authorization_id: uuid.UUID, asked: Asked, *, version: int | None, actor: Actor, now: datetime
) -> Authorization:
    """Replace the content of a draft. Raises NotAllowed, Stale, Refused."""
    authorization = lock_case(authorization_id, version=version)
    if authorization.status != Status.DRAFT:
        raise NotAllowed(f"{authorization.number} is no draft any more. Ask for a change instead.")
    write_content(authorization, asked, now=now)
    refuse_needless(authorization, now=now)
    touch(authorization, actor=actor, now=now)
    tell(authorization, "authorization.draft_saved", actor=actor, now=now)
    return authorization


@transaction.atomic
def add_note(authorization_id: uuid.UUID, text: str, *, actor: Actor, now: datetime) -> Note:
    """Write a note down for good."""
    authorization: Authorization = Authorization.objects.get(id=authorization_id)
    note = Note(authorization=authorization, author=actor.label, author_id=actor.id, at=now, text=text)
    note.save(force_insert=True)
    tell(authorization, "authorization.note_added", actor=actor, now=now, note=str(note.id))
    return note


@transaction.atomic
def mark_submitted(
    submission_id: uuid.UUID,
    *,
    portal_reference: str = "",
    submitted_at: datetime,
    actor: Actor,
    now: datetime,
    key: str = "",
) -> Submission:
    """A person has entered it in the portal, sent the fax or made the call: the payer's clock starts.

    The same `key` twice marks once. Raises NotAllowed when it is not waiting for that, Refused for a time to come.
    """
    content = {"submission": submission_id, "reference": portal_reference, "at": submitted_at}
    first = first_result(key, "submission.mark_submitted", content)
    if first is not None:
        marked: Submission = Submission.objects.get(id=first)
        return marked
    submission = lock_submission(submission_id)
    if submission.exchange_state != ExchangeState.TO_SUBMIT:
        raise NotAllowed("This was submitted, answered or withdrawn already.")
    if submitted_at > now:
        raise Refused([Problem("submitted_at", "This time has not come yet.")])
    authorization = submission.authorization
    submission.exchange_state = ExchangeState.SUBMITTED
    submission.portal_reference = portal_reference
    submission.sent_at = submitted_at
    submission.waiting_on = WaitingOn.PAYER
    submission.next_action = next_step(submission.purpose, "Look for the answer")
    start_clock(submission, authorization, received_at=submitted_at)
    submission.save()
    tell(authorization, "submission.submitted_by_hand", actor=actor, now=now, submission=str(submission.id))
    refresh_work(authorization)
    keep_first(key, "submission.mark_submitted", content, submission.id, now=now)
    return submission


@transaction.atomic
def take_back_mark(submission_id: uuid.UUID, *, actor: Actor, now: datetime) -> Submission:
    """It was marked as submitted by mistake: it waits to be submitted again, and no clock runs.

    Raises NotAllowed once the payer has answered, and where nothing was marked.
    """
    submission = lock_submission(submission_id)
    if submission.exchange_state != ExchangeState.SUBMITTED or not is_waiting(submission):
        raise NotAllowed("This is not marked as submitted, or it was answered meanwhile.")
    if submission.outcome != SubmissionOutcome.NONE:
        raise NotAllowed("The payer has answered it, so it was submitted.")
    marked_at = submission.sent_at
    _begin_by_hand(submission, now=now)
    submission.save()
    tell(
        submission.authorization,
        "submission.mark_taken_back",
        actor=actor,
        now=now,
        submission=str(submission.id),
        marked_for=marked_at.isoformat() if marked_at else "",
    )
    refresh_work(submission.authorization)
    return submission


@transaction.atomic
def change_channel(
    submission_id: uuid.UUID, channel: Channel, *, reason: str, actor: Actor, now: datetime, version: int | None = None
) -> Submission:
    """Ask the same thing another way: a 278 that failed or is silent goes by portal, phone or fax, the portal by phone.

    The trace of a 278 stays, so that its late answer is still heard. Why stands in a note of the case. Raises
    NotAllowed once it was answered or while it is being sent, Refused for a way that is none.
    """
    submission = lock_submission(submission_id, version=version)
    _refuse_change(submission, channel, reason)
    authorization, before = submission.authorization, submission.channel
    submission.channel = channel
    _begin_by_hand(submission, now=now)
    submission.acknowledged_at = None
    submission.problem, submission.field_errors = "", {}
    submission.save()
    close_undelivered(submission, actor=actor, now=now, because="other_channel")
    _note_change(authorization, before, channel, reason, actor=actor, now=now)
    tell(
        authorization,
        "submission.channel_changed",
        actor=actor,
        now=now,
        submission=str(submission.id),
        before=before,
        after=str(channel),
    )
    refresh_work(authorization)
    return submission


def may_change_channel(submission: Submission) -> bool:
    """Whether something may still be asked another way."""
    waits = is_waiting(submission) and submission.outcome == SubmissionOutcome.NONE
    return waits and submission.exchange_state in TRAVELLING


@transaction.atomic
def note_exchange(
    submission_id: uuid.UUID, state: ExchangeState, *, actor: Actor, now: datetime, problem: str = ""
) -> Submission:
    """How far a 278 has travelled. Never touches the status: transport decides nothing.

    A report that is older than what is known changes nothing, so that a late 999 does not undo an answer; that the
    payer had the request is kept all the same.
    `problem` is a sentence without health data.
    """
    submission = lock_submission(submission_id)
    if _is_old_news(submission, state):
        _keep_receipt(submission, state, actor=actor, now=now)
        return submission
    submission.exchange_state = state
    submission.problem = problem[:300]
    if state in (ExchangeState.TO_SEND, ExchangeState.SENT):
        submission.next_action = next_step(submission.purpose, FIRST_ACTION[Channel.X12_278])
        submission.waiting_on = WaitingOn.PAYER
    if state is ExchangeState.SENT:
        submission.sent_at = now
    if state is ExchangeState.ACKNOWLEDGED:
        submission.acknowledged_at = now
        submission.sent_at = submission.sent_at or now
        if submission.outcome == SubmissionOutcome.NONE:
            start_clock(submission, submission.authorization, received_at=now)
    if state in (ExchangeState.NOT_DELIVERED, ExchangeState.FAILED):
        submission.next_action, submission.waiting_on = "Mend the exchange and resend", WaitingOn.US
        submission.next_action_at = next_morning(submission.authorization.organization, now)
        _tell_not_delivered(submission, problem, actor=actor, now=now)
    submission.save()
    if state in DELIVERED:
        close_undelivered(submission, actor=actor, now=now, because="delivery")
    tell(submission.authorization, f"submission.{state}", actor=actor, now=now, submission=str(submission.id))
    refresh_work(submission.authorization)
    return submission


def lock_case(authorization_id: uuid.UUID, *, version: int | None = None) -> Authorization:
    """The row, locked for the rest of the transaction. Raises Stale when it is not the version that was read."""
    row: Authorization = Authorization.objects.select_for_update().get(id=authorization_id)
    if version is not None and row.version != version:
        raise Stale(row.changed_by, row.changed_at, row.organization.zone)
    return row


def lock_submission(submission_id: uuid.UUID, *, version: int | None = None) -> Submission:
    """The submission under the lock of its authorization, which is at hand as `.authorization`. Raises Stale."""
    found: Submission = Submission.objects.get(id=submission_id)
    authorization = lock_case(found.authorization_id, version=version)
    submission: Submission = Submission.objects.get(id=submission_id)
    submission.authorization = authorization
    return submission


def touch(authorization: Authorization, *, actor: Actor, now: datetime) -> None:
    """Save a locked case as changed: a new version, by whom, when."""
    authorization.version += 1
    authorization.changed_at = now
    authorization.changed_by = actor.label
    authorization.save()


def write_content(authorization: Authorization, asked: Asked, *, now: datetime) -> None:
    """Put what is asked on a locked draft; the caller saves. Raises Refused.

    Lines and diagnoses that did not change keep their rows; others are taken off and written anew.
    """
    problems = faults(asked)
    if problems:
        raise Refused(problems)
    for name in Asked.__slots__:
        if name not in ("lines", "diagnoses", "waived"):
            setattr(authorization, name, getattr(asked, name))
    authorization.waived = [{"item": each.item, "reason": each.reason} for each in asked.waived]
    authorization.requesting_provider = asked.requesting_provider or asked.rendering_provider
    authorization.member = asked.coverage.member
    authorization.payer = asked.coverage.payer
    authorization.program = asked.coverage.program
    copy_names(authorization)
    authorization.save()
    _write_lines(authorization, asked.lines, now=now)
    _write_diagnoses(authorization, asked.diagnoses, now=now)
    refresh_wide_row(authorization)


def refuse_needless(authorization: Authorization, *, now: datetime) -> None:
    """Raise Refused where no authorization is needed for any line of a draft, and say by which rule."""
    found = routes_of(authorization, lines_of(authorization), authorization.organization.today(now))
    if found and all(route.workflow == Workflow.NONE for _, route in found):
        raise Refused([Problem("program", f"No authorization is needed: {found[0][1].rule}.")])


def copy_names(authorization: Authorization) -> None:
    """The names a list shows, from the rows they belong to; the caller saves."""
    authorization.member_name = authorization.member.display_name
    authorization.member_mrn = authorization.member.mrn
    authorization.payer_name = authorization.payer.name
    authorization.program_name = authorization.program.name
    authorization.owner_name = authorization.owner.label if authorization.owner else ""


def owner_of(membership_id: uuid.UUID | None) -> Membership | None:
    """The membership with its person, for `owner`."""
    if membership_id is None:
        return None
    found: Membership = Membership.objects.select_related("user", "role").get(id=membership_id)
    return found


def _refuse_change(submission: Submission, channel: Channel, reason: str) -> None:
    if not may_change_channel(submission):
        raise NotAllowed("This was submitted by hand, answered or withdrawn already: it cannot go another way.")
    if submission.exchange_state == ExchangeState.TO_SEND and is_held(SEND, submission.id):
        raise NotAllowed("It is being sent at this moment. Look again in a minute.")
    problems = []
    if channel not in BY_HAND or channel == submission.channel:
        problems.append(Problem("channel", "Choose another way: portal, phone or fax."))
    if not reason.strip():
        problems.append(Problem("reason", "Say why it goes another way."))
    if problems:
        raise Refused(problems)


def _begin_by_hand(submission: Submission, *, now: datetime) -> None:
    """It waits for a person to submit it, by its channel; the caller saves."""
    submission.exchange_state = ExchangeState.TO_SUBMIT
    submission.sent_at, submission.portal_reference = None, ""
    submission.due_at, submission.due_rule, submission.clocks = None, "", {}
    submission.waiting_on = WaitingOn.US
    submission.next_action = next_step(submission.purpose, FIRST_ACTION[Channel(submission.channel)])
    submission.next_action_at = next_morning(submission.authorization.organization, now)


def _note_change(
    authorization: Authorization, before: str, after: str, reason: str, *, actor: Actor, now: datetime
) -> None:
    names = dict(CHANNEL)
    text = f"Goes by {names[after].lower()} instead of {names[before]}: {reason.strip()}"
    Note(authorization=authorization, author=actor.label, author_id=actor.id, at=now, text=text).save(force_insert=True)


def _tell_not_delivered(submission: Submission, problem: str, *, actor: Actor, now: datetime) -> None:
    """The owner has a task; those who mend the exchange are told."""
    case = submission.authorization
    task = open_task(case, "not_delivered", problem or "Not delivered", submission=submission, now=now)
    words = f"{case.number}: {submission.get_purpose_display().lower()} was not delivered"
    about = case.subject
    give_notice(exchange_people(), Kind.NOT_DELIVERED, words, about=about, cause=task.id, now=now, besides=actor.id)


def _keep_receipt(submission: Submission, state: ExchangeState, *, actor: Actor, now: datetime) -> None:
    """Acknowledgment and answer may be read by two workers at once, in either order."""
    if (submission.exchange_state, state) != (ExchangeState.ANSWERED, ExchangeState.ACKNOWLEDGED):
        return
    if submission.acknowledged_at is None:
        submission.acknowledged_at = now
        submission.save(update_fields=["acknowledged_at"])
        tell(submission.authorization, f"submission.{state}", actor=actor, now=now, submission=str(submission.id))


def _is_old_news(submission: Submission, state: ExchangeState) -> bool:
    """Reports about manual submissions, and about steps long passed, change nothing."""
    if submission.channel != Channel.X12_278 or submission.exchange_state not in ON_THE_WAY:
        return True
    before, after = ON_THE_WAY[ExchangeState(submission.exchange_state)], ON_THE_WAY.get(state, -1)
    resent = state is ExchangeState.TO_SEND and submission.exchange_state in ("not_delivered", "failed")
    return not resent and after < before


def _write_lines(authorization: Authorization, asked: Sequence[AskedLine], *, now: datetime) -> None:
    standing = {line.number: line for line in lines_of(authorization)}
    for number, wanted in enumerate(asked, start=1):
        line = standing.get(number)
        if line is not None and _content(line) == _wanted(wanted):
            standing.pop(number)
    ServiceLine.objects.filter(id__in=[line.id for line in standing.values()]).update(removed_at=now)
    kept = {line.number for line in lines_of(authorization)}
    for number, wanted in enumerate(asked, start=1):
        if number not in kept:
            _write_line(authorization, number, wanted)


def _write_line(authorization: Authorization, number: int, wanted: AskedLine) -> None:
    line = ServiceLine(
        authorization=authorization,
        number=number,
        quantity=wanted.quantity,
        quantity_type=wanted.quantity_type,
        unit_minutes=wanted.unit_minutes,
        pooled=len(wanted.codes) > 1,
    )
    line.save(force_insert=True)
    write_codes(line, wanted)


def next_line_number(authorization: Authorization) -> int:
    """A number that no line of the case has, and none that was ever asked for: an answer names lines by it."""
    contents = authorization.submissions.values_list("content", flat=True)
    asked = [line["number"] for content in contents for line in content.get("lines", [])]
    return max([line.number for line in lines_of(authorization)] + asked, default=0) + 1


def write_codes(line: ServiceLine, wanted: AskedLine) -> None:
    """The codes and caps of a new line."""
    LineCode.objects.bulk_create(
        [
            LineCode(line=line, position=position, system=code.system, code=code.code, modifiers=list(code.modifiers))
            for position, code in enumerate(wanted.codes, start=1)
        ]
    )
    LineCap.objects.bulk_create([LineCap(line=line, period=cap.period, quantity=cap.quantity) for cap in wanted.caps])


def _content(line: ServiceLine) -> dict[str, Any]:
    """What a stored line asks, to be compared with what a form asks."""
    return {
        "quantity": line.quantity,
        "type": line.quantity_type,
        "minutes": line.unit_minutes,
        "codes": frozen_line(line)["codes"],
        "caps": sorted((cap.period, cap.quantity) for cap in line.caps.all()),
    }


def _wanted(wanted: AskedLine) -> dict[str, Any]:
    return {
        "quantity": wanted.quantity,
        "type": wanted.quantity_type,
        "minutes": wanted.unit_minutes,
        "codes": [{"system": c.system, "code": c.code, "modifiers": list(c.modifiers)} for c in wanted.codes],
        "caps": sorted((str(cap.period), cap.quantity) for cap in wanted.caps),
    }


def _write_diagnoses(authorization: Authorization, codes: Sequence[str], *, now: datetime) -> None:
    rows = authorization.diagnoses.filter(removed_at=None).order_by("position")
    if [row.code for row in rows] == list(codes):
        return
    rows.update(removed_at=now)
    Diagnosis.objects.bulk_create(
        [
            Diagnosis(authorization=authorization, position=position, code=code)
            for position, code in enumerate(codes, start=1)
        ]
    )
