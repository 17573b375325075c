"""The urgent and the routine queue: every open case of a priority, whatever its channel, the first due first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts import absences
from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import cut_off, my_work, orders, queries, queue
from authorizations.filters import viewpoint
from authorizations.models import Authorization
from authorizations.models.choices import Priority
from authorizations.orders import Sort
from authorizations.queries import Count
from authorizations.queue import QueueFilter
from authorizations.states import Status
from authorizations.views.rows import Row, row
from authorizations.worklist import Viewpoint

PAGE_SIZE = 50
ROUTES = {Priority.URGENT: "urgent_queue", Priority.ROUTINE: "routine_queue"}


@dataclass(frozen=True, slots=True)
class QueueTab:
    """One of the queues with what stands in it."""

    label: str
    address: str
    count: Count
    current: bool


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A row of the queue.

    `send_by`: by when an urgent request that is still here is to leave, and whether it is `late`; `settable`: somebody
    may set what is done next.
    """

    row: Row
    send_by: datetime | None
    late: bool
    settable: bool


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], reads="queue.listed")
def urgent_queue(request: OrganizationRequest) -> HttpResponse:
    """Everything urgent that is open; red is what should have left the house and has not."""
    return _show(request, Priority.URGENT)


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], reads="queue.listed")
def routine_queue(request: OrganizationRequest) -> HttpResponse:
    """Everything routine that is open."""
    return _show(request, Priority.ROUTINE)


def tabs(current: str) -> list[QueueTab]:
    """The three queues with their counts, in one statement. `current`: the name of the route that is shown."""
    counts = queries.capped_counts(
        {
            "urgent_queue": my_work.of_priority(Priority.URGENT),
            "routine_queue": my_work.of_priority(Priority.ROUTINE),
            "manual_queue": queue.waiting(QueueFilter()),
        }
    )
    labels = {"urgent_queue": "Urgent", "routine_queue": "Routine", "manual_queue": "By hand"}
    return [QueueTab(label, reverse(name), counts[name], name == current) for name, label in labels.items()]


def _show(request: OrganizationRequest, priority: Priority) -> HttpResponse:
    access = request.access
    seen = viewpoint(access)
    mine = request.GET.get("mine") == "1"
    rows = my_work.of_priority(priority)
    if mine:
        rows = rows.filter(my_work.whose([access.membership_id, *absences.covering(access.membership_id, seen.today)]))
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    shown = orders.page(rows, size=PAGE_SIZE, sort=Sort.DUE, today=seen.today, after=after, before=before)
    request.reading.found(len(shown.rows))
    asked = my_work.leading_submissions(shown.rows)
    leave = cut_off.times_to_leave(access.organization) if priority is Priority.URGENT else {}
    more = "mine=1&" if mine else ""
    context: dict[str, Any] = {
        "priority": priority,
        "word": priority.label,
        "queues": tabs(ROUTES[priority]),
        "rows": [_open_case(case, seen, leave.get(case.id), settable=case.id in asked) for case in shown.rows],
        "late_count": sum(at < seen.now for at in leave.values()),
        "cut_off": access.organization.urgent_cut_off,
        "mine": mine,
        "back": priority.value,
        "next": f"?{more}after={shown.next_key}" if shown.next_key else "",
        "previous": f"?{more}before={shown.previous_key}" if shown.previous_key else "",
    }
    return render(request, "authorizations/priority_queue.html", context)


def _open_case(case: Authorization, seen: Viewpoint, send_by: datetime | None, *, settable: bool) -> OpenCase:
    late = send_by is not None and send_by < seen.now
    return OpenCase(row(case, seen.today), send_by, late, settable and case.status != Status.DRAFT)
