"""What a person types about an approval that existed before we knew of it: the fields, and what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.formsets import formset_factory
from django.http import QueryDict

from authorizations.asked import DECIMALS, LARGEST, Asked, AskedLine
from authorizations.decisions import Answer, Basis, CapPeriod, CapTerms, LineAnswer, LineOutcome
from authorizations.forms import NOT_A_DAY, CaseForm
from authorizations.line_forms import MOST_LINES, NOT_A_NUMBER, CodeForm, Lines
from authorizations.models.choices import Priority, QuantityType, RequestCategory
from authorizations.states import Channel
from authorizations.terms import CodeTerms
from authorizations.transitions import Opening
from codesets.models import AnyCode
from codesets.queries import by_code
from members.models import Coverage, Member

SOURCES = (
    ("", ""),
    (Channel.LETTER, "Letter"),
    (Channel.PHONE, "Phone call"),
    (Channel.FAX, "Fax"),
    (Channel.PORTAL, "Payer’s portal"),
    (Channel.OTHER_HOLDER, "Another holder of it"),
    (Channel.PREVIOUS_SYSTEM, "Previous system"),
)
HOW_MUCH = (("", "the number given"), (Basis.UNLIMITED, "no limit"), (Basis.UNKNOWN, "payer named none"))
CAPS = {"a_day": CapPeriod.DAY, "a_week": CapPeriod.WEEK, "a_month": CapPeriod.MONTH}
MOST_POOLED = 10


def _day_input() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


def _amount(label: str) -> forms.DecimalField:
    widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=Decimal(0),
        max_value=LARGEST - 1,
        decimal_places=3,
        widget=widget,
        error_messages=NOT_A_NUMBER,
    )


class ExistingForm(CaseForm):
    """Cover, days, number, source and proof of a decision; nothing of it is sent."""

    source = forms.ChoiceField(
        label="Known from", choices=SOURCES, error_messages={"required": "Say how the approval is known."}
    )
    number = forms.CharField(
        label="Payer’s authorization number",
        max_length=80,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "class": "mono"}),
    )
    no_number_reason = forms.CharField(label="Why is there no number?", max_length=200, required=False)
    decided_on = forms.DateField(label="Decided on", required=False, widget=_day_input(), error_messages=NOT_A_DAY)
    spoken_with = forms.CharField(label="Spoken with, or holder", max_length=120, required=False)
    evidence = forms.CharField(
        label="What proves it", max_length=120, error_messages={"required": "Say where the proof is kept."}
    )
    used_until = forms.DateField(
        label="Counted until, this day included", required=False, widget=_day_input(), error_messages=NOT_A_DAY
    )
    used_proof = forms.CharField(label="Where the used units come from", max_length=200, required=False)

    def __init__(self, *args: Any, member: Member, today: date, **kwargs: Any) -> None:
        super().__init__(*args, member=member, today=today, **kwargs)
        del self.fields["requesting_provider"]
        self.fields["starts_on"].label, self.fields["ends_on"].label = "Approved from", "to, last day included"
        for name, missing in (
            ("starts_on", "Give the first day approved."),
            ("ends_on", "Give the last day approved."),
        ):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = missing

    def clean(self) -> dict[str, Any]:
        """A number or why there is none, a voice behind a phone call, and no day that has not come."""
        given = super().clean()
        if not given.get("number") and not given.get("no_number_reason") and "number" not in self.errors:
            self.add_error("number", "Enter the payer’s number, or why it gave none.")
        if given.get("source") in (Channel.PHONE, Channel.OTHER_HOLDER) and not given.get("spoken_with"):
            self.add_error("spoken_with", "Say who told you.")
        for name in ("decided_on", "used_until"):
            if given.get(name) and given[name] > self.today:
                self.add_error(name, "This day has not come yet.")
        first, until = given.get("starts_on"), given.get("used_until")
        if first and until and until < first:
            self.add_error("used_until", "This is before the first day approved.")
        return given

    def check_used(self, used: bool) -> None:
        """Units used before need their day and their proof; called once the lines are read."""
        if used and not self.cleaned_data.get("used_until") and "used_until" not in self.errors:
            self.add_error("used_until", "Say until which day they are counted.")
        if used and not self.cleaned_data.get("used_proof"):
            self.add_error("used_proof", "Say where the figure comes from, such as a statement or the old system.")


class ExistingLineForm(CodeForm):
    """One line as approved: its codes, how much, at most so much in a period, and what was used before."""

    also = forms.CharField(
        label="Other codes that share these units",
        max_length=120,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    how_much = forms.ChoiceField(label="How much", choices=HOW_MUCH, required=False)
    a_day = _amount("At most a day")
    a_week = _amount("a week")
    a_month = _amount("a month")
    used = _amount("Used before")

    def clean_also(self) -> tuple[str, ...]:
        codes = tuple(dict.fromkeys(re.findall(r"[A-Z0-9]+", self.cleaned_data["also"].upper())))
        if len(codes) > MOST_POOLED:
            raise forms.ValidationError(f"At most {MOST_POOLED} codes share units. You gave {len(codes)}.")
        return codes

    def clean(self) -> dict[str, Any]:
        """An approval says how much, or that the payer did not."""
        given = super().clean()
        if not given.get("code"):
            if not self.is_empty and "code" not in self.errors:
                self.add_error("code", "Give the code this is for.")
            return given
        if not given.get("how_much") and given.get("quantity") is None and "quantity" not in self.errors:
            self.add_error("quantity", "Say how much was approved, or that there is no limit.")
        if given.get("how_much") and given.get("quantity") is not None:
            self.add_error("quantity", "Leave it empty, or choose “the number given”.")
        if given.get("used") and given.get("how_much") == Basis.UNKNOWN:
            self.add_error("used", "Nothing is counted where the payer named no quantity.")
        self._check_broken(QuantityType(given.get("quantity_type") or QuantityType.UNITS))
        return given

    def _check_broken(self, kind: QuantityType) -> None:
        """Only hours and money may be broken."""
        places = DECIMALS.get(kind, 0)
        for name in ("used", *CAPS):
            amount = self.cleaned_data.get(name)
            if amount is not None and amount != round(amount, places):
                words = "whole" if places == 0 else f"given to at most {places} decimals"
                self.add_error(name, f"The number of {kind.label} must be {words}.")

    @property
    def is_empty(self) -> bool:
        return super().is_empty and not any(self.cleaned_data.get(name) for name in ("also", "used", *CAPS))

    @property
    def has_more(self) -> bool:
        """Whether anything stands in the part that is folded away."""
        names = ("also", "how_much", *CAPS)
        return any(self[name].value() for name in names) or any(name in self.errors for name in names)


class ExistingLines(Lines):
    """The lines of an approval: also the codes that share units are looked up, and one line at least is there."""

    def clean(self) -> None:
        super().clean()
        wanted = {code for form in self.forms for code in form.cleaned_data.get("also", ())}
        known = by_code("HCPCS", wanted, self.on)
        for form in self.forms:
            unknown = [code for code in form.cleaned_data.get("also", ()) if code not in known]
            if unknown:
                form.add_error("also", f"{unknown[0]} is not a code we know for these days.")
        if not self.forms:
            raise forms.ValidationError("Give the code that was approved.")
        if all(form.is_empty for form in self.forms):
            self.forms[0].add_error("code", "Give the code that was approved.")


_LineSet = formset_factory(
    ExistingLineForm, formset=ExistingLines, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES
)


def line_set(on: date, *, data: QueryDict | None = None, initial: Sequence[Mapping[str, Any]] = ()) -> Any:
    """The lines, bound to what was sent or filled with what is known; `on` is the first day approved."""
    make: Any = _LineSet
    return make(data, prefix="lines", on=on) if data is not None else make(initial=initial, prefix="lines", on=on)


# What it means -----------------------------------------------------------------------------------------------


def asked(form: ExistingForm, lines: ExistingLines) -> Asked:
    """The case as if it had been asked for in exactly these terms."""
    given = form.cleaned_data
    coverage: Coverage = given["coverage"]
    first = lines.codes.get(lines.filled[0].cleaned_data["code"])
    return Asked(
        coverage=coverage,
        lines=tuple(_asked_line(line.cleaned_data, lines.codes) for line in lines.filled),
        diagnoses=given["diagnoses"],
        starts_on=given["starts_on"],
        ends_on=given["ends_on"],
        priority=Priority.ROUTINE,
        request_category=RequestCategory.HEALTH_SERVICES,
        service_type=first.service_type if first else "",
        place_of_service=given["place_of_service"],
        rendering_provider=given["rendering_provider"],
        facility=given["facility"],
    )


def _asked_line(given: Mapping[str, Any], codes: Mapping[str, AnyCode]) -> AskedLine:
    kind = given["quantity_type"] or QuantityType.UNITS
    known = codes.get(given["code"])
    return AskedLine(
        codes=tuple(CodeTerms(code, modifiers=given["modifiers"]) for code in (given["code"], *given["also"])),
        quantity=given["quantity"],
        quantity_type=kind,
        unit_minutes=known.unit_minutes if known and kind == QuantityType.UNITS else None,
        caps=tuple(_caps(given)),
    )


def _caps(given: Mapping[str, Any]) -> Iterator[CapTerms]:
    for name, period in CAPS.items():
        if given[name]:
            yield CapTerms(period, given[name])


def answer(form: ExistingForm, lines: ExistingLines) -> Answer:
    """The payer's approval of these terms."""
    given = form.cleaned_data
    return Answer(
        lines=tuple(_line_answer(number, line.cleaned_data, given) for number, line in enumerate(lines.filled, 1)),
        certification_number=given["number"],
        decided_on=given["decided_on"],
        spoken_with=given["spoken_with"],
        evidence=given["evidence"],
        number_missing_reason="" if given["number"] else given["no_number_reason"],
        channel=given["source"],
    )


def _line_answer(number: int, line: Mapping[str, Any], given: Mapping[str, Any]) -> LineAnswer:
    basis = Basis(line["how_much"]) if line["how_much"] else Basis.STATED
    return LineAnswer(
        number,
        LineOutcome.APPROVED,
        quantity=line["quantity"],
        basis=basis,
        quantity_type=line["quantity_type"] or QuantityType.UNITS,
        caps=tuple(_caps(line)),
        starts_on=given["starts_on"],
        ends_on=given["ends_on"],
    )


def openings(form: ExistingForm, lines: ExistingLines) -> tuple[Opening, ...]:
    """Units used before we counted, by line."""
    given = form.cleaned_data
    return tuple(
        Opening(number, line.cleaned_data["used"], given["used_until"], given["used_proof"])
        for number, line in enumerate(lines.filled, start=1)
        if line.cleaned_data.get("used")
    )
