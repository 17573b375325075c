"""The request form as it is shown: how it goes out, what it lacks, what is asked or covered already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import OrganizationRequest
from accounts.models import Role
from accounts.scopes import Scope
from authorizations import forms, queries
from authorizations.checks import (
    admission_problems,
    duplicate_problems,
    eligibility_problems,
    obstacles,
    retro_problems,
)
from authorizations.coverings import Covering, Span, coverings
from authorizations.documents.queries import filed_for
from authorizations.errors import Problem
from authorizations.form_problems import placed_field
from authorizations.line_forms import unknown_code
from authorizations.models import Authorization
from authorizations.splitting import Ways, ways_of
from authorizations.states import Status
from authorizations.urgency import reasons_for_urgency
from authorizations.views import calculator, going_out, usual
from authorizations.views.chain import renews
from authorizations.views.request_page import Page, as_day
from authorizations.views.returned import Returned, returned
from codesets.models import AnyCode
from codesets.queries import by_code, matching, words_of
from members.checking import doubts
from members.freshness import Standing
from members.models import Coverage
from members.queries import offered

MOST_DIAGNOSES_SHOWN = 12
MOST_EARLIER = 8
READ = (
    "coverage", "starts_on", "ends_on", "place_of_service", "diagnoses", "rendering_provider", "request_category",
    "service_type", "priority", "retro_reason", "admission_on", "admission_days", "duplicate_reason", "note_to_payer",
    "unchecked_reason",
)  # fmt: skip


@dataclass
class Shown:
    """What is read of the page once, for everything that is said about it."""

    page: Page
    form: Any
    lines: Any

    def __post_init__(self) -> None:
        page = self.page
        self.values = {name: self.form[name].value() for name in READ}
        self.coverage = page.coverage
        self.typed = page.typed
        self.codes = [str(row.get("code") or "").strip().upper() for row in self.typed]
        self.dates = (as_day(self.values["starts_on"]), as_day(self.values["ends_on"]))
        self.known: dict[str, AnyCode] = by_code("HCPCS", filter(None, self.codes), self.dates[0] or page.today)
        self.diagnoses = forms.diagnosis_codes(self.values["diagnoses"] or "")
        first = self.known.get(self.codes[0]) if self.codes else None
        self.service_type = self.values["service_type"] or (first.service_type if first else "")
        self.way = going_out.way_out(
            self.coverage, self.codes[0] if self.codes else "", self.place, page.today, self.service_type
        )
        self.met = self._met()

    @property
    def place(self) -> str:
        return self.values["place_of_service"] or ""

    @property
    def is_stored(self) -> bool:
        """Whether the page shows the draft as it is stored."""
        draft = self.page.authorization
        return draft is not None and self.page.data is None and draft.status == Status.DRAFT and not self.page.changed

    def groups(self) -> list[list[str]]:
        """The codes of each service line as typed."""
        found: list[list[str]] = []
        for row, code in zip(self.typed, self.codes, strict=True):
            if code and row.get("shares") and found:
                found[-1].append(code)
            elif code:
                found.append([code])
        return found

    def ways(self) -> Ways | None:
        """Where the lines go, when they do not all go one way."""
        if self.coverage is None:
            return None
        found = ways_of(self.coverage.program, self.groups(), self.service_type, self.place, self.page.today)
        return found if found.differ else None

    def _met(self) -> list[Covering]:
        starts_on, ends_on = self.dates
        if self.coverage is None or starts_on is None or ends_on is None:
            return []
        own, labels = self.page.authorization, _labels(self.typed)
        return coverings(self.page.member.id, own.id if own else None, labels, self.coverage, Span(starts_on, ends_on))

    @property
    def duplicates(self) -> list[Covering]:
        return [each for each in self.met if each.is_duplicate]


def show(
    request: OrganizationRequest, page: Page, form: Any = None, lines: Any = None, *, status: int = 200
) -> HttpResponse:
    """Render the page, or only the form when htmx asks."""
    if form is None:
        form, lines = page.forms()
    shown = Shown(page, form, lines)
    context = {
        "page": page,
        "case": page.authorization,
        "member": page.member,
        "form": form,
        "lines": lines,
        "way": shown.way,
        "chosen": shown.coverage,
        "coverages": offered(page.member, page.today),
        "action": _action(page),
        "parts": _parts(len(shown.typed)),
        "menders": _menders(request) if shown.way and shown.way.stopped else [],
        "returned": _came_back(page),
        "renews": renews(page.authorization, shown.dates[0]),
        **_about_lines(shown),
        **_about_days(shown),
        **_completeness(shown),
        **_helps(shown),
    }
    part = "#request" if request.htmx.target in ("request", "said") else ""  # type: ignore[attr-defined]
    return render(request, f"authorizations/request.html{part}", context, status=status)


def _about_lines(shown: Shown) -> dict[str, Any]:
    page, rules = shown.page, shown.way.rules if shown.way else None
    words = words_of("HCPCS", filter(None, shown.codes))
    on = shown.dates[0] or page.today
    gone = [code for code in dict.fromkeys(shown.codes) if code in words and code not in shown.known]
    rows = zip(shown.lines.forms, shown.codes, shown.typed, strict=False)
    return {
        "line_rows": [
            (line, words.get(code, ""), usual.converted(said, shown.known.get(code), rules))
            for line, code, said in rows
        ],
        "warnings": [unknown_code([code], "HCPCS", on) for code in gone]
        + usual.beyond(rules, shown.typed, shown.dates)
        + going_out.ends_inside(shown.coverage, shown.dates[1], page.today),
        "met": [going_out.met(each, shown.dates[1], page.today) for each in shown.met],
        "duplicated": bool(shown.duplicates),
        "ways": shown.ways(),
        "usual_cap": usual.cap_words(rules),
        "diagnosis_words": _diagnosis_words(shown.diagnoses),
    }


def _about_days(shown: Shown) -> dict[str, Any]:
    starts_on = shown.dates[0]
    standing, insists = _eligibility(shown)
    urgent = reasons_for_urgency(starts_on, shown.page.today, shown.values["request_category"] or "", shown.diagnoses)
    return {
        "urgent_reasons": urgent,
        "is_urgent": shown.values["priority"] == "urgent",
        "is_late": starts_on is not None and starts_on < shown.page.today,
        "is_admission": shown.values["request_category"] == "admission",
        "eligibility": standing,
        "insists": insists,
        "halted": _halted(shown.coverage, starts_on, standing if insists else None),
    }


def _completeness(shown: Shown) -> dict[str, Any]:
    checks = going_out.checks(
        (problem, placed_field(problem, shown.lines)) for problem in [*_obstacles(shown), *_typed_cover(shown)]
    )
    papers = _papers(shown)
    checks += [going_out.Check(*each) for each in papers]
    return {"checks": checks, "done": sum(check.state == "yes" for check in checks)}


def _papers(shown: Shown) -> list[tuple[str, str, str, str]]:
    """Each document the playbook asks for: filed, not needed and why, or missing (requirements R141, R144)."""
    draft = shown.page.authorization
    filed = filed_for(draft.id) if draft else frozenset()
    found = []
    for item in shown.form.documents:
        reason = str(shown.form[forms.waived_name(item)].value() or "").strip()
        if item[:120] in filed:
            found.append(("yes", item, "filed", ""))
        elif reason:
            found.append(("yes", item, f"not needed: {reason}", ""))
        else:
            found.append(("maybe", item, "missing", "documents"))
    return found


def _helps(shown: Shown) -> dict[str, Any]:
    """What stands beside the request: documents, playbook, calculator, diagnoses found, earlier requests."""
    page = shown.page
    draft, find = page.authorization, page.aside.get("find", "")
    starts_on, ends_on = shown.dates
    days = (ends_on - starts_on).days + 1 if starts_on and ends_on else None
    rules = shown.way.rules if shown.way else None
    asked = bool(page.aside.get("calc_amount"))
    earlier = [case for case in queries.of_member(page.member.id) if draft is None or case.id != draft.id]
    filed = filed_for(draft.id) if draft else frozenset()
    return {
        "playbook": page.playbook,
        "papers": [(item, item[:120] in filed, shown.form[forms.waived_name(item)]) for item in shown.form.documents],
        "documents": [row for row in queries.documents(draft.id) if row.mistaken_at is None] if draft else [],
        "find": find,
        "found": matching("ICD-10-CM", find, page.today, limit=MOST_DIAGNOSES_SHOWN) if find else [],
        "calc": calculator.suggestion(page.aside, days),
        "calc_periods": [(name, words[0]) for name, words in calculator.PERIODS.items()],
        "calc_kinds": calculator.KINDS,
        "worked": calculator.worked(page.aside, shown.typed, rules, page.today) if asked else None,
        "earlier": sorted(earlier, key=lambda case: case.created_at, reverse=True)[:MOST_EARLIER],
        "note_length": len(str(shown.values["note_to_payer"] or "")),
        "note_most": forms.NOTE_LENGTH,
    }


def _obstacles(shown: Shown) -> list[Problem]:
    """What stops the request: by the rules for a draft as it is stored, by what is plain to see else."""
    page, values = shown.page, shown.values
    repeated = list(duplicate_problems(shown.duplicates, values["duplicate_reason"] or ""))
    if shown.is_stored and page.authorization is not None:
        return [*obstacles(page.authorization, page.today)[1], *repeated]
    way = shown.way
    found = going_out.typed_problems(values, shown.typed, bool(way and way.electronic))
    found += retro_problems(shown.dates[0], page.today, values["retro_reason"] or "")
    found += admission_problems(
        values["request_category"] or "", as_day(values["admission_on"]), values["admission_days"], shown.dates
    )
    return found + repeated + ([Problem("program", way.stopped)] if way and way.stopped else [])


def _typed_cover(shown: Shown) -> list[Problem]:
    """What stops a request that is not stored yet about its cover; `obstacles` says it of a stored one."""
    if shown.coverage is None or shown.is_stored:
        return []
    starts_on = shown.dates[0]
    if starts_on is not None and not shown.coverage.in_force_on(starts_on):
        return [Problem("coverage", _not_in_force(starts_on))]
    return list(eligibility_problems(shown.coverage, shown.page.today, str(shown.values["unchecked_reason"] or "")))


def _eligibility(shown: Shown) -> tuple[Standing | None, bool]:
    """What is known of the coverage's eligibility, where anything is asked at all."""
    if shown.coverage is None or shown.way is None or shown.way.needless:
        return None, False
    return doubts(shown.coverage, shown.page.today)


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
    found: Authorization | None = page.authorization
    if found is None or not found.returned:
        return None
    return returned(found, queries.submissions(found.id), queries.decisions(found.id), in_form=True)


def _parts(rows: int) -> str:
    """What a change of a field exchanges while somebody types on: the words, never a field of the request."""
    beside = ["#said", "#beside", "#urgency", "#dx", "#calc-line"]
    return ",".join(beside + [f"#{name}-{row}" for row in range(rows) for name in ("words", "amount")])


def _action(page: Page) -> str:
    if page.authorization is not None:
        return reverse("authorization_edit", args=[page.authorization.id])
    return reverse("member_authorization_new", args=[page.member.id])


def _labels(typed: Sequence[dict[str, Any]]) -> list[str]:
    return [
        " ".join([str(line["code"]).strip().upper(), *str(line.get("modifiers") or "").upper().split()])
        for line in typed
        if line.get("code")
    ]


def _diagnosis_words(codes: Sequence[str]) -> list[tuple[str, str]]:
    words = words_of("ICD-10-CM", codes)
    return [(code, words.get(code, "")) for code in dict.fromkeys(codes)]
