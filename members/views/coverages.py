"""Coverage: a new one, its changes, and its last day."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from members import services
from members.forms import ORDERS, CoverageForm
from members.models import Coverage, Member
from members.queries import coverages, overlaps
from members.views.pages import by, find_member, find_of_member, may_see_all, member_page
from payers.queries import programs_offered
from payers.views.open_requests import counted
from payers.views.pages import done, show_form, take_form
from providers.views.closing import close

NO_PROGRAM = "No program is set up yet, so there is nothing to choose. Payers and programs stand in the configuration."


@organization_view(Scope.MEMBER_WRITE, reads="member.read")
def coverage_new(request: OrganizationRequest, member_id: uuid.UUID) -> HttpResponse:
    member = find_member(member_id)
    standing = coverages([member.id]).get(member.id, [])
    notes = [] if programs_offered().exists() else [NO_PROGRAM]
    page = member_page(member, f"New coverage for {member.display_name}", verb="Add the coverage", notes=notes)
    form = CoverageForm(request.POST or None, with_all=True, initial={"position": min(len(standing) + 1, 4)})
    if request.method != "POST":
        return show_form(request, page, form)
    saved = take_form(
        request, page, form, lambda values, _: services.add_coverage(member=member, **by(request), **values)
    )
    return saved if isinstance(saved, HttpResponse) else _done(request, member, f"{saved} is added.", page.back)


@organization_view(Scope.MEMBER_WRITE, reads="member.read")
def coverage_edit(request: OrganizationRequest, coverage_id: uuid.UUID) -> HttpResponse:
    row = find_of_member(request, Coverage, coverage_id, "coverage")
    page = member_page(
        row.member, f"Edit the coverage by {row}", about="Requests that were sent keep what they were sent with."
    )
    form = CoverageForm(request.POST or None, instance=row, with_all=may_see_all(request))
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> Any:
        return services.save_coverage(row.id, values, version=version, **by(request))

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else _done(request, row.member, f"{saved} is saved.", page.back)


@organization_view(Scope.MEMBER_WRITE, reads="member.read")
def coverage_end(request: OrganizationRequest, coverage_id: uuid.UUID) -> HttpResponse:
    """Asks for the last day; a coverage that ended by mistake comes back by the same page."""
    row = find_of_member(request, Coverage, coverage_id, "coverage")
    return close(
        request,
        f"the coverage by {row}",
        row.ends_on,
        action=reverse("coverage_end", args=[row.id]),
        back=reverse("member_detail", args=[row.member_id]),
        running=counted(request, Q(authorization__coverage_id=row.id)).words,
        save=lambda last: services.save_coverage(row.id, {"ends_on": last}, version=None, **by(request)),
    )


def _done(request: OrganizationRequest, member: Member, words: str, back: str) -> HttpResponse:
    """Back to the member, with a warning where nobody could say which coverage pays first."""
    for first, second in overlaps(coverages([member.id]).get(member.id, [])):
        order = dict(ORDERS).get(first.position, f"number {first.position}").lower()
        words = f"{first} and {second} are both {order} on the same days. Change the order, or end one."
        messages.warning(request, words)
    return done(request, words, back)
