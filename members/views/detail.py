"""One member: what is left by code, cover over time, what is being asked, who covers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from audit.views.part import audit_part
from authorizations import queries as authorizations
from authorizations.chain import RenewBy, renew_by_dates
from authorizations.models import Authorization
from authorizations.queries import LineBalance
from authorizations.states import LIVE, Status
from authorizations.views.lines import Line, lines, with_forecast
from authorizations.views.rows import row
from claims.queries import claim_page
from claims.uncovered import uncovered
from codesets.queries import words_of
from members import cover_questions
from members.checking import rule, standings
from members.forms import ORDERS
from members.freshness import Standing
from members.models import Coverage, Member
from members.queries import changes_of, checks_of, coverages, identifiers, overlaps
from members.views import cover, covered
from members.views.chains import shown_chains
from members.views.pages import find_member, may_see_all
from web.cover import frame, months

MOST_CHECKS = 8
MOST_CLAIMS = 5


@dataclass(frozen=True, slots=True)
class CoverCard:
    """One coverage as the page shows it: in force or not, its order, and what its last check is worth."""

    row: Coverage
    state: str
    order: str
    standing: Standing | None


@organization_view(Scope.MEMBER_READ, methods=["GET"], reads="member.read")
def member_detail(request: OrganizationRequest, member_id: uuid.UUID) -> HttpResponse:
    """The member's page. What concerns authorizations shows only to those who may see them."""
    member = find_member(member_id)
    access = request.access
    today = access.organization.today(access.now)
    covers = coverages([member.id]).get(member.id, [])
    context: dict[str, Any] = {
        "member": member,
        "covers": _cards(request, covers, today),
        "overlaps": overlaps(covers),
        "current": next((each for each in covers if each.in_force_on(today)), None),
        "identifiers": [(each, each.valid_on(today)) for each in identifiers(member.id)],
    }
    if access.allows(Scope.ELIGIBILITY_READ):
        context["checks"] = checks_of(member.id, limit=MOST_CHECKS)
        context["rule"] = rule()
    if access.allows(Scope.MEMBER_WRITE) and may_see_all(request):
        context["history"] = changes_of(member.id)
    if access.allows(Scope.AUTHORIZATION_READ):
        context |= _authorizations(request, member, today)
    if access.allows(Scope.CLAIM_READ):
        context["claims"] = claim_page(size=MOST_CLAIMS, member_id=member.id)
    if access.allows(Scope.AUTHORIZATION_READ):
        context["cover_questions"] = cover_questions.latest(member.id)
    if request.GET.get("part") == "audit" and access.allows(Scope.AUDIT_READ):
        address = f"{reverse('member_detail', args=[member.id])}?part=audit"
        context["audit"] = audit_part(request, address, member_id=member.id)
    return render(request, "members/detail.html", context)


def _cards(request: OrganizationRequest, covers: Sequence[Coverage], today: date) -> list[CoverCard]:
    """Those in force first, then those to come, then those that ended."""
    seen = request.access.allows(Scope.ELIGIBILITY_READ)
    known = standings([each.id for each in covers], request.access.organization, today) if seen else {}
    cards = [CoverCard(each, _state(each, today), _order(each), known.get(each.id)) for each in covers]
    return sorted(cards, key=lambda card: ("active", "future", "ended").index(card.state))


def _state(row: Coverage, today: date) -> str:
    if row.in_force_on(today):
        return "active"
    return "future" if row.starts_on > today else "ended"


def _order(row: Coverage) -> str:
    return dict(ORDERS).get(row.position, f"number {row.position}").lower()


@dataclass(frozen=True, slots=True)
class Holding:
    """One authorization in force or to come: a meter for each line, its renewal, and by when to ask for one."""

    case: Authorization
    lines: tuple[Line, ...]
    renewal: Authorization | None
    renew_by: RenewBy | None
    begins: bool

    @property
    def due(self) -> bool:
        """Whether a renewal should be asked for by now, and none is."""
        return self.renew_by is not None and self.renewal is None and not self.begins


def _authorizations(request: OrganizationRequest, member: Member, today: date) -> dict[str, Any]:
    rows = authorizations.of_member(member.id)
    cases = {case.id: case for case in rows}
    balances = authorizations.balances(cases)
    held = _in_force(rows, balances, today)
    shown = frame(today)
    words = words_of("HCPCS", [balance.code for balance in balances])
    told = {holding.case.id for holding in held}
    asked = [case for case in rows if case.status in cover.ASKED]
    past = [case for case in rows if case.status not in cover.ASKED and case.id not in told]
    outside = uncovered(member.id, shown.first, shown.last) if request.access.allows(Scope.CLAIM_READ) else []
    paces = {line.balance.line_id: line.meter.detail for each in held for line in each.lines if line.meter}
    return {
        "codes": cover.by_code(balances, cases, words, today, paces),
        "held": held,
        "frame": shown,
        "months": months(shown),
        "today_x": f"{shown.at(today):.2f}%",
        "cover_rows": cover.over_time(balances, cases, shown, today, outside),
        "chains": shown_chains(rows, balances, today),
        "open_requests": [row(case, today) for case in asked],
        "past": [row(case, today) for case in reversed(past)],
        "covered_form": covered.blank(request),
    }


def _in_force(rows: Sequence[Authorization], balances: Sequence[LineBalance], today: date) -> list[Holding]:
    """The approvals whose cover has not ended, the first to end first, each line with its pace."""
    running = [case for case in rows if _runs(case, today)]
    ids = {case.id for case in running}
    by_case: dict[uuid.UUID, list[Line]] = {}
    mine = [balance for balance in balances if balance.authorization_id in ids]
    for line in with_forecast(lines(mine, today), today):
        by_case.setdefault(line.balance.authorization_id, []).append(line)
    due = renew_by_dates(running, today)
    renewals = {case.parent_id: case for case in rows if case.parent_id in ids and case.status in LIVE}
    return [
        Holding(
            case,
            tuple(by_case.get(case.id, ())),
            renewals.get(case.id),
            due.get(case.id),
            begins=case.cover_starts_on is not None and case.cover_starts_on > today,
        )
        for case in running
    ]


def _runs(case: Authorization, today: date) -> bool:
    if case.status != Status.APPROVED or case.not_required or case.cover_starts_on is None:
        return False
    return case.cover_ends_on is None or case.cover_ends_on >= today
