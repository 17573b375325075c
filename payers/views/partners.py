"""Trading partners: who is sent to, how, and whether it is real."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from imports.csv_export import Cell
from payers import queries, services
from payers.forms import PartnerForm
from payers.models import Program, TradingPartner
from payers.views.pages import NO_READS, FormPage, confirm, csv_file, done, refused, show_form, take_form
from tenancy.editing import Refused
from web import wording

USAGES = TradingPartner.Usage


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def partner_list(request: OrganizationRequest) -> HttpResponse:
    context = {"tab": "partners", "rows": queries.partners_listed()}
    return render(request, "payers/partner_list.html", context)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def partner_export(request: OrganizationRequest) -> HttpResponse:
    headings = ["Name", "Usage", "Takes", "Our qualifier", "Our ID", "Their qualifier", "Their ID", "Our application",
                "Their application", "Trace ID", "Transport", "Endpoint", "In use"]  # fmt: skip
    rows: list[list[Cell]] = [
        [each.name, each.usage, ", ".join(each.capabilities), each.our_qualifier, each.our_identifier,
         each.their_qualifier, each.their_identifier, each.our_application, each.their_application,
         each.trace_identifier, each.transport, each.endpoint_url, each.active]
        for each, _ in queries.partners_listed()
    ]  # fmt: skip
    return csv_file("trading-partners", headings, rows)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def partner_detail(request: OrganizationRequest, partner_id: uuid.UUID) -> HttpResponse:
    partner = _partner(partner_id)
    context = {
        "tab": "partners",
        "partner": partner,
        "programs": _programs(partner),
        "history": queries.history([partner.id]),
    }
    return render(request, "payers/partner_detail.html", context)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def partner_new(request: OrganizationRequest) -> HttpResponse:
    back = reverse("partner_list")
    page = FormPage("New trading partner", "partners", back, "Add the partner", crumbs=[("Trading partners", back)])
    page.about = "It begins in test. Going to production is a step of its own, once answers come back well."
    form = PartnerForm(request.POST or None, initial={"capabilities": ["278"]})
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], _: int | None) -> TradingPartner:
        return services.add_partner(values, actor=request.access.actor, now=request.access.now)

    saved = take_form(request, page, form, save)
    if isinstance(saved, HttpResponse):
        return saved
    words = f"{saved.name} is added, in test. Route a program to it next, on the program’s page."
    return done(request, words, reverse("partner_detail", args=[saved.id]))


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def partner_edit(request: OrganizationRequest, partner_id: uuid.UUID) -> HttpResponse:
    partner = _partner(partner_id)
    back = reverse("partner_detail", args=[partner.id])
    crumbs = [("Trading partners", reverse("partner_list")), (partner.name, back)]
    page = FormPage(f"Edit {partner.name}", "partners", back, crumbs=crumbs)
    page.about = "What is frozen to be sent goes out as it is; everything after it as you save it here."
    form = PartnerForm(request.POST or None, instance=partner)
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> TradingPartner:
        return services.save_partner(
            partner.id, values, version=version, actor=request.access.actor, now=request.access.now
        )

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, f"{saved.name} is saved.", back)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def partner_switch(request: OrganizationRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Asks first; then nothing is sent through the partner any more, or is again."""
    partner = _partner(partner_id)
    back = reverse("partner_detail", args=[partner.id])
    on = not partner.active
    if request.method == "POST":
        wanted = request.POST.get("active") == "yes"
        services.switch_partner(partner.id, active=wanted, actor=request.access.actor, now=request.access.now)
        return done(request, f"{partner.name} is switched {'on' if wanted else 'off'}.", back)
    return confirm(
        request,
        heading=f"Switch {partner.name} {'on' if on else 'off'}?",
        verb=f"Switch it {'on' if on else 'off'}",
        action=reverse("partner_switch", args=[partner.id]),
        stay=back,
        sentences=["Programs routed to it can submit again."] if on else _loses(partner),
        hidden={"active": "yes" if on else "no"},
    )


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def partner_usage(request: OrganizationRequest, partner_id: uuid.UUID) -> HttpResponse:
    """Asks first; then what is sent is real, or a test again."""
    partner = _partner(partner_id)
    back = reverse("partner_detail", args=[partner.id])
    real = partner.usage != USAGES.PRODUCTION
    if request.method == "POST":
        usage = USAGES.PRODUCTION if request.POST.get("usage") == "P" else USAGES.TEST
        try:
            services.set_usage(partner.id, usage, actor=request.access.actor, now=request.access.now)
        except Refused as error:
            return refused(request, error, back)
        return done(request, f"{partner.name} is in {usage.label.lower()}.", back)
    return confirm(
        request,
        heading=f"Go to production with {partner.name}?" if real else f"Put {partner.name} back to test?",
        verb="Go to production" if real else "Back to test",
        action=reverse("partner_usage", args=[partner.id]),
        stay=back,
        sentences=_real(partner) if real else ["Requests are marked as tests: the payer decides none of them."],
        hidden={"usage": "P" if real else "T"},
    )


def _real(partner: TradingPartner) -> list[str]:
    return [
        f"From now on every 278 to {partner.endpoint_url} is a real request for a real member (usage P).",
        "What was sent cannot be taken back; it can only be cancelled with the payer.",
    ]


def _loses(partner: TradingPartner) -> list[str]:
    names = [f"{program.payer.name}, {program.name}" for program in _programs(partner)]
    if not names:
        return ["No program is routed to it."]
    held = wording.join_words(names)
    return [f"{held} cannot submit 278s until another partner is routed.", "What waits to be sent still goes out."]


def _programs(partner: TradingPartner) -> list[Program]:
    return next((programs for each, programs in queries.partners_listed() if each.id == partner.id), [])


def _partner(partner_id: uuid.UUID) -> TradingPartner:
    partner: TradingPartner | None = TradingPartner.objects.filter(id=partner_id).first()
    if partner is None:
        raise Http404
    return partner
