"""One authorization: what now, why, and what happened."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.scopes import Scope
from audit.views.part import audit_part
from authorizations import my_work, queries
from authorizations.documents.queries import wanted
from authorizations.filters import viewpoint
from authorizations.handing import hand_overs
from authorizations.models import Authorization, Decision, LedgerEntry, Submission
from authorizations.publishing import publication_of
from authorizations.renewing import CLOSED, Joint, joint
from authorizations.reviewing import waits_for_word
from authorizations.states import SubmissionOutcome
from authorizations.views import actions, draws, lines, sentences, timeline
from authorizations.views.alerts import alerts
from authorizations.views.allowance import allowances
from authorizations.views.asked_for import details, request_facts
from authorizations.views.communication import communication_part
from authorizations.views.documents import documents_part
from authorizations.views.reports import trace
from authorizations.views.returned import returned
from authorizations.views.rows import note
from authorizations.views.what_if import CHANGEABLE, panel
from authorizations.work import close_task
from codesets.queries import words_of
from edi.models import Message
from edi.queries import messages_of
from web.wording import Clock

TABS = (
    ("overview", "Overview"),
    ("utilization", "Utilization"),
    ("claims", "Linked claims"),
    ("communication", "Communication"),
    ("documents", "Documents"),
)
AUDIT = ("audit", "Audit")
"""One more part for those who may read the log."""
SHOWN_DRAWS = 10
MOST_ENTRIES = 1000


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], reads="authorization.read")
def authorization_detail(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """The page of one case; `?tab=` chooses its part."""
    found = _find(authorization_id)
    tab = _tab(request)
    request.reading.of(found.subject, member_id=found.member_id, authorization_id=found.id, tab=tab)
    return render(request, "authorizations/detail.html", _context(request, found, tab))


@organization_view(Scope.AUTHORIZATION_WRITE, methods=["POST"])
def authorization_task_close(
    request: OrganizationRequest, authorization_id: uuid.UUID, task_id: uuid.UUID
) -> HttpResponse:
    """A person has looked at what a case asked for."""
    found = _find(authorization_id)
    task = next((each for each in queries.open_tasks(found.id) if each.id == task_id), None)
    if task is None:
        raise ConflictError("Somebody has looked at this already.")
    if waits_for_word(found, task):
        raise ConflictError("This is done by accepting or disputing the terms, or by confirming the entry.")
    close_task(task_id, actor=request.access.actor, now=request.access.now)
    return redirect("authorization_detail", found.id)


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], reads="authorization.read")
def authorization_status(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Asked by an open page every two seconds: 204 while nothing changed, else the page's changing part.

    Only an answer that shows something is a reading: 204 writes no audit event.
    """
    token = queries.state_token(authorization_id)
    if not token:
        raise Http404
    if token == request.GET.get("seen"):
        return HttpResponse(status=204)
    found, tab = _find(authorization_id), _tab(request)
    request.reading.of(found.subject, member_id=found.member_id, authorization_id=found.id, tab=tab)
    return render(request, "authorizations/detail.html#case", _context(request, found, tab) | {"came": True})


def _find(authorization_id: uuid.UUID) -> Authorization:
    found = queries.case(authorization_id)
    if found is None:
        raise Http404
    return found


def _tab(request: OrganizationRequest) -> str:
    asked = request.GET.get("tab", "")
    return asked if asked in dict(_tabs(request)) else TABS[0][0]


def _tabs(request: OrganizationRequest) -> tuple[tuple[str, str], ...]:
    return (*TABS, AUDIT) if request.access.allows(Scope.AUDIT_READ) else TABS


def _context(request: OrganizationRequest, found: Authorization, tab: str) -> dict[str, Any]:
    """The header of every tab, and the parts of the one that is open."""
    access = request.access
    clock = Clock(access.now, access.organization.zone)
    submissions = queries.submissions(found.id)
    decisions = queries.decisions(found.id, words=tab == "overview" or found.returned)
    tasks = queries.open_tasks(found.id)
    balances = queries.balances([found.id])
    latest = next((decision for decision in decisions if decision.applied and decision.correction is None), None)
    renewals = queries.renewals(found.id)
    open_one = next((row for row in renewals if row.status not in CLOSED), None)
    to_deal_with = alerts(found, decisions, balances, tasks, access.actor)
    case = sentences.Case(found, submissions, latest, tasks, balances, open_one, to_deal_with)
    sentence = sentences.what_now(case, clock)
    shown = lines.lines(balances, clock.today)
    notes = queries.notes(found.id) if tab in ("overview", "communication") else []
    documents = queries.documents(found.id) if tab in ("overview", "documents") else []
    context: dict[str, Any] = {
        "case": found,
        "sentence": sentence,
        "poll_address": _poll_address(found, tab) if sentences.waits_for_payer(case) else "",
        "status_note": ", ".join(filter(None, [note(found, clock.today), sentences.open_besides(case)])),
        "lines": shown,
        "tasks": tasks,
        "submissions": submissions,
        "renewals": renewals,
        "meets": _meets(found),
        "latest": latest,
        "reference": next(
            (row.portal_reference or row.trace for row in submissions if row.portal_reference or row.trace), ""
        ),
        "tab": tab,
        "notes": notes,
        "returned": returned(found, submissions, decisions),
        "alerts": to_deal_with,
        "neighbours": my_work.neighbours(found, [access.membership_id], viewpoint(access)),
    }
    if access.allows(Scope.AUTHORIZATION_WRITE):
        offered = actions.offered(found, submissions, open_one, clock.today)
        context["actions"] = [replace(each, first=False) for each in offered] if sentence.wants else offered
        context["seldom"] = actions.seldom(found, submissions, decisions, open_one, clock)
    if access.allows(Scope.EDI_WRITE):
        context["actions"] = [*actions.resending(submissions), *context.get("actions", [])]
    counts = queries.sizes(found.id)
    context["tabs"] = [(key, label, counts.get(key, "")) for key, label in _tabs(request)]
    if tab == "audit":
        address = f"{reverse('authorization_detail', args=[found.id])}?tab=audit"
        context["audit"] = audit_part(request, address, authorization_id=found.id)
    if tab == "communication":
        context |= communication_part(notes)
    if tab == "documents":
        context |= documents_part(found, documents)
    if tab == "overview":
        context |= _overview(found, submissions, decisions, notes, documents, tasks, clock)
        context |= _beside(found, submissions, decisions, clock)
        context["lines"] = lines.with_forecast(shown, clock.today)
        context["looks"] = [task for task in tasks if task != sentence.task and not waits_for_word(found, task)]
    if tab in ("utilization", "claims"):
        context["draws"] = draws.draws(_entries(request, found, clock), balances)
        context["shown_draws"] = SHOWN_DRAWS if tab == "utilization" else MOST_ENTRIES
    if tab == "utilization":
        context |= _utilization(request, found, shown, clock)
    return context


