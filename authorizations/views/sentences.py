"""What now: one sentence of who does what by when, and what it leads to, for every state a case can be in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from authorizations.appeals import usual_deadline
from authorizations.hearing import is_waiting
from authorizations.models import Authorization, Decision, Submission, Task
from authorizations.queries import LineBalance
from authorizations.renewing import renew_by
from authorizations.reviewing import REJECTED, waits_for_word
from authorizations.states import (
    AppealLevel,
    Channel,
    ExchangeState,
    Purpose,
    Status,
    SubmissionOutcome,
    WaitingOn,
    is_open,
)
from authorizations.views.alerts import NOTHING, Alerts
from edi.views.codes import reason_words
from web import wording
from web.wording import Clock

MANUAL_WAYS = {
    Channel.PORTAL: "in the portal of",
    Channel.PHONE: "by phone to",
    Channel.FAX: "by fax to",
}
NOTICE_DAYS = wording.EXPIRY_NOTICE
BESIDES = {
    Purpose.REVISE: "the change",
    Purpose.EXTEND: "the extension",
    Purpose.CANCEL: "the request to cancel",
    Purpose.APPEAL: "the appeal",
    Purpose.INQUIRY: "the question where it stands",
}
"""What may be asked about a case beside the request itself."""


class Word(StrEnum):
    """What a person says of an answer: of its terms, of what somebody recorded, or the right one instead."""

    TERMS = "terms"
    ENTRY = "entry"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class NowSentence:
    """`strong` is who does what by when, `rest` goes on, `note` is the second line. `waits` asks to look again.

    `wants`: whose word it is about, so that its buttons stand beside it and no strip says it again. `task`: the one it
    tells, so that no list repeats it.
    """

    strong: str
    rest: str = ""
    note: str = ""
    waits: bool = False
    wants: Word | None = None
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What the sentence is made of."""

    authorization: Authorization
    submissions: Sequence[Submission]
    decision: Decision | None
    tasks: Sequence[Task]
    balances: Sequence[LineBalance]
    renewal: Authorization | None = None
    alerts: Alerts = NOTHING

    @property
    def owner(self) -> str:
        return self.authorization.owner_name or "Somebody"

    @property
    def reviewer(self) -> str:
        return self.authorization.reviewer_name or self.authorization.payer_name

    @property
    def open_submission(self) -> Submission | None:
        """The latest thing asked that is not finished."""
        for row in self.submissions:
            if is_open(SubmissionOutcome(row.outcome), ExchangeState(row.exchange_state)):
                return row
        return None


def what_now(case: Case, clock: Clock) -> NowSentence:
    """The one sentence of a case."""
    asked = case.open_submission
    if asked is not None and case.authorization.status != Status.DRAFT and _root(case, asked).purpose in BESIDES:
        return _asked_besides(case, asked, clock)
    match case.authorization.status:
        case Status.DRAFT:
            return _draft(case, clock)
        case Status.SUBMITTED:
            return _submitted(case, clock)
        case Status.PENDED:
            return _pended(case, clock)
        case Status.APPROVED:
            return _approved(case, clock)
        case Status.DENIED:
            return _denied(case, clock)
    return NowSentence("Closed: nothing more happens here", note=_said(case.decision))


def open_besides(case: Case) -> str:
    """What stands beside the status: "cancel requested", "change open"."""
    words = {
        Purpose.CANCEL: "cancel requested",
        Purpose.REVISE: "change open",
        Purpose.EXTEND: "extension open",
        Purpose.APPEAL: "appeal open",
    }
    asked = [Purpose(row.purpose) for row in case.submissions if is_waiting(row)]
    return ", ".join(words[purpose] for purpose in asked if purpose in words)


def waits_for_payer(case: Case) -> bool:
    """Whether an electronic answer may come at any moment, so that the page looks for it."""
    asked = case.open_submission
    if case.authorization.status == Status.SUBMITTED:
        return asked is None or asked.channel == Channel.X12_278
    return asked is not None and asked.outcome == SubmissionOutcome.NONE and asked.channel == Channel.X12_278


