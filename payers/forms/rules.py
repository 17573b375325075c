"""Forms of dated rules and of review routes, and the question what they would do."""

from __future__ import annotations

from typing import Any

from django import forms

from codesets.queries import every
from payers.forms.base import WORDS, PlainForm, day_input
from payers.models import ProgramRules, ReviewRoute, TradingPartner, Workflow
from tenancy.models import Weekday


class RulesForm(PlainForm):
    """What holds from a day on. Rules that have begun keep first day and workflow, and ask for a tick."""

    needed = frozenset({"starts_on", "authorization_workflow", "regulation", "renewal_lead_days"})
    layout = (
        (
            "From which day",
            (
                ("starts_on", "c3", ""),
                ("ends_on", "c3", "included; empty: until something else is said"),
                ("contract_reference", "c6", "number or name of the contract these rules come from"),
            ),
        ),
        (
            "How it is asked",
            (
                ("authorization_workflow", "c12", ""),
                ("default_window_days", "c3", "empty: as the payer says"),
                ("renewal_lead_days", "c3", ""),
                ("regulation", "c4", "says whether the federal clocks bind the payer"),
            ),
        ),
        (
            "When it answers",
            (
                ("urgent_hours", "c3", "hours run through nights and weekends"),
                ("routine_days", "c3", ""),
                ("routine_days_are_business", "c6", ""),
                ("appeal_days", "c3", "from the denial; empty: as the letter says"),
                ("peer_to_peer_days", "c3", "from the denial"),
                ("follows_core", "c12", ""),
                ("clock_runs_on", "c12", "else it stops until the payer has our answer"),
            ),
        ),
        (
            "How units are counted",
            (
                ("rounding", "c6", "a billed claim line is never rounded again"),
                ("weekly_cap", "c3", "a new line of a request begins with it; what the payer approves counts"),
                ("weekly_cap_type", "c3", ""),
                ("week_start", "c3", "empty: as your organization has it"),
                ("prorate_partial_periods", "c12", ""),
                ("split_allowed", "c12", ""),
                ("empty_modifiers_cover_any", "c12", ""),
            ),
        ),
        ("These rules have begun", (("understood", "c12", ""),)),
    )
    understood = forms.BooleanField()

    class Meta:
        model = ProgramRules
        fields = (
            "starts_on", "ends_on", "contract_reference", "authorization_workflow", "default_window_days",
            "renewal_lead_days", "regulation", "urgent_hours", "routine_days", "routine_days_are_business",
            "appeal_days", "peer_to_peer_days", "follows_core", "clock_runs_on", "rounding",
            "weekly_cap", "weekly_cap_type", "week_start", "prorate_partial_periods", "split_allowed",
            "empty_modifiers_cover_any",
        )  # fmt: skip
        widgets = {
            "authorization_workflow": forms.RadioSelect(),
            "routine_days_are_business": forms.RadioSelect(),
        }

    def __init__(self, *args: Any, begun_words: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices("authorization_workflow", [(each.value, f"{each.label} ({each.value})") for each in Workflow])
        self.choices("weekly_cap_type", ProgramRules.CapType.choices)
        self.choices("week_start", [("", "as in the organization"), *Weekday.choices])
        self.fields["routine_days_are_business"] = forms.TypedChoiceField(
            label="Routine days are",
            choices=[("False", "calendar days"), ("True", "business days")],
            widget=forms.RadioSelect(),
            coerce=lambda value: value == "True",
            empty_value=False,  # type: ignore[arg-type]
            required=False,
        )
        if not begun_words:
            del self.fields["understood"]
            return
        self.fields["understood"].label = begun_words
        for name in ("starts_on", "authorization_workflow"):
            self.fields[name].disabled = True

    @property
    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values.items() if name != "understood"}


class RouteForm(PlainForm):
    """For which services, and then how. Empty conditions fit everything, empty answers take the program's."""

    layout = (
        (
            "Which services",
            (
                ("code_from", "c3", "empty: every code"),
                ("code_to", "c3", "empty: this one code"),
                ("service_type", "c3", ""),
                ("place_of_service", "c3", ""),
                ("starts_on", "c3", ""),
                ("ends_on", "c3", "included"),
            ),
        ),
        ("How it is asked", (("workflow", "c6", ""), ("partner", "c6", "only used where a 278 is sent"))),
        (
            "Who reviews, if not the payer",
            (
                ("reviewer_name", "c6", "a utilization management organization"),
                ("reviewer_qualifier", "c3", ""),
                ("reviewer_identifier", "c3", ""),
            ),
        ),
        ("How it is reached by hand", (("portal_url", "c6", ""), ("phone", "c3", ""), ("fax", "c3", ""))),
    )
    portal_url = forms.URLField(label="Portal", max_length=200, assume_scheme="https")
    # Apart from the row's other fields: what may be chosen depends on the organization.
    partner: Any = forms.ModelChoiceField(queryset=None, label="Partner", empty_label="none")

    class Meta:
        model = ReviewRoute
        fields = (
            "code_from", "code_to", "service_type", "place_of_service", "starts_on", "ends_on", "workflow",
            "reviewer_name", "reviewer_qualifier", "reviewer_identifier", "portal_url", "phone", "fax",
        )  # fmt: skip

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices(
            "workflow",
            [("", "as the program says"), *((each.value, f"{each.label} ({each.value})") for each in Workflow)],
        )
        kinds = [("PI", "PI payer ID"), ("XV", "XV plan ID"), ("46", "46 electronic ID"), ("XX", "XX NPI")]
        self.fields["reviewer_qualifier"] = forms.ChoiceField(label="Kind of number", choices=kinds, required=False)
        for name, system, empty in (
            ("service_type", "SERVICE", "every type"),
            ("place_of_service", "POS", "every place"),
        ):
            known = [(code.code, f"{code.code} {code.words}") for code in every(system, today)]
            label = str(self.fields[name].label)
            self.fields[name] = forms.ChoiceField(label=label, choices=[("", empty), *known], required=False)
        partner: Any = self.fields["partner"]
        partner.queryset = TradingPartner.objects.order_by("-active", "name")
        self.initial.setdefault("partner", self.instance.partner_id)


class AskForm(forms.Form):
    """What would happen to a service: asked on the program's page, answered by the rules."""

    code = forms.CharField(label="Code", max_length=12, required=False, widget=forms.TextInput({"autocomplete": "off"}))
    service_type = forms.ChoiceField(label="Service type", required=False)
    place = forms.ChoiceField(label="Place", required=False)
    on = forms.DateField(label="Asked on", required=False, widget=day_input())

    def __init__(self, *args: Any, today: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, system in (("service_type", "SERVICE"), ("place", "POS")):
            field: Any = self.fields[name]
            field.choices = [
                ("", "not said"),
                *((code.code, f"{code.code} {code.words}") for code in every(system, today)),
            ]
        self.fields["on"].error_messages.update(WORDS[forms.DateField])

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()
