"""The claim form: what a biller types, turned into lines to post, and problems of the rules back to its fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.formsets import formset_factory
from django.http import QueryDict

from authorizations.errors import Problem
from authorizations.forms import CoverageChoice, ProviderChoice
from authorizations.models.choices import QuantityType
from claims.models import ClaimLine
from claims.services import PostedLine
from codesets.fields import PROCEDURE_FIELD
from codesets.queries import every
from members.models import Coverage, Member
from providers.models import Provider
from web import typed

MOST_LINES = 50
"""837 professional: a claim carries at most 50 service lines."""

LINE_FIELDS = ("code", "modifiers", "first_day", "last_day", "quantity", "quantity_type", "billed_number")


def _day_input() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


class ClaimForm(forms.Form):
    """What holds for the whole claim."""

    number = forms.CharField(
        label="Claim number",
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give the number of the claim."},
    )
    coverage = CoverageChoice(queryset=None, label="Billed to", empty_label=None)
    provider = ProviderChoice(queryset=None, label="Rendering provider", required=False, empty_label="not on the claim")
    place_of_service = forms.ChoiceField(label="Place of service", required=False)
    key = forms.CharField(max_length=64, widget=forms.HiddenInput())

    def __init__(self, *args: Any, member: Member, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        covers = Coverage.objects.filter(member=member).select_related("payer", "program", "member")
        self._field("coverage").queryset = covers.order_by("position", "-starts_on", "id")
        self._field("provider").queryset = Provider.objects.order_by("name", "first_name", "id")
        places = [(code.code, f"{code.code} {code.words}") for code in every("POS", today)]
        self._field("place_of_service").choices = [("", "not on the claim"), *places]

    def _field(self, name: str) -> Any:
        """Untyped: choices are filled in per organization and member."""
        return self.fields[name]


class ReplacementForm(ClaimForm):
    """A replacement keeps number and coverage of its claim, and says why."""

    reason = forms.CharField(label="Why is it replaced?", max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("number", "coverage"):
            del self.fields[name]


class ClaimLineForm(forms.Form):
    """One service as it is billed."""

    code = forms.CharField(max_length=12, required=False, widget=forms.TextInput(PROCEDURE_FIELD))
    modifiers = forms.CharField(max_length=20, required=False, widget=forms.TextInput({"autocomplete": "off"}))
    first_day = forms.DateField(required=False, widget=_day_input())
    last_day = forms.DateField(required=False, widget=_day_input())
    quantity = forms.DecimalField(required=False, max_digits=15, widget=forms.TextInput({"inputmode": "decimal"}))
    quantity_type = forms.ChoiceField(choices=QuantityType.choices, required=False)
    billed_number = forms.CharField(
        max_length=80, required=False, strip=True, widget=forms.TextInput({"autocomplete": "off"})
    )

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()

    def clean_modifiers(self) -> tuple[str, ...]:
        """Whatever separates them, in the order they are billed."""
        return tuple(re.findall(r"[A-Z0-9]+", self.cleaned_data["modifiers"].upper()))

    def clean(self) -> dict[str, Any]:
        """A line that says anything says what, when and how much."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_empty:
            return cleaned
        needed = {"code": "Enter the code.", "first_day": "Enter the day of service.", "quantity": "Enter how many."}
        for name, message in needed.items():
            if not cleaned.get(name) and cleaned.get(name) != 0 and name not in self.errors:
                self.add_error(name, message)
        return cleaned

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed that means anything."""
        return not any(str(self[name].value() or "").strip() for name in LINE_FIELDS if name != "quantity_type")

    def posted(self, whole: Mapping[str, Any]) -> PostedLine:
        """The line, with what holds for the whole claim."""
        cleaned = self.cleaned_data
        provider = whole["provider"]
        return PostedLine(
            code=cleaned["code"],
            modifiers=cleaned["modifiers"],
            first_day=cleaned["first_day"],
            last_day=cleaned["last_day"],
            quantity=cleaned["quantity"],
            quantity_type=cleaned["quantity_type"] or QuantityType.UNITS,
            provider_id=provider.id if provider else None,
            place_of_service=whole["place_of_service"],
            billed_number=cleaned["billed_number"],
        )


_LineSet = formset_factory(ClaimLineForm, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES)


def line_set(*, data: QueryDict | None = None, initial: list[dict[str, Any]] | None = None) -> Any:
    """The lines, bound to what was sent or filled with what is known."""
    make: Any = _LineSet
    return make(data, prefix="lines") if data is not None else make(initial=initial, prefix="lines")


def typed_lines(data: QueryDict) -> list[dict[str, Any]]:
    """What stands in the lines of a form that is not posted yet."""
    count = data.get("lines-TOTAL_FORMS", "0")
    total = min(typed.whole(count) or 0, MOST_LINES)
    return [{name: data.get(f"lines-{at}-{name}", "") for name in LINE_FIELDS} for at in range(total)]


def lines_as_billed(lines: Iterable[ClaimLine]) -> list[dict[str, Any]]:
    """Stored lines as a form shows them, to be corrected."""
    return [
        {
            "code": line.code,
            "modifiers": " ".join(line.modifiers),
            "first_day": line.first_day,
            "last_day": None if line.last_day == line.first_day else line.last_day,
            "quantity": _plain(line.quantity),
            "quantity_type": line.quantity_type,
            "billed_number": line.billed_number,
        }
        for line in lines
    ]


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def posted_lines(form: ClaimForm, lines: Any) -> list[PostedLine]:
    """The lines of two valid forms; rows left empty are left out."""
    return [line.posted(form.cleaned_data) for line in lines.forms if not line.is_empty]


def listed(form: ClaimForm, lines: Any) -> list[dict[str, str]]:
    """Every error of two bound forms for the summary on top, in the order of the page."""
    found = [
        {"text": f"{form.fields[name].label}: {text}", "field_id": f"id_{name}"}
        for name, texts in form.errors.items()
        for text in texts
        if name in form.fields
    ]
    for number, line in enumerate(lines.forms, start=1):
        for name, texts in line.errors.items():
            found += [{"text": f"Line {number}: {text}", "field_id": f"id_lines-{number - 1}-{name}"} for text in texts]
    return found + [{"text": str(text), "field_id": ""} for text in lines.non_form_errors()]


def put(problems: Iterable[Problem], form: ClaimForm, lines: Any) -> None:
    """Hang the problems of the rules on the fields that mend them."""
    filled = [line for line in lines.forms if not line.is_empty]
    for problem in problems:
        found = re.fullmatch(r"lines-(\d+)\.(\w+)", problem.field)
        if found and int(found[1]) <= len(filled):
            filled[int(found[1]) - 1].add_error(found[2], problem.message)
        elif problem.field == "lines" and lines.forms:
            lines.forms[0].add_error("code", problem.message)
        elif problem.field in form.fields:
            form.add_error(problem.field, problem.message)