def _root(case: Case, asked: Submission) -> Submission:
    """What was asked at first: an answer to a pend goes back to it."""
    known = {row.id: row for row in case.submissions}
    while asked.purpose == Purpose.ANSWER and asked.parent_id in known:
        asked = known[asked.parent_id]
    return asked


def _asked_besides(case: Case, asked: Submission, clock: Clock) -> NowSentence:
    """Something is open about a case that stands: a change, a cancellation, an appeal, a question."""
    root = _root(case, asked)
    what = BESIDES[Purpose(root.purpose)]
    stands = "" if root.purpose == Purpose.INQUIRY else f"It stays {case.authorization.status} until the answer."
    since = root.content.get("effective_on")
    if since:
        stands = f"Cancelled from {wording.day(date.fromisoformat(since), clock.today)}, once the payer agrees."
    if asked.outcome == SubmissionOutcome.RETURNED:
        note = _said(case.decision) or asked.problem
        return NowSentence(f"{case.owner} corrects {what} and sends it again", ": it came back unreviewed", note=note)
    if asked.outcome == SubmissionOutcome.PENDED and asked.waiting_on == WaitingOn.US:
        words = f"{case.owner} gives {case.reviewer} what it asks for{_by(asked.due_at or asked.next_action_at, clock)}"
        return NowSentence(words, f", so that it decides on {what}", note=_said(case.decision))
    if asked.exchange_state == ExchangeState.TO_SUBMIT:
        if root.appeal_level == AppealLevel.PEER_TO_PEER:
            words = f"{root.content.get('appeal', {}).get('clinician') or case.owner} speaks with {case.reviewer}"
            return NowSentence(f"{words}{_by(asked.next_action_at, clock)}", ": peer-to-peer", note=stands)
        way = MANUAL_WAYS.get(Channel(asked.channel), "by hand to")
        return NowSentence(
            f"{case.owner} sends {what} {way} {case.reviewer}{_by(asked.next_action_at, clock)}", note=stands
        )
    if asked.exchange_state in (ExchangeState.NOT_DELIVERED, ExchangeState.FAILED):
        return NowSentence(f"The exchange team mends the exchange and resends {what}", note=asked.problem)
    if asked.outcome == SubmissionOutcome.NONE and asked.due_at is not None and asked.due_at < clock.now:
        return _late(case, asked, asked.due_at, clock)
    waits = asked.channel == Channel.X12_278 and asked.outcome == SubmissionOutcome.NONE
    return NowSentence(f"{case.reviewer} answers {what}{_by(asked.due_at, clock)}", note=stands, waits=waits)


def _draft(case: Case, clock: Clock) -> NowSentence:
    authorization = case.authorization
    if authorization.returned:
        last = case.submissions[0] if case.submissions else None
        said = _said(case.decision) or (last.problem if last else "")
        return NowSentence(f"{case.owner} corrects the request and sends it again", note=said)
    starts = authorization.starts_on
    rest = (
        f": service {wording.runs(starts, None, clock.today)} ({wording.day(starts, clock.today)})"
        if (starts and starts > clock.today)
        else ""
    )
    return NowSentence(f"{case.owner} completes the request and submits it", rest)


