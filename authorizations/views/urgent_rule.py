"""The setting by when urgent requests are to have left the house."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from accounts.services import set_urgent_cut_off


class CutOffForm(forms.Form):
    """A local time of day."""

    at = forms.TimeField(
        label="Urgent requests leave the house by",
        widget=forms.TimeInput({"type": "time"}, "%H:%M"),
        error_messages={"required": "Choose a time of day.", "invalid": "This is no time of day. Write it like 16:00."},
    )


@organization_view(Scope.PAYER_WRITE, no_reads="shows a setting, no health data")
def urgent_rule(request: OrganizationRequest) -> HttpResponse:
    """By which time of the day an urgent request is sent; later it turns red and the supervisor is told."""
    organization = request.access.organization
    form = CutOffForm(request.POST or None, initial={"at": organization.urgent_cut_off})
    if request.method == "POST" and form.is_valid():
        at = form.cleaned_data["at"]
        set_urgent_cut_off(at, actor=request.access.actor, now=request.access.now)
        messages.success(request, f"Urgent requests are to be sent by {at:%H:%M} from now on.")
        return redirect("configuration")
    context = {"form": form, "tab": "overview", "zone": organization.time_zone}
    return render(request, "authorizations/urgent_rule.html", context, status=422 if form.errors else 200)
