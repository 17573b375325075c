"""What the pages of the configuration share: showing a form, taking it, asking before, and sending a file.

Health data stands on none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.access import OrganizationRequest
from imports.csv_export import Cell, write
from payers.forms import PlainForm
from tenancy.editing import Refused, Stale
from web.wording import Clock, moment

NO_READS = "shows the configuration, no health data"


@dataclass
class FormPage:
    """One showing of a form. `crumbs` are (label, address); `notes` are said above it; `back` is where Close leads."""

    title: str
    tab: str
    back: str
    verb: str = "Save"
    crumbs: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    about: str = ""
    template: str = "payers/form.html"
    heading: str = "Not saved"
    extra: dict[str, Any] = field(default_factory=dict)


def today(request: OrganizationRequest) -> date:
    return request.access.organization.today(request.access.now)


def show_form(
    request: OrganizationRequest,
    page: FormPage,
    form: Any,
    *,
    problems: Sequence[Mapping[str, str]] = (),
    status: int = 200,
) -> HttpResponse:
    context = {"page": page, "form": form, "problems": problems, "tab": page.tab, **page.extra}
    return render(request, page.template, context, status=status)


def take_form(
    request: OrganizationRequest, page: FormPage, form: PlainForm, save: Callable[[dict[str, Any], int | None], Any]
) -> Any:
    """The saved row, or the page again with everything typed and everything wrong with it (422), or overtaken (409)."""
    if not form.is_bound:
        return show_form(request, page, form, problems=[{"text": "Nothing was sent.", "field_id": ""}], status=422)
    if not form.is_valid():
        form.say_missing()
        return show_form(request, page, form, problems=form.listed, status=422)
    try:
        return save(form.values, form.cleaned_data.get("version"))
    except Refused as refused:
        form.put(refused.problems)
        return show_form(request, page, form, problems=form.listed, status=422)
    except Stale as stale:
        return _overtaken(request, page, form, stale)


def _overtaken(request: OrganizationRequest, page: FormPage, form: PlainForm, stale: Stale) -> HttpResponse:
    """Somebody saved in between: everything typed stays, and a second Save is a decision."""
    latest = type(form.instance).objects.get(pk=form.instance.pk)
    sent: Any = form.data
    form.data = sent.copy()
    form.data["version"] = str(latest.version)  # type: ignore[index]
    page.heading = "Not saved: this was changed meanwhile"
    clock = Clock(request.access.now, request.access.organization.zone)
    when = f", {moment(stale.changed_at, clock)}" if stale.changed_at else ""
    words = f"{stale.changed_by} changed it{when}. What you typed is below; saving again replaces what was written."
    problems = [{"text": f"{words} See how it stands now.", "address": page.back}]
    return show_form(request, page, form, problems=problems, status=409)


def confirm(
    request: OrganizationRequest,
    *,
    heading: str,
    verb: str,
    action: str,
    stay: str,
    sentences: Sequence[str],
    hidden: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Ask before: a page, or the dialog of the page that asked."""
    context = {
        "heading": heading,
        "body": "payers/_confirm.html",
        "sentences": sentences,
        "action": action,
        "verb": verb,
        "hidden": hidden or {},
        "stay_url": stay,
    }
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"confirm.html{part}", context)


def done(request: OrganizationRequest, words: str, address: str) -> HttpResponse:
    """Back to where it shows, with a sentence."""
    messages.success(request, words)
    return redirect(address)


def refused(request: OrganizationRequest, error: Refused, address: str) -> HttpResponse:
    """Back to where it was asked, with what stops it."""
    for problem in error.problems:
        messages.error(request, f"Nothing was changed. {problem.message}")
    return redirect(address)


def csv_file(name: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> HttpResponse:
    """A file to open in a spreadsheet."""
    response = HttpResponse(write(headings, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
