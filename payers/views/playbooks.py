"""Playbooks: what is known about asking, who keeps it true, and what it said before."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from payers import queries, services
from payers.forms import PlaybookForm
from payers.models import Payer, Playbook, Program, Workflow
from payers.views.pages import NO_READS, FormPage, done, show_form, take_form, today

TEMPLATE = "payers/playbook_form.html"


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def playbook_list(request: OrganizationRequest) -> HttpResponse:
    """All playbooks, and the programs that have none."""
    day = today(request)
    books = queries.playbooks_listed()
    told = {(book.payer_id, book.program_id) for book in books}
    programs = queries.program_rows(queries.programs_whole().filter(active=True, payer__active=True), day)
    asked = [each.program for each in programs if each.rules and each.rules.authorization_workflow != Workflow.NONE]
    without = [each for each in asked if not {(each.payer_id, each.id), (each.payer_id, None)} & told]
    rows = [(book, book.needs_review(day)) for book in books]
    return render(request, "payers/playbook_list.html", {"tab": "playbooks", "rows": rows, "without": without})


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def playbook_detail(request: OrganizationRequest, playbook_id: uuid.UUID) -> HttpResponse:
    playbook = _playbook(playbook_id)
    context = {
        "tab": "playbooks",
        "playbook": playbook,
        "needs_review": playbook.needs_review(today(request)),
        "versions": queries.playbook_versions(playbook),
    }
    return render(request, "payers/playbook_detail.html", context)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def playbook_new_program(request: OrganizationRequest, program_id: uuid.UUID) -> HttpResponse:
    """A playbook for one program. Where it has one, that is opened."""
    program = Program.objects.select_related("payer").filter(id=program_id).first()
    if program is None:
        raise Http404
    return _new(request, program.payer, program, reverse("program_detail", args=[program.id]))


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def playbook_new_payer(request: OrganizationRequest, payer_id: uuid.UUID) -> HttpResponse:
    """A playbook for all programs of a payer that have none of their own."""
    payer = Payer.objects.filter(id=payer_id).first()
    if payer is None:
        raise Http404
    return _new(request, payer, None, reverse("payer_detail", args=[payer.id]))


def _new(request: OrganizationRequest, payer: Payer, program: Program | None, back: str) -> HttpResponse:
    about = f"{payer.name}, {program.name}" if program else f"{payer.name}, all programs"
    page = FormPage(f"Playbook: {about}", "playbooks", back, "Keep the playbook", template=TEMPLATE)
    page.crumbs = [("Playbooks", reverse("playbook_list"))]
    initial = {"owner": request.access.membership_id, "portal_url": payer.portal_url, "phone": payer.phone}
    form = PlaybookForm(request.POST or None, initial=initial | {"fax": payer.fax})
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], _: int | None) -> Playbook:
        program_id = program.id if program else None
        return services.add_playbook(payer.id, program_id, values, actor=request.access.actor, now=request.access.now)

    saved = take_form(request, page, form, save)
    if isinstance(saved, HttpResponse):
        return saved
    return done(request, "The playbook is kept.", reverse("playbook_detail", args=[saved.id]))


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def playbook_edit(request: OrganizationRequest, playbook_id: uuid.UUID) -> HttpResponse:
    playbook = _playbook(playbook_id)
    back = reverse("playbook_detail", args=[playbook.id])
    page = FormPage(f"Edit the playbook of {playbook}", "playbooks", back, template=TEMPLATE)
    page.crumbs = [("Playbooks", reverse("playbook_list")), (str(playbook), back)]
    form = PlaybookForm(request.POST or None, instance=playbook)
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> Playbook:
        return services.save_playbook(
            playbook.id, values, version=version, actor=request.access.actor, now=request.access.now
        )

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, "The playbook is saved.", back)


@organization_view(Scope.PAYER_WRITE, methods=["POST"], no_reads=NO_READS)
def playbook_review(request: OrganizationRequest, playbook_id: uuid.UUID) -> HttpResponse:
    """Read, and found true."""
    playbook = _playbook(playbook_id)
    services.review_playbook(playbook.id, actor=request.access.actor, now=request.access.now)
    return done(request, "Reviewed today.", reverse("playbook_detail", args=[playbook.id]))


def _playbook(playbook_id: uuid.UUID) -> Playbook:
    playbook = queries.playbook(playbook_id)
    if playbook is None:
        raise Http404
    return playbook
