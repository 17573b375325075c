"""The list of members, their search, and the choice of one for a filter or a new request.

A name that somebody types is sent by POST and never stands in an address.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import filters
from authorizations.queries import in_force
from authorizations.views.rows import Row, row
from members import queries
from members.models import Coverage, Member
from payers.queries import programs_offered

PAGE_SIZE = 50
MOST_FOUND = 25
MOST_OFFERED = 10


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member with the cover of today and the tightest authorization in force."""

    member: Member
    cover: Coverage | None
    tightest: Row | None
    others: int


@organization_view(Scope.MEMBER_READ, methods=["GET"], reads="member.listed")
def member_list(request: OrganizationRequest) -> HttpResponse:
    """All members by name, page by page."""
    shown = queries.page(size=PAGE_SIZE, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    return _render(request, shown.rows, {"page": shown})


@organization_view(Scope.MEMBER_READ, methods=["POST"], reads="member.searched")
def member_search(request: OrganizationRequest) -> HttpResponse:
    """The members a name or number means."""
    text = request.POST.get("q", "").strip()[:80]
    found = queries.search(text, limit=MOST_FOUND + 1)
    context = {"q": text, "searched": True, "cut": len(found) > MOST_FOUND, "shortest": queries.SHORTEST}
    return _render(request, found[:MOST_FOUND], context)


@organization_view(Scope.MEMBER_READ, methods=["POST"], reads="member.searched")
def member_pick(request: OrganizationRequest) -> HttpResponse:
    """Members to choose from, each as a link: to the filtered list, or to a new request."""
    text = request.POST.get("q", "").strip()[:80]
    found = queries.search(text, limit=MOST_OFFERED)
    purpose = request.POST.get("for", "")
    query = request.POST.get("query", "")
    offers = [(member, _target(member.id, purpose, query)) for member in found]
    request.reading.found(len(found), terms=text)
    part = "#offers" if request.htmx else ""  # type: ignore[attr-defined]
    context = {"offers": offers, "q": text, "for": purpose, "query": query, "shortest": queries.SHORTEST}
    return render(request, f"members/pick.html{part}", context)


def _target(member_id: uuid.UUID, purpose: str, query: str) -> str:
    """Where a choice leads. Of the list's address only the names of filters are carried on."""
    if purpose == "new":
        return reverse("member_authorization_new", args=[member_id])
    if purpose == "existing":
        return reverse("member_existing_new", args=[member_id])
    if purpose == "claim":
        return f"{reverse('claim_new')}?{urlencode({'member': str(member_id)})}"
    if purpose == "filter":
        kept = [(name, value) for name, value in parse_qsl(query) if name in filters.NAMES]
        return f"{reverse('authorization_list')}?{urlencode([*kept, ('member', str(member_id))])}"
    return reverse("member_detail", args=[member_id])


def _render(request: OrganizationRequest, found: Sequence[Member], context: dict[str, object]) -> HttpResponse:
    today = request.access.organization.today(request.access.now)
    request.reading.found(len(found), terms=str(context.get("q", "")))
    part = "#list" if request.htmx.target == "list" else ""  # type: ignore[attr-defined]
    context |= {"rows": _rows(found, today), "programs": bool(found) or programs_offered().exists()}
    return render(request, f"members/list.html{part}", context)


def _rows(found: Sequence[Member], today: date) -> list[MemberRow]:
    ids = [member.id for member in found]
    covers = queries.coverages(ids)
    running = in_force(ids, today)
    rows = []
    for member in found:
        cover = next((each for each in covers.get(member.id, []) if each.in_force_on(today)), None)
        cases = running.get(member.id, [])
        rows.append(MemberRow(member, cover, row(cases[0], today) if cases else None, max(len(cases) - 1, 0)))
    return rows
