"""One case's work by hand: give it to somebody, say what comes next, check off that all have heard."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import absences
from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import handing, publishing
from authorizations.deadlines import START_OF_WORK
from authorizations.errors import Refused
from authorizations.models import Authorization
from authorizations.states import WaitingOn
from authorizations.views.asking import clock_of, find_case
from authorizations.views.several import AssignForm, NextForm
from authorizations.work import calendar_of
from web import signs, wording

MOST_LATE = 200
BACK = {
    "work": "home",
    "late": "publication_list",
    "queue": "manual_queue",
    "urgent": "urgent_queue",
    "routine": "routine_queue",
}
"""Where a form leads back to, by the word its address carries; else to the case."""


class HandOverForm(AssignForm):
    """Who looks after one case from now on, and why."""

    def __init__(self, *args: Any, case: Authorization, away: dict[uuid.UUID, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.fields["owner"].label = "Who looks after it from now on?"
        self.fields["reason"].label = "Why does it change hands?"
        widget: Any = self.fields["owner"].widget
        widget.choices = [
            (key, f"{name} (away)" if key in {str(each) for each in away} else name)
            for key, name in widget.choices
            if key != str(case.owner_id)
        ]


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_hand_over(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Give one case to a colleague, with the reason; asked first, in the page's dialog where a script can."""
    case = find_case(request, authorization_id)
    handing.refuse_unless_assignable(case)
    away = absences.away_on(clock_of(request).today)
    form = HandOverForm(request.POST or None, case=case, away=away)
    _refuse_overtaken(request, case)
    if request.method == "POST" and form.is_valid():
        owner, given = form.cleaned_data["owner"], form.cleaned_data
        moved = handing.assign(
            case.id,
            owner.id if owner else None,
            reason=given["reason"],
            note=given["note"],
            actor=request.access.actor,
            now=request.access.now,
        )
        who = owner.label if owner else "nobody"
        messages.success(request, f"{case.number} is now with {who}." if moved else f"{case.number} is with {who}.")
        return redirect(_back(request, case))
    about = f"{case.member_name}, {case.codes}: {case.owner_name or 'nobody'} looks after it."
    was = {"was": str(case.owner_id or "nobody")}
    return _ask(request, case, form, f"Hand over {case.number}", "Hand it over", about, "authorization_hand_over", was)


class NextActionForm(NextForm):
    """What is done next about one case; where the payer waits for us, also who has to give us something first."""

    waiting_on = forms.ChoiceField(
        label="Who is waited for?",
        choices=[(who.value, signs.WAITING[who].words) for who in handing.OURS],
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, who_moves: WaitingOn | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["waiting_on"].initial = who_moves
        if who_moves is None:
            del self.fields["waiting_on"]


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_next(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Say what is done next about one case, and on which day."""
    case = find_case(request, authorization_id)
    handing.refuse_unless_settable(case)
    clock = clock_of(request)
    tomorrow = calendar_of(request.access.organization).business_day_after(clock.today)
    form = NextActionForm(
        request.POST or None, initial={"words": case.next_action, "day": tomorrow}, who_moves=handing.who_moves(case)
    )
    if request.method == "POST" and form.is_valid():
        at = datetime.combine(form.cleaned_data["day"], START_OF_WORK, tzinfo=clock.zone)
        at = max(at, clock.now + timedelta(minutes=1)) if form.cleaned_data["day"] == clock.today else at
        try:
            handing.set_next_action(
                case.id,
                form.cleaned_data["words"],
                at=at,
                waiting_on=WaitingOn(form.cleaned_data["waiting_on"]) if "waiting_on" in form.fields else None,
                actor=request.access.actor,
                now=request.access.now,
            )
        except Refused as refused:
            for problem in refused.problems:
                form.add_error(problem.field, problem.message)
        else:
            when = wording.near_day(form.cleaned_data["day"], clock.today)
            messages.success(request, f"{case.number}: {form.cleaned_data['words']}, {when}.")
            return redirect(_back(request, case))
    due = f" The answer is due {wording.moment(case.due_at, clock)}." if case.due_at else ""
    about = f"{case.member_name}, {case.codes}; {case.owner_name or 'nobody'} looks after it.{due}"
    return _ask(request, case, form, f"What comes next for {case.number}?", "Set it", about, "authorization_next")


@organization_view(Scope.AUTHORIZATION_WRITE, methods=["POST"])
def authorization_publish(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Schedule, chart and billing have the details of an approval."""
    case = find_case(request, authorization_id)
    if publishing.publish(case.id, actor=request.access.actor, now=request.access.now):
        messages.success(request, f"{case.number}: schedule, chart and billing know, as of now.")
    else:
        messages.info(request, f"{case.number}: that was checked off already.")
    return redirect(_back(request, case))


@organization_view(Scope.WORK_SUPERVISE, methods=["GET"], reads="authorization.listed")
def publication_list(request: OrganizationRequest) -> HttpResponse:
    """Approvals that nobody passed on within a day, the oldest first."""
    rows = list(publishing.late(request.access.now).order_by("opened_at", "id")[:MOST_LATE])
    request.reading.found(len(rows))
    return render(request, "authorizations/publications.html", {"rows": rows, "cut": len(rows) == MOST_LATE})


def _refuse_overtaken(request: OrganizationRequest, case: Authorization) -> None:
    """Raise ConflictError where somebody else took the case since the form was shown."""
    shown = request.POST.get("was", "")
    if shown and shown != str(case.owner_id or "nobody"):
        who = case.owner_name or "nobody"
        raise ConflictError(f"{case.number} changed hands meanwhile: it is with {who} now. Nothing was changed by you.")


def _back(request: OrganizationRequest, case: Authorization) -> str:
    name = BACK.get(request.POST.get("back", ""))
    return reverse(name) if name else reverse("authorization_detail", args=[case.id])


def _ask(
    request: OrganizationRequest,
    case: Authorization,
    form: forms.Form,
    heading: str,
    verb: str,
    about: str,
    name: str,
    hidden: dict[str, str] | None = None,
) -> HttpResponse:
    """The form as a page, or as the dialog of the page it was asked from; with errors always as a page."""
    given = request.POST.get("back", "") or request.GET.get("back", "")
    back = BACK.get(given)
    context = {
        "case": case,
        "form": form,
        "about": about,
        "heading": heading,
        "body": "authorizations/_form.html",
        "action": reverse(name, args=[case.id]),
        "verb": verb,
        "stay_url": reverse(back) if back else reverse("authorization_detail", args=[case.id]),
        "hidden": {**(hidden or {}), **({"back": given} if back else {})},
    }
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"confirm.html{part}", context, status=422 if form.errors else 200)
