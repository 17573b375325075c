"""Routes of the pages about facilities: who may open each."""

from __future__ import annotations

import uuid

from django.http import HttpResponse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from imports import views as imports
from payers.views.pages import NO_READS
from providers import queries, services
from providers.forms import FacilityForm
from providers.importers import FACILITIES
from providers.models import Facility
from providers.views import subject

PAGES = imports.Pages(
    FACILITIES, "facility_import", "facility_import_file", "facility_import_template", "facility_list", "facilities"
)
FACILITIES_PAGES = subject.Subject(
    one="facility",
    many="facilities",
    model=Facility,
    form=FacilityForm,
    listed=queries.facilities_listed,
    page=queries.facility_page,
    add=services.add_facility,
    save=services.save_facility,
    imports=PAGES,
)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def facility_list(request: OrganizationRequest) -> HttpResponse:
    return subject.show_list(request, FACILITIES_PAGES)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def facility_detail(request: OrganizationRequest, facility_id: uuid.UUID) -> HttpResponse:
    return subject.show(request, FACILITIES_PAGES, facility_id)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def facility_new(request: OrganizationRequest) -> HttpResponse:
    return subject.new(request, FACILITIES_PAGES)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def facility_edit(request: OrganizationRequest, facility_id: uuid.UUID) -> HttpResponse:
    return subject.edit(request, FACILITIES_PAGES, facility_id)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def facility_close(request: OrganizationRequest, facility_id: uuid.UUID) -> HttpResponse:
    return subject.close_or_open(request, FACILITIES_PAGES, facility_id)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def facility_export(request: OrganizationRequest) -> HttpResponse:
    return subject.export(FACILITIES_PAGES)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def facility_import(request: OrganizationRequest) -> HttpResponse:
    return imports.choose(request, PAGES)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def facility_import_file(request: OrganizationRequest, facility_file_id: uuid.UUID) -> HttpResponse:
    return imports.preview(request, PAGES, facility_file_id)


@organization_view(Scope.PAYER_WRITE, methods=["GET"], no_reads=NO_READS)
def facility_import_template(request: OrganizationRequest) -> HttpResponse:
    return imports.template(PAGES)
