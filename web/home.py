"""My work: what needs this person today and nothing else, each one press from being done.

Which parts there are follows from what the person may do, never from the name of a role.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count as CountOf
from django.db.models import Min
from django.http import HttpResponse
from django.shortcuts import render

from accounts import absences
from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import cut_off, filters, my_work, publishing, queries, worklist
from authorizations.models import Authorization, Submission
from authorizations.models.choices import Priority
from authorizations.queries import capped_counts
from authorizations.views.rows import row
from authorizations.views.workload import board_rows
from authorizations.worklist import ME, ListFilter, State, Viewpoint
from claims.flagged import flagged
from edi.queries import partner_health
from web import todo
from web.context import first_page
from web.figures import figures
from web.wording import Clock

CARES = (Scope.AUTHORIZATION_CONTRIBUTE, Scope.CLAIM_WRITE, Scope.ELIGIBILITY_WRITE)
"""Who of those that do not ask payers has something to do with what is left: treat, bill or book."""
MOST_SHOWN = 40
MOST_BESIDE = 10
MOST_PASSED_ON = 5
MOST_SOON = 6
MOST_LOW = 24
SOON_DAYS = 30
CLAIMS_OF_DAYS = 14


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of one's cases wait on somebody else, and when the first of them is looked at again."""

    who: str
    count: int
    first_due: datetime | None
    address: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call between clinicians that is to be held: when, who speaks for us, and what is to be said."""

    submission: Submission

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = self.submission.content.get("appeal") or {}
        return found

    @property
    def at(self) -> datetime | None:
        """When it is; None where the payer gave no hour yet."""
        return datetime.fromisoformat(self.facts["slot"]) if self.facts.get("slot") else None

    @property
    def points(self) -> str:
        return str(self.submission.content.get("note_to_payer") or "")


@organization_view(Scope.WORK_READ, methods=["GET"], reads="work.read", instead=first_page)
def home(request: OrganizationRequest) -> HttpResponse:
    """The first page after signing in. `?for=` shows what belongs to one of those for whom the person stands in.

    Who has no work of their own is led to the first page they may open.
    """
    access = request.access
    seen = filters.viewpoint(access)
    context: dict[str, Any] = {"figures": figures(access, seen)}
    if access.allows(Scope.AUTHORIZATION_WRITE) and access.allows(Scope.AUTHORIZATION_READ):
        context |= _ending(seen) | _work(request, seen)
    elif access.allows(Scope.AUTHORIZATION_READ) and any(access.allows(scope) for scope in CARES):
        context |= _care(request, seen)
    if access.allows(Scope.WORK_SUPERVISE):
        context["rows"] = board_rows(seen)
    if access.allows(Scope.CLAIM_WRITE) and not access.allows(Scope.AUTHORIZATION_WRITE):
        since = seen.start_of(seen.today - timedelta(days=CLAIMS_OF_DAYS))
        context |= {"flagged": flagged(since, limit=MOST_BESIDE), "flagged_days": CLAIMS_OF_DAYS}
    if access.allows(Scope.EDI_WRITE):
        context["partners"] = partner_health()
    return render(request, "web/home.html", context)


def _work(request: OrganizationRequest, seen: Viewpoint) -> dict[str, Any]:
    """One's own work and that of whom one stands in for: the first due first, answers to pass on, denials."""
    own = request.access.membership_id
    covered = absences.covered_by(own, seen.today)
    whose = request.GET.get("for", "")
    chosen = next((each for each in covered if str(each.membership_id) == whose), None)
    owners = [chosen.membership_id] if chosen else [own, *(each.membership_id for each in covered)]
    mine = my_work.todo(owners, seen, with_unowned=chosen is None)
    passing_on = publishing.open_publications().filter(authorization__owner_id__in=owners)
    denied = my_work.to_appeal(owners, seen)
    every = my_work.todo([own, *(each.membership_id for each in covered)], seen)
    theirs = {str(each.membership_id): my_work.todo([each.membership_id], seen, with_unowned=False) for each in covered}
    counted = capped_counts(
        {
            "mine": mine,
            "all": every,
            "urgent": every.filter(priority=Priority.URGENT),
            "routine": every.filter(priority=Priority.ROUTINE),
            "passing_on": passing_on,
            **theirs,
        }
    )
    cases = list(mine.order_by(*my_work.ORDER)[:MOST_SHOWN])
    leave = cut_off.times_to_leave(request.access.organization)
    asked = my_work.leading_submissions(cases)
    found = todo.todos(cases, asked, covered, leave, _clock(request))
    return {
        "works": True,
        "count": counted["mine"],
        "counted": counted,
        "covered": [(each, counted[str(each.membership_id)]) for each in covered],
        "chosen": chosen,
        "late_urgent": sum(at < seen.now for at in leave.values()),
        "groups": todo.grouped(found, _clock(request)),
        "first_due": todo.first_due(found),
        "passing_on": list(passing_on.order_by("opened_at", "id")[:MOST_PASSED_ON]),
        "denied": [row(case, seen.today) for case in denied.order_by("decided_on", "id")[:MOST_BESIDE]],
        "waiting": _waiting(own),
    }


def _waiting(own: uuid.UUID) -> list[Waiting]:
    """One's own cases by whoever has to move. One statement."""
    rows = Authorization.objects.filter(owner_id=own, waiting_on__in=my_work.ELSEWHERE).order_by()
    found: Any = rows.values("waiting_on").annotate(number=CountOf("id"), first=Min("next_action_at"))
    known = {each["waiting_on"]: each for each in found}
    return [
        Waiting(
            who,
            known.get(who, {}).get("number", 0),
            known.get(who, {}).get("first"),
            filters.address(ListFilter(waiting_on=who, owner=ME)),
        )
        for who in my_work.ELSEWHERE
    ]


def _ending(seen: Viewpoint) -> dict[str, Any]:
    """Cover that ends soon and has no renewal."""
    wanted = ListFilter(expiring_days=SOON_DAYS, state=State.NOT_RENEWED)
    rows = worklist.listed(wanted, seen)
    return {
        "ending": [row(case, seen.today) for case in rows.order_by("list_date", "id")[:MOST_SOON]],
        "ending_count": capped_counts({"ending": rows})["ending"],
        "ending_address": filters.address(wanted),
    }


def _care(request: OrganizationRequest, seen: Viewpoint) -> dict[str, Any]:
    """For those who do not ask payers: whose units run low, whose cover ends, and what is missing from them."""
    low = queries.running_low(seen.today, limit=MOST_LOW, days=SOON_DAYS)
    context: dict[str, Any] = {"low": [row(case, seen.today) for case in low], "low_shown": True}
    if request.access.allows(Scope.AUTHORIZATION_CONTRIBUTE):
        missing = my_work.missing_papers().order_by(*my_work.ORDER)[:MOST_BESIDE]
        denied = my_work.denied_lately(seen).order_by("-decided_on", "-id")[:MOST_SOON]
        context |= {
            "missing": [row(case, seen.today) for case in missing],
            "denied_lately": [row(case, seen.today) for case in denied],
            "calls": [Call(each) for each in my_work.calls(limit=MOST_SOON)],
        }
    return context


def _clock(request: OrganizationRequest) -> Clock:
    return Clock(request.access.now, request.access.organization.zone)
