"""Routes of the pages about providers and facilities."""

from django.urls import path

from providers.views import facilities, providers

urlpatterns = [
    path("configuration/providers", providers.provider_list, name="provider_list"),
    path("configuration/providers/new", providers.provider_new, name="provider_new"),
    path("configuration/providers/export", providers.provider_export, name="provider_export"),
    path("configuration/providers/import", providers.provider_import, name="provider_import"),
    path(
        "configuration/providers/import/template", providers.provider_import_template, name="provider_import_template"
    ),
    path(
        "configuration/providers/import/<uuid:provider_file_id>",
        providers.provider_import_file,
        name="provider_import_file",
    ),
    path("configuration/providers/<uuid:provider_id>", providers.provider_detail, name="provider_detail"),
    path("configuration/providers/<uuid:provider_id>/edit", providers.provider_edit, name="provider_edit"),
    path("configuration/providers/<uuid:provider_id>/close", providers.provider_close, name="provider_close"),
    path("configuration/facilities", facilities.facility_list, name="facility_list"),
    path("configuration/facilities/new", facilities.facility_new, name="facility_new"),
    path("configuration/facilities/export", facilities.facility_export, name="facility_export"),
    path("configuration/facilities/import", facilities.facility_import, name="facility_import"),
    path(
        "configuration/facilities/import/template", facilities.facility_import_template, name="facility_import_template"
    ),
    path(
        "configuration/facilities/import/<uuid:facility_file_id>",
        facilities.facility_import_file,
        name="facility_import_file",
    ),
    path("configuration/facilities/<uuid:facility_id>", facilities.facility_detail, name="facility_detail"),
    path("configuration/facilities/<uuid:facility_id>/edit", facilities.facility_edit, name="facility_edit"),
    path("configuration/facilities/<uuid:facility_id>/close", facilities.facility_close, name="facility_close"),
]