def _beside(
    found: Authorization, submissions: list[Submission], decisions: list[Decision], clock: Clock
) -> dict[str, Any]:
    """Who had the case, who was told of it, what it taught, and what the payer still wants."""
    pended = any(row.outcome == SubmissionOutcome.PENDED for row in submissions)
    return {
        "hand_overs": hand_overs(found.id),
        "publication": publication_of(found),
        "playbook_trace": trace(decisions, clock.now),
        "wanted": wanted(found) if pended else (),
    }


def _meets(found: Authorization) -> Joint:
    """How the case meets the one it renews: a gap, an overlap, or neither."""
    if found.parent is None:
        return Joint()
    return joint(found.parent.cover_ends_on, found.cover_starts_on or found.starts_on)


def _overview(
    found: Authorization, submissions: Any, decisions: Any, notes: Any, documents: Any, tasks: Any, clock: Clock
) -> dict[str, Any]:
    sent_and_received = messages_of([submission.id for submission in submissions])
    sent = {
        message.submission_id: message.id
        for message in sent_and_received
        if message.submission_id is not None and message.kind == Message.Kind.REQUEST
    }
    answers = {decision.submission_id: decision for decision in reversed(decisions)}
    by_submission: dict[uuid.UUID, list[Any]] = {}
    for message in sent_and_received:
        if message.submission_id is not None:
            by_submission.setdefault(message.submission_id, []).append(message)
    returned_some = any(row.outcome == SubmissionOutcome.RETURNED for row in submissions)
    unread = queries.refused_unread(found.id) if returned_some else {}
    place = [found.place_of_service] if found.place_of_service else []
    return {
        "asked": [
            (each, answers.get(each.id), by_submission.get(each.id, []), details(each, clock)) for each in submissions
        ],
        "events": timeline.timeline(
            found, submissions, decisions, [*notes, *documents, *queries.reviews(found.id)], tasks, sent, unread, clock
        ),
        "diagnoses": queries.diagnosis_codes(found.id),
        "request_facts": request_facts(found, clock),
        "place_words": words_of("POS", place).get(found.place_of_service, "") if place else "",
    }


def _utilization(
    request: OrganizationRequest, found: Authorization, shown: list[lines.Line], clock: Clock
) -> dict[str, Any]:
    """Every line over time, and the one whose months and curve are open: the tightest unless another is asked for.

    `?as_of=2026-10-31`: as it stood at the end of a day gone by, by what was recorded until then (requirements N6).
    """
    then = _as_of(request, clock)
    day, until = then or (clock.today, None)
    if until is not None:
        shown = lines.lines(queries.balances([found.id], until=until), day)
    every = lines.uses(shown, day, until=until)
    asked = request.GET.get("line", "")
    what_if = {name: request.GET.get(name, "") for name in CHANGEABLE}
    chosen = next((use for use in every if str(use.line.balance.number) == asked), None)
    if chosen is None:
        chosen = max(every, key=lambda use: use.line.meter.percent or 0 if use.line.meter else 0, default=None)
    limits = {} if until else allowances(found, [use.line.balance for use in every], day)
    return {
        "what": panel(found, chosen, what_if, clock.today) if chosen and not until else None,
        "uses": [(use, limits.get(use.line.balance.line_id, ())) for use in every],
        "chosen": chosen,
        "as_of": day if until else None,
        "latest_as_of": clock.today - timedelta(days=1),
    }


def _entries(request: OrganizationRequest, found: Authorization, clock: Clock) -> list[LedgerEntry]:
    """The ledger, or what it held on the day that is looked at."""
    then = _as_of(request, clock)
    rows = queries.ledger(found.id, limit=MOST_ENTRIES)
    return [row for row in rows if then is None or row.recorded_at <= then[1]]


def _as_of(request: OrganizationRequest, clock: Clock) -> tuple[date, datetime] | None:
    """A day gone by and its last moment; None for today, and for what is no such day."""
    try:
        day = date.fromisoformat(request.GET.get("as_of", ""))
    except ValueError:
        return None
    if not date(2000, 1, 1) <= day < clock.today:
        return None
    return day, datetime.combine(day, time.max, tzinfo=clock.zone)


def _poll_address(found: Authorization, tab: str) -> str:
    token = queries.state_token(found.id)
    return f"{reverse('authorization_status', args=[found.id])}?tab={tab}&seen={token}"
