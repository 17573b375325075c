"""The manual queue at /queue: what is worked by portal, telephone or fax, and the one that is open beside it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts import absences
from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import queries, queue
from authorizations.hearing import is_waiting
from authorizations.models import Authorization, Submission
from authorizations.queries import Count
from authorizations.queue import Part, QueueFilter
from authorizations.states import BY_HAND, ExchangeState, Purpose, SubmissionOutcome, WaitingOn
from authorizations.views.answer_lines import asked_lines
from authorizations.views.handwork import MarkForm
from authorizations.views.priorities import tabs as priority_tabs
from authorizations.views.response import blank
from authorizations.views.way_in import WayIn, portal_values, ways_in
from payers.queries import playbook_for
from web import signs, wording
from web.wording import Clock

PAGE_SIZE = 25
TABS: tuple[tuple[Part, str], ...] = (
    (Part.ALL, "All"),
    (Part.URGENT, "Urgent"),
    (Part.TO_SUBMIT, "To submit"),
    (Part.SUBMITTED, "Submitted, check"),
    (Part.PENDED, "Pended"),
)
EMPTY = {
    Part.ALL: "Nothing is to be worked by hand",
    Part.URGENT: "Nothing urgent is to be worked by hand",
    Part.TO_SUBMIT: "Nothing waits to be submitted",
    Part.SUBMITTED: "No answer is looked for",
    Part.PENDED: "No payer waits for us",
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A part of the queue with its count."""

    label: str
    address: str
    count: Count
    current: bool


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One submission as the queue shows it. `contact` is a telephone or fax number, `portal_url` a link."""

    submission: Submission
    case: Authorization
    state: str
    asks: str
    portal_url: str
    contact: str
    age_days: int
    address: str
    is_open: bool

    @property
    def urgent(self) -> bool:
        return bool(self.case.priority == "urgent")


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], reads="queue.listed")
def manual_queue(request: OrganizationRequest) -> HttpResponse:
    """One page of the queue; `?open=` shows one submission to be worked beside it."""
    clock = Clock(request.access.now, request.access.organization.zone)
    mine = (request.access.membership_id, *absences.covering(request.access.membership_id, clock.today))
    wanted = _wanted(request, mine)
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    shown = queue.page(queue.waiting(wanted), size=PAGE_SIZE, after=after, before=before)
    opened = _opened(request)
    ways = ways_in((row.authorization for row in shown.rows), clock.today)
    counts = queue.counts(mine)
    place = {"after": after, "before": before}
    context: dict[str, Any] = {
        "rows": [_row(row, ways[row.authorization_id], wanted, place, opened, clock) for row in shown.rows],
        "tabs": _tabs(wanted, counts),
        "queues": priority_tabs("manual_queue"),
        "count": counts[_name(wanted)],
        "all_count": counts[Part.ALL],
        "next": _address(wanted, after=shown.next_key) if shown.next_key else "",
        "previous": _address(wanted, before=shown.previous_key) if shown.previous_key else "",
        "close": f"{_address(wanted, **place)}",
        "is_filtered": wanted != QueueFilter(),
        "empty_words": "You have nothing to work by hand" if wanted.owner_ids else EMPTY[wanted.part],
        "opened": opened,
    }
    request.reading.found(len(shown.rows), opened=str(opened.id) if opened else "")
    if opened is not None:
        context |= _work(request, opened, clock)
    return render(request, "authorizations/queue.html", context)


def _wanted(request: OrganizationRequest, mine: tuple[uuid.UUID, ...]) -> QueueFilter:
    part = request.GET.get("part", "")
    known = Part(part) if part in frozenset(Part) else Part.ALL
    return QueueFilter(known, mine if request.GET.get("mine") == "1" else ())


def _name(wanted: QueueFilter) -> str:
    return "mine" if wanted.owner_ids else str(wanted.part)


def _address(wanted: QueueFilter, **more: str) -> str:
    pairs = [("part", str(wanted.part))] if wanted.part is not Part.ALL else []
    pairs += [("mine", "1")] if wanted.owner_ids else []
    pairs += [(name, value) for name, value in more.items() if value]
    return f"?{urlencode(pairs)}" if pairs else "?"


def _tabs(wanted: QueueFilter, counts: dict[str, Count]) -> list[Tab]:
    every = [Tab(label, _address(QueueFilter(part)), counts[part], wanted == QueueFilter(part)) for part, label in TABS]
    return [*every, Tab("Mine", "?mine=1", counts["mine"], bool(wanted.owner_ids))]


# One submission ----------------------------------------------------------------------------------------------


def _row(
    submission: Submission,
    way: WayIn,
    wanted: QueueFilter,
    place: dict[str, str],
    opened: Submission | None,
    clock: Clock,
) -> QueueRow:
    case: Authorization = submission.authorization
    contact = way.of(submission.channel)
    is_link = submission.channel == "portal"
    return QueueRow(
        submission=submission,
        case=case,
        state=state_words(submission, clock),
        asks="" if submission.purpose == Purpose.INITIAL else signs.PURPOSE.get(submission.purpose, ""),
        portal_url=contact if is_link else "",
        contact="" if is_link else contact,
        age_days=(clock.today - _local(submission.created_at, clock)).days,
        address=f"{_address(wanted, **place, open=str(submission.id))}#work",
        is_open=opened is not None and opened.id == submission.id,
    )


def state_words(submission: Submission, clock: Clock) -> str:
    """ "to submit", "submitted, day 6 of 7", "pended 3 days": how far it is."""
    if submission.outcome == SubmissionOutcome.PENDED:
        held = submission.waiting_on == WaitingOn.PAYER
        since = f" {wording.span(clock.now - submission.answered_at)}" if submission.answered_at else ""
        return f"{'held by the payer' if held else 'pended'}{since}"
    if submission.exchange_state == ExchangeState.TO_SUBMIT:
        return "to submit"
    by = "" if submission.channel == "portal" else f" by {submission.channel}"
    if submission.sent_at is None:
        return f"submitted{by}"
    sent_on = _local(submission.sent_at, clock)
    day = (clock.today - sent_on).days
    if day and submission.due_at is not None and (due := (_local(submission.due_at, clock) - sent_on).days) >= day:
        return f"submitted{by}, day {day} of {due}"
    return f"submitted{by}, {wording.counted(day, 'day')} ago" if day else f"submitted{by} today"


def _local(at: datetime, clock: Clock) -> date:
    return at.astimezone(clock.zone).date()


def _opened(request: OrganizationRequest) -> Submission | None:
    """The submission to be worked. One that is unknown, foreign or not worked by hand is not found."""
    text = request.GET.get("open", "")
    if not text:
        return None
    try:
        found = Submission.objects.filter(id=uuid.UUID(text), channel__in=sorted(BY_HAND)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _work(request: OrganizationRequest, submission: Submission, clock: Clock) -> dict[str, Any]:
    """What stands beside the queue: what to type and where, or the form for the answer."""
    case = queries.case(submission.authorization_id)
    assert case is not None
    request.reading.of(case.subject, member_id=case.member_id, authorization_id=case.id)
    book = playbook_for(case.program)
    lines = asked_lines(case, submission)
    context: dict[str, Any] = {
        "case": case,
        "submission": submission,
        "playbook": book,
        "asked": lines,
        "way": ways_in([case], clock.today)[case.id],
        "state": state_words(submission, clock),
    }
    if not is_waiting(submission):
        return context | {"done": True}
    if submission.exchange_state == ExchangeState.TO_SUBMIT:
        order = book.field_order if book else []
        seen = request.access.allows(Scope.MEMBER_PHI)
        context["values"] = portal_values(case, submission, lines, order, with_birth_date=seen)
        context["mark"] = MarkForm.for_now(clock)
    elif request.access.allows(Scope.AUTHORIZATION_WRITE):
        answer = blank(request, case, submission)
        answer.back = "queue"
        context["answer"] = answer
    return context
