"""Record an existing authorization: an approval by letter, telephone, another holder or a previous system."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import OrganizationRequest, organization_view
from accounts.scopes import Scope
from authorizations import services
from authorizations.errors import Problem, Refused
from authorizations.form_problems import listed, put
from authorizations.line_forms import MOST_LINES
from authorizations.models import Authorization
from authorizations.moving import first_result
from authorizations.states import Channel
from authorizations.transitions import record_existing
from authorizations.views import existing_form
from authorizations.views.answer_lines import Slip
from authorizations.views.existing_slips import slips
from claims.services import reallocate_member
from codesets.queries import words_of
from members.models import Coverage, Member
from web import typed

EMPTY_LINE: dict[str, Any] = {}


@dataclass
class ExistingPage:
    """One showing of the form: whose it is, what stands in it, what is wrong and what is asked about."""

    member: Member
    form: existing_form.ExistingForm
    lines: Any
    heading: str = "Not saved"
    problems: list[dict[str, str]] = field(default_factory=list)
    slips: list[Slip] = field(default_factory=list)
    confirmed: Sequence[str] = ()

    @property
    def asks(self) -> dict[str, Slip]:
        """What is asked about, by the id of its field."""
        return {slip.field_id: slip for slip in self.slips}


@organization_view(Scope.AUTHORIZATION_WRITE, methods=["GET"], no_reads="asks whose it is; shows nobody")
def existing_new(request: OrganizationRequest) -> HttpResponse:
    """An existing authorization begins with its member."""
    context = {"for": "existing", "query": "", "q": "", "shortest": 2, "begins": True}
    return render(request, "members/pick.html", context)


@organization_view(Scope.AUTHORIZATION_WRITE, reads="request.read")
def member_existing_new(request: OrganizationRequest, member_id: uuid.UUID) -> HttpResponse:
    """The form for this member; POST records it."""
    member = Member.objects.filter(id=member_id).first()
    if member is None:
        raise Http404
    if request.method != "POST":
        return _show(request, _blank(request, member))
    action = request.POST.get("do", "save")
    if action != "save":
        return _show(request, _rearranged(request, member, action))
    return _save(request, _bound(request, member, request.POST))


# What a button does ------------------------------------------------------------------------------------------


def _save(request: OrganizationRequest, page: ExistingPage) -> HttpResponse:
    """Record it. Whatever is wrong or asked about comes back with all that was typed."""
    if not _is_valid(page):
        page.problems = listed(page.form, page.lines)
        return _show(request, page, status=422)
    first = _recorded_by_first_press(page)
    if first is not None:
        return redirect("authorization_detail", first)
    page.slips = slips(page.form, page.lines, _today(request))
    unconfirmed = [slip for slip in page.slips if slip.key not in page.confirmed]
    if unconfirmed:
        page.heading = "Not saved yet"
        page.problems = [
            {"text": f"{slip.text} Confirm or correct it.", "field_id": slip.field_id} for slip in unconfirmed
        ]
        return _show(request, page, status=422)
    try:
        recorded = _record(request, page)
    except Refused as refused:
        page.problems = put(_placed(refused.problems), page.form, page.lines)
        return _show(request, page, status=422)
    messages.success(request, f"{recorded.number} is recorded. Nothing was sent to the payer.")
    return redirect("authorization_detail", recorded.id)


def _key(page: ExistingPage) -> str:
    return f"existing-{page.form.cleaned_data['key']}"[:64]


def _recorded_by_first_press(page: ExistingPage) -> uuid.UUID | None:
    """What an earlier press of the same button recorded, so that it is not taken for a second authorization."""
    content = {
        "asked": existing_form.asked(page.form, page.lines),
        "answer": existing_form.answer(page.form, page.lines),
        "openings": existing_form.openings(page.form, page.lines),
    }
    return first_result(_key(page), "authorization.record_existing", content)


def _is_valid(page: ExistingPage) -> bool:
    sound = page.form.is_valid() & page.lines.is_valid()
    page.form.check_used(any(line.cleaned_data.get("used") for line in page.lines.forms))
    return sound and page.form.is_valid()


@transaction.atomic
def _record(request: OrganizationRequest, page: ExistingPage) -> Authorization:
    """Keep it, and count what was used before at once, so that the meter is right when the page opens."""
    access, form, lines = request.access, page.form, page.lines
    recorded = record_existing(
        existing_form.asked(form, lines),
        existing_form.answer(form, lines),
        channel=Channel(form.cleaned_data["source"]),
        owner=services.owner_of(access.membership_id),
        openings=existing_form.openings(form, lines),
        actor=access.actor,
        now=access.now,
        key=_key(page),
    )
    reallocate_member(page.member.id, actor=access.actor, now=access.now)
    return recorded


def _placed(problems: Iterable[Problem]) -> list[Problem]:
    """The rules speak of the number as the payer's certification number."""
    names = {"certification_number": "number"}
    return [Problem(names.get(problem.field, problem.field), problem.message) for problem in problems]


