"""The search of the bar: our number, the payer's number, a name, an MRN or a member ID, in every status."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations.queries import by_number
from authorizations.views.rows import row
from members import queries as members

MOST_FOUND = 25


@organization_view(Scope.AUTHORIZATION_READ, methods=["POST"], reads="record.searched")
def search(request: OrganizationRequest) -> HttpResponse:
    """Straight to the page when one thing is meant, else what may be meant. The text is never in an address."""
    text = request.POST.get("q", "").strip()[:80]
    access = request.access
    cases = by_number(text)
    people = members.search(text, limit=MOST_FOUND) if access.allows(Scope.MEMBER_READ) else []
    request.reading.found(len(cases) + len(people), terms=text, authorizations=len(cases), members=len(people))
    if len(cases) == 1 and not people:
        return redirect("authorization_detail", cases[0].id)
    if len(people) == 1 and not cases:
        return redirect("member_detail", people[0].id)
    today = access.organization.today(access.now)
    context = {"q": text, "rows": [row(case, today) for case in cases], "members": people}
    return render(request, "web/search.html", context)
