"""The pages of an import, for any kind: choose a file, look at what it would do, do it.

An app declares routes with its own scope and hands them to `choose`, `preview` and `template`; `names` are the names
of those routes.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest
from accounts.middleware import POLL_HEADER
from imports import queries, services
from imports.csv_export import write
from imports.csv_import import LARGEST_FILE
from imports.models import ImportFile
from imports.services import TOO_LARGE, Effect, ImportKind, Look
from tenancy.editing import Problem, Refused

MOST_STEPS = 50
MOST_FAULTS = 200
DATE_WORDS = {
    "chosen": "as chosen",
    "sure": "the days in the file can be read no other way",
    "unsure": "every day in the file could be read either way, so make sure",
    "mixed": "some days in the file can only be read the other way: they are left out",
}


@dataclass(frozen=True)
class Pages:
    """Where an import of one kind lives: route names, and the tab and list it belongs to."""

    kind: ImportKind
    choose: str
    preview: str
    template: str
    back: str
    tab: str


def choose(request: OrganizationRequest, pages: Pages) -> HttpResponse:
    """What a file must look like, and where it is sent."""
    if request.method != "POST":
        return _choose(request, pages)
    sent = request.FILES.get("file")
    if sent is None:
        return _choose(request, pages, Problem("file", "Choose a file."))
    if (sent.size or 0) > LARGEST_FILE:
        return _choose(request, pages, Problem("file", TOO_LARGE))
    access, attested = request.access, request.POST.get("attested") == "yes"
    try:
        file = services.keep_file(
            pages.kind, sent.name or "file.csv", sent.read(), attested=attested, actor=access.actor, now=access.now
        )
    except Refused as refused:
        return _choose(request, pages, refused.problems[0])
    return redirect(pages.preview, file.id)


def preview(request: OrganizationRequest, pages: Pages, file_id: uuid.UUID) -> HttpResponse:
    """What the file would do, line by line, or did; POST does it."""
    file = queries.import_file(pages.kind.name, file_id)
    if file is None:
        raise Http404
    if request.method == "POST":
        try:
            _do(request, pages, file.id)
        except Refused as refused:
            messages.error(request, refused.problems[0].message)
        return redirect(pages.preview, file.id)
    if file.state == file.State.RUNNING:
        return _progress(request, pages, file)
    if POLL_HEADER in request.headers:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    look = services.look(pages.kind, file, request.access.organization.today(request.access.now))
    if request.GET.get("faults") == "csv":
        return _faults_file(pages, look)
    context: dict[str, Any] = {
        "pages": pages,
        "kind": pages.kind,
        "tab": pages.tab,
        "file": file,
        "look": look,
        "steps": [step for step in look.plan.steps if step.effect is not Effect.UNCHANGED][:MOST_STEPS],
        "faults": look.faults[:MOST_FAULTS],
        "counts": {effect.value: look.lines_of(effect) for effect in Effect},
        "headings": list(enumerate(look.table.found)),
        "date_words": DATE_WORDS.get(look.table.dates.reason, ""),
        "before": queries.imported_before(file),
        "back": reverse(pages.back),
        "again": reverse(pages.choose),
    }
    return render(request, "imports/preview.html", context)


def _do(request: OrganizationRequest, pages: Pages, file_id: uuid.UUID) -> None:
    """Read the columns another way, or import. Raises Refused."""
    actor, now = request.access.actor, request.access.now
    if request.POST.get("do") != "columns":
        services.run(pages.kind, file_id, actor=actor, now=now)
        return
    headings = request.POST.getlist("heading")[:MOST_FAULTS]
    mapping = dict(zip(headings, request.POST.getlist("column"), strict=False))
    services.arrange(pages.kind, file_id, mapping, request.POST.get("dates", ""), actor=actor, now=now)


def _progress(request: OrganizationRequest, pages: Pages, file: ImportFile) -> HttpResponse:
    """How far the worker is. The page asks by itself whether it is done: such a question shows nothing new."""
    if POLL_HEADER in request.headers:
        return HttpResponse(status=204)
    counts = file.counts
    done = sum(counts.get(name, 0) for name in (Effect.NEW, Effect.CHANGED))
    context = {
        "kind": pages.kind,
        "tab": pages.tab,
        "file": file,
        "done": done,
        "to_do": counts.get("to_do", 0),
        "back": reverse(pages.back),
        "again": reverse(pages.choose),
    }
    return render(request, "imports/progress.html", context)


def template(pages: Pages) -> HttpResponse:
    """An empty file with the headings, or one with a line to go by."""
    rows = [pages.kind.example] if pages.kind.example else []
    return _attachment(write([column.label for column in pages.kind.columns], rows), f"{pages.kind.name}-template")


def _choose(request: OrganizationRequest, pages: Pages, problem: Problem | None = None) -> HttpResponse:
    context = {
        "pages": pages,
        "kind": pages.kind,
        "tab": pages.tab,
        "problem": problem.message if problem and problem.field == "file" else "",
        "unattested": problem.message if problem and problem.field == "attested" else "",
        "files": [(file, reverse(pages.preview, args=[file.id])) for file in queries.earlier_files(pages.kind.name)],
        "megabytes": LARGEST_FILE // 1024 // 1024,
        "most_lines": services.MOST_LINES,
        "back": reverse(pages.back),
        "action": reverse(pages.choose),
        "template_url": reverse(pages.template),
    }
    return render(request, "imports/choose.html", context, status=422 if problem else 200)


def _faults_file(pages: Pages, look: Look) -> HttpResponse:
    rows = [[fault.line, fault.column, fault.message] for fault in look.faults]
    return _attachment(write(["Line", "Column", "What is wrong"], rows), f"{pages.kind.name}-faults")


def _attachment(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
