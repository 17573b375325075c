"""What happened, in plain words: drafts, things asked, answers, notes, tasks; and what lies ahead."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from authorizations.decisions import LineOutcome
from authorizations.models import (
    Authorization,
    Decision,
    DecisionReview,
    Document,
    LineDecision,
    Note,
    Submission,
    Task,
)
from authorizations.states import Channel, ExchangeState, Purpose, Status
from authorizations.views.asked_for import details
from edi.views.codes import reason_words
from web import signs, wording
from web.wording import Clock

DECISION_SIGNS = {
    "approves": ("check", "approved"),
    "denies": ("stop", "did not approve"),
    "pends": ("pause", "needs more before it decides"),
    "returns": ("undo", "returned it unread"),
    "cancels": ("x", "closed it"),
    "not_required": ("check", "requires no authorization"),
    "unknown": ("warn", "sent an answer that could not be read as a decision"),
}

REVIEW_SIGNS = {
    DecisionReview.Verdict.ACCEPTED: ("tick", "Terms accepted"),
    DecisionReview.Verdict.DISPUTED: ("warn", "Terms disputed"),
    DecisionReview.Verdict.CONFIRMED: ("tick", "Entry confirmed by a second person"),
    DecisionReview.Verdict.REJECTED: ("warn", "Entry rejected by a second person"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: `strong` words first, then `words`; `detail` is who and how, with a message to read if any.

    `gone`: it was entered wrongly and no longer counts.
    """

    at: datetime
    icon: str
    strong: str = ""
    words: str = ""
    detail: str = ""
    message_id: uuid.UUID | None = None
    ahead: bool = False
    gone: bool = False
    whole_day: bool = False


def timeline(
    authorization: Authorization,
    submissions: Sequence[Submission],
    decisions: Sequence[Decision],
    written: Iterable[Note | Document | DecisionReview],
    tasks: Iterable[Task],
    messages: Mapping[uuid.UUID, uuid.UUID],
    unread: Mapping[uuid.UUID, datetime],
    clock: Clock,
) -> list[Event]:
    """Everything, the latest first, what lies ahead on top. `written`: notes, contacts, files and words about answers;
    `messages`: the request sent, `unread`: when it came back unread, by submission."""
    events = [_born(authorization, submissions)]
    for submission in reversed(submissions):
        events += _asked(submission, authorization, messages.get(submission.id), clock)
        if submission.id in unread:
            events.append(_came_back(submission, authorization, unread[submission.id]))
    events += [_decided(decision, authorization) for decision in reversed(decisions)]
    events += [_written(each) for each in written]
    events += [
        Event(task.opened_at, "us", words=f"To look at: {task.words}", detail="found by Greenlight") for task in tasks
    ]
    if authorization.status == Status.CANCELLED and not decisions:
        events.append(Event(authorization.changed_at, "x", words="Draft discarded", detail=authorization.changed_by))
    # Written in the order in which they follow from each other, which settles equal instants.
    order = sorted(range(len(events)), key=lambda place: (events[place].at, place), reverse=True)
    return _ahead(authorization, clock) + [events[place] for place in order]


def _written(row: Note | Document | DecisionReview) -> Event:
    """What people added to the case."""
    if isinstance(row, DecisionReview):
        icon, words = REVIEW_SIGNS[DecisionReview.Verdict(row.verdict)]
        return Event(row.at, icon, strong=words, words=row.reason, detail=row.reviewed_by)
    if isinstance(row, Document):
        wrong = row.mistaken_at is not None
        words = f"{row.get_kind_display()} filed: {row.name}"
        more = f", filed by mistake: {row.mistaken_reason}" if wrong else ""
        return Event(row.uploaded_at, "file", words=words, detail=f"{row.uploaded_by}{more}", gone=wrong)
    if not row.channel:
        return Event(row.at, "note", words=f"“{row.text}”", detail=f"note by {row.author}")
    who = f" with {row.spoken_with}" if row.spoken_with else ""
    reference = f", ref. {row.reference}" if row.reference else ""
    minutes = f", {row.minutes} min" if row.minutes is not None else ""
    icon = "phone" if row.channel == Note.Channel.PHONE else "send"
    strong = f"{row.get_channel_display()}{who}{minutes}{reference}"
    return Event(row.at, icon, strong=strong, words=f"“{row.text}”", detail=f"logged by {row.author}")


def _born(authorization: Authorization, submissions: Sequence[Submission]) -> Event:
    existing = any(submission.purpose == Purpose.EXISTING for submission in submissions)
    words = "Recorded as it stood at the payer" if existing else "Request drafted"
    return Event(authorization.created_at, "edit", words=words, detail=authorization.created_by)


