"""The list as a file: the same filters and order, one line a case, every row of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import orders, worklist
from authorizations.models import Authorization
from authorizations.views.listing import asked_of
from authorizations.views.rows import note
from authorizations.views.several import chosen
from imports.csv_export import Cell
from payers.views.pages import csv_file
from web import signs

HEADINGS = (
    "Number",
    "Payer's number",
    "Member",
    "MRN",
    "Payer",
    "Program",
    "Codes",
    "Status",
    "State",
    "Priority",
    "Tightest line",
    "Counted in",
    "Requested",
    "Approved",
    "Used",
    "Remaining",
    "Lines",
    "First day",
    "Last day",
    "Submitted",
    "Answer due",
    "Rule",
    "Next action",
    "Next action on",
    "Waiting on",
    "Owner",
    "Created",
)


@organization_view(Scope.AUTHORIZATION_READ, reads="authorization.exported")
def authorization_export(request: OrganizationRequest) -> HttpResponse:
    """Every row that the list has for these filters, or the ticked ones; times are the organization's."""
    shown = asked_of(request)
    rows = chosen(request) if request.method == "POST" else worklist.listed(shown.wanted, shown.seen)
    found = orders.ordered(rows, shown.sort, shown.seen.today)
    lines = [_line(case, shown.seen) for case in found.iterator()]
    request.reading.found(len(lines))
    return csv_file("authorizations", HEADINGS, lines)


def _line(case: Authorization, seen: worklist.Viewpoint) -> list[Cell]:
    return [
        case.number,
        case.certification_number,
        case.member_name,
        case.member_mrn,
        case.payer_name,
        case.program_name,
        case.codes,
        case.get_status_display(),
        note(case, seen.today),
        case.get_priority_display(),
        *_quantities(case),
        case.line_count,
        case.cover_starts_on or case.starts_on,
        case.cover_ends_on or case.ends_on,
        *_work(case, seen.zone),
    ]


def _quantities(case: Authorization) -> list[Cell]:
    """The tightest line; nothing is used or left of what is not in force."""
    granted = case.tight_approved is not None
    return [
        case.tight_code,
        case.get_tight_quantity_type_display() if case.tight_quantity_type else "",
        case.tight_requested,
        case.tight_approved,
        case.tight_used if granted else None,
        case.tight_remaining,
    ]


def _work(case: Authorization, zone: ZoneInfo) -> list[Cell]:
    waiting: Any = signs.WAITING.get(case.waiting_on)
    return [
        _local(case.submitted_at, zone),
        _local(case.due_at, zone),
        case.due_rule,
        case.next_action,
        _local(case.next_action_at, zone),
        waiting.words if waiting else "Nobody",
        case.owner_name or "nobody",
        _local(case.created_at, zone),
    ]


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    """A moment on the organization's clock: "2026-11-25 17:00"."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""
