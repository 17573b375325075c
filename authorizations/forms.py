"""The request form: what a person types, turned into `Asked`, and problems of the rules back to its fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import QueryDict

from authorizations.asked import MOST_DIAGNOSES, MOST_MODIFIERS, Asked, AskedLine
from authorizations.decisions import CapPeriod, CapTerms
from authorizations.errors import Problem
from authorizations.models import Authorization
from authorizations.models.choices import Priority, QuantityType, RequestCategory
from authorizations.terms import CodeTerms
from codesets.fields import DIAGNOSIS_FIELD, PROCEDURE_FIELD
from codesets.models import AnyCode
from codesets.queries import by_code, every, last_day_of
from members.models import Coverage, Member
from providers.models import Facility, Provider
from web import wording

MOST_LINES = 20
MOST_OFFERED_PROVIDERS = 500
NOTE_LENGTH = 264
NOT_A_NUMBER = {"invalid": "This is no number: write how many."}
NOT_A_DAY = {"invalid": "This is no day: write month, day and year."}
PERIODS = [("", "no limit"), (CapPeriod.DAY, "a day"), (CapPeriod.WEEK, "a week"), (CapPeriod.MONTH, "a month")]


class CoverageChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A coverage as people name it: payer, program, number, rank."""

    def label_from_instance(self, obj: Any) -> str:
        rank = "primary" if obj.position == 1 else f"number {obj.position}"
        number = f", {obj.number}" if obj.number else ""
        return f"{obj.payer.name} {obj.program.name}{number} ({rank})"


class ProviderChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A provider or facility with its NPI."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}, NPI {obj.npi}" if obj.npi else f"{obj}, NPI missing"


