"""The forms of providers and facilities. The rules stand in `faults` and the services."""

from __future__ import annotations

from typing import Any

from django import forms

from codesets.queries import every
from payers.forms import PlainForm
from providers.models import Facility, Provider

ACTIVE = ("When", (("active_from", "c3", "empty: since ever"), ("active_to", "c3", "included; empty: no end")))


class ProviderForm(PlainForm):
    needed = frozenset({"kind", "name"})
    layout = (
        (
            "Who it is",
            (
                ("kind", "c12", ""),
                ("name", "c4", ""),
                ("first_name", "c4", "none for a group"),
                ("credentials", "c4", "BCBA, MD, RN"),
            ),
        ),
        (
            "Numbers",
            (
                ("npi", "c3", "without one, no 278 can name this provider"),
                ("taxonomy", "c3", "such as 103K00000X"),
                ("phone", "c3", ""),
                ("fax", "c3", ""),
            ),
        ),
        ACTIVE,
    )

    class Meta:
        model = Provider
        fields = ("kind", "name", "first_name", "credentials", "npi", "taxonomy", "phone", "fax", "active_from",
                  "active_to")  # fmt: skip
        widgets = {"kind": forms.RadioSelect()}

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices("kind", Provider.Kind.choices)


class FacilityForm(PlainForm):
    needed = frozenset({"name"})
    layout = (
        ("Which place", (("name", "c6", ""), ("npi", "c3", ""), ("place_of_service", "c3", ""))),
        (
            "Where it is",
            (("address", "c6", ""), ("city", "c3", ""), ("state", "c2", "two letters"), ("postal_code", "c3", "")),
        ),
        ACTIVE,
    )

    class Meta:
        model = Facility
        fields = ("name", "npi", "place_of_service", "address", "city", "state", "postal_code", "active_from",
                  "active_to")  # fmt: skip

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [(code.code, f"{code.code} {code.words}") for code in every("POS", today)]
        known = [("", "not said"), *places]
        self.fields["place_of_service"] = forms.ChoiceField(label="Place of service", choices=known, required=False)
        self.fields["postal_code"].label = "ZIP"
