"""Every route of the product. A view without a declared scope keeps the server from starting: see accounts.checks."""

from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("web.urls")),
    path("", include("authorizations.urls")),
    path("", include("members.urls")),
    path("", include("notices.urls")),
    path("", include("claims.urls")),
    path("", include("codesets.urls")),
    path("", include("edi.urls")),
    path("", include("audit.urls")),
    path("", include("payers.urls")),
    path("", include("providers.urls")),
]

handler400 = "web.views.bad_request"
handler403 = "web.views.permission_denied"
handler404 = "web.views.not_found"
handler500 = "web.views.server_error"
