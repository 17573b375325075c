"""Rosters of eligibility: begin one, work it one by one, see what could not be settled, take it along."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from imports.csv_import import decode
from members import rosters
from members.forms import EntryForm, RosterForm
from members.models import EligibilityRoster, RosterEntry
from members.views.pages import by
from payers.views.pages import FormPage, csv_file, done, refused, show_form, take_form
from tenancy.editing import Refused
from web import wording
from web.wording import Clock

MOST_SHOWN = 200


@organization_view(Scope.ELIGIBILITY_READ, methods=["GET"], no_reads="names of lists and counts, nobody's data")
def roster_list(request: OrganizationRequest) -> HttpResponse:
    """All rosters, the latest first, each with how far it is."""
    rows = [(row, row.total - row.open) for row in rosters.rosters()[:MOST_SHOWN]]  # type: ignore[attr-defined]
    return render(request, "members/rosters.html", {"rows": rows})


@organization_view(Scope.ELIGIBILITY_WRITE, no_reads="asks whom to check; shows nobody")
def roster_new(request: OrganizationRequest) -> HttpResponse:
    listed = reverse("roster_list")
    page = FormPage(
        "New roster",
        "members",
        listed,
        "Make the roster",
        [("Members", reverse("member_list")), ("Rosters", listed)],
        about="A roster is worked one by one; it can be left and gone on with at any time.",
        template="members/form.html",
        extra={"upload": True},
        heading="Not made",
    )
    clock = Clock(request.access.now, request.access.organization.zone)
    form = RosterForm(request.POST or None, request.FILES or None, clock=clock)
    if request.method != "POST":
        return show_form(request, page, form)
    saved = take_form(request, page, form, lambda values, _: _begin(request, values))
    if isinstance(saved, HttpResponse):
        return saved
    return done(request, f"{saved.name}: {wording.counted(saved.total, 'member')}.", _address(saved))


def _begin(request: OrganizationRequest, values: dict[str, Any]) -> EligibilityRoster:
    mrns = values.get("mrns") or ""
    if values.get("file"):
        mrns += "\n" + "\n".join(_first_cells(values["file"].read()))
    wanted = rosters.Wanted(
        values.get("of") or "", values.get("service_date"), values.get("payer"), mrns, bool(values.get("unsettled"))
    )
    return rosters.begin_roster(wanted, **by(request))


def _first_cells(content: bytes) -> list[str]:
    """What stands first on each line, whatever parts the cells."""
    text, _ = decode(content)
    lines = (line.replace("\t", ",").replace(";", ",") for line in text.splitlines())
    return [line.split(",")[0].strip().strip('"') for line in lines]


@organization_view(Scope.ELIGIBILITY_READ, methods=["GET"], reads="eligibility.read")
def roster_detail(request: OrganizationRequest, roster_id: uuid.UUID) -> HttpResponse:
    """The next one to check, how far it is, and the exceptions with their reasons."""
    return _show(request, _find(roster_id))


@organization_view(Scope.ELIGIBILITY_WRITE, methods=["POST"], reads="eligibility.read")
def roster_entry(request: OrganizationRequest, entry_id: uuid.UUID) -> HttpResponse:
    """Record the check of one entry, set it aside, or take it up again."""
    entry = RosterEntry.objects.select_related("roster", "member").filter(id=entry_id).first()
    if entry is None:
        raise Http404
    request.reading.of(("eligibility_roster", entry.roster_id), member_id=entry.member_id)
    back = _address(entry.roster)
    action = request.POST.get("do", "")
    try:
        if action == "again":
            rosters.take_up(entry.id, **by(request))
            return redirect(f"{back}?place={entry.position - 1}")
        if action == "aside":
            rosters.set_aside(entry.id, request.POST.get("reason", ""), **by(request))
            return redirect(f"{back}?place={entry.position}")
        return _settle(request, entry, back)
    except Refused as error:
        return refused(request, error, f"{back}?place={entry.position - 1}")


def _settle(request: OrganizationRequest, entry: RosterEntry, back: str) -> HttpResponse:
    form = EntryForm(request.POST)
    if not form.is_valid():
        return _show(request, entry.roster, entry, form, status=422)
    try:
        rosters.settle(entry.id, form.values, **by(request))
    except Refused as error:
        if any(problem.field for problem in error.problems):
            form.put(error.problems)
            return _show(request, entry.roster, entry, form, status=422)
        raise
    return redirect(f"{back}?place={entry.position}")


def _show(
    request: OrganizationRequest,
    roster: EligibilityRoster,
    entry: RosterEntry | None = None,
    form: Any = None,
    *,
    status: int = 200,
) -> HttpResponse:
    place = request.GET.get("place", "")
    position = int(place) if place.isascii() and place.isdigit() and len(place) < 6 else 0
    entry = entry or rosters.next_entry(roster, after=position)
    if entry is not None:
        request.reading.of(("eligibility_roster", roster.id), member_id=entry.member_id)
    exceptions = list(rosters.entries(roster, RosterEntry.State.EXCEPTION)[:MOST_SHOWN])
    context = {
        "roster": roster,
        "entry": entry,
        "form": form or EntryForm(initial={"source": rosters.last_source(roster)}),
        "progress": rosters.progress(roster),
        "exceptions": exceptions,
        "mendable": {rosters.NOBODY, rosters.NO_COVER},
    }
    return render(request, "members/roster.html", context, status=status)


@organization_view(Scope.ELIGIBILITY_READ, methods=["GET"], reads="eligibility.exported")
def roster_export(request: OrganizationRequest, roster_id: uuid.UUID) -> HttpResponse:
    """Everybody of the roster on a line, with what was found."""
    roster = _find(roster_id)
    zone = request.access.organization.zone
    rows = [_line(entry, zone) for entry in rosters.entries(roster)]
    request.reading.found(len(rows), roster=str(roster.id))
    return csv_file("eligibility-roster", HEADINGS, rows)


HEADINGS = (
    "Number",
    "MRN",
    "Last name",
    "First name",
    "Payer",
    "Program",
    "Number on the card",
    "Date of service",
    "State",
    "Result",
    "Asked by",
    "Reference",
    "Checked",
    "Reason",
)


def _line(entry: RosterEntry, zone: Any) -> list[Any]:
    member, cover, check = entry.member, entry.coverage, entry.check_made
    return [
        entry.position,
        member.mrn if member else entry.given,
        member.last_name if member else "",
        member.first_name if member else "",
        cover.payer.name if cover else "",
        cover.program.name if cover else "",
        cover.number if cover else "",
        entry.roster.service_date,
        entry.get_state_display(),
        check.get_result_display() if check else "",
        check.get_source_display() if check else "",
        check.reference if check else "",
        check.checked_at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if check else "",
        entry.reason,
    ]


def _find(roster_id: uuid.UUID) -> EligibilityRoster:
    roster = EligibilityRoster.objects.select_related("payer").filter(id=roster_id).first()
    if roster is None:
        raise Http404
    return roster


def _address(roster: EligibilityRoster) -> str:
    return reverse("roster_detail", args=[roster.id])
