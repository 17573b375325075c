"""Forms of a payer, a program and a trading partner."""

from __future__ import annotations

from typing import Any

from django import forms

from payers.faults import FOLLOW_UP_TYPES, QUALIFIERS
from payers.forms.base import PlainForm
from payers.models import Payer, Program, TradingPartner

ZONES = (
    ("America/New_York", "Eastern"),
    ("America/Chicago", "Central"),
    ("America/Denver", "Mountain"),
    ("America/Phoenix", "Mountain, no summer time (Arizona)"),
    ("America/Los_Angeles", "Pacific"),
    ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"),
    ("America/Puerto_Rico", "Atlantic (Puerto Rico)"),
)
"""Where payers of the United States decide."""


class PayerForm(PlainForm):
    needed = frozenset({"name", "identifier"})
    layout = (
        (
            "Who it is",
            (
                ("name", "c6", ""),
                ("identifier", "c3", "as claims and 278s carry it"),
                ("default_window_days", "c3", "90 where nobody says otherwise; a program may say its own"),
            ),
        ),
        (
            "How it is reached",
            (
                ("portal_url", "c6", ""),
                ("phone", "c3", ""),
                ("fax", "c3", ""),
                ("time_zone", "c6", "whose days its clocks count; unknown: your organization’s"),
            ),
        ),
    )
    time_zone = forms.ChoiceField(label="Time zone", choices=[("", "unknown"), *ZONES])
    portal_url = forms.URLField(label="Portal", max_length=200, assume_scheme="https")

    class Meta:
        model = Payer
        fields = ("name", "identifier", "default_window_days", "phone", "fax", "portal_url", "time_zone")


class ProgramForm(PlainForm):
    needed = frozenset({"name"})
    layout = (("Which program", (("name", "c6", "as it stands on cards or in the contract: PPO, Behavioral"),)),)

    class Meta:
        model = Program
        fields = ("name",)


class PartnerForm(PlainForm):
    """The other end of an exchange. Secrets are kept elsewhere."""

    needed = frozenset(
        {"name", "our_identifier", "their_identifier", "our_application", "their_application", "trace_identifier",
         "endpoint_url", "our_qualifier", "their_qualifier", "transport", "follow_up_certification_type"}
    )  # fmt: skip
    layout = (
        ("Who it is", (("name", "c6", ""), ("capabilities", "c12", "278 is what a request needs"))),
        (
            "Names on the envelope",
            (
                ("our_qualifier", "c3", ""),
                ("our_identifier", "c3", "how the partner knows you"),
                ("their_qualifier", "c3", ""),
                ("their_identifier", "c3", ""),
                ("our_application", "c3", ""),
                ("their_application", "c3", ""),
                ("trace_identifier", "c3", "10 characters: 1 and your tax number"),
            ),
        ),
        (
            "How it is sent",
            (
                ("transport", "c6", ""),
                ("endpoint_url", "c6", "https; no user name, no key in it"),
                ("follow_up_certification_type", "c3", "how this partner wants answers to a pend"),
                ("uppercase", "c12", ""),
            ),
        ),
    )
    endpoint_url = forms.CharField(label="Endpoint", max_length=200, widget=forms.URLInput())
    capabilities = forms.MultipleChoiceField(
        label="Takes", choices=TradingPartner.Capability.choices, widget=forms.CheckboxSelectMultiple()
    )

    class Meta:
        model = TradingPartner
        fields = (
            "name", "capabilities", "our_qualifier", "our_identifier", "their_qualifier", "their_identifier",
            "our_application", "their_application", "trace_identifier", "transport", "endpoint_url",
            "follow_up_certification_type", "uppercase",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("our_qualifier", "their_qualifier"):
            self._offer(name, [(code, code) for code in QUALIFIERS])
        kinds = [(code, f"{code} {words}") for code, words in FOLLOW_UP_TYPES.items()]
        self._offer("follow_up_certification_type", kinds)
        self.fields["uppercase"].label = "Send capital letters only"

    def _offer(self, name: str, known: list[tuple[str, str]]) -> None:
        """A choice instead of a text, beginning with what the table begins with."""
        field = self.fields[name]
        self.fields[name] = forms.ChoiceField(
            label=str(field.label), choices=known, initial=field.initial, required=False
        )

    def clean_capabilities(self) -> list[str]:
        return [str(code) for code in self.cleaned_data["capabilities"]]
