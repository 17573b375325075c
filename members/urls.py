"""Routes of the member pages."""

from django.urls import path

from members.views import detail, listing

urlpatterns = [
    path("members", listing.member_list, name="member_list"),
    path("members/search", listing.member_search, name="member_search"),
    path("members/pick", listing.member_pick, name="member_pick"),
    path("members/<uuid:member_id>", detail.member_detail, name="member_detail"),
]
