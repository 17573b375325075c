"""What is wrong with a request, hung on the fields that mend it and listed for the summary on top."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms

from authorizations.errors import Problem
from authorizations.forms import CaseForm, RequestForm

LINE_FIELDS = {"quantity": "quantity", "codes": "code", "caps": "cap_week"}
MENDED_IN = {"lines": "lines-0-code", "program": "coverage", "eligibility": "coverage"}
"""The control that mends a problem whose field is none of the form."""


def field_id(problem: Problem) -> str:
    """The id of the control that mends a problem; "" when no single one does."""
    found = re.fullmatch(r"lines-(\d+)(?:\.(\w+))?", problem.field)
    if found:
        return f"id_lines-{int(found[1]) - 1}-{LINE_FIELDS.get(found[2] or '', 'code')}"
    if problem.field in MENDED_IN:
        return f"id_{MENDED_IN[problem.field]}"
    return f"id_{problem.field}" if problem.field in RequestForm.base_fields else ""


def listed(form: CaseForm, lines: Any) -> list[dict[str, str]]:
    """Every error of two bound forms, for the summary on top, in the order of the page."""
    found = [
        {"text": f"{_label(form, name)}: {text}", "field_id": f"id_{name}"}
        for name, texts in form.errors.items()
        for text in texts
    ]
    for number, line in enumerate(lines.forms, start=1):
        code = line["code"].value() or ""
        for name, texts in line.errors.items():
            where = f"Line {number}{f', {code}' if code else ''}"
            found += [{"text": f"{where}: {text}", "field_id": f"id_lines-{number - 1}-{name}"} for text in texts]
    return found + [{"text": str(text), "field_id": ""} for text in lines.non_form_errors()]


def put(problems: Iterable[Problem], form: CaseForm, lines: Any) -> list[dict[str, str]]:
    """Hang the problems of the rules on the fields that mend them, and list them for the summary.

    The forms are bound, and valid but for these problems, or show a stored draft.
    """
    found = []
    for problem in problems:
        target = field_id(_placed(problem, lines))
        found.append({"text": problem.message, "field_id": target})
        line = re.fullmatch(r"id_lines-(\d+)-(\w+)", target)
        if line and int(line[1]) < len(lines.forms):
            _mark(lines.forms[int(line[1])], line[2], problem.message)
        elif not line and target:
            _mark(form, target.removeprefix("id_"), problem.message)
    return found


def placed_field(problem: Problem, lines: Any) -> str:
    """The id of the control on this page that mends a problem of the rules; "" when none does."""
    return field_id(_placed(problem, lines))


def _mark(form: forms.Form, name: str, message: str) -> None:
    """Like `add_error`, which only a bound form can do."""
    form.errors.setdefault(name, form.error_class(renderer=form.renderer)).append(message)


def _placed(problem: Problem, lines: Any) -> Problem:
    """A line is named by its number; its row stands further down where rows are empty or share a total."""
    numbered = re.fullmatch(r"lines-(\d+)(.*)", problem.field)
    if numbered is None:
        return problem
    begins = [
        place
        for place, form in enumerate(lines.forms, start=1)
        if _value(form, "code") or _value(form, "quantity") or _value(form, "modifiers")
        if not _value(form, "shares")
    ]
    number = int(numbered[1])
    place = begins[number - 1] if number <= len(begins) else number
    return Problem(f"lines-{place}{numbered[2]}", problem.message)


def _value(form: Any, name: str) -> Any:
    return form[name].value() if name in form.fields else None


def _label(form: CaseForm, name: str) -> str:
    return str(form.fields[name].label or name.replace("_", " ").capitalize()) if name in form.fields else "Request"
