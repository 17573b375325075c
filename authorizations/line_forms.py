"""The lines of a request as a person types them: one code a row, with its own amount or sharing the one above."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import QueryDict

from authorizations.amounts import hours_in_units
from authorizations.asked import DECIMALS, MOST_MODIFIERS, AskedLine, quantity_faults
from authorizations.decisions import CapPeriod, CapTerms
from authorizations.models import ServiceLine
from authorizations.models.choices import QuantityType
from authorizations.terms import CodeTerms
from codesets.fields import PROCEDURE_FIELD
from codesets.models import AnyCode
from codesets.queries import by_code, last_day_of
from web import wording

MOST_LINES = 20
TOO_LARGE = "This is more than a request can say."
NOT_A_NUMBER = {
    "invalid": "This is no number: write how many.",
    "max_digits": TOO_LARGE,
    "max_whole_digits": TOO_LARGE,
}
CAPS = {
    "cap_day": CapPeriod.DAY,
    "cap_week": CapPeriod.WEEK,
    "cap_month": CapPeriod.MONTH,
    "cap_own_month": CapPeriod.AUTHORIZATION_MONTH,
}
"""The limits of a line by the name of their field; the last one counts months from the first day."""

CAP_WORDS = {
    CapPeriod.DAY: "a day",
    CapPeriod.WEEK: "a week",
    CapPeriod.MONTH: "a month",
    CapPeriod.AUTHORIZATION_MONTH: "a month from the start",
}
LONGER = {"cap_day": ("cap_week", "cap_month", "cap_own_month"), "cap_week": ("cap_month", "cap_own_month")}
"""Which limits a limit lies within: no day can have more than its week."""

MEANT = ("code", "modifiers", "quantity")
"""What makes a row more than an empty one: a limit alone is where a new row begins."""


def _number(of: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=f"at most {of}" if of else None,
        help_text=of,
        required=False,
        max_digits=12,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
        error_messages=NOT_A_NUMBER,
    )


class CodeForm(forms.Form):
    """A code with modifiers and an amount."""

    code = forms.CharField(
        max_length=12,
        required=False,
        widget=forms.TextInput(PROCEDURE_FIELD),
        error_messages={"max_length": "A service code is not so long."},
    )
    modifiers = forms.CharField(max_length=20, required=False, widget=forms.TextInput({"autocomplete": "off"}))
    quantity = _number()
    quantity_type = forms.ChoiceField(choices=QuantityType.choices, required=False)

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()

    def clean_modifiers(self) -> tuple[str, ...]:
        """Two characters each, in the order they are billed."""
        modifiers = tuple(re.findall(r"[A-Z0-9]+", self.cleaned_data["modifiers"].upper()))
        if len(modifiers) > MOST_MODIFIERS:
            raise ValidationError(f"At most {MOST_MODIFIERS} modifiers. You gave {len(modifiers)}.")
        wrong = [modifier for modifier in modifiers if len(modifier) != 2]
        if wrong:
            raise ValidationError(f"{wrong[0]} does not have two characters.")
        return modifiers

    def clean(self) -> dict[str, Any]:
        """An amount needs a code."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("quantity") is not None and not cleaned.get("code") and "code" not in self.errors:
            self.add_error("code", "Give the code these units are for.")
        return cleaned

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed that means anything."""
        return not any(self.cleaned_data.get(name) for name in MEANT)


class LineForm(CodeForm):
    """A row of the request: `shares` draws from the total and the limits of the row above."""

    shares = forms.BooleanField(label="Shares the total above", required=False)
    cap_day = _number("a day")
    cap_week = _number("a week")
    cap_month = _number("a month")
    cap_own_month = _number("a month from the start")

    def clean(self) -> dict[str, Any]:
        """Limits are amounts of what is counted; a row that shares has those of the row above."""
        cleaned = super().clean()
        kind = cleaned.get("quantity_type") or QuantityType.UNITS
        for name in CAPS:
            if cleaned.get("shares"):
                cleaned[name] = None
            elif cleaned.get(name) is not None:
                for problem in quantity_faults(name, cleaned[name], kind):
                    self.add_error(name, problem.message)
        for name, longer in LONGER.items():
            tighter = next((each for each in longer if _exceeds(cleaned.get(name), cleaned.get(each))), None)
            if tighter is not None:
                words = f"{plain(cleaned[name])} {CAP_WORDS[CAPS[name]]} is more than {plain(cleaned[tighter])}"
                self.add_error(name, f"{words} {CAP_WORDS[CAPS[tighter]]}: the smaller one would always win.")
        return cleaned

    @property
    def is_pooled(self) -> bool:
        """Whether the row shows no amount of its own."""
        return bool(self["shares"].value()) and not self["quantity"].value() and "quantity" not in self.errors

    @property
    def caps(self) -> list[forms.BoundField]:
        return [self[name] for name in CAPS]

    @property
    def cap_words(self) -> str:
        """ "32 a week, 8 a day", as far as limits are typed."""
        typed = {period: self[name].value() for name, period in CAPS.items()}
        return ", ".join(f"{amount} {CAP_WORDS[period]}" for period, amount in typed.items() if amount)

    @property
    def opens(self) -> bool:
        """Whether something is wrong with what is folded away."""
        return any(name in self.errors for name in CAPS)


class Lines(BaseFormSet):  # type: ignore[type-arg]
    """The rows: unknown codes are named, codes of another year dated."""

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on
        self.codes: dict[str, AnyCode] = {}

    def clean(self) -> None:
        """Look the codes and modifiers up, all at once."""
        wanted = [form.cleaned_data.get("code", "") for form in self.forms if hasattr(form, "cleaned_data")]
        self.codes = by_code("HCPCS", [code for code in wanted if code], self.on)
        modifiers = {m for form in self.forms for m in form.cleaned_data.get("modifiers", ())}
        known = by_code("MODIFIER", modifiers, self.on)
        for form in self.forms:
            code = form.cleaned_data.get("code", "")
            if code and code not in self.codes:
                form.add_error("code", unknown_code([code], "HCPCS", self.on))
            unknown = [each for each in form.cleaned_data.get("modifiers", ()) if each not in known]
            if unknown:
                form.add_error("modifiers", f"{unknown[0]} is not a modifier we know.")
        self._check_shared()

    def _check_shared(self) -> None:
        for number, form in enumerate(self.filled):
            if form.cleaned_data.get("shares") and number == 0:
                form.add_error("shares", "No code stands above to share a total with.")
            elif form.cleaned_data.get("shares") and form.cleaned_data.get("quantity") is not None:
                form.add_error("quantity", "It shares the total above: leave this empty, or take the tick away.")

    @property
    def filled(self) -> list[Any]:
        """The forms that ask for something."""
        return [form for form in self.forms if not form.is_empty]

    @property
    def groups(self) -> list[list[Any]]:
        """The rows of each service line: one, or several that share the first one's total."""
        found: list[list[Any]] = []
        for form in self.filled:
            if found and form.cleaned_data.get("shares"):
                found[-1].append(form)
            else:
                found.append([form])
        return found

    def asked(self, rounding: str) -> tuple[AskedLine, ...]:
        """The service lines of valid forms; hours of timed codes become units by this rule."""
        return tuple(_asked_line([form.cleaned_data for form in group], self.codes, rounding) for group in self.groups)


