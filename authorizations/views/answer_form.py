"""What a person types about an answer of the payer: the fields, what each kind of answer needs, and what it means.

A slip of the hand (another year, ten times the units) is no error: it is asked about, and what was typed is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import QueryDict

from authorizations.asked import DECIMALS, LARGEST, MOST_MODIFIERS
from authorizations.decisions import (
    Answer,
    Basis,
    CapPeriod,
    CapTerms,
    LineAnswer,
    LineOutcome,
    ProviderNamed,
    RequestedDocument,
)
from authorizations.models.choices import QuantityType
from authorizations.states import Channel, Purpose
from authorizations.views.answer_lines import AskedOfLine

OUTCOMES = (
    (LineOutcome.APPROVED, "Approved"),
    (LineOutcome.DENIED, "Not approved"),
    (LineOutcome.PENDED, "Pended"),
    (LineOutcome.NOT_REQUIRED, "Not required"),
    (LineOutcome.CANCELLED, "Closed by payer"),
)
CANCEL_OUTCOMES = (
    (LineOutcome.CANCELLED, "Cancelled as asked"),
    (LineOutcome.DENIED, "Cancellation refused"),
    (LineOutcome.PENDED, "Not decided yet"),
)
CHANGE_OUTCOMES = (
    (LineOutcome.APPROVED, "Change approved"),
    (LineOutcome.DENIED, "Change refused"),
    (LineOutcome.PENDED, "Pended"),
    (LineOutcome.CANCELLED, "Closed by payer"),
)
APPEAL_OUTCOMES = (
    (LineOutcome.APPROVED, "Appeal won: approved"),
    (LineOutcome.DENIED, "Denial upheld"),
    (LineOutcome.PENDED, "Pended"),
    (LineOutcome.NOT_REQUIRED, "Not required"),
    (LineOutcome.CANCELLED, "Appeal closed by payer"),
)
OUTCOMES_OF = {
    Purpose.CANCEL: CANCEL_OUTCOMES,
    Purpose.REVISE: CHANGE_OUTCOMES,
    Purpose.EXTEND: CHANGE_OUTCOMES,
    Purpose.APPEAL: APPEAL_OUTCOMES,
}
"""What a payer may answer to what was asked, in the words of that; everything else takes `OUTCOMES`."""

CHANNELS = (
    (Channel.PORTAL, "Portal"),
    (Channel.PHONE, "Phone"),
    (Channel.FAX, "Fax"),
    (Channel.LETTER, "Letter"),
)
HOW_MUCH = (("", "the number given"), (Basis.UNLIMITED, "no limit"), (Basis.UNKNOWN, "payer named none"))
PERIODS = (("", "no limit"), (CapPeriod.DAY, "a day"), (CapPeriod.WEEK, "a week"), (CapPeriod.MONTH, "a month"))
MOST_WORDS = 2000
MOST_LINES = 50


def _day_input() -> forms.DateInput:
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


class AnswerForm(forms.Form):
    """What holds for the whole answer. Which fields are needed follows from the answers on the lines."""

    outcome = forms.ChoiceField(
        choices=OUTCOMES, widget=forms.RadioSelect(), error_messages={"required": "Choose what the payer answered."}
    )
    number = forms.CharField(label="Authorization number", max_length=80, required=False)
    no_number_reason = forms.CharField(label="Why is there no number?", max_length=200, required=False)
    decided_on = forms.DateField(label="Decided on", widget=_day_input())
    starts_on = forms.DateField(label="Approved from", required=False, widget=_day_input())
    ends_on = forms.DateField(label="to, last day included", required=False, widget=_day_input())
    holds_from = forms.DateField(label="Holds from", required=False, widget=_day_input())
    reason = forms.CharField(
        label="What the payer says", required=False, max_length=MOST_WORDS, widget=forms.Textarea({"rows": 2})
    )
    reason_code = forms.CharField(label="Reason code", required=False, max_length=30)
    wanted = forms.CharField(
        label="What the payer wants", required=False, max_length=MOST_WORDS, widget=forms.Textarea({"rows": 3})
    )
    answer_by = forms.DateField(label="It wants it by", required=False, widget=_day_input())
    approved_for = forms.CharField(label="Approved for another provider or place", max_length=120, required=False)
    channel = forms.ChoiceField(label="Answered by", choices=CHANNELS)
    spoken_with = forms.CharField(label="Spoken with", max_length=120, required=False)
    reference = forms.CharField(label="Reference", max_length=120, required=False)
    note = forms.CharField(label="Note", required=False, max_length=MOST_WORDS, widget=forms.Textarea({"rows": 2}))
    version = forms.IntegerField(widget=forms.HiddenInput())
    key = forms.CharField(max_length=64, widget=forms.HiddenInput())

    def __init__(
        self, *args: Any, today: date, proof: str = "", purpose: Purpose = Purpose.INITIAL, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.purpose = purpose
        outcome: Any = self.fields["outcome"]
        outcome.choices = OUTCOMES_OF.get(purpose, OUTCOMES)
        self.today = today
        self.proof = proof
        for name in ("number", "reference", "spoken_with", "reason_code"):
            self.fields[name].widget.attrs["autocomplete"] = "off"
        self.fields["number"].widget.attrs["class"] = "mono"

    def clean_decided_on(self) -> date:
        decided_on: date = self.cleaned_data["decided_on"]
        if decided_on > self.today:
            raise forms.ValidationError("This day has not come yet.")
        return decided_on

    def clean(self) -> dict[str, Any]:
        """The proof the playbook asks for, and who was spoken with on the telephone."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("channel") == Channel.PHONE and not cleaned.get("spoken_with"):
            self.add_error("spoken_with", "Say who gave the answer on the phone.")
        if self.proof and not cleaned.get("reference"):
            self.add_error(
                "reference", f"The playbook asks to keep: {self.proof.rstrip('.')}. Give it, or say where it is kept."
            )
        return cleaned

    def check_for(self, outcomes: set[str]) -> None:
        """What the answers given on the lines need; called once the lines are read."""
        given = self.cleaned_data
        if LineOutcome.DENIED in outcomes and not given.get("reason"):
            self.add_error("reason", "Give the reason of the payer: an appeal goes by it.")
        if LineOutcome.CANCELLED in outcomes and not given.get("reason") and self.purpose is not Purpose.CANCEL:
            self.add_error("reason", "Say why the payer closed it.")
        if LineOutcome.PENDED in outcomes and not given.get("wanted"):
            self.add_error("wanted", "Say what the payer wants, or why it waits.")
        if given.get("answer_by") and given["answer_by"] < self.today and LineOutcome.PENDED in outcomes:
            self.add_error("answer_by", "This day has passed.")


