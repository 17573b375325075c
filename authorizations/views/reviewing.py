"""Accept or dispute what was approved; confirm or reject what another person recorded; whether the latter is wanted."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import queries, reviewing
from authorizations.departures import departures
from authorizations.errors import Refused
from authorizations.models import Decision
from authorizations.views.answer_lines import asked_lines
from authorizations.views.asking import find_case

FOLLOWS = (
    ("call", "Call the payer"),
    ("appeal", "Appeal"),
    ("amend", "Ask for a change"),
)
LEADS = {"appeal": "authorization_appeal", "amend": "authorization_amend"}


class TermsForm(forms.Form):
    do = forms.ChoiceField(choices=(("accept", ""), ("dispute", "")))
    reason = forms.CharField(
        label="What is wrong with it?",
        required=False,
        max_length=reviewing.LONGEST_REASON,
        widget=forms.Textarea({"rows": 2}),
    )
    follow = forms.ChoiceField(
        label="What is done about it?", choices=FOLLOWS, required=False, widget=forms.RadioSelect()
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())

    @property
    def problems(self) -> list[dict[str, str]]:
        return _problems(self)


class EntryForm(forms.Form):
    do = forms.ChoiceField(choices=(("confirm", ""), ("reject", "")))
    reason = forms.CharField(label="What is wrong with it?", required=False, max_length=reviewing.LONGEST_REASON)

    @property
    def problems(self) -> list[dict[str, str]]:
        return _problems(self)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_terms(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """What was approved beside what was asked, and what we say of it."""
    case = find_case(request, authorization_id)
    if not case.to_acknowledge and request.method == "GET":
        raise ConflictError(f"{case.number}: there is nothing to accept or dispute.")
    form = TermsForm(request.POST if request.method == "POST" else None, initial={"version": case.version})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        who: dict[str, Any] = {
            "version": given["version"], "actor": request.access.actor, "now": request.access.now,
        }  # fmt: skip
        try:
            if given["do"] == "accept":
                reviewing.accept_terms(case.id, reason=given["reason"], **who)
                messages.success(request, f"{case.number}: the terms are accepted.")
                return redirect("authorization_detail", case.id)
            reviewing.dispute_terms(case.id, reason=given["reason"], follow=given["follow"], **who)
        except Refused as refused:
            _put(form, refused)
        else:
            messages.success(request, f"{case.number}: the terms are disputed; what is done about it is a task now.")
            return redirect(LEADS.get(given["follow"], "authorization_detail"), case.id)
    context = {
        "case": case,
        "form": form,
        "problems": form.problems if form.is_bound else [],
        "departures": departures(case),
    }
    return render(request, "authorizations/terms.html", context, status=422 if form.is_bound else 200)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def decision_review(request: OrganizationRequest, decision_id: uuid.UUID) -> HttpResponse:
    """What somebody recorded, its proof, and the word of a second person."""
    decision = Decision.objects.select_related("submission").filter(id=decision_id).first()
    if decision is None:
        raise Http404
    case = find_case(request, decision.authorization_id)
    if not case.unverified and request.method == "GET":
        raise ConflictError(f"{case.number}: nothing waits to be confirmed here.")
    form = EntryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        who: dict[str, Any] = {"actor": request.access.actor, "now": request.access.now}
        try:
            if form.cleaned_data["do"] == "confirm":
                reviewing.confirm_entry(decision.id, **who)
                messages.success(request, f"{case.number}: what was recorded is confirmed.")
                return redirect("authorization_detail", case.id)
            reviewing.reject_entry(decision.id, reason=form.cleaned_data["reason"], **who)
        except Refused as refused:
            _put(form, refused)
        else:
            messages.warning(
                request, f"{case.number}: the entry is rejected. Correct it here, or leave it to its task."
            )
            return redirect("decision_correct", decision.id)
    context = {
        "case": case,
        "decision": decision,
        "own": reviewing.recorded_any(decision, request.access.actor),
        "asked": asked_lines(case, decision.submission),
        "words": decision.lines.select_related("line").order_by("line__number"),
        "documents": [each for each in queries.documents(case.id) if each.mistaken_at is None],
        "form": form,
        "problems": form.problems if form.is_bound else [],
    }
    return render(request, "authorizations/entry.html", context, status=422 if form.is_bound else 200)


@organization_view(Scope.ACCOUNT_WRITE, methods=["POST"], no_reads="a rule of the organization, no member's data")
def second_look_rule(request: OrganizationRequest) -> HttpResponse:
    """Whether a second person confirms what is recorded by hand."""
    required = request.POST.get("required") == "yes"
    reviewing.require_second_look(required, actor=request.access.actor, now=request.access.now)
    words = "is confirmed by a second person" if required else "counts as it is recorded"
    messages.success(request, f"From now on an approval recorded by hand {words}.")
    return redirect(f"{reverse('people')}#look")


def _problems(form: forms.Form) -> list[dict[str, str]]:
    return [
        {"text": str(text), "field_id": "" if name == "__all__" else f"id_{name}"}
        for name, texts in form.errors.items()
        for text in texts
    ]


def _put(form: forms.Form, refused: Refused) -> None:
    for problem in refused.problems:
        form.add_error(problem.field if problem.field in form.fields else None, problem.message)
