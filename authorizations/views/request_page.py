"""What stands in the request form: empty, as stored, or as typed and rearranged by one of its buttons."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import QueryDict

from authorizations import forms, queries
from authorizations.asked import lines_of
from authorizations.line_forms import MOST_LINES, LineForm, initial_rows, is_begun, line_set
from authorizations.models import Authorization
from authorizations.views import calculator, going_out, usual
from members.models import Coverage, Member
from members.queries import offered
from payers.models import Playbook
from payers.queries import playbook_for
from web import typed

EMPTY_LINE: dict[str, Any] = {}
WORKING = ("find", *calculator.FIELDS)
"""Typed beside the request and not part of it."""


@dataclass
class Page:
    """One showing of the form: whose it is, what stands in it, and what is wrong with it.

    `aside` is what was typed into the helps beside the request, such as the calculator. `changed`: what stands in it
    is not what is stored.
    """

    member: Member
    today: date
    authorization: Authorization | None
    fields: dict[str, Any]
    lines: list[dict[str, Any]]
    data: QueryDict | None = None
    problems: list[dict[str, str]] = field(default_factory=list)
    heading: str = "Not saved"
    aside: dict[str, str] = field(default_factory=dict)
    copied: str = ""
    changed: bool = False

    def forms(self) -> tuple[Any, Any]:
        """The two forms: bound to what was sent, or filled with what is known."""
        documents = self.playbook.documents if self.playbook else ()
        if self.data is not None:
            starts_on = day(self.data.get("starts_on", "")) or self.today
            request = forms.RequestForm(self.data, member=self.member, today=self.today, documents=documents)
            return request, line_set(starts_on, data=self.data)
        known = self.fields | waived_fields(documents, self.fields.get("waived", ()))
        request = forms.RequestForm(initial=known, member=self.member, today=self.today, documents=documents)
        return request, line_set(self.today, initial=self.lines)

    @property
    def coverage(self) -> Coverage | None:
        """The coverage that is chosen on this page, if it is one of this member."""
        source: Mapping[str, Any] = self.data if self.data is not None else self.fields
        return chosen_coverage(self.member, source.get("coverage"))

    @property
    def playbook(self) -> Playbook | None:
        coverage = self.coverage
        return playbook_for(coverage.program) if coverage else None

    @property
    def typed(self) -> list[dict[str, Any]]:
        """The rows as they stand, words and not yet judged."""
        return typed_lines(self.data) if self.data is not None else self.lines


def blank(member: Member, today: date) -> Page:
    """Today's date, the payer's window, the primary coverage, and one empty line."""
    coverage = next(iter(offered(member, today)), None)
    way = going_out.way_out(coverage, "", "", today)
    ends_on = end(today, way.window_days) if way else None
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


def stored(found: Authorization, today: date) -> Page:
    """The draft as it was saved last."""
    fields, lines = forms.initial_of(found)
    more = {"key": uuid.uuid4().hex, "suggested_end": "", "waived": found.waived}
    return Page(found.member, today, found, fields | more, lines or [EMPTY_LINE])


def typed_lines(data: QueryDict) -> list[dict[str, Any]]:
    """The rows of a form as text; a tick is True."""
    count = data.get("lines-TOTAL_FORMS", "0")
    names = list(LineForm.base_fields)
    total = min(typed.whole(count) or 0, MOST_LINES)
    rows = [{name: data.get(f"lines-{number}-{name}", "") for name in names} for number in range(total)]
    return [row | {"shares": bool(row["shares"])} for row in rows]


def rearranged(member: Member, draft: Authorization | None, data: QueryDict, action: str, today: date) -> Page:
    """The same form after a button that saves nothing: a line more or less, a diagnosis moved, something filled in."""
    names = [*forms.RequestForm.base_fields, *(name for name in data if name.startswith("waived_"))]
    fields: dict[str, Any] = {name: data.get(name, "") for name in names}
    way = going_out.way_out(chosen_coverage(member, fields["coverage"]), "", "", today)
    new_line = usual.first_line(way.rules) if way else EMPTY_LINE
    lines = [line if is_begun(line) or line["shares"] else dict(new_line) for line in typed_lines(data)]
    page = Page(member, today, draft, fields, lines, changed=True)
    page.aside = {name: data.get(name, "")[:80] for name in WORKING}
    verb, _, rest = action.partition("-")
    move = MOVES.get(verb)
    if action == "add-line":
        page.lines += [dict(new_line)] if len(lines) < MOST_LINES else []
    elif (gone := typed.removed(action)) is not None:
        page.lines = [line for number, line in enumerate(lines) if number != gone] or [dict(new_line)]
    elif move is not None:
        move(page, rest)
    _tidy_shared(page)
    page.fields |= suggested(member, page.fields, today)
    return page


def suggested(member: Member, fields: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The last day by the payer's window, unless somebody changed it by hand."""
    starts_on = as_day(fields["starts_on"])
    way = going_out.way_out(chosen_coverage(member, fields["coverage"]), "", "", today)
    if starts_on is None or way is None or fields["ends_on"] not in ("", fields["suggested_end"]):
        return {}
    ends_on = end(starts_on, way.window_days).isoformat()
    return {"ends_on": ends_on, "suggested_end": ends_on}


