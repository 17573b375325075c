"""Payers: list, one payer with its programs and aliases, edits, export."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from payers import importers, queries, services
from payers.forms import PayerForm
from payers.models import Payer, PayerAlias, Playbook
from payers.views.open_requests import open_requests
from payers.views.pages import NO_READS, FormPage, confirm, csv_file, done, show_form, take_form, today
from tenancy.editing import Refused


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def payer_list(request: OrganizationRequest) -> HttpResponse:
    """All payers that are in use, or those a word finds."""
    text = request.GET.get("q", "").strip()[:80]
    every = request.GET.get("inactive") == "all"
    rows = queries.payers_listed(text=text, with_inactive=every)
    context = {
        "tab": "payers",
        "q": text,
        "every": every,
        "rows": rows,
        "inactive_count": Payer.objects.filter(active=False).count(),
        "any": Payer.objects.exists(),
    }
    part = "#list" if request.htmx.target == "list" else ""  # type: ignore[attr-defined]
    return render(request, f"payers/payer_list.html{part}", context)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def payer_detail(request: OrganizationRequest, payer_id: uuid.UUID) -> HttpResponse:
    payer = _payer(payer_id)
    return _show(request, payer)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def payer_new(request: OrganizationRequest) -> HttpResponse:
    back = reverse("payer_list")
    page = FormPage("New payer", "payers", back, "Add the payer", crumbs=[("Payers", back)])
    form = PayerForm(request.POST or None)
    if request.method != "POST":
        return show_form(request, page, form)
    saved = take_form(
        request,
        page,
        form,
        lambda values, _: services.add_payer(values, actor=request.access.actor, now=request.access.now),
    )
    if isinstance(saved, HttpResponse):
        return saved
    words = f"{saved.name} is added. Add its programs next: they say how it is asked."
    return done(request, words, reverse("payer_detail", args=[saved.id]))


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def payer_edit(request: OrganizationRequest, payer_id: uuid.UUID) -> HttpResponse:
    payer = _payer(payer_id)
    back = reverse("payer_detail", args=[payer.id])
    crumbs = [("Payers", reverse("payer_list")), (payer.name, back)]
    note = "Requests that were made keep the name and ID they were made with."
    page = FormPage(f"Edit {payer.name}", "payers", back, crumbs=crumbs, about=note)
    form = PayerForm(request.POST or None, instance=payer)
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> Payer:
        return services.save_payer(
            payer.id, values, version=version, actor=request.access.actor, now=request.access.now
        )

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, f"{saved.name} is saved.", back)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def payer_switch(request: OrganizationRequest, payer_id: uuid.UUID) -> HttpResponse:
    """Asks first; then the payer is no longer offered, or is again."""
    payer = _payer(payer_id)
    back = reverse("payer_detail", args=[payer.id])
    on = not payer.active
    if request.method == "POST":
        wanted = request.POST.get("active") == "yes"
        services.switch_payer(payer.id, active=wanted, actor=request.access.actor, now=request.access.now)
        return done(request, f"{payer.name} is switched {'on' if wanted else 'off'}.", back)
    sentences = ["It is offered again for new coverage and in filters."] if on else _loses(request, payer)
    return confirm(
        request,
        heading=f"Switch {payer.name} {'on' if on else 'off'}?",
        verb=f"Switch it {'on' if on else 'off'}",
        action=reverse("payer_switch", args=[payer.id]),
        stay=back,
        sentences=sentences,
        hidden={"active": "yes" if on else "no"},
    )


def _loses(request: OrganizationRequest, payer: Payer) -> list[str]:
    running = open_requests(request, payer_id=payer.id)
    return [
        "It is no longer offered for new coverage and in filters. Nothing is deleted.",
        running.words if running.count else "What was asked of it before stays as it is.",
    ]


@organization_view(Scope.PAYER_WRITE, methods=["POST"], no_reads=NO_READS)
def payer_alias_add(request: OrganizationRequest, payer_id: uuid.UUID) -> HttpResponse:
    payer = _payer(payer_id)
    text = request.POST.get("alias", "")
    try:
        alias = services.add_alias(payer.id, text, actor=request.access.actor, now=request.access.now)
    except Refused as error:
        return _show(request, payer, alias=text, alias_error=error.problems[0].message, status=422)
    return done(request, f"{payer.name} also goes by “{alias.alias}”.", reverse("payer_detail", args=[payer.id]))


@organization_view(Scope.PAYER_WRITE, methods=["POST"], no_reads=NO_READS)
def payer_alias_retire(request: OrganizationRequest, alias_id: uuid.UUID) -> HttpResponse:
    if not PayerAlias.objects.filter(id=alias_id).exists():
        raise Http404
    alias = services.retire_alias(alias_id, actor=request.access.actor, now=request.access.now)
    address = reverse("payer_detail", args=[alias.payer_id])
    return done(request, f"“{alias.alias}” is taken off. Add it again at any time.", address)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def payer_export(request: OrganizationRequest) -> HttpResponse:
    """Every program on a line, under the headings that the import reads."""
    rows: list[list[Any]] = []
    known = queries.program_rows(queries.programs_whole(), today(request))
    for payer in queries.payers_listed(with_inactive=True):
        own = [row for row in known if row.program.payer_id == payer.id]
        rows += [_cells(payer, row) for row in own] or [_cells(payer, None)]
    return csv_file("payers", [column.label for column in importers.COLUMNS], rows)


def _cells(payer: Any, row: queries.ProgramRow | None) -> list[Any]:
    """One line in the order of the import's columns."""
    names = "; ".join(alias.alias for alias in payer.known_as)
    cells = [payer.identifier, payer.name, names, payer.phone, payer.fax, payer.portal_url, payer.default_window_days]
    rules = row.rules if row else None
    cells += [row.program.name if row else None]
    if rules is None:
        return [*cells, *[None] * 6]
    return [
        *cells,
        rules.authorization_workflow,
        rules.starts_on,
        rules.default_window_days,
        rules.urgent_hours,
        rules.routine_days,
        rules.contract_reference,
    ]


def _payer(payer_id: uuid.UUID) -> Payer:
    payer: Payer | None = Payer.objects.filter(id=payer_id).first()
    if payer is None:
        raise Http404
    return payer


def _show(
    request: OrganizationRequest, payer: Payer, *, alias: str = "", alias_error: str = "", status: int = 200
) -> HttpResponse:
    programs = list(queries.programs_whole(payer.id))
    books = {book.program_id: book for book in Playbook.objects.filter(payer=payer).select_related("owner__user")}
    context = {
        "tab": "payers",
        "payer": payer,
        "rows": queries.program_rows(programs, today(request)),
        "aliases": payer.aliases.filter(active=True).order_by("alias"),
        "alias": alias,
        "alias_error": alias_error,
        "playbook": books.get(None),
        "history": queries.history([payer.id, *[program.id for program in programs]]),
    }
    return render(request, "payers/payer_detail.html", context, status=status)
