"""Who looks after a case, and what is done next about it: both are set by hand, for one case or for many."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from accounts.models import Membership
from audit.actors import Actor
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.models import Authorization, HandOver, Task
from authorizations.moving import tell
from authorizations.services import lock_case, owner_of, touch
from authorizations.states import Status, WaitingOn
from authorizations.work import leading, open_submissions, open_task, refresh_work
from notices.models import Kind
from notices.services import give_notice

FOLLOW_UP = "follow_up"
LONGEST = 120
OURS = (WaitingOn.US, WaitingOn.CLINICIAN, WaitingOn.PATIENT)
"""Who has to give us something before the payer can be answered."""
LONGEST_REASON = 200
LONGEST_NOTE = 1000


@transaction.atomic
def assign(
    authorization_id: uuid.UUID,
    membership_id: uuid.UUID | None,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    note: str = "",
) -> bool:
    """Give a case, and what is open about it, to somebody of the organization; None: to nobody.

    `reason` says why and stays in the case's history, with the `note` for whoever takes over. False when it was theirs
    already. Raises NotAllowed for somebody who has left or whose role cannot work on it, and for a cancelled case,
    Refused without a reason.
    """
    case = lock_case(authorization_id)
    refuse_unless_assignable(case)
    if case.owner_id == membership_id:
        return False
    problems = list(_hand_over_faults(reason, note))
    if problems:
        raise Refused(problems)
    owner = owner_of(membership_id)
    if owner is not None:
        _refuse_unless_able(owner)
    before = case.owner_id
    handed = HandOver(
        authorization=case,
        before_id=before,
        after=owner,
        before_name=case.owner_name,
        after_name=owner.label if owner else "",
        reason=reason.strip(),
        note=note.strip(),
        at=now,
        by=actor.label,
    )
    handed.save(force_insert=True)
    case.owner = owner
    case.owner_name = owner.label if owner else ""
    _hand_on_open_work(case)
    _tell_new_owner(case, handed, actor=actor, now=now)
    touch(case, actor=actor, now=now)
    tell(case, "authorization.assigned", actor=actor, now=now, before=str(before or ""), owner=str(membership_id or ""))
    return True


def _tell_new_owner(case: Authorization, handed: HandOver, *, actor: Actor, now: datetime) -> None:
    words = f"{case.number} was handed to you by {actor.label}"
    give_notice(
        [case.owner_id], Kind.HANDED_OVER, words, about=case.subject, cause=handed.id, now=now, besides=actor.id
    )


def refuse_unless_assignable(case: Authorization) -> None:
    """Raise NotAllowed, with the reason, where nobody needs to look after a case any more."""
    if case.status == Status.CANCELLED:
        raise NotAllowed(f"{case.number} is cancelled: nobody needs to look after it.")


def _refuse_unless_able(owner: Membership) -> None:
    """Raise NotAllowed for somebody who has left, or in whose day's work the case would never stand."""
    if not owner.active:
        raise NotAllowed(f"{owner.label} has left the organization: choose somebody else.")
    if not owner.works_requests:
        raise NotAllowed(f"{owner.label}: this role does not work on requests. Choose somebody whose role does.")


def hand_overs(authorization_id: uuid.UUID) -> list[HandOver]:
    """Who gave the case to whom, and why, the latest first."""
    return list(HandOver.objects.filter(authorization_id=authorization_id).order_by("-at", "-id"))


@transaction.atomic
def set_next_action(
    authorization_id: uuid.UUID,
    words: str,
    *,
    at: datetime,
    actor: Actor,
    now: datetime,
    waiting_on: WaitingOn | None = None,
) -> None:
    """Say what is done next about a case, and when: on what waits longest for an answer, else as a task of its own.

    `waiting_on`: whom the answer to a payer waits for, one of OURS; None leaves it. Raises NotAllowed where something
    else is next, and Refused for words or a time that cannot be meant.
    """
    case = lock_case(authorization_id)
    refuse_unless_settable(case)
    problems = list(_faults(words, at, now))
    if waiting_on is not None and who_moves(case) is None:
        problems.append(Problem("waiting_on", "The payer has it: nobody else is waited for."))
    if problems:
        raise Refused(problems)
    waiting = open_submissions(case)
    if waiting:
        first = leading(waiting)
        first.next_action, first.next_action_at = words.strip(), at
        first.waiting_on = waiting_on or first.waiting_on
        first.save(update_fields=["next_action", "next_action_at", "waiting_on"])
    else:
        task = open_task(case, FOLLOW_UP, words.strip(), now=now, told=False)
        task.words, task.due_at = words.strip(), at
        task.save(update_fields=["words", "due_at"])
    refresh_work(case)
    touch(case, actor=actor, now=now)
    tell(case, "authorization.next_action_set", actor=actor, now=now, at=at.isoformat())


def who_moves(case: Authorization) -> WaitingOn | None:
    """Whom the answer to a payer waits for; None where the payer has it, or nothing is open."""
    waiting = open_submissions(case)
    who = WaitingOn(leading(waiting).waiting_on) if waiting else WaitingOn.NOBODY
    return who if who in OURS else None


def refuse_unless_settable(case: Authorization) -> None:
    """Raise NotAllowed, with the reason, where what is done next is not for a person to say."""
    if case.status == Status.DRAFT:
        raise NotAllowed(f"{case.number} is a draft: it is completed and submitted next.")
    if open_submissions(case):
        return
    others = Task.objects.filter(authorization=case, closed_at=None).exclude(kind=FOLLOW_UP)
    found = others.order_by("opened_at", "id").first()
    if found is not None:
        raise NotAllowed(f"{case.number} has something to look at first: {found.words}")


def _hand_over_faults(reason: str, note: str) -> Iterator[Problem]:
    if not reason.strip():
        yield Problem("reason", "Say why it changes hands.")
    elif len(reason.strip()) > LONGEST_REASON:
        yield Problem("reason", f"Say it in at most {LONGEST_REASON} characters.")
    if len(note.strip()) > LONGEST_NOTE:
        yield Problem("note", f"A note takes at most {LONGEST_NOTE} characters.")


def _faults(words: str, at: datetime, now: datetime) -> Iterator[Problem]:
    if not words.strip():
        yield Problem("words", "Say what is done next.")
    elif len(words.strip()) > LONGEST:
        yield Problem("words", f"Say it in at most {LONGEST} characters.")
    if at < now:
        yield Problem("day", "This has passed: choose a later day.")


def _hand_on_open_work(case: Authorization) -> None:
    for submission in open_submissions(case):
        submission.owner = case.owner
        submission.save(update_fields=["owner"])
    for task in Task.objects.filter(authorization=case, closed_at=None):
        task.owner = case.owner
        task.save(update_fields=["owner"])
