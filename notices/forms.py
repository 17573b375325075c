"""The form of a person's notices."""

from __future__ import annotations

from typing import Any

from django import forms

from notices.models import Kind
from notices.preferences import Preferences

BAD_TIME = {"invalid": "This is no time of day. Write it like 18:30."}


def _time_field(label: str) -> forms.TimeField:
    widget = forms.TimeInput({"type": "time"}, "%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget, error_messages=BAD_TIME)


class NoticesForm(forms.Form):
    """What to be told of, what to be mailed at once, the daily mail, the hours without mail."""

    told = forms.MultipleChoiceField(
        label="Tell me in the app when", choices=Kind.choices, required=False, widget=forms.CheckboxSelectMultiple()
    )
    at_once = forms.MultipleChoiceField(
        label="Mail me at once when", choices=Kind.choices, required=False, widget=forms.CheckboxSelectMultiple()
    )
    daily = forms.BooleanField(label="One mail each morning of a day of work, if something needs me", required=False)
    quiet_from = _time_field("No mail from")
    quiet_until = _time_field("until")

    @classmethod
    def showing(cls, standing: Preferences) -> NoticesForm:
        """The form as it stands for somebody."""
        initial = {
            "told": [kind for kind in Kind.values if kind not in standing.muted],
            "at_once": list(standing.at_once),
            "daily": standing.daily,
            "quiet_from": standing.quiet_from,
            "quiet_until": standing.quiet_until,
        }
        return cls(initial=initial)

    @property
    def wanted(self) -> Preferences:
        """What a valid form says."""
        data: dict[str, Any] = self.cleaned_data
        return Preferences(
            muted=frozenset(Kind.values) - frozenset(data["told"]),
            at_once=frozenset(data["at_once"]),
            daily=data["daily"],
            quiet_from=data["quiet_from"],
            quiet_until=data["quiet_until"],
        )
