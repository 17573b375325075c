"""Asking a payer to cancel. What the payer never read is taken back and discarded; everything else is asked for.

The status stays until the payer agrees (requirement R8: "cancel requested"); a day to come ends cover the day before.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.actors import Actor
from authorizations.asked import frozen_line, lines_of
from authorizations.channels import choose
from authorizations.effects import CHANGING
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.hearing import is_waiting
from authorizations.models import Authorization, Submission
from authorizations.moving import ask, first_result, keep_first, tell
from authorizations.recording import close_threads
from authorizations.renewing import open_renewal
from authorizations.services import lock_case, touch
from authorizations.standing import content_of, frozen_terms, terms_in_force
from authorizations.states import UNSENT, Channel, Purpose, Status, SubmissionOutcome
from authorizations.transitions import discard, recall
from authorizations.work import refresh_work

CANCELLABLE = frozenset({Status.SUBMITTED, Status.PENDED, Status.APPROVED})
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """What a cancellation meets: whether the payer never read the request, and what else is open.

    `requested` is a cancellation that is open already, `change` an open change, `renewal` an open renewal.
    """

    unsent: Submission | None
    requested: Submission | None
    change: Submission | None
    renewal: Authorization | None


def what_stands(case: Authorization) -> Standing:
    """What a person should know before asking. Raises NotAllowed, with the reason, where nothing can be cancelled."""
    if case.status == Status.DRAFT:
        raise NotAllowed(f"{case.number} is a draft: discard it instead.")
    if case.status not in CANCELLABLE:
        raise NotAllowed(f"{case.number} is {case.get_status_display().lower()}: there is nothing to cancel.")
    if case.not_required:
        raise NotAllowed(f"The payer requires no authorization for {case.number}: there is nothing to cancel.")
    waiting = [row for row in case.submissions.order_by("number") if is_waiting(row)]
    first = next((row for row in waiting if row.purpose == Purpose.INITIAL), None)
    never_read = first is not None and first.exchange_state in UNSENT and first.outcome == SubmissionOutcome.NONE
    return Standing(
        unsent=first if never_read else None,
        requested=next(
            (row for row in waiting if row.purpose == Purpose.CANCEL and row.outcome != SubmissionOutcome.RETURNED),
            None,
        ),
        change=next((row for row in waiting if row.purpose in CHANGING), None),
        renewal=open_renewal(case),
    )


@transaction.atomic
def request_cancellation(
    authorization_id: uuid.UUID,
    *,
    reason: str,
    effective_on: date,
    actor: Actor,
    now: datetime,
    channel: Channel | None = None,
    version: int | None = None,
    key: str = "",
) -> Submission | None:
    """Ask the payer to cancel from a day on. None: the payer never read the request, so it was simply discarded.

    A second request gives the one that is open. The same `key` twice asks once. Raises NotAllowed where nothing
    can be cancelled or the request is being sent at this moment, Stale, Refused.
    """
    content = {"authorization": authorization_id, "reason": reason, "effective_on": effective_on, "channel": channel}
    first = first_result(key, "authorization.request_cancellation", content)
    if first is not None:
        return Submission.objects.filter(id=first, purpose=Purpose.CANCEL).first()
    case = lock_case(authorization_id, version=version)
    standing = what_stands(case)
    if standing.requested is not None:
        return standing.requested
    _insist(case, reason, effective_on)
    if standing.unsent is not None:
        recalled = recall(standing.unsent.id, actor=actor, now=now, reason=reason)
        discard(case.id, actor=actor, now=now, reason=reason)
        keep_first(key, "authorization.request_cancellation", content, recalled.id, now=now)
        return None
    submission = _ask(case, reason, effective_on, channel, actor=actor, now=now)
    keep_first(key, "authorization.request_cancellation", content, submission.id, now=now)
    return submission


def _ask(
    case: Authorization, reason: str, effective_on: date, channel: Channel | None, *, actor: Actor, now: datetime
) -> Submission:
    """The open cancellation, with every line it ends. One that came back unreviewed gives way to it."""
    close_threads(case, {Purpose.CANCEL}, now=now)
    terms = terms_in_force(case)
    lines = [
        frozen_terms(line, terms[line.id]) if line.id in terms else frozen_line(line)
        for line in lines_of(case)
        if line.id in terms or not terms
    ]
    note = f"Cancel from {effective_on:%m/%d/%Y}. {reason.strip()}"[:264]
    content = content_of(case, lines, note=note, effective_on=effective_on.isoformat(), reason=reason.strip())
    submission = ask(case, Purpose.CANCEL, choose(case, channel, now=now), content=content, actor=actor, now=now)
    touch(case, actor=actor, now=now)
    refresh_work(case)
    tell(
        case,
        "authorization.cancellation_requested",
        actor=actor,
        now=now,
        submission=str(submission.id),
        effective_on=effective_on.isoformat(),
    )
    return submission


def _insist(case: Authorization, reason: str, effective_on: date) -> None:
    problems = []
    if not reason.strip():
        problems.append(Problem("reason", "Say why: the payer asks for it."))
    if len(reason.strip()) > LONGEST_REASON:
        problems.append(Problem("reason", f"At most {LONGEST_REASON} characters fit into the message."))
    starts_on, ends_on = case.cover_starts_on or case.starts_on, case.cover_ends_on or case.ends_on
    if ends_on is not None and effective_on > ends_on:
        problems.append(Problem("effective_on", "Cover ends before this day: there is nothing left to cancel."))
    if starts_on is not None and effective_on < starts_on:
        problems.append(Problem("effective_on", "This is before the first day: give that one to cancel everything."))
    if problems:
        raise Refused(problems)
