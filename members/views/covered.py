"""Is it covered? Asked on the member's page or from the search, by everybody who may see members and authorizations.

What is asked stands in a POST and never in an address. The answer is that of `web.covered`, and is kept as evidence.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import NotPermitted, OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import queries as authorizations
from authorizations.models import Authorization
from authorizations.states import Status
from authorizations.views.lines import unit
from claims.covering import Covering, Question
from claims.queries import coverings
from members import cover_questions
from members.checking import standings
from members.forms import CoveredForm
from members.freshness import Standing
from members.models import Coverage, Member
from members.queries import coverages
from members.views.pages import find_member
from payers.models import Playbook
from payers.queries import playbook_for
from payers.rules import Service, route
from web import covered
from web.covered import Answer, Asked, Facts, Verdict
from web.forecast import forecast, look_back

OPEN = frozenset({Status.DRAFT, Status.SUBMITTED, Status.PENDED})


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer beside the coverage it is about (None where there is none), and the playbook that says how to ask."""

    answer: Answer
    coverage: Coverage | None
    playbook: Playbook | None = None


@organization_view(Scope.MEMBER_READ, reads="cover.read")
def member_covered(request: OrganizationRequest, member_id: uuid.UUID) -> HttpResponse:
    """The question with its answers, primary coverage first. Changes nothing but the record that it was asked."""
    if not request.access.allows(Scope.AUTHORIZATION_READ):
        raise NotPermitted(Scope.AUTHORIZATION_READ)
    member = find_member(member_id)
    request.reading.of(("member", member.id), member_id=member.id)
    form = blank(request) if request.method == "GET" else _bound(request)
    context: dict[str, Any] = {"member": member, "covered_form": form, "alone": not request.htmx}  # type: ignore[attr-defined]
    status = 200
    if form.is_bound and form.is_valid():
        shown = answers(request, member, form.cleaned_data)
        _keep(request, member, form.cleaned_data, shown)
        context |= {"answers": shown, "asked": form.cleaned_data, "start_key": uuid.uuid4().hex}
    elif form.is_bound:
        status = 422
    part = "#covered" if request.htmx.target == "covered" else ""  # type: ignore[attr-defined]
    return render(request, f"members/covered.html{part}", context, status=status)


def blank(request: OrganizationRequest) -> CoveredForm:
    """The question as a page first shows it: for today."""
    today = _today(request)
    return CoveredForm(initial={"starts_on": today}, today=today)


def _bound(request: OrganizationRequest) -> CoveredForm:
    return CoveredForm(request.POST, today=_today(request))


def _today(request: OrganizationRequest) -> date:
    return request.access.organization.today(request.access.now)


def answers(request: OrganizationRequest, member: Member, asked: Mapping[str, Any]) -> list[Shown]:
    """One answer for each coverage in force on the day, in their order; one that says so where there is none."""
    today, on = _today(request), asked["starts_on"]
    every = coverages([member.id]).get(member.id, [])
    running = [each for each in every if each.in_force_on(on)]
    if not running:
        ended = [(str(each), each.ends_on) for each in every if each.ends_on and each.ends_on < on]
        return [Shown(covered.without_coverage(on, today, ended), None)]
    found = coverings(member.id, [_question(each, asked) for each in running])
    known = standings([each.id for each in running], request.access.organization, today)
    cases = [case for case in authorizations.of_member(member.id) if _names(case, asked["code"], on)]
    return [
        _answered(coverage, covering, known[coverage.id], cases, asked, today)
        for coverage, covering in zip(running, found, strict=True)
    ]


def _question(coverage: Coverage, asked: Mapping[str, Any]) -> Question:
    provider = asked["rendering_provider"]
    return Question(
        payer_id=coverage.payer_id,
        program_id=coverage.program_id,
        code=asked["code"],
        on=asked["starts_on"],
        modifiers=frozenset(asked["modifiers"]),
        units=asked["quantity"],
        provider_id=provider.id if provider else None,
        place=asked["place_of_service"] or None,
    )


def _answered(
    coverage: Coverage,
    covering: Covering,
    standing: Standing,
    cases: Sequence[Authorization],
    asked: Mapping[str, Any],
    today: date,
) -> Shown:
    way = route(coverage.program, Service(asked["code"], "", asked["place_of_service"]), today)
    mine = [case for case in cases if case.program_id == coverage.program_id]
    facts = Facts(
        plan=str(coverage),
        route=way,
        covering=covering,
        today=today,
        unit=unit(covering.outcome.charge.quantity_type),
        doubt="" if standing.is_sound else f"{standing.words} Check it before the service.",
        open_requests=_as_asked(case for case in mine if case.status in OPEN),
        not_required=_as_asked(case for case in mine if case.not_required and case.status == Status.APPROVED),
        runs_out_on=_runs_out_on(covering, today),
    )
    answer = covered.answer(facts)
    helps = answer.verdict in (Verdict.NEEDED, Verdict.UNKNOWN)
    return Shown(answer, coverage, playbook_for(coverage.program) if helps else None)


def _names(case: Authorization, code: str, on: date) -> bool:
    """Whether a case is about the code and, as far as it has days, about the day."""
    codes = {part.split()[0] for part in case.codes.split(",") if part.strip()}
    starts_on, ends_on = case.cover_starts_on or case.starts_on, case.cover_ends_on or case.ends_on
    return code in codes and (starts_on is None or starts_on <= on) and (ends_on is None or on <= ends_on)


def _as_asked(cases: Iterable[Authorization]) -> list[Asked]:
    return [Asked(case.id, case.number, _words(case)) for case in cases]


def _words(case: Authorization) -> str:
    return "no authorization required" if case.not_required else case.get_status_display().lower()


def _runs_out_on(covering: Covering, today: date) -> date | None:
    """When the line that would be drawn from is used up, at the pace of the last weeks."""
    held = covering.drawn
    if held is None or not held.left or held.ends_on is None or covering.question.on <= today:
        return None
    span = look_back(held.cover.versions[0].starts_on, today)
    if span is None:
        return None
    line_id = held.cover.line_id
    used = authorizations.used_since([line_id], *span).get(line_id, Decimal(0))
    return forecast(held.left, used, span, held.ends_on).runs_out_on


def _keep(request: OrganizationRequest, member: Member, asked: Mapping[str, Any], shown: Sequence[Shown]) -> None:
    """What was asked and answered, as evidence that the question was put before the service."""
    provider = asked["rendering_provider"]
    inputs = {
        "code": " ".join([asked["code"], *asked["modifiers"]]),
        "provider": str(provider) if provider else "",
        "provider_id": str(provider.id) if provider else "",
        "place": asked["place_of_service"],
        "units": str(asked["quantity"] or ""),
    }
    replies = [
        cover_questions.Reply(
            coverage=each.coverage,
            verdict=each.answer.verdict,
            headline=each.answer.headline,
            rule=each.answer.rule,
            authorization_id=each.answer.named.authorization_id if each.answer.named else None,
        )
        for each in shown
    ]
    cover_questions.keep(
        member,
        asked["starts_on"],
        inputs,
        replies,
        actor=request.access.actor,
        now=request.access.now,
    )
