"""The request form: a new draft, its edits, Submit and Discard."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access import ConflictError, OrganizationRequest, organization_view
from accounts.models import Membership, Role
from accounts.scopes import Scope
from authorizations import forms, queries, services, transitions
from authorizations.asked import faults
from authorizations.checks import eligibility_problems, obstacles
from authorizations.errors import NotAllowed, Problem, Refused, Stale
from authorizations.models import Authorization
from authorizations.states import Status
from authorizations.views import going_out, usual
from authorizations.views.chain import renews
from authorizations.views.returned import Returned, returned
from codesets.queries import by_code, matching, words_of
from edi.lint import draft_problems
from members.checking import doubts
from members.freshness import Standing
from members.models import Coverage, Member
from members.queries import offered
from payers.queries import playbook_for
from tenancy.services import KeyReused
from web import typed

MOST_DIAGNOSES_SHOWN = 12
EMPTY_LINE: dict[str, Any] = {}


@dataclass
class Page:
    """One showing of the form: whose it is, what stands in it, and what is wrong with it."""

    member: Member
    today: date
    authorization: Authorization | None
    fields: dict[str, Any]
    lines: list[dict[str, Any]]
    data: QueryDict | None = None
    problems: list[dict[str, str]] = field(default_factory=list)
    heading: str = "Not saved"
    find: str = ""

    def forms(self) -> tuple[Any, Any]:
        """The two forms: bound to what was sent, or filled with what is known."""
        if self.data is not None:
            starts_on = _day(self.data.get("starts_on", "")) or self.today
            request = forms.RequestForm(self.data, member=self.member, today=self.today)
            return request, forms.line_set(starts_on, data=self.data)
        request = forms.RequestForm(initial=self.fields, member=self.member, today=self.today)
        return request, forms.line_set(self.today, initial=self.lines)


@organization_view(Scope.AUTHORIZATION_WRITE, methods=["GET"], no_reads="asks whom the request is for; shows nobody")
def authorization_new(request: OrganizationRequest) -> HttpResponse:
    """A new request begins with its member."""
    return render(request, "members/pick.html", {"for": "new", "query": "", "q": "", "shortest": 2, "begins": True})


@organization_view(Scope.AUTHORIZATION_WRITE, reads="request.read")
def member_authorization_new(request: OrganizationRequest, member_id: uuid.UUID) -> HttpResponse:
    """A new request for this member."""
    member = Member.objects.filter(id=member_id).first()
    if member is None:
        raise Http404
    if request.method == "POST":
        return _posted(request, member, None)
    return _show(request, _blank(request, member))


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_edit(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """The form of a stored draft. Anything but a draft has no form: its page is shown."""
    found = queries.case(authorization_id)
    if found is None:
        raise Http404
    request.reading.of(found.subject, member_id=found.member_id, authorization_id=found.id)
    if request.method == "POST":
        return _posted(request, found.member, found)
    if found.status != Status.DRAFT:
        return redirect("authorization_detail", found.id)
    return _show(request, _stored(request, found))


@organization_view(Scope.AUTHORIZATION_WRITE, reads="authorization.read")
def authorization_discard(request: OrganizationRequest, authorization_id: uuid.UUID) -> HttpResponse:
    """Asks first; then the draft is closed, and stays in the history."""
    found = queries.case(authorization_id)
    if found is None:
        raise Http404
    request.reading.of(found.subject, member_id=found.member_id, authorization_id=found.id)
    if request.method == "POST":
        transitions.discard(
            found.id,
            actor=request.access.actor,
            now=request.access.now,
            version=typed.version(request.POST),
        )
        messages.success(request, f"{found.number} is discarded. It stays in the history.")
        return redirect("authorization_detail", found.id)
    if found.status != Status.DRAFT:
        raise ConflictError(f"{found.number} is no draft any more, so it cannot be discarded.")
    context = {
        "case": found,
        "heading": f"Discard the draft {found.number}?",
        "body": "authorizations/_discard.html",
        "action": reverse("authorization_discard", args=[found.id]),
        "verb": "Discard the draft",
        "hidden": {"version": found.version},
        "stay_url": reverse("authorization_detail", args=[found.id]),
    }
    part = "#ask" if request.htmx.target == "dialog" else ""  # type: ignore[attr-defined]
    return render(request, f"confirm.html{part}", context)


# What a button does ------------------------------------------------------------------------------------------


def _posted(request: OrganizationRequest, member: Member, draft: Authorization | None) -> HttpResponse:
    action = request.POST.get("do", "save")
    if action in ("save", "submit"):
        return _save(request, member, draft, submit=action == "submit")
    if action == "check":
        return _checked(request, member, draft)
    return _show(request, _rearranged(request, member, draft, action))


def _save(request: OrganizationRequest, member: Member, draft: Authorization | None, *, submit: bool) -> HttpResponse:
    """Keep the draft and, when asked, send it. Whatever is wrong comes back with all that was typed."""
    page = Page(member, _today(request), draft, {}, [], data=request.POST)
    form, lines = page.forms()
    if not (form.is_valid() & lines.is_valid()):
        page.problems = forms.listed(form, lines)
        return _show(request, page, form, lines, status=422)
    try:
        stored = _store(request, forms.asked(form, lines), draft, form.cleaned_data)
    except Refused as refused:
        page.problems = forms.put(refused.problems, form, lines)
        return _show(request, page, form, lines, status=422)
    except (NotAllowed, Stale) as late:
        return _late(request, page, form, lines, late)
    except KeyReused as reused:
        raise ConflictError(f"{str(reused).capitalize()}. Nothing was saved.") from reused
    if submit and stored.status == Status.DRAFT:
        return _submit(request, stored, form.cleaned_data["key"], form.cleaned_data["unchecked_reason"])
    if stored.status != Status.DRAFT:
        return redirect("authorization_detail", stored.id)
    messages.success(request, f"{stored.number} is saved as a draft.")
    return redirect("authorization_edit", stored.id)


def _checked(request: OrganizationRequest, member: Member, draft: Authorization | None) -> HttpResponse:
    """Say what Save and Submit would refuse in what is typed, beside its fields. Nothing is saved."""
    today = _today(request)
    data = request.POST.copy()
    fields = {name: data.get(name, "") for name in forms.RequestForm.base_fields}
    for name, value in _suggested(member, fields, today).items():
        data[name] = value
    page = Page(member, today, draft, {}, [], data=data, heading="Checked, nothing is saved")
    form, lines = page.forms()
    valid = form.is_valid() & lines.is_valid()
    page.problems = forms.put(faults(forms.asked(form, lines)), form, lines) if valid else forms.listed(form, lines)
    return _show(request, page, form, lines)


def _store(
    request: OrganizationRequest, asked: Any, draft: Authorization | None, cleaned: dict[str, Any]
) -> Authorization:
    actor, now = request.access.actor, request.access.now
    if draft is not None:
        return services.save_draft(draft.id, asked, version=cleaned["version"], actor=actor, now=now)
    owner = Membership.objects.select_related("user").get(id=request.access.membership_id)
    return transitions.draft(asked, owner=owner, actor=actor, now=now, key=f"draft-{cleaned['key']}"[:64])


def _submit(request: OrganizationRequest, stored: Authorization, key: str, unchecked_reason: str) -> HttpResponse:
    """Send a stored draft. What stops it is shown on the form of the draft, which is kept."""
    actor, now = request.access.actor, request.access.now
    try:
        with transaction.atomic():
            lint = draft_problems(stored, now=now)
            transitions.submit(
                stored.id, actor=actor, now=now, key=_send_key(key), lint=lint, unchecked_reason=unchecked_reason
            )
    except Refused as refused:
        page = _stored(request, queries.case(stored.id) or stored)
        page.fields["unchecked_reason"] = unchecked_reason
        page.heading = "Saved as a draft, not submitted"
        form, lines = page.forms()
        page.problems = forms.put(refused.problems, form, lines)
        return _show(request, page, form, lines, status=422)
    return redirect("authorization_detail", stored.id)


def _late(request: OrganizationRequest, page: Page, form: Any, lines: Any, late: ConflictError) -> HttpResponse:
    """Somebody was faster: a draft somebody saved can be saved over, a request sent already is shown.

    A second press of Submit finds the first one's work done; with another key it is refused.
    """
    if page.authorization is None:
        raise late
    latest = Authorization.objects.get(id=page.authorization.id)
    if isinstance(late, Stale) and latest.status == Status.DRAFT:
        return _overtaken(request, page, form, lines, late)
    key = _send_key(form.cleaned_data["key"])
    submission = transitions.submit(latest.id, actor=request.access.actor, now=request.access.now, key=key)
    return redirect("authorization_detail", submission.authorization_id)


def _send_key(key: str) -> str:
    return f"send-{key}"[:64]


def _overtaken(request: OrganizationRequest, page: Page, form: Any, lines: Any, stale: Stale) -> HttpResponse:
    """Somebody saved in between: everything typed stays, and a second Save is a decision."""
    assert page.authorization is not None
    latest = Authorization.objects.get(id=page.authorization.id)
    form.data = form.data.copy()
    form.data["version"] = latest.version
    page.authorization = latest
    page.heading = "Not saved: this draft was changed meanwhile"
    at = reverse("authorization_detail", args=[latest.id])
    words = f"{stale.message} What you typed is below; saving again replaces what {stale.changed_by} wrote."
    page.problems = [{"text": f"{words} See how it stands now.", "address": at}]
    return _show(request, page, form, lines, status=409)


# What stands in the form -------------------------------------------------------------------------------------


def _blank(request: OrganizationRequest, member: Member) -> Page:
    """Today's date, the payer's window, the primary coverage, and one empty line."""
    today = _today(request)
    coverage = next(iter(offered(member, today)), None)
    way = going_out.way_out(coverage, "", "", today)
    ends_on = _end(today, way.window_days) if way else None
    fields = {
        "coverage": coverage.id if coverage else None,
        "starts_on": today,
        "ends_on": ends_on,
        "suggested_end": ends_on,
        "priority": "routine",
        "request_category": "health_services",
        "key": uuid.uuid4().hex,
    }
    return Page(member, today, None, fields, [usual.first_line(way.rules) if way else EMPTY_LINE])


def _stored(request: OrganizationRequest, found: Authorization) -> Page:
    fields, lines = forms.initial_of(found)
    return Page(
        found.member,
        _today(request),
        found,
        fields | {"key": uuid.uuid4().hex, "suggested_end": ""},
        lines or [EMPTY_LINE],
    )


def _rearranged(request: OrganizationRequest, member: Member, draft: Authorization | None, action: str) -> Page:
    """The same form with a line more or less, a diagnosis added, or its suggestions taken anew. Nothing is saved."""
    today = _today(request)
    data = request.POST
    fields: dict[str, Any] = {name: data.get(name, "") for name in forms.RequestForm.base_fields}
    way = going_out.way_out(_coverage(member, fields["coverage"]), "", "", today)
    new_line = usual.first_line(way.rules) if way else EMPTY_LINE
    lines = [line if _is_begun(line) else new_line for line in _typed_lines(data)]
    find = ""
    if action == "add-line" and len(lines) < forms.MOST_LINES:
        lines.append(new_line)
    elif (gone := typed.removed(action)) is not None:
        lines = [line for number, line in enumerate(lines) if number != gone] or [new_line]
    elif action.startswith("diagnosis-"):
        codes = forms.diagnosis_codes(f"{fields['diagnoses']} {action.removeprefix('diagnosis-')}")
        fields["diagnoses"] = ", ".join(dict.fromkeys(codes))
    elif action == "find":
        find = data.get("find", "")[:80]
    fields |= _suggested(member, fields, today)
    return Page(member, today, draft, fields, lines, find=find)


def _typed_lines(data: QueryDict) -> list[dict[str, Any]]:
    count = data.get("lines-TOTAL_FORMS", "0")
    names = list(forms.LineForm.base_fields)
    total = min(typed.whole(count) or 0, forms.MOST_LINES)
    return [{name: data.get(f"lines-{number}-{name}", "") for name in names} for number in range(total)]


def _is_begun(line: dict[str, Any]) -> bool:
    """Whether a line says more than the usual limit it began with."""
    return any(line.get(name) for name in ("code", "modifiers", "quantity"))


def _suggested(member: Member, fields: dict[str, Any], today: date) -> dict[str, Any]:
    """The last day by the payer's window, unless somebody changed it by hand."""
    starts_on = _day(fields["starts_on"])
    way = going_out.way_out(_coverage(member, fields["coverage"]), "", "", today)
    if starts_on is None or way is None or fields["ends_on"] not in ("", fields["suggested_end"]):
        return {}
    ends_on = _end(starts_on, way.window_days).isoformat()
    return {"ends_on": ends_on, "suggested_end": ends_on}