class AnswerLineForm(forms.Form):
    """The answer on one line; empty terms are those given above, else those asked for."""

    outcome = forms.ChoiceField(choices=(("", "as above"), *OUTCOMES), required=False)
    quantity = forms.DecimalField(required=False, max_digits=12, widget=forms.TextInput({"inputmode": "decimal"}))
    how_much = forms.ChoiceField(label="How much", choices=HOW_MUCH, required=False)
    starts_on = forms.DateField(label="From", required=False, widget=_day_input())
    ends_on = forms.DateField(label="to", required=False, widget=_day_input())
    number = forms.CharField(label="Own number", max_length=80, required=False)
    code = forms.CharField(label="Other code", max_length=12, required=False)
    modifiers = forms.CharField(label="Other modifiers", max_length=20, required=False)
    cap = forms.DecimalField(
        label="At most", required=False, max_digits=12, widget=forms.TextInput({"inputmode": "decimal"})
    )
    cap_period = forms.ChoiceField(label="in each", choices=PERIODS, required=False)

    asked: AskedOfLine

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()

    def clean_modifiers(self) -> tuple[str, ...]:
        """Two characters each, in their order."""
        modifiers = tuple(re.findall(r"[A-Z0-9]+", self.cleaned_data["modifiers"].upper()))
        wrong = [modifier for modifier in modifiers if len(modifier) != 2]
        if wrong:
            raise forms.ValidationError(f"{wrong[0]} does not have two characters.")
        if len(modifiers) > MOST_MODIFIERS:
            raise forms.ValidationError(f"At most {MOST_MODIFIERS} modifiers. You gave {len(modifiers)}.")
        return modifiers

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("cap") is not None and not cleaned.get("cap_period"):
            self.add_error("cap_period", "Choose the period.")
        if cleaned.get("cap_period") and cleaned.get("cap") is None and "cap" not in self.errors:
            self.add_error("cap", "Say how many.")
        return cleaned

    @property
    def has_other_terms(self) -> bool:
        """Whether anything stands in the part that is folded away."""
        names = ("how_much", "starts_on", "ends_on", "number", "code", "modifiers", "cap")
        return any(self[name].value() for name in names) or any(name in self.errors for name in names)

    def check_approved(self, starts_on: date | None, ends_on: date | None) -> None:
        """An approval says how much, and ends after it begins."""
        given = self.cleaned_data
        if not given.get("how_much"):
            self._check_quantity(given.get("quantity"))
        first, last = given.get("starts_on") or starts_on, given.get("ends_on") or ends_on
        own = given.get("starts_on") or given.get("ends_on")
        if own and first and last and last < first:
            self.add_error("ends_on", "The last day is before the first day.")

    def _check_quantity(self, quantity: Decimal | None) -> None:
        words = QuantityType(self.asked.quantity_type).label
        places = DECIMALS.get(QuantityType(self.asked.quantity_type), 0)
        if "quantity" in self.errors:
            return
        if quantity is None:
            self.add_error("quantity", f"Say how many {words} were approved.")
        elif quantity <= 0:
            self.add_error("quantity", "Nothing approved is “Not approved”.")
        elif quantity >= LARGEST:
            self.add_error("quantity", f"Fewer than {LARGEST:,} {words} fit.")
        elif quantity != round(quantity, places):
            kind = "whole" if places == 0 else f"given to at most {places} decimals"
            self.add_error("quantity", f"The number of {words} must be {kind}.")