class RequestForm(forms.Form):
    """Everything but the lines. A draft may lack most of it; Submit insists."""

    coverage = CoverageChoice(queryset=None, label="Coverage, program", empty_label=None)
    starts_on = forms.DateField(
        error_messages=NOT_A_DAY,
        label="First day",
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )
    ends_on = forms.DateField(
        error_messages=NOT_A_DAY,
        label="Last day, included",
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )
    suggested_end = forms.DateField(required=False, widget=forms.HiddenInput())
    priority = forms.ChoiceField(
        choices=[(Priority.URGENT, "Urgent"), (Priority.ROUTINE, "Routine")], widget=forms.RadioSelect()
    )
    diagnoses = forms.CharField(
        label="Diagnoses, main one first",
        required=False,
        max_length=200,
        widget=forms.TextInput(DIAGNOSIS_FIELD),
    )
    request_category = forms.ChoiceField(label="Kind of request", choices=RequestCategory.choices)
    place_of_service = forms.ChoiceField(label="Place of service", required=False)
    rendering_provider = ProviderChoice(queryset=None, label="Rendering provider", required=False, empty_label="")
    requesting_provider = ProviderChoice(
        queryset=None, label="Requesting provider", required=False, empty_label="the rendering provider"
    )
    facility = ProviderChoice(queryset=None, label="Facility", required=False, empty_label="none")
    note_to_payer = forms.CharField(
        label="Note to the payer", required=False, max_length=NOTE_LENGTH, widget=forms.Textarea({"rows": 2})
    )
    unchecked_reason = forms.CharField(
        label="Why it goes out without a fresh check",
        required=False,
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())
    key = forms.CharField(max_length=64, widget=forms.HiddenInput())

    def __init__(self, *args: Any, member: Member, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.field("coverage").queryset = _coverages(member)
        self.field("rendering_provider").queryset = _active(Provider.objects.order_by("name", "first_name"), today)
        self.field("requesting_provider").queryset = _active(
            Provider.objects.filter(kind=Provider.Kind.PERSON).order_by("name", "first_name"), today
        )
        self.field("facility").queryset = _active(Facility.objects.order_by("name"), today)
        places = [(code.code, f"{code.code} {code.words}") for code in every("POS", today)]
        self.field("place_of_service").choices = [("", ""), *places]

    def clean(self) -> dict[str, Any]:
        """Dates in their order, told together with whatever else is wrong."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", "The last day is before the first day.")
        return cleaned

    def field(self, name: str) -> Any:
        """A field, untyped: choices are filled in per organization."""
        return self.fields[name]

    def clean_diagnoses(self) -> tuple[str, ...]:
        """Codes in capitals with their point, each known and in force on the first day."""
        codes = tuple(diagnosis_codes(self.cleaned_data["diagnoses"]))
        if len(codes) > MOST_DIAGNOSES:
            raise ValidationError(f"At most {MOST_DIAGNOSES} diagnoses fit into a request. You gave {len(codes)}.")
        known = by_code("ICD-10-CM", codes, self.cleaned_data.get("starts_on") or self.today)
        unknown = [code for code in codes if code not in known]
        if unknown:
            raise ValidationError(_unknown(unknown, "ICD-10-CM", self.today))
        return codes


class LineForm(forms.Form):
    """One code with its own units, and at most so many in a period."""

    code = forms.CharField(max_length=12, required=False, widget=forms.TextInput(PROCEDURE_FIELD))
    modifiers = forms.CharField(max_length=20, required=False, widget=forms.TextInput({"autocomplete": "off"}))
    quantity = forms.DecimalField(
        required=False, max_digits=12, widget=forms.TextInput({"inputmode": "decimal"}), error_messages=NOT_A_NUMBER
    )
    quantity_type = forms.ChoiceField(choices=QuantityType.choices, required=False)
    cap = forms.DecimalField(
        required=False, max_digits=12, widget=forms.TextInput({"inputmode": "decimal"}), error_messages=NOT_A_NUMBER
    )
    cap_period = forms.ChoiceField(choices=PERIODS, required=False)

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
        """A limit needs its period and the other way round; an amount needs a code."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("cap") is not None and not cleaned.get("cap_period"):
            self.add_error("cap_period", "Choose the period.")
        if cleaned.get("cap_period") and cleaned.get("cap") is None and "cap" not in self.errors:
            self.add_error("cap", "Say how many.")
        if cleaned.get("quantity") is not None and not cleaned.get("code"):
            self.add_error("code", "Give the code these units are for.")
        return cleaned

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed that means anything: a limit alone is where a new line begins."""
        return not any(self.cleaned_data.get(name) for name in ("code", "modifiers", "quantity"))


class Lines(BaseFormSet):  # type: ignore[type-arg]
    """The lines of a request: unknown codes are named, codes of another year dated."""

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
                form.add_error("code", _unknown([code], "HCPCS", self.on))
            unknown = [each for each in form.cleaned_data.get("modifiers", ()) if each not in known]
            if unknown:
                form.add_error("modifiers", f"{unknown[0]} is not a modifier we know.")

    @property
    def filled(self) -> list[Any]:
        """The forms that ask for something."""
        return [form for form in self.forms if not form.is_empty]


_LineFormSet = formset_factory(LineForm, formset=Lines, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES)


def line_set(on: date, *, data: QueryDict | None = None, initial: list[dict[str, Any]] | None = None) -> Any:
    """The lines of a request, bound to what was sent or filled with what is known; `on` is the first day."""
    make: Any = _LineFormSet
    return make(data, prefix="lines", on=on) if data is not None else make(initial=initial, prefix="lines", on=on)


def diagnosis_codes(text: str) -> list[str]:
    """The codes in a text: capitals, with the point after the third character."""
    found = []
    for word in re.findall(r"[A-Z0-9.]+", text.upper()):
        plain = word.replace(".", "")
        found.append(f"{plain[:3]}.{plain[3:]}" if len(plain) > 3 else plain)
    return found


def asked(form: RequestForm, lines: Any) -> Asked:
    """What the two valid forms ask for. The first code's kind of service becomes that of the request."""
    cleaned = form.cleaned_data
    filled = lines.filled
    first = lines.codes.get(filled[0].cleaned_data["code"]) if filled else None
    return Asked(
        coverage=cleaned["coverage"],
        lines=tuple(_asked_line(line.cleaned_data, lines.codes) for line in filled),
        diagnoses=cleaned["diagnoses"],
        starts_on=cleaned["starts_on"],
        ends_on=cleaned["ends_on"],
        priority=cleaned["priority"],
        request_category=cleaned["request_category"],
        service_type=first.service_type if first else "",
        place_of_service=cleaned["place_of_service"],
        requesting_provider=cleaned["requesting_provider"],
        rendering_provider=cleaned["rendering_provider"],
        facility=cleaned["facility"],
        note_to_payer=cleaned["note_to_payer"],
    )


def _asked_line(cleaned: Mapping[str, Any], codes: Mapping[str, AnyCode]) -> AskedLine:
    kind = cleaned["quantity_type"] or QuantityType.UNITS
    known = codes.get(cleaned["code"])
    caps: tuple[CapTerms, ...] = ()
    if cleaned.get("cap") is not None:
        caps = (CapTerms(CapPeriod(cleaned["cap_period"]), cleaned["cap"]),)
    return AskedLine(
        codes=(CodeTerms(cleaned["code"], modifiers=cleaned["modifiers"]),),
        quantity=cleaned.get("quantity"),
        quantity_type=kind,
        unit_minutes=known.unit_minutes if known and kind == QuantityType.UNITS else None,
        caps=caps,
    )


def initial_of(authorization: Authorization) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the forms show of a stored draft."""
    fields = {name: getattr(authorization, name) for name in ("starts_on", "ends_on", "priority", "request_category")}
    ids = {
        name: getattr(authorization, f"{name}_id")
        for name in ("coverage", "rendering_provider", "requesting_provider", "facility")
    }
    diagnoses = authorization.diagnoses.filter(removed_at=None).order_by("position").values_list("code", flat=True)
    fields |= ids | {
        "place_of_service": authorization.place_of_service,
        "note_to_payer": authorization.note_to_payer,
        "diagnoses": ", ".join(diagnoses),
        "version": authorization.version,
    }
    lines = authorization.lines.filter(removed_at=None).order_by("number").prefetch_related("codes", "caps")
    return fields, [_initial_line(line) for line in lines]


def _initial_line(line: Any) -> dict[str, Any]:
    code = min(line.codes.all(), key=lambda each: each.position, default=None)
    cap = next(iter(line.caps.all()), None)
    return {
        "code": code.code if code else "",
        "modifiers": " ".join(code.modifiers) if code else "",
        "quantity": _plain(line.quantity),
        "quantity_type": line.quantity_type,
        "cap": _plain(cap.quantity) if cap else None,
        "cap_period": cap.period if cap else "",
    }


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


LINE_FIELDS = {"quantity": "quantity", "codes": "code", "caps": "cap"}
MENDED_IN = {"lines": "lines-0-code", "service_type": "lines-0-code", "program": "coverage", "eligibility": "coverage"}
"""The control that mends a problem whose field is none of the form."""


def field_id(problem: Problem) -> str:
    """The id of the control that mends a problem; "" when no single one does."""
    found = re.fullmatch(r"lines-(\d+)(?:\.(\w+))?", problem.field)
    if found:
        return f"id_lines-{int(found[1]) - 1}-{LINE_FIELDS.get(found[2] or '', 'code')}"
    if problem.field in MENDED_IN:
        return f"id_{MENDED_IN[problem.field]}"
    return f"id_{problem.field}" if problem.field in RequestForm.base_fields else ""


def listed(form: RequestForm, lines: Any) -> list[dict[str, str]]:
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


def put(problems: Iterable[Problem], form: RequestForm, lines: Any) -> list[dict[str, str]]:
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


def _mark(form: forms.Form, name: str, message: str) -> None:
    """Like `add_error`, which only a bound form can do."""
    form.errors.setdefault(name, form.error_class(renderer=form.renderer)).append(message)


def _placed(problem: Problem, lines: Any) -> Problem:
    """Lines left empty are not asked for, so the n-th line asked for may stand further down."""
    numbered = re.fullmatch(r"lines-(\d+)(.*)", problem.field)
    if numbered is None or not lines.is_bound:
        return problem
    filled = [index for index, form in enumerate(lines.forms, start=1) if not form.is_empty]
    number = int(numbered[1])
    place = filled[number - 1] if number <= len(filled) else number
    return Problem(f"lines-{place}{numbered[2]}", problem.message)


def _label(form: RequestForm, name: str) -> str:
    return str(form.fields[name].label or name.replace("_", " ").capitalize()) if name in form.fields else "Request"


def _unknown(codes: list[str], system: str, on: date) -> str:
    """Which codes cannot be used, and since when a retired one cannot."""
    last = last_day_of(system, codes[0])
    if last is not None and last < on:
        return f"{codes[0]} was retired: {wording.day(last, on)} was its last day."
    names = wording.join_words(codes)
    return f"{names} {'is' if len(codes) == 1 else 'are'} not in the {system} set."


def _coverages(member: Member) -> QuerySet[Coverage]:
    rows: QuerySet[Coverage] = Coverage.objects.filter(member=member).select_related("payer", "program")
    return rows.order_by("position", "-starts_on", "id")


def _active(rows: QuerySet[Any], today: date) -> QuerySet[Any]:
    """Those who work now or begin later."""
    return rows.filter(Q(active_to=None) | Q(active_to__gte=today))
