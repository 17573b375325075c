"""Who is away, and who stands in: for oneself, and for anybody by those who see everybody's work."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from accounts import absences
from accounts.access import NotPermitted, OrganizationRequest, organization_view
from accounts.models import Absence, Membership
from accounts.scopes import Scope
from tenancy.editing import Refused

STAFF = "people who work here, no member's data"
DAY_ERRORS = {"invalid": "This is not a date. Write it like 2026-12-31."}


class AbsenceForm(forms.Form):
    """Who is away (for those who may say so of others), from when to when, and who stands in."""

    person = forms.ChoiceField(label="Who is away?", error_messages={"required": "Choose who is away."})
    starts_on = forms.DateField(
        label="First day away",
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        error_messages={"required": "Choose the first day.", **DAY_ERRORS},
    )
    ends_on = forms.DateField(
        label="Last day away",
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        error_messages={"required": "Choose the last day.", **DAY_ERRORS},
    )
    deputy = forms.ChoiceField(label="Who stands in?", error_messages={"required": "Choose who stands in."})

    def __init__(self, *args: Any, own: uuid.UUID, of_others: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Membership.objects.filter(active=True).select_related("user", "role").order_by("user__name", "id")
        people = [(str(row.id), f"{row.label}, {row.role.name}") for row in rows]
        person: Any = self.fields["person"]
        deputy: Any = self.fields["deputy"]
        deputy.choices = [("", "Choose"), *(each for each in people if of_others or each[0] != str(own))]
        if of_others:
            person.choices = people
            person.initial = str(own)
        else:
            del self.fields["person"]


@organization_view(Scope.WORK_READ, no_reads=STAFF)
def absence_list(request: OrganizationRequest) -> HttpResponse:
    """Absences to come, and the form for another one: one's own, or everybody's for whoever supervises."""
    access = request.access
    of_others = access.allows(Scope.WORK_SUPERVISE)
    form = AbsenceForm(request.POST or None, own=access.membership_id, of_others=of_others)
    if request.method == "POST" and form.is_valid():
        made = _announce(request, form)
        if made is not None:
            return redirect("absence_list")
    today = access.organization.today(access.now)
    rows = absences.to_come(today, None if of_others else access.membership_id)
    context = {
        "form": form,
        "rows": [(row, row.starts_on <= today) for row in rows],
        "of_others": of_others,
        "covered": absences.covered_by(access.membership_id, today),
    }
    return render(request, "accounts/absences.html", context, status=422 if form.errors else 200)


@organization_view(Scope.WORK_READ, methods=["POST"], no_reads=STAFF)
def absence_call_off(request: OrganizationRequest, absence_id: uuid.UUID) -> HttpResponse:
    """The person is here after all: said of oneself, or of anybody by those who see everybody's work."""
    row = Absence.objects.select_related("membership__user").filter(id=absence_id).first()
    if row is None:
        raise Http404
    if row.membership_id != request.access.membership_id and not request.access.allows(Scope.WORK_SUPERVISE):
        raise NotPermitted(Scope.WORK_SUPERVISE)
    absences.call_off(row.id, actor=request.access.actor, now=request.access.now)
    messages.success(request, f"{row.membership.label} is here: nobody stands in any more.")
    return redirect("absence_list")


def _announce(request: OrganizationRequest, form: AbsenceForm) -> Absence | None:
    """The absence, or None with every reason on the form."""
    given, access = form.cleaned_data, request.access
    try:
        made = absences.announce(
            uuid.UUID(given.get("person") or str(access.membership_id)),
            uuid.UUID(given["deputy"]),
            starts_on=given["starts_on"],
            ends_on=given["ends_on"],
            actor=access.actor,
            now=access.now,
        )
    except Refused as refused:
        for problem in refused.problems:
            form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        return None
    who, stands_in = made.membership.label, made.deputy.label
    messages.success(request, f"{who} is away; {stands_in} sees the follow-ups on those days. The owner stays.")
    gap = absences.deputy_is_away(made)
    if gap is not None:
        messages.warning(request, f"{stands_in} is away too on some of these days: then {gap.deputy.label} stands in.")
    return made
