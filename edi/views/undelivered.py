"""Requests that did not reach the payer: why, and the way to send them once more, one or a page of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations.errors import NotAllowed
from edi import queries, services
from web import wording

PAGE_SIZE = 50


@organization_view(Scope.EDI_READ, methods=["GET"], reads="exchange.listed")
def undelivered_list(request: OrganizationRequest) -> HttpResponse:
    """What was refused on the way or given up, the latest first; ids are in the order of time."""
    before = _ids([request.GET.get("before", "")])
    found = queries.undelivered(PAGE_SIZE + 1, before=before[0] if before else None)
    request.reading.found(min(len(found), PAGE_SIZE))
    context = {
        "rows": found[:PAGE_SIZE],
        "next": found[PAGE_SIZE - 1].submission.id if len(found) > PAGE_SIZE else "",
        "first": not before,
    }
    return render(request, "edi/undelivered.html", context)


@organization_view(Scope.EDI_WRITE, reads="exchange.listed")
def undelivered_resend(request: OrganizationRequest) -> HttpResponse:
    """Asks first: which of the chosen ones go again, and how. Those that moved meanwhile are left alone."""
    given = request.POST if request.method == "POST" else request.GET
    chosen = _ids(given.getlist("submission"))[:PAGE_SIZE]
    rows = queries.undelivered_of(chosen)
    request.reading.found(len(rows))
    if not chosen:
        messages.warning(request, "Choose at least one request that was not delivered.")
        return redirect("undelivered_list")
    if not rows:
        raise ConflictError("These are on their way, answered or back as drafts meanwhile. Nothing was sent.")
    if request.method == "POST":
        return _resend(request, rows, missing=len(set(chosen)) - len(rows))
    context = {
        "rows": rows,
        "new": sum(not row.same_bytes for row in rows),
        "same": sum(row.same_bytes for row in rows),
        "heading": "Send again?",
        "body": "edi/_resend.html",
        "action": reverse("undelivered_resend"),
        "verb": f"Send {wording.counted(len(rows), 'request')} again",
        "stay_url": reverse("undelivered_list"),
        "stay_label": "Leave them",
    }
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"confirm.html{part}", context)


def _resend(request: OrganizationRequest, rows: Iterable[queries.Undelivered], *, missing: int) -> HttpResponse:
    sent, left = 0, missing
    for row in rows:
        try:
            services.resend(row.submission.id, actor=request.access.actor, now=request.access.now)
        except NotAllowed:
            left += 1
        else:
            sent += 1
    told = f"{wording.counted(sent, 'request')} handed to the worker again."
    if left:
        told += f" {wording.counted(left, 'other')} moved meanwhile and {'was' if left == 1 else 'were'} left alone."
    messages.success(request, told)
    return redirect("undelivered_list")


def _ids(texts: Iterable[str]) -> list[uuid.UUID]:
    """Those that are ids at all."""
    found = []
    for text in texts:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
