"""Who has how much to do, for those who see everybody's work; and handing several of one person's cases over."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts import absences
from accounts.access import OrganizationRequest, organization_view
from accounts.models import Absence, Membership
from accounts.scopes import Scope
from authorizations import filters, workload
from authorizations.filters import viewpoint
from authorizations.states import Status
from authorizations.views.rows import row
from authorizations.views.several import BOARD, MOST, AssignForm
from authorizations.worklist import NOBODY, Due, ListFilter, Viewpoint

WORDS = {
    Status.DRAFT: "Draft",
    Status.SUBMITTED: "Submitted",
    Status.PENDED: "Pended",
    Status.APPROVED: "Approved",
    Due.OVERDUE: "Overdue",
    Due.TODAY: "Today",
    Due.SOON: "In 1 to 7 days",
    Due.LATER: "Later",
}
PRESSING = {str(Due.OVERDUE): "late", str(Due.TODAY): "today"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the board, and the list it counts. `tone`: "late" or "today" where it presses."""

    label: str
    number: int
    address: str
    tone: str


@dataclass(frozen=True, slots=True)
class BoardRow:
    """What one person, or nobody, looks after; whether they are away, and who stands in."""

    load: workload.Load
    name: str
    figures: list[Figure]
    absence: Absence | None
    uncovered: bool

    @property
    def nobody(self) -> bool:
        return self.load.membership is None


@organization_view(Scope.WORK_SUPERVISE, methods=["GET"], no_reads="counts by colleague, no member's data")
def workload_board(request: OrganizationRequest) -> HttpResponse:
    """Every owner with counts by status and by due day; each number leads to the list of just those."""
    return render(request, "authorizations/workload.html", {"rows": board_rows(viewpoint(request.access))})


def board_rows(seen: Viewpoint) -> list[BoardRow]:
    """The board in words."""
    away, deputies = absences.away_on(seen.today), absences.deputies(seen.today)
    found = []
    for load in workload.board(seen):
        person = load.membership
        absence = away.get(person.id) if person else None
        name = person.label if person else "Nobody yet"
        uncovered = absence is not None and deputies.get(absence.membership_id) is None
        found.append(BoardRow(load, name, _figures(load), absence, uncovered))
    return found


@organization_view(Scope.WORK_SUPERVISE, methods=["GET"], reads="authorization.listed")
def workload_owner(request: OrganizationRequest, membership_id: uuid.UUID) -> HttpResponse:
    """What one person looks after and is not finished, all ticked: choose to whom it goes, and why."""
    person = Membership.objects.select_related("user").filter(id=membership_id).first()
    if person is None:
        raise Http404
    return _hand_over(request, person)


@organization_view(Scope.WORK_SUPERVISE, methods=["GET"], reads="authorization.listed")
def workload_unowned(request: OrganizationRequest) -> HttpResponse:
    """What nobody looks after, all ticked."""
    return _hand_over(request, None)


def _hand_over(request: OrganizationRequest, person: Membership | None) -> HttpResponse:
    owner = str(person.id) if person else NOBODY
    seen = viewpoint(request.access)
    cases = workload.cases_of(owner, seen, limit=MOST)
    request.reading.found(len(cases), owner=owner)
    context: dict[str, Any] = {
        "person": person,
        "name": person.label if person else "nobody",
        "absence": absences.away_on(seen.today).get(person.id) if person else None,
        "rows": [row(case, seen.today) for case in cases],
        "form": AssignForm(auto_id="to_%s", besides=person.id if person else None),
        "back": BOARD,
        "cut": len(cases) == MOST,
        "list": f"{reverse('authorization_list')}{filters.address(ListFilter(owner=owner))}",
    }
    return render(request, "authorizations/workload_owner.html", context)


def _figures(load: workload.Load) -> list[Figure]:
    found = []
    for name, words in WORDS.items():
        wanted = (
            ListFilter(owner=load.owner, statuses=frozenset({name}))
            if isinstance(name, Status)
            else ListFilter(owner=load.owner, due=name)
        )
        number = load.counts[name]
        tone = PRESSING.get(str(name), "") if number else ""
        found.append(Figure(words, number, f"{reverse('authorization_list')}{filters.address(wanted)}", tone))
    return found
