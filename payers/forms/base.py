"""What every form of the configuration has in common: values out, problems of the rules in, sections to show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.forms import BoundField

from tenancy.editing import Problem

Layout = tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]
"""Sections of a form: heading, and for each field its name, width and hint."""

WORDS: dict[Any, dict[str, str]] = {
    forms.DateField: {"invalid": "This is not a date. Write it like 2026-12-31."},
    forms.IntegerField: {
        "invalid": "Write a whole number, such as 90.",
        "min_value": "Write a number above 0.",
        "max_value": "This number is too large.",
    },
    forms.DecimalField: {
        "invalid": "Write a number, such as 40.",
        "max_digits": "This number is too long.",
        "max_decimal_places": "At most 3 digits behind the point.",
        "max_whole_digits": "This number is too large.",
    },
    forms.URLField: {"invalid": "This is no web address. Write it like https://portal.payer.example."},
    forms.ChoiceField: {"invalid_choice": "Choose one of the list."},
    forms.ModelChoiceField: {"invalid_choice": "Choose one of the list."},
    forms.CharField: {"max_length": "This is too long for the field."},
}


def day_input() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


class PlainForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form over one row: its values, its problems, its sections."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput())
    layout: Layout = ()
    needed: frozenset[str] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", getattr(self.instance, "version", None) if self.instance.pk else None)
        for name, field in self.fields.items():
            self._plain(name, field)

    def _plain(self, name: str, field: Any) -> None:
        field.required = False
        field.show_optional = name not in self.needed and not isinstance(field, forms.BooleanField)
        for kind, words in WORDS.items():
            if isinstance(field, kind):
                field.error_messages.update(words)
        if isinstance(field, forms.DateField):
            field.widget = day_input()
        elif isinstance(field, forms.IntegerField | forms.DecimalField) and not field.widget.is_hidden:
            field.widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
        elif isinstance(field, forms.CharField) and not field.widget.is_hidden:
            field.widget.attrs.setdefault("autocomplete", "off")
        elif isinstance(field, forms.BooleanField):
            field.widget.attrs.setdefault("class", "form-check-input")

    def _post_clean(self) -> None:
        """The row is left alone: services put values on it under its lock."""

    def choices(self, name: str, known: Iterable[tuple[Any, str]]) -> None:
        """What a field offers, where that depends on the organization or has no default."""
        field: Any = self.fields[name]
        field.choices = list(known)

    @property
    def values(self) -> dict[str, Any]:
        """What the services take."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    @property
    def sections(self) -> Iterator[tuple[str, list[tuple[BoundField, str, str, bool]]]]:
        """Headings with bound fields, width, hint, and whether it is a tick."""
        for heading, fields in self.layout:
            shown = [(name, width, hint) for name, width, hint in fields if name in self.fields]
            yield heading, [(self[name], width, hint, _is_tick(self[name])) for name, width, hint in shown]

    def say_missing(self) -> None:
        """Where the form itself is at fault the services are not asked, so what is missing is said here."""
        for name in self.fields:
            if name in self.needed and name not in self.errors and self.cleaned_data.get(name) in (None, ""):
                self.add_error(name, f"{self.fields[name].label} is missing.")

    def put(self, problems: Iterable[Problem]) -> None:
        """Hang problems of the rules on the fields that mend them."""
        for problem in problems:
            self.add_error(problem.field if problem.field in self.fields else None, problem.message)

    @property
    def listed(self) -> list[dict[str, str]]:
        """Every problem, for the summary on top, in the order of the page."""
        found = []
        for name in [*self.fields, "__all__"]:
            label = str(self.fields[name].label or name) if name in self.fields else ""
            for text in self.errors.get(name, []):
                target = f"id_{name}" if name in self.fields else ""
                found.append({"text": f"{label}: {text}" if label else str(text), "field_id": target})
        return found


def _is_tick(bound: BoundField) -> bool:
    return isinstance(bound.field.widget, forms.CheckboxInput)
