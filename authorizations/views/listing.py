"""The list at /authorizations: what needs a hand, by when, and who has it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import filters, queries
from authorizations.queries import Count, ListFilter
from authorizations.states import LIST_DEFAULT, Status, WaitingOn
from authorizations.views.rows import row
from members.models import Member
from payers.models import Payer
from web import signs

EXPIRING_SOON = 30


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view everybody has, with how many rows it holds."""

    label: str
    address: str
    count: Count
    current: bool


VIEWS: tuple[tuple[str, str, ListFilter], ...] = (
    ("open", "All open", ListFilter()),
    ("us", "Needs us", ListFilter(waiting_on=WaitingOn.US)),
    ("expiring", f"Expiring in {EXPIRING_SOON} days", ListFilter(expiring_days=EXPIRING_SOON)),
    ("pended", "Pended", ListFilter(statuses=frozenset({Status.PENDED}))),
    ("payer", "With the payer", ListFilter(waiting_on=WaitingOn.PAYER)),
)


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], reads="authorization.listed")
def authorization_list(request: OrganizationRequest) -> HttpResponse:
    """One page of the list, or only its changing part when htmx asks."""
    wanted = filters.read(request.GET)
    today = request.access.organization.today(request.access.now)
    size = filters.read_size(request.GET)
    rows = queries.listed(wanted, today)
    shown = queries.page(rows, size=size, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    counts = _counts(wanted, today)
    payers = list(Payer.objects.filter(active=True).order_by("name"))
    parts = filters.parts(wanted, payers, _member_name(wanted))
    context = {
        "wanted": wanted,
        "parts": {part.name: _chip(part) for part in parts},
        "rows": [row(authorization, today) for authorization in shown.rows],
        "views": _views(wanted, counts),
        "counts": counts,
        "statuses": [(status.value, signs.AUTHORIZATION[status.value].words) for status in Status],
        "payers": payers,
        "expiring_choices": filters.EXPIRING_CHOICES,
        "is_default": wanted == ListFilter(),
        "member_filter": filters.address(replace(wanted, member_id=None)).lstrip("?"),
        "addresses": _addresses(wanted, shown, size),
        "sizes": [(each, each == size, filters.address(wanted, rows=each)) for each in filters.SIZES],
        "size": size,
    }
    if not shown.rows:
        context |= _why_empty(parts, wanted, today)
    request.reading.found(len(shown.rows))
    part = "#list" if request.htmx.target == "list" else ""  # type: ignore[attr-defined]
    return render(request, f"authorizations/list.html{part}", context)


def _counts(wanted: ListFilter, today: date) -> dict[str, Count]:
    """Every number of the page in one statement."""
    every = {name: queries.listed(each, today) for name, _, each in VIEWS}
    denied = ListFilter(statuses=frozenset({Status.DENIED}), with_ended=True)
    return queries.capped_counts(
        {
            "match": queries.listed(wanted, today),
            **every,
            "ended": queries.long_ended(today),
            "denied": queries.listed(denied, today),
        }
    )


def _views(wanted: ListFilter, counts: dict[str, Count]) -> list[SavedView]:
    return [SavedView(label, filters.address(each), counts[name], wanted == each) for name, label, each in VIEWS]


def _chip(part: filters.Part) -> dict[str, str]:
    return {"label": part.label, "remove": filters.address(part.without)}


def _addresses(wanted: ListFilter, shown: queries.Page, size: int) -> dict[str, str]:
    """Where the links of the page lead, filters kept."""
    rows = size if size != filters.SIZES[0] else 0
    everything = ListFilter(statuses=filters.EVERY_STATUS, with_ended=True)
    return {
        "next": filters.address(wanted, rows=rows, after=shown.next_key) if shown.next_key else "",
        "previous": filters.address(wanted, rows=rows, before=shown.previous_key) if shown.previous_key else "",
        "expiring": filters.address(ListFilter(expiring_days=EXPIRING_SOON)),
        "ended": filters.address(replace(wanted, with_ended=True)),
        "denied": filters.address(ListFilter(statuses=frozenset({Status.DENIED}), with_ended=True)),
        "everything": filters.address(everything),
    }


def _member_name(wanted: ListFilter) -> str:
    """The name behind the member filter. An unknown or foreign id is not found, as everywhere."""
    if wanted.member_id is None:
        return ""
    member = Member.objects.filter(id=wanted.member_id).first()
    if member is None:
        raise Http404
    return member.display_name


def _why_empty(parts: list[filters.Part], wanted: ListFilter, today: date) -> dict[str, Any]:
    """Which filter to leave out, and how many rows would then match."""
    named = [part for part in parts if part.name != "ended"]
    counts = queries.capped_counts({part.name: queries.listed(part.without, today) for part in named})
    never_approved = wanted.expiring_days is not None and Status.APPROVED not in wanted.statuses
    return {
        "clauses": [part.clause for part in named],
        "leave_out": [(part.label, filters.address(part.without), counts[part.name]) for part in named],
        "never_approved": never_approved,
        "default_statuses": LIST_DEFAULT,
    }