# How it is shown ---------------------------------------------------------------------------------------------


def _show(
    request: OrganizationRequest, page: Page, form: Any = None, lines: Any = None, *, status: int = 200
) -> HttpResponse:
    """Render the page, or only the form when htmx asks."""
    if form is None:
        form, lines = page.forms()
    typed = _typed_lines(page.data) if page.data is not None else page.lines
    values = {
        name: form[name].value()
        for name in ("coverage", "starts_on", "ends_on", "place_of_service", "diagnoses", "rendering_provider")
    }
    coverage = _coverage(page.member, values["coverage"])
    codes = [str(line.get("code") or "").upper() for line in typed]
    way = going_out.way_out(coverage, codes[0] if codes else "", values["place_of_service"] or "", page.today)
    words = words_of("HCPCS", [code for code in codes if code])
    rules = way.rules if way else None
    known = by_code("HCPCS", [code for code in codes if code], page.today)
    dates = (_as_day(values["starts_on"]), _as_day(values["ends_on"]))
    standing, insists = _eligibility(coverage, way, page.today)
    problems = [*_obstacles(page, values, typed, way), *_typed_cover(page, coverage, dates[0], form)]
    checks = going_out.checks(problems)
    context = {
        "page": page,
        "case": page.authorization,
        "member": page.member,
        "form": form,
        "lines": lines,
        "line_rows": [
            (line, words.get(code, ""), usual.in_units(said, known.get(code), rules))
            for line, code, said in zip(lines.forms, codes, typed, strict=False)
        ],
        "way": way,
        "checks": checks,
        "done": sum(check.state == "yes" for check in checks),
        "warnings": usual.beyond(rules, typed, dates)
        + going_out.warnings(
            page.member.id, page.authorization and page.authorization.id, _labels(typed), coverage, dates, page.today
        ),
        "usual_cap": usual.cap_words(rules),
        "renews": renews(page.authorization, dates[0]),
        "playbook": playbook_for(coverage.program) if coverage else None,
        "diagnosis_words": list(_diagnosis_words(values["diagnoses"] or "")),
        "found": matching("ICD-10-CM", page.find, page.today, limit=MOST_DIAGNOSES_SHOWN) if page.find else [],
        "coverages": offered(page.member, page.today),
        "action": _action(page),
        "menders": _menders(request) if way and way.stopped else [],
        "returned": _came_back(page),
        "eligibility": standing,
        "insists": insists,
        "halted": _halted(coverage, dates[0], standing if insists else None),
        "chosen": coverage,
    }
    part = "#request" if request.htmx.target == "request" else ""  # type: ignore[attr-defined]
    return render(request, f"authorizations/request.html{part}", context, status=status)


