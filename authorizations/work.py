"""What must be done next on a case, by whom and by when: tasks, clocks, and their copy on the wide row."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from authorizations import clocks, deadlines
from authorizations.models import Authorization, Submission, Task
from authorizations.states import Channel, ExchangeState, Purpose, Status, SubmissionOutcome, WaitingOn, is_open
from notices.models import Kind as NoticeKind
from notices.services import give_notice
from tenancy.models import Holiday, Organization

FIRST_ACTION = {
    Channel.X12_278: "Wait for the payer",
    Channel.PORTAL: "Enter it in the payer's portal",
    Channel.PHONE: "Call the payer",
    Channel.FAX: "Fax it to the payer",
}
"""What is done first about a new submission, by its channel."""

PAYER_OVERDUE = "payer_overdue"
CALL_LATE_PAYER = "Call the payer: its time has passed"
"""The task about a payer that missed its time, and what is done next meanwhile."""

ASKED_FOR = {
    Purpose.CANCEL: "Cancel requested",
    Purpose.REVISE: "Change asked",
    Purpose.EXTEND: "Extension asked",
    Purpose.APPEAL: "Appeal",
    Purpose.INQUIRY: "Status asked",
}
"""What is open about a case that stands, said before its next step."""


def next_step(purpose: str, words: str) -> str:
    """The next step on a submission: "Wait for the payer", or "Cancel requested: wait for the payer"."""
    asked = ASKED_FOR.get(Purpose(purpose))
    return f"{asked}: {words[:1].lower()}{words[1:]}" if asked and words else words


def open_task(
    authorization: Authorization,
    kind: str,
    words: str,
    *,
    now: datetime,
    submission: Submission | None = None,
    facts: dict[str, Any] | None = None,
    told: bool = True,
) -> Task:
    """Ask a person to look, by the next business morning. One open task of a kind stands for all its causes.

    The owner gets a notice of it; `told`: unless something else is told about it.
    """
    standing: Task | None = Task.objects.filter(authorization=authorization, kind=kind, closed_at=None).first()
    if standing is not None:
        return standing
    task = Task(
        authorization=authorization,
        submission=submission,
        owner=authorization.owner,
        kind=kind,
        words=words[:300],
        facts=facts or {},
        opened_at=now,
        due_at=next_morning(authorization.organization, now),
    )
    task.save(force_insert=True)
    if told:
        words = f"{authorization.number}: {words}"
        give_notice([task.owner_id], NoticeKind.TASK, words, about=authorization.subject, cause=task.id, now=now)
    return task


@transaction.atomic
def close_task(task_id: uuid.UUID, *, actor: Actor, now: datetime) -> Task:
    """A person has looked. Closing twice changes nothing."""
    task: Task = Task.objects.select_for_update().get(id=task_id)
    if task.closed_at is None:
        task.closed_at, task.closed_by = now, actor.label
        task.save(update_fields=["closed_at", "closed_by"])
        record("task.closed", actor=actor, now=now, subject=("task", task.id), authorization_id=task.authorization_id)
        if task.authorization_id:
            case = Authorization.objects.select_for_update().get(id=task.authorization_id)
            if task.kind == PAYER_OVERDUE and task.submission_id:
                _wait_again(Submission.objects.get(id=task.submission_id), case, now=now)
            refresh_work(case)
    return task


def close_overdue(authorization: Authorization, *, actor: Actor, now: datetime) -> None:
    """What was late has come: nobody calls the payer about it any more. The caller holds the case's lock."""
    rows = Task.objects.filter(authorization=authorization, kind=PAYER_OVERDUE, closed_at=None)
    for task in rows.select_for_update(of=("self",)).select_related("submission"):
        late = task.submission
        if late is None or late.outcome != SubmissionOutcome.NONE or late.exchange_state == ExchangeState.WITHDRAWN:
            close_as_done(task, actor=actor, now=now, because="answer")


def close_as_done(task: Task, *, actor: Actor, now: datetime, because: str) -> None:
    """End a task that no person needs to look at any more, and say what did it."""
    task.closed_at, task.closed_by = now, actor.label
    task.save(update_fields=["closed_at", "closed_by"])
    record(
        "task.closed",
        actor=actor,
        now=now,
        subject=("task", task.id),
        authorization_id=task.authorization_id,
        data={"done_by": because},
    )


