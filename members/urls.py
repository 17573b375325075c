"""Routes of the pages about members, their coverage and its eligibility."""

from django.urls import path

from members.views import coverages, covered, detail, eligibility, imports, listing, people, rosters

urlpatterns = [
    path("members", listing.member_list, name="member_list"),
    path("members/search", listing.member_search, name="member_search"),
    path("members/pick", listing.member_pick, name="member_pick"),
    path("members/new", people.member_new, name="member_new"),
    path("members/import", imports.member_import, name="member_import"),
    path("members/import/template", imports.member_import_template, name="member_import_template"),
    path("members/import/<uuid:member_file_id>", imports.member_import_file, name="member_import_file"),
    path("members/numbers/<uuid:identifier_id>", people.identifier_edit, name="identifier_edit"),
    path("members/coverage/<uuid:coverage_id>", coverages.coverage_edit, name="coverage_edit"),
    path("members/coverage/<uuid:coverage_id>/end", coverages.coverage_end, name="coverage_end"),
    path("members/eligibility", rosters.roster_list, name="roster_list"),
    path("members/eligibility/new", rosters.roster_new, name="roster_new"),
    path("members/eligibility/<uuid:roster_id>", rosters.roster_detail, name="roster_detail"),
    path("members/eligibility/<uuid:roster_id>/export", rosters.roster_export, name="roster_export"),
    path("members/eligibility/entries/<uuid:entry_id>", rosters.roster_entry, name="roster_entry"),
    path("members/<uuid:member_id>", detail.member_detail, name="member_detail"),
    path("members/<uuid:member_id>/covered", covered.member_covered, name="member_covered"),
    path("members/<uuid:member_id>/edit", people.member_edit, name="member_edit"),
    path("members/<uuid:member_id>/numbers/new", people.identifier_new, name="identifier_new"),
    path("members/<uuid:member_id>/coverage/new", coverages.coverage_new, name="coverage_new"),
    path("members/<uuid:member_id>/eligibility", eligibility.check_new, name="check_new"),
    path("configuration/eligibility", eligibility.eligibility_rule, name="eligibility_rule"),
]
