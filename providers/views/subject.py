"""The pages that providers and facilities have alike: list, one, new, edit, last day, export."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest
from imports import views as imports
from payers.queries import history
from payers.views.open_requests import open_with
from payers.views.pages import FormPage, csv_file, done, show_form, take_form, today
from providers.models import Facility, Provider
from providers.npi import is_valid_npi
from providers.views.closing import close

PAGE_SIZE = 100


@dataclass(frozen=True)
class Subject:
    """Providers, or facilities: words, table, form and the services that write it.

    Routes are named `<one>_list`, `_detail`, `_new`, `_edit`, `_close`, `_export`.
    """

    one: str
    many: str
    model: type[Provider] | type[Facility]
    form: Callable[..., Any]
    listed: Callable[..., Any]
    page: Callable[..., Any]
    add: Callable[..., Any]
    save: Callable[..., Any]
    imports: imports.Pages

    @property
    def title(self) -> str:
        return self.many.capitalize()

    @property
    def list_url(self) -> str:
        return reverse(f"{self.one}_list")

    def detail_url(self, row_id: uuid.UUID) -> str:
        return reverse(f"{self.one}_detail", args=[row_id])

    def find(self, row_id: uuid.UUID) -> Any:
        row = self.model.objects.filter(id=row_id).first()
        if row is None:
            raise Http404
        return row


def show_list(request: OrganizationRequest, subject: Subject) -> HttpResponse:
    """Those at work, by name; on wish those who left."""
    text, ended = request.GET.get("q", "").strip()[:80], request.GET.get("ended") == "yes"
    day = today(request)
    rows = subject.listed(text, today=day, ended=ended)
    page = subject.page(rows, size=PAGE_SIZE, after=request.GET.get("after", ""))
    context = {
        "tab": subject.many,
        "subject": subject,
        "q": text,
        "ended": ended,
        "page": page,
        "rows": [(row, is_valid_npi(row.npi)) for row in page.rows],
        "any": subject.model.objects.exists(),
        "ended_count": subject.listed(today=day, ended=True).count(),
    }
    part = "#list" if request.htmx.target == "list" else ""  # type: ignore[attr-defined]
    return render(request, f"providers/{subject.one}_list.html{part}", context)


def show(request: OrganizationRequest, subject: Subject, row_id: uuid.UUID) -> HttpResponse:
    row = subject.find(row_id)
    context = {
        "tab": subject.many,
        "subject": subject,
        "row": row,
        "active": row.active_on(today(request)),
        "sound": is_valid_npi(row.npi),
        "history": history([row.id]),
    }
    return render(request, f"providers/{subject.one}_detail.html", context)


def new(request: OrganizationRequest, subject: Subject) -> HttpResponse:
    back = subject.list_url
    page = FormPage(f"New {subject.one}", subject.many, back, f"Add the {subject.one}", crumbs=[(subject.title, back)])
    form = subject.form(request.POST or None, today=today(request))
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], _: int | None) -> Any:
        return subject.add(values, actor=request.access.actor, now=request.access.now)

    saved = take_form(request, page, form, save)
    return (
        saved if isinstance(saved, HttpResponse) else done(request, f"{saved} is added.", subject.detail_url(saved.id))
    )


def edit(request: OrganizationRequest, subject: Subject, row_id: uuid.UUID) -> HttpResponse:
    row = subject.find(row_id)
    back = subject.detail_url(row.id)
    page = FormPage(f"Edit {row}", subject.many, back, crumbs=[(subject.title, subject.list_url), (str(row), back)])
    form = subject.form(request.POST or None, instance=row, today=today(request))
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> Any:
        return subject.save(row.id, values, version=version, actor=request.access.actor, now=request.access.now)

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, f"{saved} is saved.", back)


def close_or_open(request: OrganizationRequest, subject: Subject, row_id: uuid.UUID) -> HttpResponse:
    """Asks for the last day; who left comes back by the same page."""
    row = subject.find(row_id)
    return close(
        request,
        str(row),
        row.active_to,
        action=reverse(f"{subject.one}_close", args=[row.id]),
        back=subject.detail_url(row.id),
        running=open_with(request, row).words,
        save=lambda last: subject.save(
            row.id, {"active_to": last}, version=None, actor=request.access.actor, now=request.access.now
        ),
    )


def export(subject: Subject) -> HttpResponse:
    """Everybody on a line, under the headings that the import reads."""
    columns = subject.imports.kind.columns
    rows = [[getattr(row, column.name) for column in columns] for row in subject.model.objects.order_by("name", "id")]
    return csv_file(subject.many, [column.label for column in columns], rows)
