"""My work: what needs this person today, what ends soon, and who is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import filters, queries, worklist
from authorizations.models import Authorization
from authorizations.queries import Count
from authorizations.states import Status, WaitingOn
from authorizations.views.rows import Row, row
from authorizations.worklist import ListFilter
from web.wording import Clock

MOST_SHOWN = 40
SOON_DAYS = 30
MOST_SOON = 6
MOST_LOW = 24

VERBS = {
    Status.DRAFT: "Continue",
    Status.PENDED: "Answer the pend",
    Status.SUBMITTED: "Open",
    Status.APPROVED: "Look at it",
}


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do: the button's verb, the case, and how it presses."""

    verb: str
    row: Row


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many cases wait on somebody else."""

    who: str
    count: Count
    address: str


@organization_view(Scope.WORK_READ, methods=["GET"], reads="work.read")
def home(request: OrganizationRequest) -> HttpResponse:
    """The first page after signing in, by what the person may do."""
    access = request.access
    clock = Clock(access.now, access.organization.zone)
    context: dict[str, Any] = {}
    if access.allows(Scope.AUTHORIZATION_READ):
        context |= _ending(request)
        if access.allows(Scope.AUTHORIZATION_WRITE):
            context |= _work(request, clock)
        else:
            context |= _low(clock.today)
    return render(request, "web/home.html", context)


def _work(request: OrganizationRequest, clock: Clock) -> dict[str, Any]:
    """What waits on us, mine or nobody's, the first due first."""
    mine = queries.needs_person(request.access.membership_id)
    found = list(mine.order_by("next_action_at", "list_date", "id")[:MOST_SHOWN])
    others = {who: ListFilter(waiting_on=who) for who in (WaitingOn.PAYER, WaitingOn.CLINICIAN, WaitingOn.PATIENT)}
    seen = filters.viewpoint(request.access)
    counts = queries.capped_counts({"mine": mine, **{who: worklist.listed(each, seen) for who, each in others.items()}})
    groups: dict[str, list[Todo]] = {"Overdue": [], "Today": [], "Next": []}
    for case in found:
        groups[_group(case, clock)].append(Todo(VERBS.get(Status(case.status), "Open"), row(case, clock.today)))
    return {
        "count": counts["mine"],
        "groups": [(name, todos) for name, todos in groups.items() if todos],
        "first_due": _first_due(found),
        "waiting": [Waiting(who, counts[who], filters.address(each)) for who, each in others.items()],
    }


def _group(case: Authorization, clock: Clock) -> str:
    at = _due(case)
    if at is None:
        return "Next"
    if at < clock.now:
        return "Overdue"
    return "Today" if at.astimezone(clock.zone).date() == clock.today else "Next"


def _due(case: Authorization) -> datetime | None:
    return case.next_action_at or case.due_at


def _first_due(found: list[Authorization]) -> datetime | None:
    return min((at for case in found if (at := _due(case)) is not None), default=None)


def _ending(request: OrganizationRequest) -> dict[str, Any]:
    wanted, seen = ListFilter(expiring_days=SOON_DAYS), filters.viewpoint(request.access)
    rows = worklist.listed(wanted, seen)
    return {
        "ending": [row(case, seen.today) for case in rows.order_by("list_date", "id")[:MOST_SOON]],
        "ending_count": queries.capped_counts({"ending": rows})["ending"],
        "ending_address": filters.address(wanted),
    }


def _low(today: date) -> dict[str, Any]:
    """For those who do not ask payers: whose units run low, and whose cover ends."""
    found = queries.running_low(today, limit=MOST_LOW, days=SOON_DAYS)
    return {"low": [row(case, today) for case in found], "low_shown": True}
