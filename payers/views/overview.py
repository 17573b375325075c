"""The first page of the configuration: what needs a hand. Beside it contracts and holidays."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from payers import queries, services
from payers.forms import day_input
from payers.models import Payer, Program, TradingPartner
from payers.views.pages import NO_READS, csv_file, done, today
from providers.models import Facility, Provider
from providers.queries import without_sound_npi
from tenancy.editing import Refused
from tenancy.models import Holiday

LOOK_BACK = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Step:
    """One part of setting an organization up: how much of it there is, and where it is done."""

    words: str
    count: int
    address: str
    why: str


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def configuration(request: OrganizationRequest) -> HttpResponse:
    """What would stop a request, and what nobody keeps true; for a new organization, what comes first."""
    day = today(request)
    duties = [(each, _address(each)) for each in queries.duties(day)]
    steps = [
        Step("Payers", Payer.objects.filter(active=True).count(), reverse("payer_list"), "who is asked"),
        Step("Programs", Program.objects.filter(active=True).count(), reverse("program_list"), "how each is asked"),
        Step(
            "Trading partners",
            TradingPartner.objects.filter(active=True).count(),
            reverse("partner_list"),
            "only for electronic requests",
        ),
        Step("Playbooks", len(queries.playbooks_listed()), reverse("playbook_list"), "what people know about asking"),
        Step("Providers", Provider.objects.count(), reverse("provider_list"), "who renders and requests"),
        Step("Facilities", Facility.objects.count(), reverse("facility_list"), "where services are given"),
        Step(
            "Holidays",
            queries.holidays(since=day).filter(active=True).count(),
            reverse("holiday_list"),
            "days still to come",
        ),
    ]
    context = {"tab": "overview", "duties": duties, "steps": steps, "unsound": without_sound_npi(day)}
    return render(request, "payers/overview.html", context)


def _address(duty: queries.Duty) -> str:
    return reverse("playbook_detail" if duty.kind == "playbook" else "program_detail", args=[duty.id])


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def contract_list(request: OrganizationRequest) -> HttpResponse:
    """Rules that come from a contract, the first to end first."""
    context = {"tab": "contracts", "rows": queries.contracts(today(request))}
    return render(request, "payers/contract_list.html", context)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def contract_export(request: OrganizationRequest) -> HttpResponse:
    rows = [
        [each.contract_reference, each.program.payer.name, each.program.name, each.starts_on, each.ends_on,
         each.authorization_workflow, each.default_window_days, each.urgent_hours, each.routine_days]
        for each in queries.contracts(today(request))
    ]  # fmt: skip
    headings = ["Contract", "Payer", "Program", "First day", "Last day", "Workflow", "Window days", "Urgent hours",
                "Routine days"]  # fmt: skip
    return csv_file("contracts", headings, rows)


class HolidayForm(forms.Form):
    """A day without work."""

    day = forms.DateField(
        label="Day",
        required=False,
        widget=day_input(),
        error_messages={"invalid": "This is not a date. Write it like 2026-12-31."},
    )
    name = forms.CharField(label="Name", required=False, max_length=80, widget=forms.TextInput({"autocomplete": "off"}))


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def holiday_list(request: OrganizationRequest) -> HttpResponse:
    return _holidays(request, HolidayForm())


@organization_view(Scope.PAYER_WRITE, methods=["POST"], no_reads=NO_READS)
def holiday_add(request: OrganizationRequest) -> HttpResponse:
    form = HolidayForm(request.POST)
    if not form.is_valid():
        return _holidays(request, form, status=422)
    try:
        holiday = services.add_holiday(
            form.cleaned_data["day"], form.cleaned_data["name"], actor=request.access.actor, now=request.access.now
        )
    except Refused as refused:
        for problem in refused.problems:
            form.add_error(problem.field, problem.message)
        return _holidays(request, form, status=422)
    return done(request, f"{holiday.name} is a holiday. Due times already set stay.", reverse("holiday_list"))


@organization_view(Scope.PAYER_WRITE, methods=["POST"], no_reads=NO_READS)
def holiday_switch(request: OrganizationRequest, holiday_id: uuid.UUID) -> HttpResponse:
    """Off and on again: nothing is lost, so nobody is asked."""
    if not Holiday.objects.filter(id=holiday_id).exists():
        raise Http404
    on = request.POST.get("active") == "yes"
    holiday = services.switch_holiday(holiday_id, active=on, actor=request.access.actor, now=request.access.now)
    words = "a holiday again" if on else "a day of work"
    return done(request, f"{holiday.name} is {words}. Due times already set stay.", reverse("holiday_list"))


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def holiday_export(request: OrganizationRequest) -> HttpResponse:
    rows: list[list[Any]] = [[each.day, each.name, each.active] for each in Holiday.objects.order_by("day")]
    return csv_file("holidays", ["Day", "Name", "Not worked"], rows)


def _holidays(request: OrganizationRequest, form: HolidayForm, *, status: int = 200) -> HttpResponse:
    day = today(request)
    rows = list(queries.holidays(since=day - LOOK_BACK))
    context = {
        "tab": "holidays",
        "form": form,
        "rows": rows,
        "past": Holiday.objects.filter(day__lt=day - LOOK_BACK).count(),
        "history": queries.history([row.id for row in rows]),
    }
    return render(request, "payers/holiday_list.html", context, status=status)
