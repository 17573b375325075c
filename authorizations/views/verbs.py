"""The pages that cancel, appeal, and ask where something stands."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import appeals, cancelling
from authorizations.appeals import Appeal
from authorizations.channels import BY_PERSON
from authorizations.errors import NotAllowed
from authorizations.models import Authorization, Decision, Submission
from authorizations.models.choices import APPEAL_LEVEL
from authorizations.standing import refused_lines
from authorizations.states import AppealLevel
from authorizations.views.asking import AskForm, AskPage, How, ask_form, clock_of, day_input, find_case, work
from edi.views.codes import reason_words


class CancelForm(AskForm):
    reason = forms.CharField(label="Why?", max_length=cancelling.LONGEST_REASON)
    effective_on = forms.DateField(label="No longer needed from", widget=day_input())


class AppealForm(AskForm):
    level = forms.ChoiceField(label="What is asked for?", choices=APPEAL_LEVEL, widget=forms.RadioSelect())
    reason = forms.CharField(
        label="What speaks against the denial", max_length=appeals.LONGEST_REASON, widget=forms.Textarea({"rows": 3})
    )
    deadline = forms.DateField(label="The payer takes it until", required=False, widget=day_input())
    clinician = forms.CharField(label="Who speaks for us", max_length=80, required=False)
    slot_day = forms.DateField(label="The call is on", required=False, widget=day_input())
    slot_time = forms.TimeField(label="at", required=False, widget=forms.TimeInput({"type": "time"}, "%H:%M"))

    def clean_deadline(self) -> date | None:
        return _near(self.cleaned_data["deadline"])

    def clean_slot_day(self) -> date | None:
        return _near(self.cleaned_data["slot_day"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(cleaned.get("slot_day")) != bool(cleaned.get("slot_time")):
            self.add_error("slot_time", "Give both the day and the hour of the call.")
        return cleaned


def _near(day: date | None) -> date | None:
    """A day of our time. Raises ValidationError for another, which is a slip of the hand."""
    if day is not None and not 2000 <= day.year <= 2100:
        raise forms.ValidationError("Look at the year again.")
    return day


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_cancel(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Ask the payer to cancel. What it never read is discarded; a second request shows the first."""
    case = find_case(request, authorization_id)
    standing = _standing(request, case)
    if standing is not None and standing.requested is not None and request.method != "POST":
        messages.info(request, f"{case.number}: a cancellation is requested already.")
        return redirect("authorization_detail", case.id)
    today = clock_of(request).today
    form = ask_form(request, case, CancelForm, initial={"effective_on": today})
    page = AskPage(
        case,
        form,
        heading="Cancel",
        verb="Take it back and discard it" if standing and standing.unsent else "Request the cancellation",
        body="authorizations/_cancel.html",
        done="the cancellation is requested. It stays as it is until the payer agrees.",
        more={"standing": standing},
    )

    def ask(cleaned: dict[str, Any], how: How) -> Submission | None:
        made = cancelling.request_cancellation(
            case.id, reason=cleaned["reason"], effective_on=cleaned["effective_on"], **how.as_arguments()
        )
        if made is None:
            page.done = "taken back and discarded. The payer never read it."
        return made

    return work(request, page, ask)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_appeal(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Speak against a denial: appeal, reconsideration, or a call between clinicians."""
    case = find_case(request, authorization_id)
    if request.method != "POST":
        appeals.refuse_unless_appealable(case)
    clinician = str(case.rendering_provider) if case.rendering_provider else ""
    form = ask_form(request, case, AppealForm, initial={"level": AppealLevel.APPEAL, "clinician": clinician})
    word = _denial(case)
    page = AskPage(
        case,
        form,
        heading="Appeal",
        verb="Send the appeal",
        body="authorizations/_appeal.html",
        done="the appeal is under way. The denial stands until the payer answers.",
        more={
            "lines": [" / ".join(code.words for code in line.codes.all()) for line in refused_lines(case)],
            "word": word,
            "why": reason_words(word.reasons) if word else "",
            "until": appeals.usual_deadline(case, AppealLevel.APPEAL),
            "call_until": appeals.usual_deadline(case, AppealLevel.PEER_TO_PEER),
        },
    )

    def ask(cleaned: dict[str, Any], how: How) -> Submission:
        zone = clock_of(request).zone
        slot = datetime.combine(cleaned["slot_day"], cleaned["slot_time"], tzinfo=zone) if cleaned["slot_day"] else None
        wanted = Appeal(
            AppealLevel(cleaned["level"]), cleaned["reason"], cleaned["deadline"], slot, cleaned["clinician"]
        )
        return appeals.appeal(case.id, wanted, **how.as_arguments())

    return work(request, page, ask)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_inquire(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Ask by hand where an open request stands."""
    case = find_case(request, authorization_id)
    if request.method != "POST":
        appeals.refuse_unless_open(case)
    form = ask_form(request, case, AskForm, open_ways=list(BY_PERSON))
    page = AskPage(
        case,
        form,
        heading="Ask where it stands",
        verb="Put it in the manual queue",
        body="authorizations/_inquire.html",
        done="the question stands in the manual queue.",
    )

    def ask(cleaned: dict[str, Any], how: How) -> Submission:
        assert how.channel is not None
        return appeals.inquire(case.id, channel=how.channel, actor=how.actor, now=how.now, key=how.key)

    return work(request, page, ask)


def _standing(request: OrganizationRequest, case: Authorization) -> cancelling.Standing | None:
    """What a cancellation meets. A press is judged by the verb, which knows a second press from a first."""
    try:
        return cancelling.what_stands(case)
    except NotAllowed:
        if request.method != "POST":
            raise
        return None


def _denial(case: Authorization) -> Decision | None:
    """The latest word by which the payer refused."""
    found: Decision | None = (
        Decision.standing.filter(authorization=case, applied=True, lines__outcome="denied").order_by("-number").first()
    )
    return found
