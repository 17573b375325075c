"""The form of a playbook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField

from payers import queries
from payers.forms.base import WORDS, PlainForm
from payers.models import Playbook


class PlaybookForm(PlainForm):
    """What people know about asking. Lists are typed one entry a line."""

    needed = frozenset({"owner", "review_days"})
    layout = (
        ("Who keeps it true", (("owner", "c6", "one person"), ("review_days", "c3", ""))),
        (
            "The way in",
            (
                ("portal_url", "c6", ""),
                ("login_hint", "c6", "whose login is used; never a password"),
                ("phone", "c3", ""),
                ("fax", "c3", ""),
                ("hours", "c3", "for example weekdays 8 AM to 6 PM ET"),
                ("say_first", "c12", "what to say first on the phone, or which menu to choose"),
            ),
        ),
        (
            "What it needs",
            (
                ("documents", "c6", "one a line"),
                ("triggers", "c6", "categories that trigger review, one a line"),
                ("evidence", "c12", "what to save before closing: a reference number, a screenshot"),
            ),
        ),
        (
            "What it answers",
            (
                ("urgent_turnaround", "c3", "for example 72 hours"),
                ("routine_turnaround", "c3", "for example 7 calendar days"),
                ("validity", "c6", "for example 90 days from the decision"),
            ),
        ),
        ("Anything else", (("notes", "c12", "no names of members"),)),
    )
    # Apart from the row's other fields: who may be chosen depends on the organization.
    owner: Any = forms.ModelChoiceField(queryset=None, label="Owner", empty_label="choose a person")
    portal_url = forms.URLField(label="Portal", max_length=200, assume_scheme="https")
    documents = forms.CharField(label="Documents required", widget=forms.Textarea({"rows": 4}))
    triggers = forms.CharField(label="Triggers review", widget=forms.Textarea({"rows": 4}))

    class Meta:
        model = Playbook
        fields = (
            "review_days", "portal_url", "login_hint", "phone", "fax", "hours", "say_first", "documents",
            "triggers", "evidence", "urgent_turnaround", "routine_turnaround", "validity", "notes",
        )  # fmt: skip
        widgets = {"notes": forms.Textarea({"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = queries.owners()
        owner.label_from_instance = lambda membership: membership.label
        self.initial.setdefault("owner", self.instance.owner_id)
        if self.instance.pk:
            for name in ("documents", "triggers"):
                self.initial[name] = "\n".join(getattr(self.instance, name))
        for name, label in Playbook.PortalField.choices:
            places = self.instance.field_order
            self.fields[f"place_{name}"] = forms.IntegerField(
                label=label,
                required=False,
                min_value=1,
                max_value=99,
                initial=places.index(name) + 1 if name in places else None,
                error_messages=WORDS[forms.IntegerField],
                widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
            )

    @property
    def places(self) -> list[BoundField]:
        """The fields of the portal, each with its place in the order."""
        return [self[name] for name in self.fields if name.startswith("place_")]

    def clean_documents(self) -> list[str]:
        return _entries(self.cleaned_data["documents"])

    def clean_triggers(self) -> list[str]:
        return _entries(self.cleaned_data["triggers"])

    @property
    def values(self) -> dict[str, Any]:
        found = super().values
        named = [name for name in found if name.startswith("place_")]
        placed = sorted((found[name], number, name) for number, name in enumerate(named) if found[name] is not None)
        order = [name.removeprefix("place_") for _, _, name in placed]
        return {**{name: value for name, value in found.items() if name not in named}, "field_order": order}

    def clean(self) -> dict[str, Any]:
        """Two fields cannot stand at one place."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        seen: dict[int, str] = {}
        for bound in self.places:
            place = cleaned.get(bound.name)
            if place is not None and place in seen:
                self.add_error(bound.name, ValidationError(f"{place} is the place of {seen[place]}."))
            elif place is not None:
                seen[place] = str(bound.label)
        return cleaned


def _entries(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
