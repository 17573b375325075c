"""Payers that missed their time, each with the evidence to read out on the telephone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations.escalation import payer_overdue
from authorizations.models import Authorization, Escalation, Submission
from authorizations.queries import capped_counts

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Late:
    """One request that is late: what was asked, how late the answer is, when it was told."""

    case: Authorization
    submission: Submission
    late: timedelta
    told_at: datetime | None


@organization_view(Scope.AUTHORIZATION_READ, methods=["GET"], reads="overdue.read")
def payer_overdue_list(request: OrganizationRequest) -> HttpResponse:
    """What payers should have answered by now, the latest to be answered first; `?mine=1` shows one's own."""
    now = request.access.now
    everything = payer_overdue(now)
    mine = everything.filter(authorization__owner_id=request.access.membership_id)
    only_mine = request.GET.get("mine") == "1"
    rows = (mine if only_mine else everything).select_related("authorization__payer").order_by("due_at", "id")
    found = list(rows[:MOST_SHOWN])
    told = _told([row.pk for row in found])
    shown = [
        Late(row.authorization, row, now - row.due_at, told.get((row.pk, row.due_at)))
        for row in found
        if row.due_at is not None
    ]
    counts = capped_counts({"all": everything, "mine": mine})
    context = {"rows": shown, "counts": counts, "only_mine": only_mine, "most": MOST_SHOWN}
    return render(request, "authorizations/overdue.html", context)


def _told(submission_ids: list[uuid.UUID]) -> dict[tuple[uuid.UUID | None, datetime], datetime]:
    rows = Escalation.objects.filter(kind=Escalation.Kind.PAYER_OVERDUE, submission_id__in=submission_ids)
    return {(row.submission_id, row.due_at): row.found_at for row in rows}
