"""Times that have passed: found by what stands, told once each, with the evidence.

Three kinds of breach (requirements, practices 4 to 6): a payer that missed its time, a step of ours that is overdue,
something urgent that had not left the house by the cut-off. A run looks at the state and never at the hour of its
tick: one that comes late finds what an earlier one missed, and two at once tell each breach once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from audit.actors import Actor
from authorizations.cut_off import times_to_leave, unsent_urgent
from authorizations.models import Authorization, Escalation, Submission, Task
from authorizations.models.submission import OPEN_OUTCOMES
from authorizations.moving import tell
from authorizations.services import lock_case
from authorizations.states import ExchangeState, Purpose, SubmissionOutcome, WaitingOn
from authorizations.work import CALL_LATE_PAYER, close_as_done, open_task, refresh_work
from notices.audience import supervisors
from notices.models import Kind as NoticeKind
from notices.services import give_notice
from tenancy.models import Organization
from tenancy.scoping import current_organization_id

CLOCK = Actor.job("Clock")
Kind = Escalation.Kind

AT_THE_PAYER = (ExchangeState.SENT, ExchangeState.ACKNOWLEDGED, ExchangeState.SUBMITTED)
MOST_AT_ONCE = 500

WORDS = {
    Kind.PAYER_OVERDUE: "The payer missed its time ({rule}): call and ask for the decision",
    Kind.ACTION_OVERDUE: "Our next step is overdue: do it, or set another day",
    Kind.URGENT_UNSENT: "Urgent and not sent by the cut-off: send it now",
}
"""What a person is asked to do about each."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A time that passed, before anybody was told. `rule` says which one."""

    kind: Kind
    authorization_id: uuid.UUID
    submission_id: uuid.UUID | None
    due_at: datetime
    rule: str


def payer_overdue(now: datetime) -> QuerySet[Submission]:
    """What payers should have answered by now and have not, the oldest due first where ordered by `due_at, id`."""
    rows = Submission.objects.filter(OPEN_OUTCOMES, due_at__lt=now, exchange_state__in=AT_THE_PAYER)
    return rows.filter(outcome=SubmissionOutcome.NONE).exclude(purpose=Purpose.INQUIRY)


def find_breaches(now: datetime, *, limit: int = MOST_AT_ONCE) -> list[Breach]:
    """Breaches of the open organization that nobody was told of, at most `limit` of a kind, the oldest first."""
    return [*_of_payers(now, limit), *_of_ours(now, limit), *_of_urgent(now, limit)]


@transaction.atomic
def escalate(breach: Breach, *, actor: Actor = CLOCK, now: datetime) -> Escalation | None:
    """Tell one breach: a task with the evidence, notices, the next step. None when it was told, or is none any more."""
    case = lock_case(breach.authorization_id)
    submission = Submission.objects.filter(id=breach.submission_id).first() if breach.submission_id else None
    if _was_told(breach) or not _stands(breach, case, submission, now):
        return None
    evidence = _evidence(breach, case, submission, now)
    words = WORDS[breach.kind].format(rule=breach.rule)
    task = open_task(case, breach.kind, words, now=now, submission=submission, facts=evidence, told=False)
    row = Escalation(
        authorization=case,
        submission=submission,
        task=task,
        kind=breach.kind,
        due_at=breach.due_at,
        rule=breach.rule[:200],
        found_at=now,
        evidence=evidence,
    )
    row.save(force_insert=True)
    if breach.kind == Kind.PAYER_OVERDUE and submission is not None:
        _call_the_payer(submission, now)
    refresh_work(case)
    tell(case, "authorization.escalated", actor=actor, now=now, kind=str(breach.kind), due=breach.due_at.isoformat())
    give_notice(
        _who(breach, case),
        NoticeKind.ESCALATED,
        f"{case.number}: {words}",
        about=case.subject,
        cause=row.id,
        now=now,
    )
    return row


def _who(breach: Breach, case: Authorization) -> list[uuid.UUID | None]:
    """The owner; supervisors too, unless it is one's own next step and has an owner."""
    own_step = breach.kind == Kind.ACTION_OVERDUE and case.owner_id is not None
    return [case.owner_id, *([] if own_step else supervisors())]


def close_mended(*, actor: Actor = CLOCK, now: datetime) -> int:
    """End the tasks about times of ours that passed, where what was late is done or has another time. How many."""
    rows = Task.objects.filter(kind__in=[Kind.ACTION_OVERDUE, Kind.URGENT_UNSENT], closed_at=None)
    closed = 0
    for task_id, case_id in rows.order_by("opened_at", "id").values_list("id", "authorization_id")[:MOST_AT_ONCE]:
        if case_id is not None and _close_if_mended(task_id, case_id, actor=actor, now=now):
            closed += 1
    return closed


@transaction.atomic
def _close_if_mended(task_id: uuid.UUID, case_id: uuid.UUID, *, actor: Actor, now: datetime) -> bool:
    case = lock_case(case_id)
    task = Task.objects.filter(id=task_id, closed_at=None).first()
    causes = Escalation.objects.filter(task_id=task_id).select_related("submission")
    if task is None or any(_stands(_breach_of(row), case, row.submission, now) for row in causes):
        return False
    close_as_done(task, actor=actor, now=now, because="no longer late")
    refresh_work(case)
    return True


