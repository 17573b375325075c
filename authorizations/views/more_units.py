"""The page on which a clinician asks for more units: two presses from the meter that runs low."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import additional_units, queries
from authorizations.asked import plain_number
from authorizations.errors import Refused
from authorizations.models import Authorization
from authorizations.views.asking import find_case, whole_number


class MoreUnitsForm(forms.Form):
    """How many more of which line, and why."""

    line = forms.TypedChoiceField(label="Of", coerce=int)
    quantity = forms.DecimalField(
        label="How many more", max_digits=12, decimal_places=3, widget=forms.TextInput({"inputmode": "decimal"})
    )
    reason = forms.CharField(
        label="Why", max_length=additional_units.LONGEST_REASON, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        line: Any = self.fields["line"]
        line.choices = choices

    @property
    def problems(self) -> list[dict[str, str]]:
        return [
            {"text": f"{self.fields[name].label}: {text}", "field_id": f"id_{name}"}
            for name, texts in self.errors.items()
            for text in texts
        ]


@organization_view(Scope.AUTHORIZATION_CONTRIBUTE, reads="authorization.read")
def authorization_more_units(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Ask the owner of an approval to ask the payer for more."""
    case = find_case(request, authorization_id)
    lines = additional_units.lines_that_may_grow(case)
    balances = {each.line_id: each for each in queries.balances([case.id])}
    known = [balances[line.id] for line, _ in lines]
    choices = [(each.number, f"{each.label}: {plain_number(each.remaining)} left") for each in known]
    known_already = {name: whole_number(request.GET.get(name, "")) for name in ("line", "quantity")}
    form = MoreUnitsForm(request.POST if request.method == "POST" else None, initial=known_already, choices=choices)
    if request.method == "POST" and form.is_valid() and _want(request, case, form):
        asked = case.owner_name or "Whoever takes the case"
        messages.success(request, f"{asked} is told that you want more. It stands among the notes, too.")
        return redirect("authorization_detail", case.id)
    context = {
        "case": case,
        "form": form,
        "problems": form.problems if form.is_bound else [],
        "wish": additional_units.wish_of(case),
    }
    return render(request, "authorizations/more_units.html", context, status=422 if form.is_bound else 200)


def _want(request: OrganizationRequest, case: Authorization, form: MoreUnitsForm) -> bool:
    """False when it cannot be taken, which is then said beside the field."""
    given, access = form.cleaned_data, request.access
    try:
        additional_units.want_more(
            case.id, given["line"], given["quantity"], given["reason"], actor=access.actor, now=access.now
        )
    except Refused as refused:
        for problem in refused.problems:
            form.add_error(problem.field, problem.message)
        return False
    return True