_LineSet = formset_factory(AnswerLineForm, formset=BaseFormSet, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES)


@dataclass
class AnswerForms:
    """The form and its lines, bound to what was sent or filled with what is known."""

    form: AnswerForm
    lines: Any
    asked: Sequence[AskedOfLine]

    @property
    def rows(self) -> list[AnswerLineForm]:
        return list(self.lines.forms)

    def is_valid(self) -> bool:
        """Whether the whole says an answer; everything missing is hung on its field."""
        whole = self.form.is_valid()
        if not (self.lines.is_valid() and "outcome" in self.form.cleaned_data) or len(self.rows) != len(self.asked):
            return False
        outcomes = {self.outcome_of(row) for row in self.rows}
        self.form.check_for(outcomes)
        self._check_approved()
        return whole and self.form.is_valid() and all(row.is_valid() for row in self.rows)

    def outcome_of(self, row: AnswerLineForm) -> str:
        return str(row.cleaned_data.get("outcome") or self.form.cleaned_data.get("outcome", ""))

    @property
    def approved(self) -> list[AnswerLineForm]:
        return [row for row in self.rows if self.outcome_of(row) == LineOutcome.APPROVED]

    def _check_approved(self) -> None:
        form, given = self.form, self.form.cleaned_data
        if not self.approved:
            return
        first, last = given.get("starts_on"), given.get("ends_on")
        for name, words in (("starts_on", "first"), ("ends_on", "last")):
            if (
                not given.get(name)
                and name not in form.errors
                and any(not row.cleaned_data.get(name) for row in self.approved)
            ):
                form.add_error(name, f"Give the {words} day that is approved.")
        if first and last and last < first:
            form.add_error("ends_on", "The last day is before the first day.")
        numbered = given.get("number") or all(row.cleaned_data.get("number") for row in self.approved)
        if not numbered and not given.get("no_number_reason"):
            form.add_error("number", "Enter the payer's number, or why it gave none.")
        for row in self.approved:
            row.check_approved(first, last)

    def problems(self) -> list[dict[str, str]]:
        """Every error, for the summary on top, in the order of the page."""
        found = [
            {"text": f"{self.form[name].label}: {text}", "field_id": f"id_{name}"}
            for name, texts in self.form.errors.items()
            for text in texts
        ]
        for asked, row in zip(self.asked, self.rows, strict=False):
            found += [
                {"text": f"{asked.label}: {text}", "field_id": f"id_{row.prefix}-{name}"}
                for name, texts in row.errors.items()
                for text in texts
            ]
        return found + [{"text": str(text), "field_id": ""} for text in self.lines.non_form_errors()]


