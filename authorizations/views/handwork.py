"""Work by hand on one submission: mark it as submitted, take the mark back, recall it, ask another way."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Self

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import queries, services, transitions
from authorizations.errors import NotAllowed, Refused
from authorizations.models import Authorization, Submission
from authorizations.models.choices import Priority
from authorizations.payer_class import note_class
from authorizations.services import may_change_channel
from authorizations.states import BY_HAND, Channel, ExchangeState, Purpose
from authorizations.transitions import refuse_unless_unsent
from authorizations.views.way_in import ways_in
from payers.queries import playbook_for
from web import typed
from web.wording import Clock

WAYS = ((Channel.PORTAL, "Portal"), (Channel.PHONE, "Phone"), (Channel.FAX, "Fax"))
LONGEST_REASON = 200


class MarkForm(forms.Form):
    """When it was submitted, and under which reference."""

    day = forms.DateField(label="Submitted on", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    time = forms.TimeField(label="at", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    reference = forms.CharField(
        label="Reference", max_length=80, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput())

    @classmethod
    def for_now(cls, clock: Clock) -> Self:
        """The form as it opens: just now."""
        local = clock.now.astimezone(clock.zone)
        return cls(initial={"day": local.date(), "time": local.time(), "key": uuid.uuid4().hex})

    def moment(self, clock: Clock) -> datetime:
        """What was typed, as an instant: the same for a form that is sent twice."""
        return datetime.combine(self.cleaned_data["day"], self.cleaned_data["time"], tzinfo=clock.zone)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def submission_mark(request: OrganizationRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Mark as submitted in the portal, by telephone or by fax: the payer's clock starts."""
    submission, case = _found(request, submission_id)
    clock = _clock(request)
    form = MarkForm(request.POST) if request.method == "POST" else MarkForm.for_now(clock)
    problems: list[dict[str, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            _mark(request, submission, form, clock)
        except Refused as refused:
            form.add_error("day", refused.problems[0].message)
        else:
            return _marked(request, submission, case)
    if request.method == "POST":
        problems = [
            {"text": f"{form[name].label}: {text}", "field_id": f"id_{name}"}
            for name, texts in form.errors.items()
            for text in texts
        ]
    context = {
        "case": case,
        "submission": submission,
        "mark": form,
        "problems": problems,
        "playbook": playbook_for(case.program),
        "way": ways_in([case], clock.today)[case.id],
    }
    return render(request, "authorizations/mark.html", context, status=422 if problems else 200)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def submission_take_back(request: OrganizationRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Asks first; then the mark is off, and it waits to be submitted again."""
    submission, case = _found(request, submission_id)
    if request.method == "POST":
        services.take_back_mark(submission.id, actor=request.access.actor, now=request.access.now)
        messages.success(request, f"{case.number} waits to be submitted again.")
        return redirect(f"{reverse('manual_queue')}?open={submission.id}#work")
    return _ask(
        request,
        case,
        heading=f"{case.number} was not submitted?",
        body="authorizations/_take_back.html",
        action=reverse("submission_take_back", args=[submission.id]),
        verb="Take the mark back",
        submission=submission,
    )


@organization_view(Scope.AUTHORIZATION_WRITE, methods=["POST"])
def submission_class(request: OrganizationRequest, submission_id: uuid.UUID) -> HttpResponse:
    """The payer says that it handles a request as urgent, or as routine."""
    submission, case = _found(request, submission_id)
    said = request.POST.get("handled_as", "")
    if said not in Priority.values:
        raise NotAllowed("Say whether the payer handles it as urgent or as routine.")
    note_class(submission.id, Priority(said), actor=request.access.actor, now=request.access.now)
    messages.success(request, f"{case.number}: the payer handles it as {said}. Both clocks are shown.")
    return redirect("authorization_detail", case.id)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def submission_recall(request: OrganizationRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Asks first; then what the payer has not read is taken back."""
    submission, case = _found(request, submission_id)
    if request.method == "POST":
        transitions.recall(
            submission.id,
            actor=request.access.actor,
            now=request.access.now,
            version=typed.version(request.POST),
            reason=request.POST.get("reason", "").strip()[:LONGEST_REASON],
        )
        messages.success(request, f"{case.number} is recalled. The payer never read it.")
        return redirect("authorization_detail", case.id)
    submission.authorization = case
    refuse_unless_unsent(submission)
    return _ask(
        request,
        case,
        heading=f"Recall {case.number}?",
        body="authorizations/_recall.html",
        action=reverse("submission_recall", args=[submission.id]),
        verb="Recall it",
        submission=submission,
        becomes="pended" if submission.purpose == Purpose.ANSWER else "draft",
        hidden={"version": case.version},
    )


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def submission_channel(request: OrganizationRequest, submission_id: uuid.UUID) -> HttpResponse:
    """Ask the same thing another way: choose it and say why."""
    submission, case = _found(request, submission_id)
    given = {"channel": request.POST.get("channel", ""), "reason": request.POST.get("reason", "").strip()}
    problems: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            _change(request, submission, case, **given)
        except Refused as refused:
            problems = [{"text": each.message, "field_id": f"id_{each.field}"} for each in refused.problems]
        else:
            messages.success(request, f"{case.number} stands in the manual queue now.")
            return redirect(f"{reverse('manual_queue')}?open={submission.id}#work")
    context = {
        "case": case,
        "submission": submission,
        "may": may_change_channel(submission),
        "ways": [(str(value), label) for value, label in WAYS if value != submission.channel],
        "way": ways_in([case], _clock(request).today)[case.id],
        "given": given,
        "problems": problems,
        "fields": {problem["field_id"]: problem["text"] for problem in problems},
        "electronic": submission.channel == Channel.X12_278,
        "unsent": submission.exchange_state == ExchangeState.TO_SEND,
    }
    return render(request, "authorizations/channel.html", context, status=422 if problems else 200)


# What a button does ------------------------------------------------------------------------------------------


def _found(request: OrganizationRequest, submission_id: uuid.UUID) -> tuple[Submission, Authorization]:
    submission = Submission.objects.filter(id=submission_id).first()
    case = queries.case(submission.authorization_id) if submission else None
    if submission is None or case is None:
        raise Http404
    request.reading.of(case.subject, member_id=case.member_id, authorization_id=case.id)
    return submission, case


def _clock(request: OrganizationRequest) -> Clock:
    return Clock(request.access.now, request.access.organization.zone)


def _mark(request: OrganizationRequest, submission: Submission, form: MarkForm, clock: Clock) -> None:
    services.mark_submitted(
        submission.id,
        portal_reference=form.cleaned_data["reference"],
        submitted_at=form.moment(clock),
        actor=request.access.actor,
        now=request.access.now,
        key=f"mark-{form.cleaned_data['key']}"[:64],
    )


def _marked(request: OrganizationRequest, submission: Submission, case: Authorization) -> HttpResponse:
    words = dict(WAYS)[Channel(submission.channel)].lower()
    messages.success(request, f"{case.number} is marked as submitted by {words}. The payer's clock runs.")
    if request.POST.get("back") == "queue":
        return redirect("manual_queue")
    return redirect("authorization_detail", case.id)


def _change(
    request: OrganizationRequest, submission: Submission, case: Authorization, *, channel: str, reason: str
) -> None:
    known = Channel(channel) if channel in BY_HAND else Channel(submission.channel)
    services.change_channel(
        submission.id, known, reason=reason[:LONGEST_REASON], actor=request.access.actor, now=request.access.now
    )


def _ask(request: OrganizationRequest, case: Authorization, **context: Any) -> HttpResponse:
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    shown = {"case": case, "stay_url": reverse("authorization_detail", args=[case.id]), **context}
    return render(request, f"confirm.html{part}", shown)
