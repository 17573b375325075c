"""The list at /authorizations: what needs a hand, by when, and who has it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.models import Membership
from accounts.scopes import Scope
from authorizations import columns as list_columns
from authorizations import filters, orders, queries, saving, worklist
from authorizations.columns import Column
from authorizations.models import SavedView
from authorizations.models.choices import Priority
from authorizations.orders import Sort
from authorizations.queries import Count
from authorizations.states import LIST_DEFAULT, Status, WaitingOn
from authorizations.views.rows import Row, row, since
from authorizations.worklist import ME, NOBODY, Due, ListFilter, State, Viewpoint
from members.models import Coverage, Member
from payers.models import Payer, Program
from web import signs
from web.wording import Clock

EXPIRING_SOON = 30
OWN_CHIP = frozenset({"status", "payer", "member", "expiring", "owner", "ended"})
"""Filters with a menu of their own; the others share one."""


MOST_COUNTED = 12
"""So many kept views stand above the list with how many rows they hold; the others are one click away."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A view above the list, with how many rows it holds. `tone`: "hot" or "warm" where they press."""

    label: str
    address: str
    count: Count
    current: bool
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What one request asks of the list. `opened`: somebody's list opens with another view than the usual one."""

    wanted: ListFilter
    sort: Sort
    size: int
    columns: frozenset[Column]
    seen: Viewpoint
    opened: bool = False

    def address(self, wanted: ListFilter | None = None, **more: Any) -> str:
        """The list with this or another filter, in the same order, columns and pages of the same size."""
        kept: dict[str, Any] = {"sort": self.sort, "columns": self.columns, "size": self.size}
        return self.plain(filters.address(wanted or self.wanted, **{**kept, **more}))

    def plain(self, address: str) -> str:
        """An address that says nothing would open the person's own first view: the usual one is then named."""
        return f"?view={OPEN}" if self.opened and address == "?" else address


OPEN = "open"
"""The view with the usual statuses, where it has to be named."""