def answer_forms(
    asked: Sequence[AskedOfLine],
    *,
    today: date,
    proof: str,
    data: QueryDict | None = None,
    initial: dict[str, Any] | None = None,
    line_initial: Sequence[dict[str, Any]] = (),
    purpose: Purpose = Purpose.INITIAL,
) -> AnswerForms:
    """The forms for these lines: `proof` is what the playbook asks to keep, `purpose` what is answered."""
    make: Any = _LineSet
    if data is not None:
        form = AnswerForm(data, today=today, proof=proof, purpose=purpose)
        lines = make(data, prefix="lines")
    else:
        form = AnswerForm(initial=initial, today=today, proof=proof, purpose=purpose)
        lines = make(initial=list(line_initial), prefix="lines")
    for row, line in zip(lines.forms, asked, strict=False):
        row.asked = line
        row.fields["outcome"].choices = (("", "as above"), *OUTCOMES_OF.get(purpose, OUTCOMES))
    return AnswerForms(form, lines, asked)


# What it means -----------------------------------------------------------------------------------------------


def answer_of(forms_: AnswerForms) -> Answer:
    """The answer two valid forms say."""
    given = forms_.form.cleaned_data
    lines = tuple(_line(forms_, row) for row in forms_.rows)
    outcomes = {line.outcome for line in lines}
    wanted = [text.strip() for text in given["wanted"].splitlines() if text.strip()]
    pended = LineOutcome.PENDED in outcomes
    return Answer(
        lines=lines,
        certification_number=given["number"] if forms_.approved or LineOutcome.NOT_REQUIRED in outcomes else "",
        decided_on=given["decided_on"],
        effective_on=given["holds_from"],
        reasons=(given["reason_code"],) if given["reason_code"] else (),
        requested_documents=tuple(RequestedDocument("", text) for text in wanted) if pended else (),
        message=given["reason"] or (", ".join(wanted) if pended else ""),
        spoken_with=given["spoken_with"],
        evidence=given["reference"],
        number_missing_reason="" if given["number"] else given["no_number_reason"],
        channel=given["channel"],
        answer_by=given["answer_by"] if pended else None,
    )


def _line(forms_: AnswerForms, row: AnswerLineForm) -> LineAnswer:
    outcome = LineOutcome(forms_.outcome_of(row))
    if outcome is not LineOutcome.APPROVED:
        return LineAnswer(row.asked.number, outcome)
    given, whole, asked = row.cleaned_data, forms_.form.cleaned_data, row.asked
    basis = Basis(given["how_much"]) if given["how_much"] else Basis.STATED
    caps = (CapTerms(CapPeriod(given["cap_period"]), given["cap"]),) if given["cap"] is not None else asked.caps
    line = LineAnswer(
        asked.number,
        outcome,
        quantity=given["quantity"] if basis is Basis.STATED else None,
        basis=basis,
        quantity_type=asked.quantity_type,
        caps=caps,
        starts_on=given["starts_on"] or whole["starts_on"],
        ends_on=given["ends_on"] or whole["ends_on"],
        certification_number=given["number"],
        code=given["code"],
        modifiers=given["modifiers"] or None,
        provider=ProviderNamed(whole["approved_for"]) if whole["approved_for"] else None,
    )
    return line if asked.is_met_by(line) else replace(line, outcome=LineOutcome.MODIFIED)
