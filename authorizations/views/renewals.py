"""Renew, and ask anew: a draft made from a case, opened in the request form."""

from __future__ import annotations

import uuid
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.models import Membership
from accounts.scopes import Scope
from authorizations import queries, renewing
from authorizations.errors import NotAllowed, Refused
from authorizations.models import Authorization
from authorizations.states import Status
from authorizations.views import lines
from authorizations.views.asking import clock_of, find_case


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_renew(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Renew an approval: a draft of what is approved. The renewal that is open already is opened."""
    case = find_case(request, authorization_id)
    standing = renewing.open_renewal(case)
    if standing is not None:
        messages.info(request, f"{case.number} has a renewal already: this is it.")
        return _opened(standing)
    if request.method == "POST":
        return _opened(
            renewing.renew(
                case.id,
                owner=_owner(request),
                actor=request.access.actor,
                now=request.access.now,
                runs_out_on=_runs_out_on(request, case),
                key=_key(request, "renew"),
            )
        )
    renewing.refuse_unless_renewable(case)
    first = renewing.first_day(case, clock_of(request).today, _runs_out_on(request, case))
    return _ask(
        request,
        case,
        heading=f"Renew {case.number}?",
        verb="Make the draft",
        body="authorizations/_renew.html",
        action="authorization_renew",
        first=first,
        joint=renewing.joint(case.cover_ends_on, first),
        granted=queries.balances([case.id]),
    )


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_ask_anew(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """A new request from what was asked here, without a link to it."""
    case = find_case(request, authorization_id)
    if request.method == "POST":
        try:
            made = renewing.ask_anew(
                case.id,
                owner=_owner(request),
                actor=request.access.actor,
                now=request.access.now,
                key=_key(request, "anew"),
            )
        except Refused as refused:
            raise NotAllowed(str(refused)) from refused
        return _opened(made)
    if case.status == Status.DRAFT:
        raise NotAllowed(f"{case.number} is a draft: complete it instead.")
    return _ask(
        request,
        case,
        heading=f"New request from {case.number}?",
        verb="Make the draft",
        body="authorizations/_ask_anew.html",
        action="authorization_ask_anew",
    )


def _opened(case: Authorization) -> HttpResponse:
    """The form of a draft; the page of what was submitted since."""
    return redirect("authorization_edit" if case.status == Status.DRAFT else "authorization_detail", case.id)


def _key(request: OrganizationRequest, verb: str) -> str:
    """The key of the form, as we made it; none for anything else."""
    given = request.POST.get("key", "")
    return f"{verb}-{given}" if given.isascii() and given.isalnum() and len(given) <= 40 else ""


def _owner(request: OrganizationRequest) -> Membership:
    found: Membership = Membership.objects.select_related("user").get(id=request.access.membership_id)
    return found


def _runs_out_on(request: OrganizationRequest, case: Authorization) -> date | None:
    """The day on which, at the pace of the last weeks, the first line runs out before its end."""
    return lines.first_to_run_out(queries.balances([case.id]), clock_of(request).today)


def _ask(request: OrganizationRequest, case: Authorization, *, action: str, **context: object) -> HttpResponse:
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    shown = {
        "case": case,
        "action": reverse(action, args=[case.id]),
        "stay_url": reverse("authorization_detail", args=[case.id]),
        "hidden": {"key": uuid.uuid4().hex},
        **context,
    }
    return render(request, f"confirm.html{part}", shown)
