"""What a person was told, and how they want to be told."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from notices import feeds, queries
from notices.forms import NoticesForm
from notices.mailing import full_address
from notices.models import Kind
from notices.preferences import keep_preferences, preferences_of
from notices.services import mark_read
from tenancy.editing import Refused

MOST_SHOWN = 100
OWN = "one's own settings"

NEXT_CLICK = {
    Kind.ESCALATED: "Act on it",
    Kind.ANSWERED: "See the answer",
    Kind.PENDED: "See what is asked",
    Kind.APPROVED: "See what was approved",
    Kind.HANDED_OVER: "Open it",
    Kind.TASK: "Look at it",
    Kind.NOT_DELIVERED: "See what went wrong",
}
ICONS = {
    Kind.ESCALATED: "alarm",
    Kind.ANSWERED: "check",
    Kind.PENDED: "pause",
    Kind.APPROVED: "check",
    Kind.HANDED_OVER: "us",
    Kind.TASK: "info",
    Kind.NOT_DELIVERED: "warn",
}


@organization_view(Scope.WORK_READ, methods=["GET"], reads="notice.read")
def notice_list(request: OrganizationRequest) -> HttpResponse:
    """What this person was told, what is unread first."""
    found = queries.told(request.access.membership_id, MOST_SHOWN)
    rows = [(row, ICONS[Kind(row.kind)], NEXT_CLICK[Kind(row.kind)]) for row in found]
    unread = sum(row.read_at is None for row in found)
    return render(request, "notices/list.html", {"rows": rows, "unread": unread, "most": MOST_SHOWN})


@organization_view(Scope.WORK_READ, methods=["POST"], no_reads="shows nothing, leads on")
def notices_read(request: OrganizationRequest) -> HttpResponse:
    """A person has seen one of their notices (`notice`), and goes where it leads (`open`); without one, all of them.

    Anybody else's is as unknown as one that nobody has: nothing is marked, and the list is shown.
    """
    membership_id, one = request.access.membership_id, request.POST.get("notice", "")
    if not one:
        mark_read(membership_id, now=request.access.now)
        return redirect("notice_list")
    found = queries.notice_of(membership_id, _id(one))
    if found is None:
        return redirect("notice_list")
    mark_read(membership_id, now=request.access.now, notice_id=found.id)
    return redirect("authorization_detail", found.subject_id) if request.POST.get("open") else redirect("notice_list")


@organization_view(Scope.WORK_READ, no_reads=OWN)
def notice_settings(request: OrganizationRequest) -> HttpResponse:
    """What a person is told, and how; their calendar."""
    membership_id = request.access.membership_id
    if request.method != "POST":
        form = NoticesForm.showing(preferences_of([membership_id])[membership_id])
        return _settings(request, form)
    form = NoticesForm(request.POST)
    if form.is_valid():
        try:
            keep_preferences(membership_id, form.wanted, actor=request.access.actor, now=request.access.now)
        except Refused as refused:
            for problem in refused.problems:
                form.add_error(problem.field or None, problem.message)
    if not form.is_valid():
        return _settings(request, form, status=422)
    messages.success(request, "Kept: you are told like this from now on.")
    return redirect("notice_settings")


@organization_view(Scope.WORK_READ, methods=["POST"], no_reads=OWN)
def calendar_open(request: OrganizationRequest) -> HttpResponse:
    """A new address for one's calendar, shown this once."""
    link = feeds.open_feed(request.access.membership_id, actor=request.access.actor, now=request.access.now)
    address = full_address(reverse("calendar_feed", args=[link]))
    return render(request, "notices/calendar.html", {"address": address})


@organization_view(Scope.WORK_READ, methods=["POST"], no_reads=OWN)
def calendar_withdraw(request: OrganizationRequest) -> HttpResponse:
    """The address of one's calendar stops working."""
    feeds.withdraw_feed(request.access.membership_id, actor=request.access.actor, now=request.access.now)
    messages.success(request, "The address of your calendar opens nothing any more.")
    return redirect("notice_settings")


def _settings(request: OrganizationRequest, form: NoticesForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "feed": queries.open_feed(request.access.membership_id)}
    return render(request, "notices/settings.html", context, status=status)


def _id(text: str) -> uuid.UUID:
    """The id in a form; that of nobody where it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