VIEWS: tuple[tuple[str, str, ListFilter], ...] = (
    (OPEN, "All open", ListFilter()),
    ("overdue", "Overdue", ListFilter(due=Due.OVERDUE)),
    ("today", "Due today", ListFilter(due=Due.TODAY)),
    ("us", "Needs us", ListFilter(waiting_on=WaitingOn.US)),
    ("mine", "Mine", ListFilter(owner=ME)),
    ("expiring", f"Expiring in {EXPIRING_SOON} days", ListFilter(expiring_days=EXPIRING_SOON)),
    ("pended", "Pended", ListFilter(statuses=frozenset({Status.PENDED}))),
    ("payer", "With the payer", ListFilter(waiting_on=WaitingOn.PAYER)),
)
DENIED = ListFilter(statuses=frozenset({Status.DENIED}), with_ended=True)
LINKED: dict[str, ListFilter] = {
    "denied": DENIED,
    "appeal": replace(DENIED, state=State.APPEAL),
    "not_renewed": ListFilter(expiring_days=EXPIRING_SOON, state=State.NOT_RENEWED),
}
"""Other lists that a link with its count leads to."""


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], reads="authorization.listed")
def authorization_list(request: OrganizationRequest) -> HttpResponse:
    """One page of the list, or only its changing part when htmx asks. Without a word: the person's first view."""
    first = saving.first_view(request.access.membership_id)
    if first is not None and first.query != "?" and not request.GET:
        return redirect(f"{reverse('authorization_list')}{first.query}")
    shown = replace(asked_of(request), opened=first is not None and first.query != "?")
    wanted, seen = shown.wanted, shown.seen
    found = orders.page(
        worklist.listed(wanted, seen),
        size=shown.size,
        sort=shown.sort,
        today=seen.today,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    kept = _kept(request)
    counts = _counts(shown, kept)
    names = _names(wanted)
    parts = filters.parts(wanted, names)
    context = {
        "wanted": wanted,
        "parts": {part.name: _chip(part, shown) for part in parts},
        "more_parts": [_chip(part, shown) for part in parts if part.name not in OWN_CHIP],
        "rows": _rows(found.rows, shown, Clock(request.access.now, request.access.organization.zone)),
        "views": [*_usual_tabs(shown, counts), *_kept_tabs(shown, kept, counts)],
        "has_kept": bool(kept),
        "is_kept": any(tab.current for tab in _kept_tabs(shown, kept, counts)),
        "counts": counts,
        "is_default": wanted == ListFilter(),
        "member_filter": shown.address(replace(wanted, member_id=None)).lstrip("?"),
        "addresses": _addresses(shown, found),
        "sizes": [(each, each == shown.size, shown.address(size=each)) for each in filters.SIZES],
        "size": shown.size,
        "sort": shown.sort,
        "shown": {column.value for column in shown.columns},
        "columns": [(column.value, label) for column, label in list_columns.LABELS.items()],
        "sort_words": filters.SORT_WORDS[shown.sort],
        **_choices(wanted, names),
    }
    if not found.rows:
        context |= _why_empty(parts, shown)
    request.reading.found(len(found.rows))
    part = "#list" if request.htmx.target == "list" else ""  # type: ignore[attr-defined]
    return render(request, f"authorizations/list.html{part}", context)


def asked_of(request: OrganizationRequest) -> Shown:
    """The filter, order and size of page of an address, seen by whoever asks."""
    query = request.GET
    seen = filters.viewpoint(request.access)
    return Shown(
        filters.read(query), filters.read_sort(query), filters.read_size(query), list_columns.read(query), seen
    )


def _kept(request: OrganizationRequest) -> list[SavedView]:
    """The pinned views of whoever asks, the first of them."""
    return list(saving.visible_to(request.access.membership_id).filter(pinned=True)[:MOST_COUNTED])


def _usual_tabs(shown: Shown, counts: dict[str, Count]) -> list[Tab]:
    usual = shown.sort is Sort.EXPIRY and shown.columns == list_columns.USUAL
    found = []
    for name, label, each in VIEWS:
        tone = {"overdue": "hot", "today": "warm"}.get(name, "") if counts[name] else ""
        address = shown.plain(filters.address(each))
        found.append(Tab(label, address, counts[name], usual and shown.wanted == each, tone))
    return found


def _kept_tabs(shown: Shown, kept: list[SavedView], counts: dict[str, Count]) -> list[Tab]:
    here = filters.again(QueryDict(shown.address().removeprefix("?")))
    return [
        Tab(f"Team: {view.name}" if view.shared else view.name, view.query, counts[str(view.id)], view.query == here)
        for view in kept
    ]


def _counts(shown: Shown, kept: list[SavedView]) -> dict[str, Count]:
    """Every number of the page in one statement."""
    every = {name: each for name, _, each in VIEWS} | LINKED | {"match": shown.wanted}
    every |= {str(view.id): filters.read(QueryDict(view.query.removeprefix("?"))) for view in kept}
    return queries.capped_counts(
        {name: worklist.listed(each, shown.seen) for name, each in every.items()}
        | {"ended": worklist.long_ended(shown.wanted, shown.seen)}
    )


def _names(wanted: ListFilter) -> filters.Names:
    payers = Payer.objects.filter(Q(active=True) | Q(id__in=wanted.payer_ids))
    programs = Program.objects.filter(Q(active=True) | Q(id__in=wanted.program_ids))
    people = Membership.objects.filter(Q(active=True) | Q(id__in=_one_owner(wanted)))
    return filters.Names(
        member=_member_name(wanted),
        payers=dict(payers.order_by("name").values_list("id", "name")),
        programs={
            program.id: f"{program.payer.name}, {program.name}"
            for program in programs.select_related("payer").order_by("payer__name", "name")
        },
        owners={person.id: person.label for person in people.select_related("user").order_by("user__name", "id")},
    )


def _one_owner(wanted: ListFilter) -> list[str]:
    """The person a filter names: who has left is still called by name."""
    return [wanted.owner] if wanted.owner not in ("", ME, NOBODY) else []


def _choices(wanted: ListFilter, names: filters.Names) -> dict[str, Any]:
    """What the menus offer, each as value and words."""
    days = wanted.expiring_days
    return {
        "statuses": [(status.value, signs.AUTHORIZATION[status.value].words) for status in Status],
        "payers": names.payers.items(),
        "programs": names.programs.items(),
        "owners": [(ME, "Me"), ("nobody", "Nobody"), *((str(row_id), name) for row_id, name in names.owners.items())],
        "priorities": Priority.choices,
        "waits": [(who.value, signs.WAITING[who].words if who in signs.WAITING else "Nobody") for who in WaitingOn],
        "dues": filters.DUE_WORDS.items(),
        "states": [(state, label) for state, (label, _) in filters.STATE_WORDS.items()],
        "sorts": filters.SORT_LABELS.items(),
        "expiring_choices": filters.EXPIRING_CHOICES,
        "other_days": days if days is not None and days not in filters.EXPIRING_CHOICES else None,
    }


def _rows(found: list[Any], shown: Shown, clock: Clock) -> list[Row]:
    """The rows in words, with the renewal that each has."""
    renewals = queries.open_renewals(case.id for case in found)
    today = shown.seen.today
    over = Coverage.objects.filter(id__in={case.coverage_id for case in found}, ends_on__lt=today)
    covered_until = dict(over.values_list("id", "ends_on"))
    asked = queries.latest_asked(case.id for case in found if case.status in (Status.SUBMITTED, Status.PENDED))
    return [
        row(
            case,
            today,
            renewal=renewals.get(case.id),
            covered_until=covered_until.get(case.coverage_id),
            since=since(asked[case.id], clock) if case.id in asked else "",
            renew_by=case.place if shown.sort is Sort.RENEW_BY else None,
        )
        for case in found
    ]


def _chip(part: filters.Part, shown: Shown) -> dict[str, str]:
    return {"name": part.name, "label": part.label, "remove": shown.address(part.without)}


def _addresses(shown: Shown, found: orders.Page) -> dict[str, str]:
    """Where the links of the page lead, filters kept."""
    everything = ListFilter(statuses=filters.EVERY_STATUS, with_ended=True)
    return {
        "next": shown.address(after=found.next_key) if found.next_key else "",
        "previous": shown.address(before=found.previous_key) if found.previous_key else "",
        "here": shown.address(size=filters.SIZES[0]),
        "save": shown.address(),
        "back": shown.address().lstrip("?"),
        "expiring": filters.address(ListFilter(expiring_days=EXPIRING_SOON)),
        "ended": shown.address(replace(shown.wanted, with_ended=True)),
        "everything": filters.address(everything),
        **{name: filters.address(each) for name, each in LINKED.items()},
    }


def _member_name(wanted: ListFilter) -> str:
    """The name behind the member filter. An unknown or foreign id is not found, as everywhere."""
    if wanted.member_id is None:
        return ""
    member = Member.objects.filter(id=wanted.member_id).first()
    if member is None:
        raise Http404
    return member.display_name


def _why_empty(parts: list[filters.Part], shown: Shown) -> dict[str, Any]:
    """Which filter to leave out, and how many rows would then match."""
    named = [part for part in parts if part.name != "ended"]
    counts = queries.capped_counts({part.name: worklist.listed(part.without, shown.seen) for part in named})
    never_approved = shown.wanted.expiring_days is not None and Status.APPROVED not in shown.wanted.statuses
    return {
        "clauses": [part.clause for part in named],
        "leave_out": [(part.label, shown.address(part.without), counts[part.name]) for part in named],
        "never_approved": never_approved,
        "default_statuses": LIST_DEFAULT,
    }
