"""The request form: what a person types, turned into `Asked`, and problems of the rules back to its fields."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from authorizations.asked import MOST_DIAGNOSES, Asked, Waived
from authorizations.line_forms import Lines, initial_rows, unknown_code
from authorizations.models import Authorization
from authorizations.models.choices import Priority, RequestCategory
from codesets.fields import DIAGNOSIS_FIELD
from codesets.queries import by_code, every
from members.models import Coverage, Member
from payers.models import Rounding
from payers.rules import rules_on
from providers.models import Facility, Provider

NOTE_LENGTH = 264
REASON_LENGTH = 200
MOST_ADMISSION_DAYS = 366
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)
NOT_A_DAY = {"invalid": "This is no day: write month, day and year."}
NOT_LISTED = {"invalid_choice": "Choose one of the list."}


def _of_these_times(day: date) -> None:
    """A year that was mistyped, or one that means no end in another product, is no day of service."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValidationError(f"Write a day between {FIRST_DAY.year} and {LAST_DAY.year}.")


class RowChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the rows offered; what is no id at all is answered like one that is not offered."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(error_messages=NOT_LISTED, **kwargs)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(NOT_LISTED["invalid_choice"], "invalid_choice") from None


class CoverageChoice(RowChoice):
    """A coverage as people name it: payer, program, number, rank."""

    def label_from_instance(self, obj: Any) -> str:
        rank = "primary" if obj.position == 1 else f"number {obj.position}"
        number = f", {obj.number}" if obj.number else ""
        return f"{obj.payer.name} {obj.program.name}{number} ({rank})"


