"""Programs: one page that says how a program is asked, by which rules and routes, and what stands in the way."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from imports.csv_export import Cell
from payers import queries, rule_changes, services
from payers.forms import AskForm, ProgramForm, RulesForm
from payers.models import Payer, Program
from payers.rules import Route, Service, default_window, route, shadowed
from payers.views.open_requests import open_requests
from payers.views.pages import NO_READS, FormPage, confirm, csv_file, done, show_form, take_form, today
from tenancy.editing import Refused


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def program_list(request: OrganizationRequest) -> HttpResponse:
    """All programs: how each is asked today, and what keeps its requests from going out."""
    rows = queries.program_rows(queries.programs_whole(), today(request))
    context = {"tab": "programs", "rows": rows, "stopped": sum(bool(row.gaps) for row in rows)}
    return render(request, "payers/program_list.html", context)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def program_export(request: OrganizationRequest) -> HttpResponse:
    """Every dated rule set with the terms that matter to people."""
    found: list[list[Cell]] = []
    for program in queries.programs_whole():
        for each in program.rules.all():
            found.append(
                [program.payer.name, program.name, program.active, each.starts_on, each.ends_on,
                 each.authorization_workflow, each.default_window_days, each.urgent_hours, each.routine_days,
                 each.routine_days_are_business, each.weekly_cap, each.rounding, each.contract_reference]
            )  # fmt: skip
    headings = ["Payer", "Program", "In use", "First day", "Last day", "Workflow", "Window days", "Urgent hours",
                "Routine days", "Business days", "Most a week", "Rounding", "Contract"]  # fmt: skip
    return csv_file("programs", headings, found)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def program_detail(request: OrganizationRequest, program_id: uuid.UUID) -> HttpResponse:
    """How it is asked today and later, and what would happen to a service."""
    program = find_program(program_id)
    day = today(request)
    row = queries.program_rows([program], day)[0]
    routes = list(program.routes.all())
    asked = "code" in request.GET or "on" in request.GET
    form = AskForm(request.GET if asked else None, today=day, initial={"on": day})
    context = {
        "tab": "programs",
        "program": program,
        "payer": program.payer,
        "row": row,
        "rules": list(program.rules.all())[::-1],
        "window": default_window(program.payer, program, row.rules),
        "routes": [each for each in routes if each.active],
        "retired": [each for each in routes if not each.active],
        "shadowed": {each.id: by for each, by in shadowed(routes).items()},
        "playbook": queries.playbook_for(program),
        "open": open_requests(request, program_id=program.id),
        "ask": form,
        "answer": _answer(program, form) if asked and form.is_valid() else None,
        "history": queries.history([program.id, *[each.id for each in [*program.rules.all(), *routes]]]),
    }
    part = "#answer" if request.htmx.target == "answer" else ""  # type: ignore[attr-defined]
    return render(request, f"payers/program_detail.html{part}", context)


def _answer(program: Program, form: AskForm) -> Route:
    asked = form.cleaned_data
    service = Service(asked["code"], asked["service_type"], asked["place"])
    return route(program, service, asked["on"] or form.initial["on"])


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def program_new(request: OrganizationRequest, payer_id: uuid.UUID) -> HttpResponse:
    """A program with its first rules: without rules nothing could be asked."""
    payer = Payer.objects.filter(id=payer_id).first()
    if payer is None:
        raise Http404
    back = reverse("payer_detail", args=[payer.id])
    crumbs = [("Payers", reverse("payer_list")), (payer.name, back)]
    page = FormPage(
        "New program", "programs", back, "Add the program", crumbs=crumbs, template="payers/program_new.html"
    )
    data = request.POST if request.method == "POST" else None
    form = ProgramForm(data)
    rules = RulesForm(data, initial={"starts_on": today(request), "authorization_workflow": ""})
    page.extra = {"rules": rules, "payer": payer}
    if request.method != "POST":
        return show_form(request, page, form)
    if not (form.is_valid() & rules.is_valid()):
        form.say_missing()
        rules.say_missing()
        return show_form(request, page, form, problems=[*form.listed, *rules.listed], status=422)
    try:
        program = _add(request, payer, form.values["name"], rules.values)
    except Refused as refused:
        form.put(problem for problem in refused.problems if problem.field == "name")
        rules.put(problem for problem in refused.problems if problem.field != "name")
        return show_form(request, page, form, problems=[*form.listed, *rules.listed], status=422)
    return done(request, f"{program.name} is added.", reverse("program_detail", args=[program.id]))


@transaction.atomic
def _add(request: OrganizationRequest, payer: Payer, name: str, rules: dict[str, Any]) -> Program:
    """Both or neither: a program is of no use without rules."""
    actor, now = request.access.actor, request.access.now
    program = services.add_program(payer.id, name, actor=actor, now=now)
    rule_changes.begin_rules(program.id, rules, actor=actor, now=now)
    return program


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def program_edit(request: OrganizationRequest, program_id: uuid.UUID) -> HttpResponse:
    program = find_program(program_id)
    back = reverse("program_detail", args=[program.id])
    page = FormPage(f"Rename {program.name}", "programs", back, crumbs=crumbs_of(program))
    form = ProgramForm(request.POST or None, instance=program)
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> Program:
        return services.save_program(
            program.id, values, version=version, actor=request.access.actor, now=request.access.now
        )

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, f"{saved.name} is saved.", back)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def program_switch(request: OrganizationRequest, program_id: uuid.UUID) -> HttpResponse:
    """Asks first; then the program is no longer offered, or is again."""
    program = find_program(program_id)
    back = reverse("program_detail", args=[program.id])
    on = not program.active
    if request.method == "POST":
        wanted = request.POST.get("active") == "yes"
        services.switch_program(program.id, active=wanted, actor=request.access.actor, now=request.access.now)
        return done(request, f"{program.name} is switched {'on' if wanted else 'off'}.", back)
    loses = "It is no longer offered for new coverage, and nothing it lacks is reported. Nothing is deleted."
    running = open_requests(request, program_id=program.id)
    return confirm(
        request,
        heading=f"Switch {program.name} {'on' if on else 'off'}?",
        verb=f"Switch it {'on' if on else 'off'}",
        action=reverse("program_switch", args=[program.id]),
        stay=back,
        sentences=["It is offered again for new coverage."] if on else [loses, running.words],
        hidden={"active": "yes" if on else "no"},
    )


def find_program(program_id: uuid.UUID) -> Program:
    """The program with rules and routes at hand. Raises Http404."""
    program = queries.programs_whole().filter(id=program_id).first()
    if program is None:
        raise Http404
    return program


def crumbs_of(program: Program) -> list[tuple[str, str]]:
    return [
        ("Payers", reverse("payer_list")),
        (program.payer.name, reverse("payer_detail", args=[program.payer_id])),
        (program.name, reverse("program_detail", args=[program.id])),
    ]
