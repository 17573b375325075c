"""What a person may do about a case by hand: the buttons beside "what now", and those that are rarely needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.urls import reverse

from authorizations.hearing import is_waiting
from authorizations.models import Authorization, Decision, Submission
from authorizations.services import may_change_channel
from authorizations.states import (
    BY_HAND,
    OPEN,
    UNSENT,
    Channel,
    ExchangeState,
    Purpose,
    Status,
    SubmissionOutcome,
    WaitingOn,
)
from authorizations.views.response import LETTERS
from web.wording import EXPIRY_NOTICE, Clock

SILENT = timedelta(days=1)
"""A payer that has not even confirmed a message after so long is asked another way."""

MARK_WORDS = {
    Channel.PORTAL: "Mark as submitted in portal",
    Channel.PHONE: "Mark as asked by phone",
    Channel.FAX: "Mark as faxed",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One button. `asks`: a question follows, shown as a dialog where a script can."""

    label: str
    address: str
    icon: str = ""
    first: bool = False
    asks: bool = False


def resending(submissions: Sequence[Submission]) -> list[Action]:
    """For whoever looks after the exchange: what did not arrive goes again."""
    stuck = [row for row in submissions if row.exchange_state in (ExchangeState.FAILED, ExchangeState.NOT_DELIVERED)]
    waiting = [row for row in stuck if is_waiting(row) and row.outcome == SubmissionOutcome.NONE]
    address = reverse("undelivered_resend")
    return [Action("Send again …", f"{address}?submission={row.id}", "send", asks=True) for row in waiting[:1]]


def offered(
    case: Authorization, submissions: Sequence[Submission], renewal: Authorization | None, today: date
) -> list[Action]:
    """What is done now about what is open; `submissions` come the latest first. One button is solid at most."""
    found = [action for row in _tips(submissions) for action in _about(case, row)]
    if case.status == Status.DENIED and not _waits_for(submissions, Purpose.APPEAL):
        found.append(Action("Appeal", reverse("authorization_appeal", args=[case.id]), "send", first=True))
    if renewal is None and _wants_renewal(case, today):
        found.append(Action("Renew", reverse("authorization_renew", args=[case.id]), "again", first=True, asks=True))
    solid = next((action for action in found if action.first), None)
    return [action if action is solid else replace(action, first=False) for action in found]


def seldom(
    case: Authorization,
    submissions: Sequence[Submission],
    decisions: Sequence[Decision],
    renewal: Authorization | None,
    clock: Clock,
) -> list[Action]:
    """What is asked more, goes back, corrects or takes another way; `decisions` come the latest first."""
    waiting = [row for row in submissions if is_waiting(row)]
    found = [action for row in waiting[:1] for action in _ways_back(row, clock.now)]
    found += _asked_more(case, submissions, renewal, clock.today)
    if not waiting and case.status in LETTERS:
        found.append(Action("Record a letter", reverse("authorization_letter", args=[case.id])))
    latest = next((row for row in decisions if row.applied and row.correction is None), None)
    if latest is not None and latest.source_message_id is None and latest.before:
        found.append(Action("Correct the entry …", reverse("decision_correct", args=[latest.id])))
    return found


def _tips(submissions: Sequence[Submission]) -> list[Submission]:
    """What is open, one of each thread: a pend that was answered stands behind its answer."""
    waiting = [row for row in submissions if is_waiting(row)]
    answered = {row.parent_id for row in waiting}
    return [row for row in waiting if row.id not in answered]


def _asked_more(
    case: Authorization, submissions: Sequence[Submission], renewal: Authorization | None, today: date
) -> Iterator[Action]:
    """What can be asked about a case that stands, as its status allows."""

    def to(name: str) -> str:
        return reverse(name, args=[case.id])

    cancelling = _waits_for(submissions, Purpose.CANCEL)
    if case.status == Status.APPROVED and not case.not_required and not cancelling:
        if not (_waits_for(submissions, Purpose.REVISE) or _waits_for(submissions, Purpose.EXTEND)):
            yield Action("Amend …", to("authorization_amend"))
            yield Action("Extend …", to("authorization_extend"))
        if case.partly_approved and not _waits_for(submissions, Purpose.APPEAL):
            yield Action("Appeal …", to("authorization_appeal"))
        if renewal is None and not _wants_renewal(case, today):
            yield Action("Renew …", to("authorization_renew"), asks=True)
    if case.status in OPEN and not _waits_for(submissions, Purpose.INQUIRY):
        yield Action("Ask where it stands …", to("authorization_inquire"))
    if case.status in (*OPEN, Status.APPROVED) and not case.not_required and not cancelling:
        yield Action("Cancel …", to("authorization_cancel"))
    if case.status in (Status.DENIED, Status.CANCELLED):
        yield Action("New request from this …", to("authorization_ask_anew"), asks=True)


def _waits_for(submissions: Sequence[Submission], purpose: Purpose) -> bool:
    """Whether something of this kind is open and was not sent back to us."""
    rows = (row for row in submissions if row.purpose == purpose and row.outcome != SubmissionOutcome.RETURNED)
    return any(is_waiting(row) for row in rows)


def _wants_renewal(case: Authorization, today: date) -> bool:
    """Whether cover ends so soon, or is used up, that a renewal is what is done now."""
    if case.status != Status.APPROVED or case.not_required:
        return False
    ends_on = case.cover_ends_on
    return bool(case.exhausted) or (ends_on is not None and (ends_on - today).days <= EXPIRY_NOTICE)


def _about(case: Authorization, row: Submission) -> Iterator[Action]:
    by_hand = row.channel in BY_HAND
    response = reverse("submission_response", args=[row.id])
    if case.status != Status.DRAFT and row.outcome != SubmissionOutcome.NONE and row.waiting_on == WaitingOn.US:
        yield Action("Resubmit", reverse("submission_resubmit", args=[row.id]), "send", first=True)
    if by_hand and row.exchange_state == ExchangeState.TO_SUBMIT:
        place = f"{reverse('manual_queue')}?open={row.id}#work"
        yield Action(MARK_WORDS[Channel(row.channel)], place, "check", first=True)
        yield Action("Record response", response)
    elif row.outcome != SubmissionOutcome.RETURNED and row.exchange_state not in UNSENT:
        yield Action("Record response", response, "edit" if by_hand else "", first=by_hand)


def _ways_back(row: Submission, now: datetime) -> Iterator[Action]:
    if row.exchange_state == ExchangeState.SUBMITTED and row.outcome == SubmissionOutcome.NONE:
        yield Action("It was not submitted …", reverse("submission_take_back", args=[row.id]), asks=True)
    if row.outcome == SubmissionOutcome.NONE and row.exchange_state in UNSENT:
        yield Action("Recall …", reverse("submission_recall", args=[row.id]), asks=True)
    if may_change_channel(row) and (row.channel in BY_HAND or _is_stuck(row, now)):
        yield Action("Ask another way …", reverse("submission_channel", args=[row.id]))


def _is_stuck(row: Submission, now: datetime) -> bool:
    """Whether an electronic request failed, or the payer is silent longer than it should be."""
    if row.exchange_state in (ExchangeState.FAILED, ExchangeState.NOT_DELIVERED):
        return True
    silent_since = row.due_at or ((row.sent_at or row.created_at) + SILENT)
    return silent_since < now
