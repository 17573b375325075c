"""Asking a payer to think again (appeal, reconsideration, peer-to-peer), and asking where something stands.

An appeal is read in its own row of the effects table; until its answer the denial stands. A peer-to-peer is a call
between clinicians and never a message.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from audit.actors import Actor
from authorizations.asked import frozen_line
from authorizations.channels import BY_PERSON, choose
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.hearing import is_waiting
from authorizations.models import Authorization, Submission
from authorizations.moving import ask, first_result, keep_first, tell
from authorizations.recording import close_threads
from authorizations.services import lock_case, touch
from authorizations.standing import content_of, refused_lines
from authorizations.states import AppealLevel, Channel, Purpose, Status, SubmissionOutcome
from authorizations.work import calendar_of, refresh_work
from payers.rules import rules_on

LONGEST_REASON = 264
FILED_BY = time(9)


@dataclass(frozen=True, slots=True)
class Appeal:
    """What is said against a denial, and by when it must be.

    `deadline` is the last day the payer takes it, as its letter says. `slot` is when the clinicians speak (local
    time), `clinician` who speaks for us: both belong to a peer-to-peer.
    """

    level: AppealLevel
    reason: str
    deadline: date | None = None
    slot: datetime | None = None
    clinician: str = ""


def open_appeal(case: Authorization) -> Submission | None:
    """The appeal that waits for something, if any."""
    rows = case.submissions.filter(purpose=Purpose.APPEAL).order_by("-number")
    return next((row for row in rows if is_waiting(row)), None)


def refuse_unless_appealable(case: Authorization) -> None:
    """Raise NotAllowed, with the reason, unless there is a denial to speak against and no appeal is open."""
    if case.status not in (Status.DENIED, Status.APPROVED) or not refused_lines(case):
        raise NotAllowed(f"{case.number} has no denied line: there is nothing to appeal.")
    standing = open_appeal(case)
    if standing is not None and standing.outcome != SubmissionOutcome.RETURNED:
        raise NotAllowed(f"An appeal of {case.number} is open already: wait for its answer, or recall it.")


@transaction.atomic
def appeal(
    authorization_id: uuid.UUID,
    wanted: Appeal,
    *,
    actor: Actor,
    now: datetime,
    channel: Channel | None = None,
    version: int | None = None,
    key: str = "",
) -> Submission:
    """Speak against a denial, line by line; the status stays until the answer. The same `key` twice asks once.

    Raises NotAllowed without a denied line or while an appeal is open, Stale, Refused.
    """
    content = {"authorization": authorization_id, "appeal": wanted, "channel": channel}
    first = first_result(key, "authorization.appeal", content)
    if first is not None:
        standing: Submission = Submission.objects.get(id=first)
        return standing
    case = lock_case(authorization_id, version=version)
    refuse_unless_appealable(case)
    _insist(case, wanted, now)
    wanted = _within_the_window(case, wanted, now)
    close_threads(case, {Purpose.APPEAL}, now=now)
    lines = [frozen_line(line) for line in refused_lines(case)]
    frozen = content_of(case, lines, note=wanted.reason.strip(), appeal=_facts(wanted))
    way = choose(case, _way(wanted, channel), now=now)
    submission = ask(case, Purpose.APPEAL, way, content=frozen, appeal_level=wanted.level, actor=actor, now=now)
    _plan(case, submission, wanted)
    touch(case, actor=actor, now=now)
    refresh_work(case)
    tell(case, "authorization.appealed", actor=actor, now=now, submission=str(submission.id), level=str(wanted.level))
    keep_first(key, "authorization.appeal", content, submission.id, now=now)
    return submission


def refuse_unless_open(case: Authorization) -> None:
    """Raise NotAllowed unless the payer has something to say about a case."""
    if case.status == Status.DRAFT or not any(is_waiting(row) for row in case.submissions.all()):
        raise NotAllowed(f"Nothing is open at the payer about {case.number}.")


@transaction.atomic
def inquire(authorization_id: uuid.UUID, *, channel: Channel, actor: Actor, now: datetime, key: str = "") -> Submission:
    """Ask by hand where an open request stands; an inquiry that is open already is given back.

    What the payer says is read in the light of what has waited longest. Raises NotAllowed where nothing is open.
    """
    content = {"authorization": authorization_id, "channel": channel}
    first = first_result(key, "authorization.inquire", content)
    if first is not None:
        standing: Submission = Submission.objects.get(id=first)
        return standing
    case = lock_case(authorization_id)
    waiting = [row for row in case.submissions.order_by("number") if is_waiting(row)]
    open_one = next((row for row in waiting if row.purpose == Purpose.INQUIRY), None)
    if open_one is not None:
        return open_one
    refuse_unless_open(case)
    if channel not in BY_PERSON:
        raise Refused([Problem("channel", "Ask by portal, phone or fax.")])
    choose(case, channel, now=now)
    submission = ask(case, Purpose.INQUIRY, channel, content=waiting[0].content, actor=actor, now=now)
    touch(case, actor=actor, now=now)
    refresh_work(case)
    tell(case, "authorization.inquired", actor=actor, now=now, submission=str(submission.id))
    keep_first(key, "authorization.inquire", content, submission.id, now=now)
    return submission


def usual_deadline(case: Authorization, level: AppealLevel) -> date | None:
    """The last day by the rules of the program: so many days from the denial; None where they do not say."""
    rules = rules_on(case.program, case.decided_on) if case.decided_on else None
    if rules is None or case.decided_on is None:
        return None
    days = rules.peer_to_peer_days if level is AppealLevel.PEER_TO_PEER else rules.appeal_days
    return case.decided_on + timedelta(days=days) if days else None


def _within_the_window(case: Authorization, wanted: Appeal, now: datetime) -> Appeal:
    """The deadline of the program where the letter named none. One that has passed is left to the person."""
    usual = usual_deadline(case, wanted.level)
    if wanted.deadline is not None or usual is None or usual < case.organization.today(now):
        return wanted
    return replace(wanted, deadline=usual)


def _way(wanted: Appeal, channel: Channel | None) -> Channel | None:
    """Clinicians speak on the telephone."""
    return Channel.PHONE if wanted.level is AppealLevel.PEER_TO_PEER else channel


def _insist(case: Authorization, wanted: Appeal, now: datetime) -> None:
    problems = []
    if not wanted.reason.strip():
        problems.append(Problem("reason", "Say what speaks against the denial."))
    elif len(wanted.reason.strip()) > LONGEST_REASON:
        problems.append(Problem("reason", f"At most {LONGEST_REASON} characters fit into a message."))
    if wanted.deadline is not None and wanted.deadline < case.organization.today(now):
        problems.append(Problem("deadline", "This day has passed: the payer takes no appeal any more."))
    if wanted.level is AppealLevel.PEER_TO_PEER and not wanted.clinician.strip():
        problems.append(Problem("clinician", "Say who speaks for us."))
    if problems:
        raise Refused(problems)


def _facts(wanted: Appeal) -> dict[str, Any]:
    return {
        "deadline": wanted.deadline.isoformat() if wanted.deadline else "",
        "slot": wanted.slot.isoformat() if wanted.slot else "",
        "clinician": wanted.clinician.strip(),
    }


def _plan(case: Authorization, submission: Submission, wanted: Appeal) -> None:
    """What is done when: the call at its hour, the paper before its deadline."""
    calendar = calendar_of(case.organization)
    if wanted.slot is not None and wanted.level is AppealLevel.PEER_TO_PEER:
        submission.next_action = f"Peer-to-peer: {wanted.clinician.strip()} calls the payer"[:120]
        submission.next_action_at = wanted.slot
    elif wanted.deadline is not None and submission.sent_at is None and submission.channel in BY_PERSON:
        last = calendar.at(wanted.deadline, FILED_BY)
        submission.next_action_at = min(filter(None, [submission.next_action_at, last]))
    if wanted.deadline is not None and submission.channel in BY_PERSON:
        submission.due_at = calendar.at(wanted.deadline, time(23, 59, 59))
        submission.due_rule = "the last day the payer takes it"
    submission.save()
