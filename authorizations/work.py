"""What must be done next on a case, by whom and by when: tasks, clocks, and their copy on the wide row."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from authorizations import deadlines
from authorizations.models import Authorization, Submission, Task
from authorizations.states import Channel, ExchangeState, Purpose, Status, SubmissionOutcome, WaitingOn, is_open
from payers.rules import rules_on
from tenancy.models import Holiday, Organization

FIRST_ACTION = {
    Channel.X12_278: "Wait for the payer",
    Channel.PORTAL: "Enter it in the payer's portal",
    Channel.PHONE: "Call the payer",
    Channel.FAX: "Fax it to the payer",
}
"""What is done first about a new submission, by its channel."""

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
) -> Task:
    """Ask a person to look, by the next business morning. One open task of a kind stands for all its causes."""
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
            refresh_work(Authorization.objects.select_for_update().get(id=task.authorization_id))
    return task


def close_undelivered(submission: Submission, *, actor: Actor, now: datetime, because: str) -> None:
    """What was not delivered went its way after all, so nobody needs to look. The caller holds the case's lock.

    `because`: what did it, for the audit: "delivery", "answer" or "other_channel".
    """
    rows = Task.objects.filter(submission=submission, kind="not_delivered", closed_at=None)
    for task in rows.select_for_update():
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
    rules = rules_on(authorization.program, authorization.organization.today(received_at))
    urgent = authorization.priority == "urgent"
    running = deadlines.clocks(
        urgent=urgent,
        regulation=rules.regulation if rules else "",
        urgent_hours=rules.urgent_hours if rules else None,
        routine_days=rules.routine_days if rules else None,
        routine_days_are_business=rules.routine_days_are_business if rules else False,
    )
    due = deadlines.strictest(running, received_at, calendar)
    submission.due_at = due.at if due else None
    submission.due_rule = due.rule if due else ""
    submission.next_action_at = deadlines.next_action_at(
        urgent=urgent, due_at=submission.due_at, asked_at=received_at, calendar=calendar
    )


def leading(waiting: Sequence[Submission]) -> Submission:
    """Of what is open, what a case shows as its next step: the first to be looked at, then the latest asked."""
    return min(waiting, key=lambda row: (row.next_action_at is None, row.next_action_at, -row.number))


def open_submissions(authorization: Authorization) -> list[Submission]:
    """What still waits for something, the oldest first."""
    rows = authorization.submissions.order_by("number")
    return [row for row in rows if is_open(SubmissionOutcome(row.outcome), ExchangeState(row.exchange_state))]
