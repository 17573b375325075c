"""Payers from a file."""

from __future__ import annotations

import uuid

from django.http import HttpResponse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from imports import views
from payers.importers import PAYERS
from payers.views.pages import NO_READS

PAGES = views.Pages(PAYERS, "payer_import", "payer_import_file", "payer_import_template", "payer_list", "payers")


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def payer_import(request: OrganizationRequest) -> HttpResponse:
    return views.choose(request, PAGES)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def payer_import_file(request: OrganizationRequest, file_id: uuid.UUID) -> HttpResponse:
    return views.preview(request, PAGES, file_id)


@organization_view(Scope.PAYER_WRITE, methods=["GET"], no_reads=NO_READS)
def payer_import_template(request: OrganizationRequest) -> HttpResponse:
    return views.template(PAGES)
