"""Recalculate: ask first, then say what was, what is, and which lines moved and why."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations.models import LedgerEntry
from authorizations.views.asking import find_case
from claims.explanations import told
from claims.queries import authorization_numbers
from claims.recalculating import recalculate


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_recalculate(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Derive what was used anew from the claims that stand."""
    case = find_case(request, authorization_id)
    back = f"{reverse('authorization_detail', args=[case.id])}?tab=utilization"
    if request.method == "POST":
        found = recalculate(case.id, actor=request.access.actor, now=request.access.now)
        context = {"case": case, "found": found, "moved": _moved(found.entries, case.id), "back": back}
        return render(request, "authorizations/recalculated.html", context)
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    context = {
        "case": case,
        "heading": f"Recalculate {case.number}?",
        "body": "authorizations/_recalculate.html",
        "action": reverse("authorization_recalculate", args=[case.id]),
        "verb": "Recalculate",
        "stay_url": back,
    }
    return render(request, f"confirm.html{part}", context)


def _moved(entries: Sequence[LedgerEntry], case_id: uuid.UUID) -> list[tuple[LedgerEntry, str, str]]:
    """Each entry with the number of another authorization it belongs to, and why it was made."""
    numbers = authorization_numbers(entry.authorization_id for entry in entries)
    return [
        (entry, "" if entry.authorization_id == case_id else numbers[entry.authorization_id], told(entry.reason))
        for entry in entries
    ]
