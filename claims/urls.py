"""Routes of the claim pages."""

from django.urls import path

from claims import views

urlpatterns = [
    path("claims", views.claim_list, name="claim_list"),
    path("claims/new", views.claim_new, name="claim_new"),
    path("claims/<uuid:claim_id>", views.claim_detail, name="claim_detail"),
    path("claims/<uuid:claim_id>/replace", views.claim_replace, name="claim_replace"),
    path("claims/<uuid:claim_id>/void", views.claim_void, name="claim_void"),
]
