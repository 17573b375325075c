"""Forms about people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.models import Role, User
from accounts.passwords import LONGEST
from accounts.scopes import SCOPE_WORDS


class InviteForm(forms.Form):
    email = forms.EmailField(label="Work e-mail", max_length=254)
    role: forms.ModelChoiceField[Role] = forms.ModelChoiceField(
        None, label="Role", empty_label="choose a role", error_messages={"required": "Choose the role."}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = Role.objects.order_by("name")  # type: ignore[attr-defined]


class AssignForm(forms.Form):
    role: forms.ModelChoiceField[Role] = forms.ModelChoiceField(None, label="Role", empty_label=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].queryset = Role.objects.order_by("name")  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    name = forms.CharField(label="Name of the role", max_length=80)
    scopes = forms.MultipleChoiceField(
        label="May",
        choices=[(scope.value, words) for scope, words in SCOPE_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class AcceptForm(forms.Form):
    """Somebody new: name and password. The password is typed once: it can be shown by the browser, or set again."""

    name = forms.CharField(label="Your name", max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="At least 12 characters. Any characters, no rules about which.",
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password
