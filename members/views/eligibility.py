"""A check of eligibility that a person made, and how long a check is good here."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.scopes import Scope
from members import checking
from members.forms import CheckForm, RuleForm
from members.models import EligibilityCheck, EligibilityRule, Member
from members.queries import offered
from members.views.pages import by, find_member, member_page
from payers.views.pages import FormPage, done, show_form, take_form
from tenancy.services import KeyReused
from web.wording import Clock


@organization_view(Scope.ELIGIBILITY_WRITE, reads="eligibility.read")
def check_new(request: OrganizationRequest, member_id: uuid.UUID) -> HttpResponse:
    """Write down what the payer said; suggested are the primary coverage, today and service type 30."""
    member = find_member(member_id)
    request.reading.of(("member", member.id), member_id=member.id)
    clock = Clock(request.access.now, request.access.organization.zone)
    page = member_page(
        member,
        f"Eligibility of {member.display_name}",
        verb="Record the check",
        heading="Not recorded",
        about="Look it up in the portal, by phone or on the card, then write down what was said.",
    )
    covers = offered(member, clock.today)
    if not covers:
        page.notes = ["There is no coverage to check: add one first."]
    form = CheckForm(request.POST or None, member=member, clock=clock, initial=_chosen(request, member))
    if request.method != "POST":
        return show_form(request, page, form)
    saved = take_form(request, page, form, lambda values, _: _record(request, form, values))
    if isinstance(saved, HttpResponse):
        return saved
    return done(request, f"The check is recorded: {saved.get_result_display().lower()}.", page.back)


def _chosen(request: OrganizationRequest, member: Member) -> dict[str, Any]:
    """The coverage the page was opened for, else the first that has not ended."""
    covers = offered(member, request.access.organization.today(request.access.now))
    wanted = request.GET.get("coverage", "")
    chosen = next((each for each in covers if str(each.id) == wanted), covers[0] if covers else None)
    return {"coverage": chosen.id} if chosen else {}


def _record(request: OrganizationRequest, form: CheckForm, values: dict[str, Any]) -> EligibilityCheck:
    key = f"check-{form.cleaned_data['key']}"[:64] if form.cleaned_data.get("key") else ""
    coverage = form.cleaned_data.get("coverage")
    if coverage is None:
        raise checking.missing_coverage()
    try:
        return checking.record_check(coverage.id, values, key=key, **by(request))
    except KeyReused as reused:
        raise ConflictError(f"{str(reused).capitalize()}. Nothing was saved.") from reused


@organization_view(Scope.PAYER_WRITE, no_reads="shows a setting, no health data")
def eligibility_rule(request: OrganizationRequest) -> HttpResponse:
    """How many days a check is fresh and stale, and whether Submit insists on a fresh one."""
    row = checking.rule_row()
    back = reverse("configuration")
    page = FormPage(
        "Eligibility checks",
        "overview",
        back,
        crumbs=[("Configuration", back)],
        template="members/form.html",
        about="Before a request goes out the latest check of its coverage is looked at.",
    )
    form = RuleForm(request.POST or None, instance=row or EligibilityRule())
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> EligibilityRule:
        return checking.save_rule(values, version=version, **by(request))

    saved = take_form(request, page, form, save)
    return saved if isinstance(saved, HttpResponse) else done(request, "The rule for checks is saved.", back)