def _eligibility(coverage: Coverage | None, way: Any, today: date) -> tuple[Standing | None, bool]:
    """What is known of the coverage's eligibility, where anything is asked at all."""
    return (None, False) if coverage is None or way is None or way.needless else doubts(coverage, today)


def _typed_cover(page: Page, coverage: Coverage | None, starts_on: date | None, form: Any) -> list[Problem]:
    """What stops a request that is not stored yet about its cover; `obstacles` says it of a stored one."""
    if coverage is None or (page.authorization is not None and page.data is None):
        return []
    if starts_on is not None and not coverage.in_force_on(starts_on):
        return [Problem("coverage", _not_in_force(starts_on))]
    return list(eligibility_problems(coverage, page.today, str(form["unchecked_reason"].value() or "")))


def _halted(coverage: Coverage | None, starts_on: date | None, unsound: Standing | None) -> str:
    """Why Submit is grey: what is mended on the member's page, not in the form."""
    if coverage is not None and starts_on is not None and not coverage.in_force_on(starts_on):
        return _not_in_force(starts_on)
    if unsound is not None and not unsound.is_sound:
        return f"{unsound.words} Your organization insists on a fresh check."
    return ""


def _not_in_force(day: date) -> str:
    return f"The coverage is not in force on {day:%b} {day.day}, {day.year}."