def _submitted(case: Case, clock: Clock) -> NowSentence:
    asked = case.open_submission
    if asked is None or asked.exchange_state == ExchangeState.TO_SEND:
        return NowSentence(f"Greenlight sends the request to {case.reviewer}", ": nothing to do now", waits=True)
    if asked.exchange_state in (ExchangeState.NOT_DELIVERED, ExchangeState.FAILED):
        return NowSentence(
            f"The exchange team mends the exchange and resends: {case.reviewer} did not get it", note=asked.problem
        )
    if asked.exchange_state == ExchangeState.TO_SUBMIT:
        way = MANUAL_WAYS.get(Channel(asked.channel), "by hand to")
        return NowSentence(f"{case.owner} submits it {way} {case.reviewer}{_by(asked.next_action_at, clock)}")
    received = asked.acknowledged_at or asked.sent_at
    since = f"{wording.span(clock.now - received)} so far." if received else ""
    if asked.exchange_state == ExchangeState.SENT:
        return NowSentence(f"{case.reviewer} confirms that it received the request", note=f"Sent, {since}", waits=True)
    if asked.due_at is not None and asked.due_at < clock.now:
        return _late(case, asked, asked.due_at, clock)
    return NowSentence(
        f"{case.reviewer} decides{_by(asked.due_at, clock)}",
        f" ({asked.due_rule})" if asked.due_rule else "",
        note=f"It has the request; {since}" if since else "",
        waits=asked.channel == Channel.X12_278,
    )


def _late(case: Case, asked: Submission, due_at: datetime, clock: Clock) -> NowSentence:
    """The payer missed its own time: it is our turn, though its answer may still come."""
    return NowSentence(
        f"{case.owner} calls {case.reviewer}",
        f": its answer is {wording.span(clock.now - due_at)} late" + (f" ({asked.due_rule})" if asked.due_rule else ""),
        waits=asked.channel == Channel.X12_278,
    )


def _pended(case: Case, clock: Clock) -> NowSentence:
    asked = case.open_submission
    due = asked.due_at or asked.next_action_at if asked else None
    return NowSentence(
        f"{case.owner} gives {case.reviewer} what it asks for{_by(due, clock)}",
        ", so that it decides.",
        note=_said(case.decision),
    )


def _approved(case: Case, clock: Clock) -> NowSentence:
    word = _word(case, clock)
    if word is not None:
        return word
    others = [task for task in case.tasks if not waits_for_word(case.authorization, task)]
    if others:
        task = others[0]
        looks = f". {case.owner} looks at it{_by(task.due_at, clock)}"
        return NowSentence(task.words.rstrip("."), looks, note=_more(len(others) - 1), task=task)
    authorization, today = case.authorization, clock.today
    ends_on = authorization.cover_ends_on
    if authorization.not_required:
        return NowSentence("Nothing to do: the payer requires no authorization", note="This is no promise of payment.")
    if ends_on is not None and ends_on < today:
        return _over(case, f"cover ended {wording.day(ends_on, today)}", lately=(today - ends_on).days <= NOTICE_DAYS)
    if authorization.exhausted:
        return _over(case, "every unit is used")
    if ends_on is not None and (ends_on - today).days <= NOTICE_DAYS:
        return _ending(case, ends_on, today)
    until = f" until it ends on {wording.day(ends_on, today)}" if ends_on else ""
    return NowSentence(f"Nothing to do now: services may be given{until}", note=_left(case.balances))


def _word(case: Case, clock: Clock) -> NowSentence | None:
    """What was approved otherwise than asked, or recorded and not confirmed: a person says something of it first."""
    alerts = case.alerts
    waiting = [task for task in case.tasks if waits_for_word(case.authorization, task)]
    rejected = next((task for task in waiting if task.kind == REJECTED), None)
    if rejected is not None:
        by = _by(rejected.due_at, clock)
        return NowSentence(rejected.words, f". {case.owner} does so{by}", wants=Word.CORRECTION, task=rejected)
    by = _by(waiting[0].due_at if waiting else None, clock)
    if alerts.entry is not None and not (alerts.own and alerts.departures):
        who = "Another person" if alerts.own else "A second person"
        words = f"{who} compares what {alerts.entry.recorded_by} recorded with its proof{by}"
        return NowSentence(words, note="Unverified until then.", wants=Word.ENTRY)
    if not case.authorization.to_acknowledge:
        return None
    first, *more = [each.words for each in alerts.departures] or ["nothing differs any more"]
    does = "confirms" if alerts.only_more else "accepts or disputes"
    words = f"{case.owner} {does} what {case.reviewer} approved{by}"
    return NowSentence(words, f": {first}", note=f"Also {'; '.join(more)}." if more else "", wants=Word.TERMS)


