"""The forms about members. The rules stand in `faults` and the services."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from codesets.fields import PROCEDURE_FIELD
from codesets.queries import by_code, every, last_day_of
from members.freshness import Found
from members.models import Coverage, EligibilityCheck, EligibilityRoster, EligibilityRule, Member, MemberIdentifier, Sex
from payers.forms import PlainForm
from payers.models import Payer, Program
from payers.queries import payers_listed
from providers.models import Provider
from web.wording import Clock, day

MOST_MODIFIERS = 4
HIDDEN_WITHOUT_SCOPE = ("birth_date", "address", "city", "state", "postal_code", "phone")
ORDERS = [(1, "Primary"), (2, "Secondary"), (3, "Third"), (4, "Fourth")]


class MemberForm(PlainForm):
    needed = frozenset({"last_name", "first_name", "birth_date"})
    layout = (
        (
            "Who it is",
            (
                ("last_name", "c4", "as on the card of the payer"),
                ("first_name", "c4", ""),
                ("middle_name", "c2", ""),
                ("suffix", "c2", "Jr, III"),
                ("birth_date", "c3", ""),
                ("sex", "c3", "as payers exchange it"),
                ("mrn", "c3", "leave it empty while there is none"),
            ),
        ),
        (
            "How they are reached",
            (
                ("address", "c6", ""),
                ("city", "c3", ""),
                ("state", "c1", ""),
                ("postal_code", "c2", ""),
                ("phone", "c3", ""),
            ),
        ),
    )

    class Meta:
        model = Member
        fields = ("last_name", "first_name", "middle_name", "suffix", "birth_date", "sex", "address", "city", "state",
                  "postal_code", "phone")  # fmt: skip

    def __init__(self, *args: Any, with_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices("sex", Sex.choices)
        if not with_all:
            for name in HIDDEN_WITHOUT_SCOPE:
                del self.fields[name]


class NewMemberForm(MemberForm):
    mrn = forms.CharField(label="MRN", max_length=40)


class ApartForm(forms.Form):
    """This is nobody of those who look alike, and why. Shown only where somebody does."""

    somebody_else = forms.BooleanField(
        label="This is somebody else",
        widget=forms.CheckboxInput({"class": "form-check-input"}),
        error_messages={"required": "Open who looks alike, or tick that this is somebody else."},
    )
    apart_because = forms.CharField(
        label="How you know",
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Say how you know.", "max_length": "At most 120 characters."},
    )


class IdentifierForm(PlainForm):
    needed = frozenset({"kind", "value"})
    layout = (
        (
            "Which number",
            (("kind", "c4", ""), ("value", "c4", ""), ("payer", "c4", "for a member id of a payer")),
        ),
        ("When it holds", (("starts_on", "c3", "empty: since ever"), ("ends_on", "c3", "included; empty: no end"))),
    )

    payer: Any = forms.ModelChoiceField(queryset=None, label="Payer", empty_label="none")

    class Meta:
        model = MemberIdentifier
        fields = ("kind", "value", "payer", "starts_on", "ends_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices("kind", MemberIdentifier.Kind.choices)
        field: Any = self.fields["payer"]
        field.queryset = payers_listed(with_inactive=True)


class ProgramChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.payer.name}: {obj.name}"


class CoverageForm(PlainForm):
    needed = frozenset({"program", "starts_on", "relationship", "position"})
    layout = (
        (
            "Who covers",
            (
                ("program", "c6", ""),
                ("position", "c3", ""),
                ("member_number", "c4", "the member’s own; leave it empty while it is not known"),
                ("group_number", "c3", ""),
            ),
        ),
        ("When", (("starts_on", "c3", ""), ("ends_on", "c3", "included; empty: no end"))),
        (
            "The subscriber",
            (
                ("relationship", "c12", ""),
                ("subscriber_last_name", "c4", "only for a dependent without a number of their own"),
                ("subscriber_first_name", "c4", ""),
                ("subscriber_number", "c4", ""),
                ("subscriber_birth_date", "c3", ""),
                ("subscriber_sex", "c3", ""),
            ),
        ),
    )
    program = ProgramChoice(queryset=None, label="Payer and program", empty_label="")
    position = forms.TypedChoiceField(label="Order", choices=ORDERS, coerce=int, empty_value=None)

    class Meta:
        model = Coverage
        fields = ("program", "position", "member_number", "group_number", "starts_on", "ends_on", "relationship",
                  "subscriber_last_name", "subscriber_first_name", "subscriber_number", "subscriber_birth_date",
                  "subscriber_sex")  # fmt: skip
        widgets = {"relationship": forms.RadioSelect()}

    def __init__(self, *args: Any, with_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = self.instance.program_id if self.instance.pk else None
        offered = Q(active=True, payer__active=True) | Q(id=named)
        program: Any = self.fields["program"]
        program.queryset = Program.objects.filter(offered).select_related("payer").order_by("payer__name", "name")
        self.choices("relationship", Coverage.Relationship.choices)
        self.choices("subscriber_sex", Sex.choices)
        self.fields["relationship"].label = "The member is"
        if not with_all:
            del self.fields["subscriber_birth_date"]

    @property
    def values(self) -> dict[str, Any]:
        """A subscriber's fields mean nothing where the member is the subscriber, and keep their defaults."""
        found = super().values
        found["subscriber_sex"] = found.get("subscriber_sex") or Sex.UNKNOWN
        return found


class CoverageChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        first = f"{obj.starts_on:%b} {obj.starts_on.day}, {obj.starts_on.year}"
        number = f"{obj.number}, " if obj.number else ""
        return f"{obj.payer.name}: {obj.program.name}, {number}since {first}"


class CheckForm(PlainForm):
    """What the payer said about one coverage."""

    needed = frozenset({"coverage", "result", "source", "service_date", "day", "time"})
    layout = (
        (
            "What was asked",
            (("coverage", "c6", ""), ("service_date", "c3", ""), ("service_type", "c3", "30 is the whole plan")),
        ),
        (
            "What was said",
            (
                ("result", "c6", ""),
                ("source", "c6", ""),
                ("day", "c3", ""),
                ("time", "c2", ""),
                ("reference", "c3", "number of the call or of the answer"),
                ("note", "c12", "why, where it is not active"),
            ),
        ),
    )
    coverage: Any = CoverageChoice(queryset=None, label="Coverage", empty_label=None)
    result = forms.ChoiceField(
        label="Result", choices=[(each.value, each.words) for each in Found], widget=forms.RadioSelect()
    )
    source = forms.ChoiceField(label="Asked by", choices=EligibilityCheck.Source.choices, widget=forms.RadioSelect())
    service_date = forms.DateField(label="Date of service")
    service_type = forms.CharField(label="Service type", max_length=3)
    reference = forms.CharField(label="Reference", max_length=80)
    note = forms.CharField(label="Note", max_length=400)
    day = forms.DateField(label="Checked on")
    time = forms.TimeField(label="at", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    key = forms.CharField(max_length=64, widget=forms.HiddenInput())

    class Meta:
        model = EligibilityCheck
        fields = ()

    def __init__(self, *args: Any, member: Member, clock: Clock, **kwargs: Any) -> None:
        local = clock.now.astimezone(clock.zone)
        kwargs["initial"] = {
            "service_date": clock.today,
            "service_type": "30",
            "day": local.date(),
            "time": local.time(),
            "key": uuid.uuid4().hex,
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        self.clock = clock
        field: Any = self.fields["coverage"]
        field.queryset = Coverage.objects.filter(member=member).select_related("payer", "program")
        self.fields["time"].error_messages["invalid"] = "This is not a time. Write it like 14:30."

    @property
    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        kept = {
            name: given.get(name) for name in ("service_date", "service_type", "result", "source", "reference", "note")
        }
        return {**kept, "checked_at": self._moment()}

    def _moment(self) -> datetime | None:
        """What was typed, as an instant; None, meaning now, for the minute that runs."""
        day, time = self.cleaned_data.get("day"), self.cleaned_data.get("time")
        if day is None or time is None:
            return None
        at = datetime.combine(day, time, tzinfo=self.clock.zone)
        this_minute = self.clock.now.astimezone(self.clock.zone).replace(second=0, microsecond=0)
        return None if at == this_minute else at

    def put(self, problems: Any) -> None:
        """The rules speak of the moment, the form of day and time."""
        super().put([type(each)("day", each.message) if each.field == "checked_at" else each for each in problems])


class RuleForm(PlainForm):
    needed = frozenset({"fresh_days", "stale_days"})
    layout = (
        (
            "How long a check is good",
            (
                ("fresh_days", "c3", "the day of the check is day 0"),
                ("stale_days", "c3", "afterwards it is expired"),
                ("insists", "c12", "Without the tick a request may go out unchecked, with a reason that is kept."),
            ),
        ),
    )

    class Meta:
        model = EligibilityRule
        fields = ("fresh_days", "stale_days", "insists")


class RosterForm(PlainForm):
    """Whom a roster is for."""

    needed = frozenset({"of", "service_date"})
    layout = (
        (
            "Who is to be checked",
            (
                ("of", "c12", ""),
                ("payer", "c6", "for the members of one payer"),
                ("mrns", "c6", "one a line, or parted by commas; at most 10,000"),
                ("file", "c6", "or a CSV file whose first column is the MRN"),
                ("unsettled", "c12", ""),
            ),
        ),
        ("For which day", (("service_date", "c3", ""),)),
    )
    of = forms.ChoiceField(label="Members", choices=EligibilityRoster.Of.choices, widget=forms.RadioSelect())
    payer: Any = forms.ModelChoiceField(queryset=None, label="Payer", empty_label="choose")
    mrns = forms.CharField(label="MRNs", widget=forms.Textarea({"rows": 5}), max_length=500_000)
    file = forms.FileField(label="File with MRNs", allow_empty_file=True)
    unsettled = forms.BooleanField(label="Only those without a fresh, active check")
    service_date = forms.DateField(label="Date of service")

    class Meta:
        model = EligibilityRoster
        fields = ()

    def __init__(self, *args: Any, clock: Clock, **kwargs: Any) -> None:
        kwargs["initial"] = {"of": "all", "service_date": clock.today, "unsettled": True, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        field: Any = self.fields["payer"]
        field.queryset = Payer.objects.filter(active=True).order_by("name")


class EntryForm(PlainForm):
    """What was said about one entry of a roster."""

    needed = frozenset({"result", "source"})
    layout = (("", (("result", "c6", ""), ("source", "c6", ""), ("reference", "c4", ""), ("note", "c8", ""))),)
    result = forms.ChoiceField(
        label="Result", choices=[(each.value, each.words) for each in Found], widget=forms.RadioSelect()
    )
    source = forms.ChoiceField(label="Asked by", choices=EligibilityCheck.Source.choices, widget=forms.RadioSelect())
    reference = forms.CharField(label="Reference", max_length=80)
    note = forms.CharField(label="Note", max_length=400)

    class Meta:
        model = EligibilityCheck
        fields = ()


FARTHEST_DAYS = 10 * 366
"""How far from today one asks whether a service is covered."""


class CoveredForm(forms.Form):
    """A service to come: what, when, by whom, where, and how much of it. The first two must be said."""

    code = forms.CharField(max_length=24, error_messages={"required": "Give the code of the service."})
    starts_on = forms.DateField(
        label="Date of service",
        error_messages={"required": "Choose the day.", "invalid": "This is no day: write it like 2026-12-31."},
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )
    rendering_provider: Any = forms.ModelChoiceField(
        queryset=None,
        label="Provider",
        required=False,
        empty_label="not known yet",
        error_messages={"invalid_choice": "Choose one of the list."},
    )
    place_of_service = forms.ChoiceField(
        label="Place", required=False, error_messages={"invalid_choice": "Choose one of the list."}
    )
    quantity = forms.DecimalField(
        label="How many",
        required=False,
        min_value=Decimal("0.001"),
        max_digits=12,
        decimal_places=3,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": "This is no number: write how many.",
            "min_value": "Write a number above 0.",
            "max_digits": "This number is too long.",
            "max_decimal_places": "At most 3 digits behind the point.",
            "max_whole_digits": "This number is too large.",
        },
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["code"].widget = forms.TextInput(PROCEDURE_FIELD)
        provider: Any = self.fields["rendering_provider"]
        working = Q(active_to=None) | Q(active_to__gte=today)
        provider.queryset = Provider.objects.filter(working).order_by("name", "first_name", "id")
        place: Any = self.fields["place_of_service"]
        place.choices = [
            ("", "not known yet"),
            *((each.code, f"{each.code} {each.words}") for each in every("POS", today)),
        ]

    def clean_starts_on(self) -> date:
        """A day near enough to be meant: a slip of the year would be answered in earnest."""
        on: date = self.cleaned_data["starts_on"]
        if abs((on - self.today).days) > FARTHEST_DAYS:
            raise ValidationError("This is more than ten years away: look at the year.")
        return on

    def clean(self) -> dict[str, Any]:
        """The code with its modifiers apart, known and in force on the day."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        words = re.findall(r"[A-Z0-9]+", str(cleaned.get("code", "")).upper())
        on = cleaned.get("starts_on")
        if "code" in self.errors or on is None:
            return cleaned
        try:
            cleaned["code"], cleaned["modifiers"] = self._known(words, on)
        except ValidationError as wrong:
            self.add_error("code", wrong)
        return cleaned

    def _known(self, words: list[str], on: date) -> tuple[str, tuple[str, ...]]:
        """The code and its modifiers as billed. Raises ValidationError for what cannot be billed on the day."""
        if not words:
            raise ValidationError("Give the code of the service, such as H2019 or H2019 HN.")
        code, *modifiers = words
        if code not in by_code("HCPCS", [code], on):
            last = last_day_of("HCPCS", code)
            retired = last is not None and last < on
            told = f"was retired: {day(last, self.today)} was its last day" if last and retired else "is not in the set"
            raise ValidationError(f"{code} {told}.")
        unknown = sorted(set(modifiers) - set(by_code("MODIFIER", modifiers, on))) if modifiers else []
        if unknown or len(modifiers) > MOST_MODIFIERS:
            wrong = f"{unknown[0]} is not a modifier we know" if unknown else "At most 4 modifiers"
            raise ValidationError(f"{wrong}. Write the code, then its modifiers: H2019 HN.")
        return code, tuple(modifiers)