_LineFormSet = formset_factory(LineForm, formset=Lines, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES)


def line_set(on: date, *, data: QueryDict | None = None, initial: list[dict[str, Any]] | None = None) -> Any:
    """The lines of a request, bound to what was sent or filled with what is known; `on` is the first day."""
    make: Any = _LineFormSet
    return make(data, prefix="lines", on=on) if data is not None else make(initial=initial, prefix="lines", on=on)


def is_begun(line: Mapping[str, Any]) -> bool:
    """Whether a typed row says more than the usual limit it began with."""
    return any(line.get(name) for name in MEANT)


def initial_rows(line: ServiceLine) -> list[dict[str, Any]]:
    """The rows that show a stored line: its first code with the amount, then the codes that share it."""
    codes = sorted(line.codes.all(), key=lambda each: each.position)
    rows: list[dict[str, Any]] = [{"code": each.code, "modifiers": " ".join(each.modifiers)} for each in codes] or [{}]
    caps = {cap.period: plain(cap.quantity) for cap in line.caps.all()}
    rows[0] |= {"quantity": plain(line.quantity)} | {name: caps.get(period, "") for name, period in CAPS.items()}
    for row in rows[1:]:
        row["shares"] = True
    return [row | {"quantity_type": line.quantity_type} for row in rows]


def _exceeds(limit: Decimal | None, longer: Decimal | None) -> bool:
    return limit is not None and longer is not None and limit > longer


def plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def unknown_code(codes: list[str], system: str, on: date) -> str:
    """Which codes cannot be used, and since when a retired one cannot."""
    last = last_day_of(system, codes[0])
    if last is not None and last < on:
        return f"{codes[0]} was retired: {wording.day(last, on)} was its last day."
    names = wording.join_words(codes)
    return f"{names} {'is' if len(codes) == 1 else 'are'} not in the {system} set."


def _asked_line(rows: list[Mapping[str, Any]], codes: Mapping[str, AnyCode], rounding: str) -> AskedLine:
    """One service line; a code without length keeps hours as they are, one of 15 minutes is asked for in units."""
    first, minutes = rows[0], _minutes(rows, codes)
    kind = first["quantity_type"] or QuantityType.UNITS
    amounts = {None: first.get("quantity")} | {period: first.get(name) for name, period in CAPS.items()}
    if kind == QuantityType.HOURS and minutes and all(map(_is_amount_of_hours, amounts.values())):
        kind = QuantityType.UNITS
        amounts = {
            name: None if hours is None else hours_in_units(hours, minutes, rounding) for name, hours in amounts.items()
        }
    return AskedLine(
        codes=tuple(CodeTerms(row["code"], modifiers=row["modifiers"]) for row in rows),
        quantity=amounts.pop(None),
        quantity_type=kind,
        unit_minutes=minutes if kind == QuantityType.UNITS else None,
        caps=tuple(CapTerms(period, amount) for period, amount in amounts.items() if period and amount is not None),
    )


def _minutes(rows: list[Mapping[str, Any]], codes: Mapping[str, AnyCode]) -> int | None:
    """The length of a unit, where all codes of the line have the same."""
    lengths = {known.unit_minutes if (known := codes.get(row["code"])) else None for row in rows}
    return lengths.pop() if len(lengths) == 1 else None


def _is_amount_of_hours(hours: Decimal | None) -> bool:
    """What is refused as hours stays hours, so that it is named as it was typed."""
    return hours is None or (0 < hours < 10**6 and hours == round(hours, DECIMALS[QuantityType.HOURS]))
