"""Members with their coverage from a file."""

from __future__ import annotations

import uuid

from django.http import HttpResponse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from imports import views
from members.importers import MEMBERS

PAGES = views.Pages(MEMBERS, "member_import", "member_import_file", "member_import_template", "member_list", "")


@organization_view(Scope.MEMBER_WRITE, no_reads="names of files and columns, nobody's data")
def member_import(request: OrganizationRequest) -> HttpResponse:
    return views.choose(request, PAGES)


@organization_view(Scope.MEMBER_WRITE, reads="import.read")
def member_import_file(request: OrganizationRequest, member_file_id: uuid.UUID) -> HttpResponse:
    return views.preview(request, PAGES, member_file_id)


@organization_view(Scope.MEMBER_WRITE, methods=["GET"], no_reads="an empty file")
def member_import_template(request: OrganizationRequest) -> HttpResponse:
    return views.template(PAGES)
