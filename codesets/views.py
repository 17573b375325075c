"""Codes while somebody types, and the page of an organization's own procedure codes with their import."""

from __future__ import annotations

import uuid
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from codesets import procedure_files
from codesets.queries import DIAGNOSES, PROCEDURES, latest_release, matching, own_procedures, sizes
from imports import views as imports

MOST_SHOWN = 12
LONGEST_TEXT = 80
MOST_LISTED = 100
NO_READS = "shows codes and their words, nobody's data"
IMPORT = imports.Pages(
    procedure_files.PROCEDURES, "procedure_import", "procedure_import_file", "procedure_import_template", "code_sets",
    "codes",
)  # fmt: skip


@organization_view(Scope.AUTHORIZATION_READ, methods=["POST"], no_reads=NO_READS)
def procedure_search(request: OrganizationRequest) -> HttpResponse:
    """Procedures that fit `q` and may be used on the day `on` (today without one)."""
    return _options(request, PROCEDURES)


@organization_view(Scope.AUTHORIZATION_READ, methods=["POST"], no_reads=NO_READS)
def diagnosis_search(request: OrganizationRequest) -> HttpResponse:
    """Diagnoses that fit `q` and may be used on the day `on` (today without one)."""
    return _options(request, DIAGNOSES)


def _options(request: OrganizationRequest, system: str) -> HttpResponse:
    text = request.POST.get("q", "")[:LONGEST_TEXT]
    found = matching(system, text, _day(request), limit=MOST_SHOWN)
    return render(request, "codesets/_options.html", {"found": found, "text": text, "most": MOST_SHOWN})


def _day(request: OrganizationRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("on", ""))
    except ValueError:
        return request.access.organization.today(request.access.now)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def code_sets(request: OrganizationRequest) -> HttpResponse:
    """The shared sets with their latest release, and the organization's own procedures; `?q=` looks among them."""
    text, day = request.GET.get("q", "")[:LONGEST_TEXT], request.access.organization.today(request.access.now)
    own = own_procedures(text)
    context = {
        "tab": "codes",
        "q": text,
        "sets": [(label, count, latest_release(system)) for system, label, count in sizes(day)],
        "rows": list(own[:MOST_LISTED]),
        "count": own.count(),
        "most": MOST_LISTED,
        "day": day,
    }
    return render(request, "codesets/code_sets.html", context)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def procedure_import(request: OrganizationRequest) -> HttpResponse:
    return imports.choose(request, IMPORT)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def procedure_import_file(request: OrganizationRequest, procedure_file_id: uuid.UUID) -> HttpResponse:
    return imports.preview(request, IMPORT, procedure_file_id)


@organization_view(Scope.PAYER_WRITE, methods=["GET"], no_reads=NO_READS)
def procedure_import_template(request: OrganizationRequest) -> HttpResponse:
    return imports.template(IMPORT)