class ProviderChoice(RowChoice):
    """A provider or facility with its NPI."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj}, NPI {obj.npi}" if obj.npi else f"{obj}, NPI missing"


def day_field(label: str) -> forms.DateField:
    return forms.DateField(
        error_messages=NOT_A_DAY,
        validators=[_of_these_times],
        label=label,
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )


def _reason(label: str) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=REASON_LENGTH, widget=widget)


class CaseForm(forms.Form):
    """What every case has, asked for or known from elsewhere: cover, days, diagnoses, place and people."""

    coverage = CoverageChoice(queryset=None, label="Coverage, program", empty_label=None)
    starts_on = day_field("First day")
    ends_on = day_field("Last day, included")
    diagnoses = forms.CharField(
        label="Diagnoses, main one first",
        required=False,
        max_length=200,
        widget=forms.TextInput(DIAGNOSIS_FIELD),
    )
    place_of_service = forms.ChoiceField(label="Place of service", required=False)
    rendering_provider = ProviderChoice(queryset=None, label="Rendering provider", required=False, empty_label="")
    requesting_provider = ProviderChoice(
        queryset=None, label="Requesting provider", required=False, empty_label="the rendering provider"
    )
    facility = ProviderChoice(queryset=None, label="Facility", required=False, empty_label="none")
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
            raise ValidationError(unknown_code(unknown, "ICD-10-CM", self.today))
        return codes


class RequestForm(CaseForm):
    """Everything asked of a payer but the lines. A draft may lack most of it; Submit insists."""

    suggested_end = forms.DateField(required=False, widget=forms.HiddenInput())
    priority = forms.ChoiceField(
        choices=[(Priority.URGENT, "Urgent"), (Priority.ROUTINE, "Routine")],
        widget=forms.RadioSelect(),
        error_messages={"required": "Say how soon the answer is needed."},
    )
    retro_reason = _reason("Why it is asked for after the service began")
    request_category = forms.ChoiceField(label="Kind of request", choices=RequestCategory.choices)
    service_type = forms.ChoiceField(label="Service type", required=False)
    admission_on = day_field("Day of admission")
    admission_days = forms.IntegerField(
        label="Days of the stay",
        required=False,
        min_value=1,
        max_value=MOST_ADMISSION_DAYS,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": "This is no number of days.",
            "min_value": "A stay has at least one day.",
            "max_value": f"At most {MOST_ADMISSION_DAYS} days fit into a request.",
        },
    )
    note_to_payer = forms.CharField(
        label="Note to the payer", required=False, max_length=NOTE_LENGTH, widget=forms.Textarea({"rows": 2})
    )
    unchecked_reason = _reason("Why it goes out without a fresh check")
    duplicate_reason = _reason("Why it is asked for once more")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput())

    field_order = (
        "coverage", "unchecked_reason", "duplicate_reason", "starts_on", "ends_on", "priority", "retro_reason",
        "diagnoses", "request_category", "service_type", "admission_on", "admission_days", "place_of_service",
        "rendering_provider", "requesting_provider", "facility", "note_to_payer",
    )  # fmt: skip
    """As on the page, so that errors are listed from top to bottom."""

    def __init__(self, *args: Any, documents: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(code.code, f"{code.words} ({code.code})") for code in every("SERVICE", self.today)]
        self.field("service_type").choices = [("", "as the first code says"), *kinds]
        self.documents = tuple(documents)
        for item in self.documents:
            self.fields[waived_name(item)] = _reason(f"Why {item} is not needed")

    @property
    def waived(self) -> tuple[Waived, ...]:
        """The documents of the playbook that a person says are not needed, from a valid form."""
        reasons = {item: self.cleaned_data.get(waived_name(item), "").strip() for item in self.documents}
        return tuple(Waived(item, reason) for item, reason in reasons.items() if reason)


def waived_name(item: str) -> str:
    """The field that says why a document is not needed: known by the document, as another program asks for others."""
    return f"waived_{hashlib.sha256(item.encode()).hexdigest()[:8]}"


def diagnosis_codes(text: str) -> list[str]:
    """The codes in a text: capitals, with the point after the third character."""
    found = []
    for word in re.findall(r"[A-Z0-9.]+", text.upper()):
        plain = word.replace(".", "")
        found.append(f"{plain[:3]}.{plain[3:]}" if len(plain) > 3 else plain)
    return found


def asked(form: RequestForm, lines: Lines) -> Asked:
    """What the two valid forms ask for. Where no kind of service is chosen, it is that of the first code."""
    cleaned = form.cleaned_data
    filled = lines.filled
    first = lines.codes.get(filled[0].cleaned_data["code"]) if filled else None
    rules = rules_on(cleaned["coverage"].program, form.today)
    admitted = cleaned["request_category"] == RequestCategory.ADMISSION
    late = cleaned["starts_on"] is not None and cleaned["starts_on"] < form.today
    return Asked(
        coverage=cleaned["coverage"],
        lines=lines.asked(rules.rounding if rules else Rounding.EXACT),
        diagnoses=cleaned["diagnoses"],
        starts_on=cleaned["starts_on"],
        ends_on=cleaned["ends_on"],
        priority=cleaned["priority"],
        request_category=cleaned["request_category"],
        service_type=cleaned["service_type"] or (first.service_type if first else ""),
        place_of_service=cleaned["place_of_service"],
        requesting_provider=cleaned["requesting_provider"],
        rendering_provider=cleaned["rendering_provider"],
        facility=cleaned["facility"],
        admission_on=cleaned["admission_on"] if admitted else None,
        admission_days=cleaned["admission_days"] if admitted else None,
        note_to_payer=cleaned["note_to_payer"],
        retro_reason=cleaned["retro_reason"] if late else "",
        waived=form.waived,
    )


COPIED = (
    "starts_on", "ends_on", "priority", "retro_reason", "request_category", "admission_on", "admission_days",
    "place_of_service", "note_to_payer", "version",
)  # fmt: skip


def initial_of(authorization: Authorization) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the forms show of a stored draft."""
    fields = {name: getattr(authorization, name) for name in COPIED}
    ids = {
        name: getattr(authorization, f"{name}_id")
        for name in ("coverage", "rendering_provider", "requesting_provider", "facility")
    }
    diagnoses = authorization.diagnoses.filter(removed_at=None).order_by("position").values_list("code", flat=True)
    lines = list(authorization.lines.filter(removed_at=None).order_by("number").prefetch_related("codes", "caps"))
    rows = [row for line in lines for row in initial_rows(line)]
    fields |= ids | {"diagnoses": ", ".join(diagnoses), "service_type": _chosen_type(authorization, rows)}
    return fields, rows


def _chosen_type(authorization: Authorization, rows: list[dict[str, Any]]) -> str:
    """The kind of service where it was chosen; "" where it is that of the first code anyway."""
    first = rows[0]["code"] if rows and rows[0].get("code") else ""
    known = by_code("HCPCS", [first], authorization.starts_on or authorization.created_at.date()).get(first)
    own = known.service_type if known else ""
    return "" if authorization.service_type == own else authorization.service_type


def _coverages(member: Member) -> QuerySet[Coverage]:
    rows: QuerySet[Coverage] = Coverage.objects.filter(member=member).select_related("payer", "program")
    return rows.order_by("position", "-starts_on", "id")


def _active(rows: QuerySet[Any], today: date) -> QuerySet[Any]:
    """Those who work now or begin later."""
    return rows.filter(Q(active_to=None) | Q(active_to__gte=today))