def _wait_again(submission: Submission, authorization: Authorization, *, now: datetime) -> None:
    """A person has called a payer that is late: it is waited for, and looked at again the next morning."""
    if submission.outcome == SubmissionOutcome.NONE and submission.next_action == CALL_LATE_PAYER:
        submission.next_action = next_step(submission.purpose, FIRST_ACTION[Channel.X12_278])
        submission.next_action_at = next_morning(authorization.organization, now)
        submission.waiting_on = WaitingOn.PAYER
        submission.save(update_fields=["next_action", "next_action_at", "waiting_on"])


def close_undelivered(submission: Submission, *, actor: Actor, now: datetime, because: str) -> None:
    """What was not delivered went its way after all, so nobody needs to look. The caller holds the case's lock.

    `because`: what did it, for the audit: "delivery", "answer" or "other_channel".
    """
    rows = Task.objects.filter(submission=submission, kind="not_delivered", closed_at=None)
    for task in rows.select_for_update():
        close_as_done(task, actor=actor, now=now, because=because)


def refresh_work(authorization: Authorization) -> None:
    """Copy who moves next, and by when, onto a locked case: from its open submissions, else its oldest open task."""
    waiting = open_submissions(authorization)
    if authorization.status == Status.DRAFT:
        work: Any = None
        authorization.waiting_on = WaitingOn.US
        authorization.next_action = "Fix and resend" if authorization.returned else "Complete and submit"
    elif waiting:
        work = leading(waiting)
        authorization.waiting_on, authorization.next_action = work.waiting_on, work.next_action
    else:
        work = authorization.tasks.filter(closed_at=None).order_by("opened_at", "id").first()
        authorization.waiting_on = WaitingOn.US if work else WaitingOn.NOBODY
        authorization.next_action = work.words[:120] if work else ""
    is_task = isinstance(work, Task)
    authorization.next_action_at = None if work is None else work.due_at if is_task else work.next_action_at
    authorization.due_at = None if work is None or is_task else work.due_at
    authorization.due_rule = "" if work is None or is_task else work.due_rule
    authorization.save(update_fields=["waiting_on", "next_action", "next_action_at", "due_at", "due_rule"])


def calendar_of(organization: Organization) -> deadlines.Calendar:
    """The organization's days of work."""
    return deadlines.Calendar(
        organization.zone, frozenset(Holiday.objects.filter(active=True).values_list("day", flat=True))
    )


def next_morning(organization: Organization, now: datetime) -> datetime:
    """The start of the next day of work."""
    return deadlines.next_action_at(urgent=True, due_at=None, asked_at=now, calendar=calendar_of(organization))


def start_clock(submission: Submission, authorization: Authorization, *, received_at: datetime) -> None:
    """When the answer is due, by which rule, and when we look again; the caller saves."""
    calendar = calendar_of(authorization.organization)
    handled = submission.clocks.get("handled")
    found = clocks.work_out(submission, authorization, received_at=received_at, holidays=calendar.holidays)
    submission.clocks = found.as_json()
    if handled:
        submission.clocks["handled"] = as_handled(submission, authorization, handled, received_at=received_at)
    submission.due_at, submission.due_rule = found.due_at, found.due_rule
    submission.next_action_at = deadlines.next_action_at(
        urgent=authorization.priority == "urgent", due_at=found.due_at, asked_at=received_at, calendar=calendar
    )


def as_handled(
    submission: Submission, authorization: Authorization, said: dict[str, Any], *, received_at: datetime
) -> dict[str, Any]:
    """What was said of the class in which the payer handles it, with the clocks that run in that class."""
    holidays = calendar_of(authorization.organization).holidays
    found = clocks.work_out(
        submission, authorization, received_at=received_at, holidays=holidays, urgent=said["urgent"]
    )
    return said | {"runs": found.as_json()["runs"]}


def leading(waiting: Sequence[Submission]) -> Submission:
    """Of what is open, what a case shows as its next step: the first to be looked at, then the latest asked."""
    return min(waiting, key=lambda row: (row.next_action_at is None, row.next_action_at, -row.number))


def open_submissions(authorization: Authorization) -> list[Submission]:
    """What still waits for something, the oldest first."""
    rows = authorization.submissions.order_by("number")
    return [row for row in rows if is_open(SubmissionOutcome(row.outcome), ExchangeState(row.exchange_state))]