def _asked(
    submission: Submission, authorization: Authorization, message_id: uuid.UUID | None, clock: Clock
) -> list[Event]:
    """Asked, gone out, received: as far as it came."""
    reviewer = authorization.reviewer_name or authorization.payer_name
    what = signs.PURPOSE.get(submission.purpose, submission.purpose)
    way = signs.CHANNEL.get(submission.channel, submission.channel)
    lines = ", ".join(_frozen_words(line) for line in submission.content.get("lines", []))
    asked = f"{what} submitted: {lines}" if lines else f"{what} submitted"
    more = details(submission, clock)
    asked = f"{asked}; {more}" if more else asked
    events = [Event(submission.created_at, "send", words=asked, detail=f"{submission.created_by}, {way}")]
    if submission.sent_at and submission.channel == Channel.X12_278:
        partner = f" through {submission.partner.name}" if submission.partner else ""
        events.append(
            Event(
                submission.sent_at,
                "send",
                words=f"Sent to {reviewer}",
                detail=f"278 request{partner}",
                message_id=message_id,
            )
        )
    elif submission.sent_at:
        reference = f", reference {submission.portal_reference}" if submission.portal_reference else ""
        events.append(
            Event(submission.sent_at, "send", words=f"Submitted to {reviewer} by hand", detail=f"{way}{reference}")
        )
    if submission.acknowledged_at:
        after = (
            f", {wording.span(submission.acknowledged_at - submission.sent_at)} after sending"
            if submission.sent_at
            else ""
        )
        words = f"{reviewer} confirmed it received the request"
        events.append(Event(submission.acknowledged_at, "check", words=words, detail=f"acknowledgment (999){after}"))
    return events


def _came_back(submission: Submission, authorization: Authorization, at: datetime) -> Event:
    """No person at the payer read it: the message could not be made, or the payer's system refused it."""
    reviewer = authorization.reviewer_name or authorization.payer_name
    made = submission.exchange_state != ExchangeState.FAILED
    words = f"The system of {reviewer} refused the message" if made else "The message could not be made"
    return Event(at, "undo", strong=words, words=submission.problem, detail="came back to be mended and sent again")


def _frozen_words(line: Mapping[str, object]) -> str:
    codes = line.get("codes") or []
    words = " / ".join(" ".join([code["code"], *code["modifiers"]]) for code in codes)  # type: ignore[attr-defined]
    return f"{words} {wording.quantity(_number(line.get('quantity')))}"


def _number(text: object) -> Decimal | None:
    return Decimal(str(text)) if text else None


def _decided(decision: Decision, authorization: Authorization) -> Event:
    reviewer = authorization.reviewer_name or authorization.payer_name
    icon, verb = DECISION_SIGNS.get(decision.column, DECISION_SIGNS["unknown"])
    said = f": “{decision.message}”" if decision.message else ""
    ordered = sorted(decision.lines.all(), key=lambda line: line.line.number)
    lines = ", ".join(_line_words(line) for line in ordered)
    how = (
        "278 response" if decision.source_message_id else f"recorded by {decision.recorded_by}{_by_which_way(decision)}"
    )
    number = f"; number {decision.certification_number}" if decision.certification_number else ""
    why = reason_words(decision.reasons)
    codes = f"; {why}" if why else ""
    kept = "" if decision.applied else "; kept as history, nothing was changed"
    if decision.supersedes_id and not decision.applied and decision.problem:
        return Event(decision.recorded_at, "undo", strong="Entry taken off: the payer has not answered", detail=how)
    return Event(
        decision.recorded_at,
        icon,
        strong=f"{reviewer} {verb}{said}",
        words=lines,
        detail=f"{how}{number}{codes}{_corrected(decision) or kept}",
        message_id=decision.source_message_id,
        gone=decision.correction is not None,
    )


def _by_which_way(decision: Decision) -> str:
    """ ", by phone with M. Reyes": how an answer reached the person who recorded it."""
    channel, who = decision.facts.get("channel"), decision.facts.get("spoken_with")
    way = f", by {signs.CHANNEL.get(channel, channel).lower()}" if channel else ""
    return f"{way} with {who}" if way and who else way


def _corrected(decision: Decision) -> str:
    """Why an entry no longer counts."""
    right = decision.correction
    return f"; entered wrongly, corrected by {right.recorded_by}: {right.superseded_reason}" if right else ""


def _line_words(line: LineDecision) -> str:
    """ "H2019 HN 960 of 1,200", "T1019 not approved"."""
    codes = " / ".join(code.words for code in line.line.codes.all()) or "a line"
    if line.outcome in (LineOutcome.APPROVED, LineOutcome.MODIFIED):
        asked = line.line.quantity
        if line.quantity is None:
            return f"{codes} as asked" if asked is not None and line.outcome == LineOutcome.APPROVED else codes
        if line.quantity == asked:
            return f"{codes} {wording.quantity(asked)} as asked"
        of = f" of {wording.quantity(asked)}" if asked is not None else ""
        return f"{codes} {wording.quantity(line.quantity)}{of}"
    return f"{codes} {signs.sign('line', line.outcome).words.lower()}"


def _ahead(authorization: Authorization, clock: Clock) -> list[Event]:
    """The dates that come, the farthest first."""
    events = []
    if authorization.due_at and authorization.due_at > clock.now:
        events.append(
            Event(authorization.due_at, "draft", strong="Answer due", detail=authorization.due_rule, ahead=True)
        )
    if authorization.next_action_at and authorization.next_action_at > clock.now:
        events.append(
            Event(
                authorization.next_action_at,
                "draft",
                words=authorization.next_action or "Look again",
                detail=authorization.owner_name,
                ahead=True,
            )
        )
    ends_on = authorization.cover_ends_on
    if (
        authorization.status == Status.APPROVED
        and ends_on is not None
        and date.max.year > ends_on.year
        and ends_on >= clock.today
    ):
        at = datetime.combine(ends_on, time(12), tzinfo=clock.zone)
        events.append(Event(at, "draft", words="Last day of cover", ahead=True, whole_day=True))
    return sorted(events, key=lambda event: event.at, reverse=True)