# What stands in the form -------------------------------------------------------------------------------------


def _blank(request: OrganizationRequest, member: Member) -> ExistingPage:
    today = _today(request)
    coverage = Coverage.objects.filter(member=member).order_by("position", "-starts_on", "id").first()
    initial = {"coverage": coverage.id if coverage else None, "key": uuid.uuid4().hex}
    return ExistingPage(
        member,
        existing_form.ExistingForm(initial=initial, member=member, today=today),
        existing_form.line_set(today, initial=[EMPTY_LINE]),
    )


def _bound(request: OrganizationRequest, member: Member, data: QueryDict) -> ExistingPage:
    """The forms as they were sent. Codes are looked up for the first day approved."""
    today = _today(request)
    return ExistingPage(
        member,
        existing_form.ExistingForm(data, member=member, today=today),
        existing_form.line_set(_day(data.get("starts_on", "")) or today, data=data),
        confirmed=data.getlist("confirm"),
    )


def _rearranged(request: OrganizationRequest, member: Member, action: str) -> ExistingPage:
    """The same form with a line more or less. Nothing is saved."""
    data, today = request.POST, _today(request)
    lines = _typed_lines(data)
    if action == "add-line" and len(lines) < MOST_LINES:
        lines.append(EMPTY_LINE)
    elif (gone := typed.removed(action)) is not None:
        lines = [line for number, line in enumerate(lines) if number != gone] or [EMPTY_LINE]
    fields = {name: data.get(name, "") for name in existing_form.ExistingForm.base_fields}
    return ExistingPage(
        member,
        existing_form.ExistingForm(initial=fields, member=member, today=today),
        existing_form.line_set(today, initial=lines),
        confirmed=data.getlist("confirm"),
    )


def _typed_lines(data: QueryDict) -> list[dict[str, Any]]:
    count = data.get("lines-TOTAL_FORMS", "0")
    names = list(existing_form.ExistingLineForm.base_fields)
    total = min(typed.whole(count) or 0, MOST_LINES)
    return [{name: data.get(f"lines-{number}-{name}", "") for name in names} for number in range(total)]


def _show(request: OrganizationRequest, page: ExistingPage, *, status: int = 200) -> HttpResponse:
    """Render the page, or only the form when htmx asks."""
    codes = [str(form["code"].value() or "").upper() for form in page.lines.forms]
    words = words_of("HCPCS", [code for code in codes if code])
    context = {
        "page": page,
        "member": page.member,
        "form": page.form,
        "lines": page.lines,
        "line_rows": [(line, words.get(code, "")) for line, code in zip(page.lines.forms, codes, strict=True)],
        "asks": page.asks,
        "has_coverage": page.form.field("coverage").queryset.exists(),
        "action": reverse("member_existing_new", args=[page.member.id]),
    }
    part = "#existing" if request.htmx.target == "existing" else ""  # type: ignore[attr-defined]
    return render(request, f"authorizations/existing.html{part}", context, status=status)


def _today(request: OrganizationRequest) -> date:
    return request.access.organization.today(request.access.now)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