def _breach_of(row: Escalation) -> Breach:
    return Breach(Kind(row.kind), row.authorization_id, row.submission_id, row.due_at, row.rule)


# What has passed ---------------------------------------------------------------------------------------------


def _of_payers(now: datetime, limit: int) -> Iterator[Breach]:
    told = _told(Kind.PAYER_OVERDUE, submission_id=OuterRef("pk"), due_at=OuterRef("due_at"))
    rows = payer_overdue(now).exclude(told).order_by("due_at", "id")
    for case_id, submission_id, due_at, rule in rows.values_list("authorization_id", "id", "due_at", "due_rule")[
        :limit
    ]:
        if due_at is not None:
            yield Breach(Kind.PAYER_OVERDUE, case_id, submission_id, due_at, rule)


def _of_ours(now: datetime, limit: int) -> Iterator[Breach]:
    """Next steps on what is open. A task has its own due day and is no breach: one about it would be late in turn."""
    told = _told(Kind.ACTION_OVERDUE, submission_id=OuterRef("pk"), due_at=OuterRef("next_action_at"))
    rows = Submission.objects.filter(OPEN_OUTCOMES, waiting_on=WaitingOn.US, next_action_at__lt=now)
    rows = rows.exclude(exchange_state=ExchangeState.WITHDRAWN).exclude(told).exclude(_LATE_ALREADY)
    found = rows.order_by("next_action_at", "id").values_list("authorization_id", "id", "next_action_at")[:limit]
    for case_id, submission_id, due_at in found:
        if due_at is not None:
            yield Breach(Kind.ACTION_OVERDUE, case_id, submission_id, due_at, "our own next step")


_LATE_ALREADY = Q(due_at__isnull=False, due_at__lt=F("next_action_at"), exchange_state__in=AT_THE_PAYER)
"""The payer is late and somebody is to call: that is told already."""


def _of_urgent(now: datetime, limit: int) -> Iterator[Breach]:
    """Urgent requests still in the house after the time by which they were to leave it."""
    late = {case_id: at for case_id, at in times_to_leave(_organization()).items() if at < now}
    rows = Escalation.objects.filter(kind=Kind.URGENT_UNSENT, authorization_id__in=list(late))
    told = set(rows.values_list("authorization_id", "due_at"))
    missing = [(case_id, due_at) for case_id, due_at in late.items() if (case_id, due_at) not in told]
    for case_id, due_at in missing[:limit]:
        yield Breach(Kind.URGENT_UNSENT, case_id, None, due_at, "the day's cut-off for urgent requests")


def _organization() -> Organization:
    return Organization.objects.get(id=current_organization_id())


def _told(kind: Kind, **which: Any) -> Exists:
    return Exists(Escalation.objects.filter(kind=kind, **which))


# One breach --------------------------------------------------------------------------------------------------


def _was_told(breach: Breach) -> bool:
    rows = Escalation.objects.filter(kind=breach.kind, authorization_id=breach.authorization_id, due_at=breach.due_at)
    if breach.submission_id is None:
        return rows.filter(submission=None).exists()
    return rows.filter(submission_id=breach.submission_id).exists()


def _stands(breach: Breach, case: Authorization, submission: Submission | None, now: datetime) -> bool:
    """Whether it is still so under the lock of the case."""
    if breach.kind == Kind.PAYER_OVERDUE:
        due = submission is not None and payer_overdue(now).filter(id=submission.id, due_at=breach.due_at).exists()
        return bool(due)
    if breach.kind == Kind.ACTION_OVERDUE:
        return (
            submission is not None
            and submission.waiting_on == WaitingOn.US
            and submission.next_action_at == breach.due_at
            and Submission.objects.filter(OPEN_OUTCOMES, id=submission.id).exists()
        )
    return unsent_urgent().filter(id=case.id).exists()


def _evidence(breach: Breach, case: Authorization, submission: Submission | None, now: datetime) -> dict[str, Any]:
    """What was asked when, whether the payer has it, which time it had, how late it is: without names."""
    facts: dict[str, Any] = {
        "due": breach.due_at.isoformat(),
        "rule": breach.rule,
        "found": now.isoformat(),
        "minutes_late": int((now - breach.due_at).total_seconds() // 60),
    }
    if submission is not None:
        facts |= {
            "asked": submission.created_at.isoformat(),
            "channel": submission.channel,
            "sent": submission.sent_at.isoformat() if submission.sent_at else "",
            "received": submission.acknowledged_at.isoformat() if submission.acknowledged_at else "",
            "reference": submission.reference or submission.portal_reference,
        }
    else:
        facts["created"] = case.created_at.isoformat()
    return facts


def _call_the_payer(submission: Submission, now: datetime) -> None:
    """A person calls now; when the task is done, the payer is waited for again."""
    submission.next_action, submission.next_action_at = CALL_LATE_PAYER, now
    submission.waiting_on = WaitingOn.US
    submission.save(update_fields=["next_action", "next_action_at", "waiting_on"])
