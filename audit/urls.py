"""Routes of the audit log."""

from django.urls import path

from audit.views import log

urlpatterns = [
    path("audit", log.audit_log, name="audit_log"),
    path("audit/find", log.audit_find, name="audit_find"),
    path("audit/export", log.audit_export, name="audit_export"),
]
