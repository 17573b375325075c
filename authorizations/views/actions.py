"""What a person may do about a case by hand: the buttons beside "what now", and those that are rarely needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from authorizations.hearing import is_waiting
from authorizations.models import Authorization, Decision, Submission
from authorizations.services import may_change_channel
from authorizations.states import BY_HAND, UNSENT, Channel, ExchangeState, SubmissionOutcome
from authorizations.views.response import LETTERS

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


def offered(submissions: Sequence[Submission]) -> list[Action]:
    """What is done now about what is open; `submissions` come the latest first."""
    waiting = [row for row in submissions if is_waiting(row)]
    return [action for row in waiting[:1] for action in _about(row)]


def seldom(
    case: Authorization, submissions: Sequence[Submission], decisions: Sequence[Decision], now: datetime
) -> list[Action]:
    """What goes back, corrects or takes another way; `decisions` come the latest first."""
    waiting = [row for row in submissions if is_waiting(row)]
    found = [action for row in waiting[:1] for action in _ways_back(row, now)]
    if not waiting and case.status in LETTERS:
        found.append(Action("Record a letter", reverse("authorization_letter", args=[case.id])))
    latest = next((row for row in decisions if row.applied and row.correction is None), None)
    if latest is not None and latest.source_message_id is None and latest.before:
        found.append(Action("Correct the entry …", reverse("decision_correct", args=[latest.id])))
    return found


def _about(row: Submission) -> Iterator[Action]:
    by_hand = row.channel in BY_HAND
    response = reverse("submission_response", args=[row.id])
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