def _over(case: Case, what: str, *, lately: bool = True) -> NowSentence:
    """Nothing may be given any more: what came after it, or who sees to that. Long ago, nobody does."""
    begins = f"{what[:1].upper()}{what[1:]}"
    if case.renewal is not None:
        return NowSentence(f"{begins}: renewed by {case.renewal.number} ({case.renewal.get_status_display().lower()})")
    if not lately:
        return NowSentence(f"{begins}: nothing more may be given under it")
    return NowSentence(f"{case.owner} asks for a renewal", f": {what}, nothing more may be given under it")


def _ending(case: Case, ends_on: date, today: date) -> NowSentence:
    """Cover ends soon: it is renewed, or is to be before the payer's lead time."""
    if case.renewal is not None:
        renewal = case.renewal
        words = f"Renewed by {renewal.number} ({renewal.get_status_display().lower()})"
        return NowSentence(words, f": cover {wording.ends(ends_on, today)}", note=_left(case.balances))
    last = renew_by(case.authorization, today)
    in_time = last is not None and last >= today
    by = f"by {wording.weekday(last, today)}" if last and in_time else "now"
    late = "" if in_time else "the payer’s lead time has begun, "
    ends = wording.ends(ends_on, today)
    return NowSentence(f"{case.owner} asks for a renewal {by}", f": {late}cover {ends}", note=_left(case.balances))


def _denied(case: Case, clock: Clock) -> NowSentence:
    """What was refused, and how long the payer hears us: by the rules of the program on the day of the decision."""
    refused, note = f"{case.reviewer} did not approve: nothing may be given under it", _said(case.decision)
    denied = case.authorization
    until = {"an appeal": usual_deadline(denied, AppealLevel.APPEAL)}
    until["a peer-to-peer"] = usual_deadline(denied, AppealLevel.PEER_TO_PEER)
    known = {words: day for words, day in until.items() if day is not None}
    ways = [f"{words} by {wording.weekday(day, clock.today)}" for words, day in known.items() if day >= clock.today]
    if ways:
        return NowSentence(refused, f". {case.owner} asks for {' or '.join(ways)}, or lets it rest", note=note)
    if known:
        last = max(known.values())
        return NowSentence(refused, f". The time to appeal ended {wording.day(last, clock.today)}", note=note)
    return NowSentence(refused, note=note)


def _by(at: datetime | None, clock: Clock) -> str:
    """ " by Wed Nov 25, 5:00 PM ET", or since when it is late."""
    if at is None:
        return ""
    if at < clock.now:
        return f", overdue {wording.span(clock.now - at)}"
    local = at.astimezone(clock.zone)
    day = "today" if local.date() == clock.today else wording.weekday(local.date(), clock.today)
    return f" by {day}, {wording.clock_time(at, clock.zone)} {clock.zone_label}"


def _said(decision: Decision | None) -> str:
    """The payer's own words, and its codes in brackets."""
    if decision is None:
        return ""
    why = reason_words(decision.reasons)
    said = f"“{decision.message}”" if decision.message else ""
    return f"{said}, {why}" if said and why else said or f"{why[:1].upper()}{why[1:]}"


def _left(balances: Sequence[LineBalance]) -> str:
    parts = [
        f"{balance.label}: {wording.quantity(balance.approved - balance.used)} of "
        f"{wording.quantity(balance.approved)} left"
        for balance in balances
        if balance.approved
    ]
    return "; ".join(parts)


def _more(count: int) -> str:
    return f"{wording.counted(count, 'more thing')} to look at below." if count > 0 else ""
