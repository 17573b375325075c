"""What denials teach: the playbook behind one, denials nobody traced back, and the payers that cost the most rework."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import NotPermitted, OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import playbook_findings as findings
from authorizations import rework as reworking
from authorizations.decisions import LineOutcome
from authorizations.models import Authorization, Decision, PlaybookFinding
from authorizations.views.asking import find_case
from edi.views.codes import reason_words
from imports.csv_export import Cell
from payers.forms import PlaybookForm
from payers.models import Payer
from payers.views.pages import NO_READS, FormPage, csv_file, done, show_form, take_form
from tenancy.editing import Refused

TEMPLATE = "authorizations/playbook.html"
DENIED = LineOutcome.DENIED


@dataclass(frozen=True, slots=True)
class Trace:
    """What came of a denial for the playbook: findings with the sections they changed, or that it is late."""

    found: Sequence[tuple[PlaybookFinding, list[str]]]
    late: bool


def trace(decisions: Sequence[Decision], now: datetime) -> Trace | None:
    """For `_playbook_change.html`, from the decisions of a case, the latest first; None where nothing was denied.

    One statement, and none without a denial.
    """
    standing = (each for each in decisions if each.correction is None)
    denial = next((each for each in standing if any(line.outcome == DENIED for line in each.lines.all())), None)
    if denial is None:
        return None
    found = [(each, findings.section_words(each)) for each in findings.findings_of(denial.authorization_id)]
    since = [each for each, _ in found if each.at >= denial.recorded_at]
    return Trace(found, late=not since and denial.recorded_at < now - findings.IN_TIME)


@organization_view(Scope.PAYER_WRITE, reads="authorization.read")
def authorization_playbook(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Trace a denial back: change the playbook of its program, with the denial beside it."""
    case = _readable(request, authorization_id)
    denial = findings.latest_denial(case.id)
    if denial is None:
        raise Http404
    playbook = findings.playbook_of(case)
    page = _page(case, denial)
    form = PlaybookForm(request.POST or None, **_filled(request, case, playbook))
    if request.method != "POST":
        return show_form(request, page, form)

    def save(values: dict[str, Any], version: int | None) -> Any:
        access = request.access
        return findings.change_playbook(case.id, values, version=version, actor=access.actor, now=access.now)

    saved = take_form(request, page, form, save)
    if isinstance(saved, HttpResponse):
        return saved
    return done(request, f"The playbook is changed, and linked to the denial of {case.number}.", page.back)


def _readable(request: OrganizationRequest, authorization_id: uuid.UUID) -> Authorization:
    if not request.access.allows(Scope.AUTHORIZATION_READ):
        raise NotPermitted(Scope.AUTHORIZATION_READ)
    return find_case(request, authorization_id)


def _page(case: Authorization, denial: Decision) -> FormPage:
    page = FormPage(
        f"Update the playbook after {case.number}",
        "playbooks",
        reverse("authorization_detail", args=[case.id]),
        "Save and link to the denial",
        template=TEMPLATE,
    )
    page.crumbs = [("Playbooks", reverse("playbook_list"))]
    page.extra = {"case": case, "denial": denial, "why": why_of(denial), "found": findings.findings_of(case.id)}
    return page


def _filled(request: OrganizationRequest, case: Authorization, playbook: Any) -> dict[str, Any]:
    if playbook is not None:
        return {"instance": playbook}
    payer = case.payer
    contact = {"portal_url": payer.portal_url, "phone": payer.phone, "fax": payer.fax}
    return {"initial": {"owner": request.access.membership_id, **contact}}


@organization_view(Scope.PAYER_WRITE, methods=["POST"], reads="authorization.read")
def authorization_no_gap(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """The denial teaches nothing about the playbook, and why."""
    case = _readable(request, authorization_id)
    denial = findings.latest_denial(case.id)
    if denial is None:
        raise Http404
    page = _page(case, denial)
    try:
        findings.say_no_gap(case.id, request.POST.get("reason", ""), actor=request.access.actor, now=request.access.now)
    except Refused as refused:
        page.extra |= {"no_gap_problem": refused.problems[0].message, "reason": request.POST.get("reason", "")[:400]}
        form = PlaybookForm(**_filled(request, case, findings.playbook_of(case)))
        problems = [{"text": problem.message, "field_id": "no-gap-reason"} for problem in refused.problems]
        return show_form(request, page, form, problems=problems, status=422)
    return done(request, f"{case.number}: the playbook has no gap, and the reason is kept.", page.back)


def why_of(denial: Decision) -> str:
    """The reasons the payer gave in words, of the whole and of each line."""
    codes = [*denial.reasons, *(code for line in denial.lines.all() for code in line.reasons)]
    return reason_words(list(dict.fromkeys(codes)))


@organization_view(Scope.PAYER_READ, methods=["GET"], reads="authorization.listed")
def playbook_gaps(request: OrganizationRequest) -> HttpResponse:
    """Denials of the last 90 days that nobody traced back to the playbook: those of more than a day ago first."""
    if not request.access.allows(Scope.AUTHORIZATION_READ):
        raise NotPermitted(Scope.AUTHORIZATION_READ)
    now = request.access.now
    rows = [(gap, why_of(gap.decision)) for gap in findings.gaps(now)]
    request.reading.found(len(rows))
    late = sum(gap.late for gap, _ in rows)
    context = {"rows": rows, "late": late, "in_time": len(rows) - late, "tally": findings.tally(now), "report": "gaps"}
    return render(request, "authorizations/playbook_gaps.html", context)


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads="counts by payer, no health data")
def rework(request: OrganizationRequest) -> HttpResponse:
    """Payers by the rework of the last 90 days."""
    rows = reworking.by_payer(request.access.now)
    most = max((row.total for row in rows), default=0)
    shares = [(row, f"{row.total * 100 / most:.1f}%" if most else "0%") for row in rows]
    return render(request, "authorizations/rework.html", {"rows": shares, "report": "rework"})


@organization_view(Scope.PAYER_READ, methods=["GET"], no_reads=NO_READS)
def rework_export(request: OrganizationRequest) -> HttpResponse:
    """The ranking as a file."""
    headings = [
        "Payer", "Payer ID", "Denials", "Peer-to-peers", "Pended or returned", "Rework", "Requests", "For 100 requests",
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [
            row.payer.name, row.payer.identifier, row.denials, row.peer_to_peers, row.missing, row.total, row.asked,
            "" if row.per_hundred is None else str(row.per_hundred),
        ]
        for row in reworking.by_payer(request.access.now)
    ]  # fmt: skip
    return csv_file("rework-by-payer", headings, rows)


@organization_view(Scope.PAYER_READ, methods=["GET"], reads="authorization.listed")
def rework_payer(request: OrganizationRequest, payer_id: uuid.UUID) -> HttpResponse:
    """The cases behind one payer's rework."""
    if not request.access.allows(Scope.AUTHORIZATION_READ):
        raise NotPermitted(Scope.AUTHORIZATION_READ)
    payer = Payer.objects.filter(id=payer_id).first()
    if payer is None:
        raise Http404
    found = reworking.events_of(payer.id, request.access.now)
    request.reading.found(len(found))
    rows = [(event, why_of(event.decision) if event.decision else "") for event in found]
    context = {"payer": payer, "rows": rows, "most": reworking.MOST_CASES, "report": "rework"}
    return render(request, "authorizations/rework_payer.html", context)
