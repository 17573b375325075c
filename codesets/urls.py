"""Routes about codes."""

from django.urls import path

from codesets import views

urlpatterns = [
    path("codes/procedures", views.procedure_search, name="procedure_search"),
    path("codes/diagnoses", views.diagnosis_search, name="diagnosis_search"),
    path("configuration/codes", views.code_sets, name="code_sets"),
    path("configuration/codes/import", views.procedure_import, name="procedure_import"),
    path("configuration/codes/import/template", views.procedure_import_template, name="procedure_import_template"),
    path(
        "configuration/codes/import/<uuid:procedure_file_id>", views.procedure_import_file, name="procedure_import_file"
    ),
]