def chosen_coverage(member: Member, value: Any) -> Coverage | None:
    try:
        wanted = uuid.UUID(str(value))
    except ValueError:
        return None
    return Coverage.objects.select_related("payer", "program__payer").filter(id=wanted, member=member).first()


def waived_fields(documents: Any, waived: Any) -> dict[str, str]:
    """The reasons of a stored draft, each under the name of its field."""
    reasons = {row["item"]: row["reason"] for row in waived}
    return {forms.waived_name(item): reasons[item] for item in documents if item in reasons}


def end(starts_on: date, days: int) -> date:
    return date.fromordinal(min(starts_on.toordinal() + days - 1, date.max.toordinal()))


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def as_day(value: Any) -> date | None:
    return value if isinstance(value, date) else day(str(value or ""))


# What single buttons do --------------------------------------------------------------------------------------


def _add_diagnosis(page: Page, code: str) -> None:
    codes = forms.diagnosis_codes(f"{page.fields['diagnoses']} {code}")
    page.fields["diagnoses"] = ", ".join(dict.fromkeys(codes))


def _drop_diagnosis(page: Page, code: str) -> None:
    codes = forms.diagnosis_codes(page.fields["diagnoses"])
    page.fields["diagnoses"] = ", ".join(each for each in codes if each != code)


def _raise_diagnosis(page: Page, code: str) -> None:
    """One place nearer to the principal one."""
    codes = forms.diagnosis_codes(page.fields["diagnoses"])
    if code in codes and (at := codes.index(code)):
        codes[at - 1 : at + 1] = [code, codes[at - 1]]
    page.fields["diagnoses"] = ", ".join(codes)


def _lower_diagnosis(page: Page, code: str) -> None:
    codes = forms.diagnosis_codes(page.fields["diagnoses"])
    if code in codes and (at := codes.index(code)) < len(codes) - 1:
        codes[at : at + 2] = [codes[at + 1], code]
    page.fields["diagnoses"] = ", ".join(codes)


def _start(page: Page, text: str) -> None:
    """Begin on another day; the last day goes along where it was a suggestion."""
    if day(text):
        page.fields["starts_on"] = text


def _make_urgent(page: Page, word: str) -> None:
    page.fields["priority"] = word if word in ("urgent", "routine") else page.fields["priority"]


def _fill(page: Page, _: str) -> None:
    """Put what the calculator says into its line."""
    at = calculator.line_of(page.aside, len(page.lines))
    worked = calculator.worked(page.aside, page.lines, rules_of(page), page.today)
    if at is not None and isinstance(worked, calculator.Answer):
        page.lines[at] |= worked.as_line


def _copy(page: Page, case_id: str) -> None:
    """Lines, diagnoses, place and people of an earlier case of the same member; its days and numbers stay behind."""
    earlier = next((case for case in queries.of_member(page.member.id) if str(case.id) == case_id), None)
    if earlier is None:
        return
    fields, _ = forms.initial_of(earlier)
    taken = ("diagnoses", "place_of_service", "request_category", "service_type", "rendering_provider",
             "requesting_provider", "facility")  # fmt: skip
    page.fields |= {name: str(fields[name] or "") for name in taken}
    lines = [line for line in lines_of(earlier) if not line.added_by_payer]
    page.lines = [row for line in lines for row in initial_rows(line)][:MOST_LINES] or [EMPTY_LINE]
    page.copied = earlier.number


def rules_of(page: Page) -> Any:
    way = going_out.way_out(page.coverage, "", "", page.today)
    return way.rules if way else None


def _tidy_shared(page: Page) -> None:
    """A row that shares has no amount of its own, and the first row has none to share with."""
    for number, line in enumerate(page.lines):
        if number == 0:
            line["shares"] = False
        elif line.get("shares"):
            page.lines[number] = {name: line.get(name, "") for name in ("code", "modifiers", "shares")}


MOVES: Mapping[str, Callable[[Page, str], None]] = {
    "diagnosis": _add_diagnosis,
    "drop": _drop_diagnosis,
    "raise": _raise_diagnosis,
    "lower": _lower_diagnosis,
    "start": _start,
    "priority": _make_urgent,
    "fill": _fill,
    "copy": _copy,
}
"""What a button "verb-rest" does; others, such as "find", "work" and "refresh", change nothing that is typed."""