def _menders(request: OrganizationRequest) -> list[str]:
    """The roles that may change a program, for a person who may not."""
    if request.access.allows(Scope.PAYER_WRITE):
        return []
    return list(
        Role.objects.filter(scopes__contains=[Scope.PAYER_WRITE]).order_by("name").values_list("name", flat=True)
    )


def _came_back(page: Page) -> Returned | None:
    """Why a draft was returned, with links to the fields of this form."""
    found = page.authorization
    if found is None or not found.returned:
        return None
    return returned(found, queries.submissions(found.id), queries.decisions(found.id), in_form=True)


def _obstacles(page: Page, values: dict[str, Any], typed: list[dict[str, Any]], way: Any) -> list[Problem]:
    """What stops the request: by the rules for a draft as it is stored, by what is plain to see else."""
    if page.authorization is not None and page.data is None and page.authorization.status == Status.DRAFT:
        return obstacles(page.authorization, page.today)[1]
    found = going_out.typed_problems(values, typed, bool(way and way.electronic))
    return found + ([Problem("program", way.stopped)] if way and way.stopped else [])


def _action(page: Page) -> str:
    if page.authorization is not None:
        return reverse("authorization_edit", args=[page.authorization.id])
    return reverse("member_authorization_new", args=[page.member.id])


def _labels(typed: list[dict[str, Any]]) -> list[str]:
    return [
        " ".join([str(line["code"]).upper(), *str(line.get("modifiers") or "").upper().split()])
        for line in typed
        if line.get("code")
    ]


def _diagnosis_words(text: str) -> list[tuple[str, str]]:
    codes = forms.diagnosis_codes(text)
    words = words_of("ICD-10-CM", codes)
    return [(code, words[code]) for code in codes if code in words]


def _coverage(member: Member, value: Any) -> Coverage | None:
    try:
        wanted = uuid.UUID(str(value))
    except ValueError:
        return None
    return Coverage.objects.select_related("payer", "program__payer").filter(id=wanted, member=member).first()


def _today(request: OrganizationRequest) -> date:
    return request.access.organization.today(request.access.now)


def _end(starts_on: date, days: int) -> date:
    return date.fromordinal(starts_on.toordinal() + days - 1)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _as_day(value: Any) -> date | None:
    return value if isinstance(value, date) else _day(str(value or ""))
