"""Existing authorizations from a tracker spreadsheet: the pages of the import."""

from __future__ import annotations

import uuid

from django.http import HttpResponse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations.importers import EXISTING
from imports import views

PAGES = views.Pages(
    EXISTING,
    "authorization_import",
    "authorization_import_file",
    "authorization_import_template",
    back="authorization_list",
    tab="",
)


@organization_view(Scope.AUTHORIZATION_WRITE, no_reads="says what a file looks like; shows nobody")
def authorization_import(request: OrganizationRequest) -> HttpResponse:
    """Send a file."""
    return views.choose(request, PAGES)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="import.read")
def authorization_import_file(request: OrganizationRequest, tracker_file_id: uuid.UUID) -> HttpResponse:
    """What the file would do, or did."""
    return views.preview(request, PAGES, tracker_file_id)


@organization_view(Scope.AUTHORIZATION_WRITE, methods=["GET"], no_reads="an empty file with headings")
def authorization_import_template(request: OrganizationRequest) -> HttpResponse:
    """A file to begin with."""
    return views.template(PAGES)
