"""Routes of the pages about providers: who may open each."""

from __future__ import annotations

import uuid

from django.http import HttpResponse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from imports import views as imports
from payers.views.pages import NO_READS
from providers import queries, services
from providers.forms import ProviderForm
from providers.importers import PROVIDERS
from providers.models import Provider
from providers.views import subject

PAGES = imports.Pages(
    PROVIDERS, "provider_import", "provider_import_file", "provider_import_template", "provider_list", "providers"
)
PROVIDERS_PAGES = subject.Subject(
    one="provider",
    many="providers",
    model=Provider,
    form=ProviderForm,
    listed=queries.providers_listed,
    page=queries.provider_page,
    add=services.add_provider,
    save=services.save_provider,
    imports=PAGES,
)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def provider_list(request: OrganizationRequest) -> HttpResponse:
    return subject.show_list(request, PROVIDERS_PAGES)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def provider_detail(request: OrganizationRequest, provider_id: uuid.UUID) -> HttpResponse:
    return subject.show(request, PROVIDERS_PAGES, provider_id)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def provider_new(request: OrganizationRequest) -> HttpResponse:
    return subject.new(request, PROVIDERS_PAGES)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def provider_edit(request: OrganizationRequest, provider_id: uuid.UUID) -> HttpResponse:
    return subject.edit(request, PROVIDERS_PAGES, provider_id)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def provider_close(request: OrganizationRequest, provider_id: uuid.UUID) -> HttpResponse:
    return subject.close_or_open(request, PROVIDERS_PAGES, provider_id)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def provider_export(request: OrganizationRequest) -> HttpResponse:
    return subject.export(PROVIDERS_PAGES)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def provider_import(request: OrganizationRequest) -> HttpResponse:
    return imports.choose(request, PAGES)


@organization_view(Scope.PAYER_WRITE, no_reads=NO_READS)
def provider_import_file(request: OrganizationRequest, provider_file_id: uuid.UUID) -> HttpResponse:
    return imports.preview(request, PAGES, provider_file_id)


@organization_view(Scope.PAYER_WRITE, methods=["GET"], no_reads=NO_READS)
def provider_import_template(request: OrganizationRequest) -> HttpResponse:
    return imports.template(PAGES)
