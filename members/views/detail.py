"""One member: what is left by code, cover over time, what is being asked, who covers."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from audit.views.part import audit_part
from authorizations import queries as authorizations
from authorizations.states import Status
from authorizations.views.rows import row
from codesets.queries import words_of
from members.models import Member
from members.queries import coverages
from members.views import cover
from web.cover import frame, months


@organization_view(Scope.MEMBER_READ, methods=["GET"], reads="member.read")
def member_detail(request: OrganizationRequest, member_id: uuid.UUID) -> HttpResponse:
    """The member's page. What concerns authorizations shows only to those who may see them."""
    member = Member.objects.filter(id=member_id).first()
    if member is None:
        raise Http404
    access = request.access
    today = access.organization.today(access.now)
    covers = coverages([member.id]).get(member.id, [])
    context: dict[str, Any] = {
        "member": member,
        "coverages": [(each, each.in_force_on(today)) for each in covers],
        "current": next((each for each in covers if each.in_force_on(today)), None),
    }
    if access.allows(Scope.AUTHORIZATION_READ):
        context |= _authorizations(member, today)
    if request.GET.get("part") == "audit" and access.allows(Scope.AUDIT_READ):
        address = f"{reverse('member_detail', args=[member.id])}?part=audit"
        context["audit"] = audit_part(request, address, member_id=member.id)
    return render(request, "members/detail.html", context)


def _authorizations(member: Member, today: date) -> dict[str, Any]:
    rows = authorizations.of_member(member.id)
    cases = {case.id: case for case in rows}
    balances = authorizations.balances(cases)
    shown = frame(today)
    words = words_of("HCPCS", [balance.code for balance in balances])
    asked = [case for case in rows if case.status in cover.ASKED]
    decided = [case for case in rows if case.status not in cover.ASKED and case.status != Status.CANCELLED]
    return {
        "codes": cover.by_code(balances, cases, words, today),
        "frame": shown,
        "months": months(shown),
        "today_x": f"{shown.at(today):.2f}%",
        "cover_rows": cover.over_time(balances, cases, shown, today),
        "open_requests": [row(case, today) for case in asked],
        "decided": [row(case, today) for case in reversed(decided)],
    }
