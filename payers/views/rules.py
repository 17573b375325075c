"""Rules from a day on, corrections of them, and the review routes of a program."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from payers import rule_changes
from payers.forms import RouteForm, RulesForm
from payers.models import Program, ProgramRules, ReviewRoute
from payers.views.open_requests import open_requests
from payers.views.pages import NO_READS, FormPage, confirm, done, refused, show_form, take_form, today
from payers.views.programs import crumbs_of, find_program
from tenancy.editing import Refused
from web import wording

COPIED = tuple(name for name in RulesForm.Meta.fields if name not in ("starts_on", "ends_on"))


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def rules_new(request: OrganizationRequest, program_id: uuid.UUID) -> HttpResponse:
    """A change from a day on: filled with what holds now, so that only the difference is typed."""
    program = find_program(program_id)
    day = today(request)
    standing = next((rules for rules in program.rules.all() if rules.covers(day)), None)
    page = _rules_page(request, program, standing, day)
    initial: dict[str, Any] = {name: getattr(standing, name) for name in COPIED} if standing else {}
    form = RulesForm(request.POST or None, initial=initial | {"starts_on": "" if standing else day})
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], _: int | None) -> ProgramRules:
        return rule_changes.begin_rules(program.id, values, actor=request.access.actor, now=request.access.now)

    saved = take_form(request, page, form, save)
    if isinstance(saved, HttpResponse):
        return saved
    words = f"From {wording.day(saved.starts_on, day)} {program.name} goes by the new rules."
    return done(request, words, page.back)


def _rules_page(request: OrganizationRequest, program: Program, standing: ProgramRules | None, day: date) -> FormPage:
    back = reverse("program_detail", args=[program.id])
    page = FormPage(f"Rules of {program.name}", "programs", back, "Add the rules", crumbs=crumbs_of(program))
    if standing is None:
        page.about = "No rules hold today. Rules for days without any may begin on any day."
        return page
    page.title, page.verb = f"Change the rules of {program.name}", "Change them from that day"
    since = wording.day(standing.starts_on, day)
    page.about = f"The rules since {since} end the day before the day you choose; what was asked by them stays."
    running = open_requests(request, program_id=program.id)
    page.notes = [] if running.count == 0 else [running.words]
    return page


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def rules_edit(request: OrganizationRequest, rules_id: uuid.UUID) -> HttpResponse:
    """Mend what was typed wrong."""
    rules = ProgramRules.objects.filter(id=rules_id).first()
    if rules is None:
        raise Http404
    program = find_program(rules.program_id)
    day = today(request)
    back = reverse("program_detail", args=[program.id])
    begun = rules.starts_on < day
    since = wording.day(rules.starts_on, day)
    title = f"Correct the rules since {since}" if begun else f"Correct the rules from {since}"
    page = FormPage(title, "programs", back, crumbs=crumbs_of(program))
    page.about = "For what was typed wrong. What changes on a day is a change of the rules, with that day."
    if begun:
        page.notes = [
            "Units drawn already are counted by the corrected rules at the member’s next claim, decision or "
            "Recalculate. First day and workflow stay, because requests were made by them."
        ]
    words = f"It was meant so for all days since {since}" if begun else ""
    form = RulesForm(request.POST or None, instance=rules, begun_words=words)
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> ProgramRules:
        understood = bool(form.cleaned_data.get("understood"))
        return rule_changes.correct_rules(
            rules.id, values, version=version, understood=understood, actor=request.access.actor, now=request.access.now
        )

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, "The rules are corrected.", back)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def route_new(request: OrganizationRequest, program_id: uuid.UUID) -> HttpResponse:
    program = find_program(program_id)
    back = reverse("program_detail", args=[program.id])
    page = FormPage(f"New route of {program.name}", "programs", back, "Add the route", crumbs=crumbs_of(program))
    page.about = "The first route that fits wins. It is placed last, but before one that would leave it nothing."
    form = RouteForm(request.POST or None, today=today(request))
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], _: int | None) -> ReviewRoute:
        return rule_changes.add_route(program.id, values, actor=request.access.actor, now=request.access.now)

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, "The route is added.", back)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def route_edit(request: OrganizationRequest, route_id: uuid.UUID) -> HttpResponse:
    route = _route(route_id)
    program = find_program(route.program_id)
    back = reverse("program_detail", args=[program.id])
    title = f"Edit route {route.position} of {program.name}"
    page = FormPage(title, "programs", back, crumbs=crumbs_of(program))
    running = open_requests(request, program_id=program.id)
    page.notes = [] if running.count == 0 else [running.words]
    form = RouteForm(request.POST or None, instance=route, today=today(request))
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> ReviewRoute:
        return rule_changes.save_route(
            route.id, values, version=version, actor=request.access.actor, now=request.access.now
        )

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, "The route is saved.", back)


@organization_view(Scope.PAYER_WRITE, methods=["POST"], no_reads=NO_READS)
def route_move(request: OrganizationRequest, route_id: uuid.UUID) -> HttpResponse:
    """One place up or down: the first route that fits wins."""
    route = _route(route_id)
    back = reverse("program_detail", args=[route.program_id])
    up = request.POST.get("way") == "up"
    try:
        moved = rule_changes.move_route(route.id, up=up, actor=request.access.actor, now=request.access.now)
    except Refused as error:
        return refused(request, error, back)
    return done(request, f"“{moved.conditions}” is route {moved.position} now.", back)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def route_switch(request: OrganizationRequest, route_id: uuid.UUID) -> HttpResponse:
    """Asks first; then the route is no longer used, or is again."""
    route = _route(route_id)
    back = reverse("program_detail", args=[route.program_id])
    on = not route.active
    if request.method == "POST":
        wanted = request.POST.get("active") == "yes"
        rule_changes.switch_route(route.id, active=wanted, actor=request.access.actor, now=request.access.now)
        return done(request, f"The route for {route.conditions} is {'used again' if wanted else 'retired'}.", back)
    running = open_requests(request, program_id=route.program_id)
    loses = f"Its services ({route.conditions}) go by the next route that fits, or by the program. Nothing is deleted."
    return confirm(
        request,
        heading=f"Use route {route.position} again?" if on else f"Retire route {route.position}?",
        verb="Use it again" if on else "Retire the route",
        action=reverse("route_switch", args=[route.id]),
        stay=back,
        sentences=["It stands behind the others then."] if on else [loses, running.words],
        hidden={"active": "yes" if on else "no"},
    )


def _route(route_id: uuid.UUID) -> ReviewRoute:
    route: ReviewRoute | None = ReviewRoute.objects.filter(id=route_id).first()
    if route is None:
        raise Http404
    return route
