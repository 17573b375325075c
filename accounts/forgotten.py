"""A forgotten password: the link to a new one goes by mail, and every address gets a mail and the same page.

An address nobody signs in with is mailed too, so that neither the page nor the time it takes tells who has an account.
A new password opens nothing by itself: the second step, where it is set up, is asked as always.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, default_token_generator
from allauth.account.internal.flows.password_reset import request_password_reset
from django.http import HttpRequest
from django.utils import timezone

from accounts.security import hashed_name, note


class ForgottenForm(ResetPasswordForm):  # type: ignore[misc]
    """The address to send the link to."""

    def save(self, request: HttpRequest, **_: Any) -> str:
        """Send the mail and write down that it was asked for."""
        email: str = self.cleaned_data["email"]
        now = timezone.now()
        if self.users:
            for user in self.users:
                note("password.forgotten", now=now, user_id=user.pk, request=request)
            request_password_reset(request, email, self.users, default_token_generator)
        else:
            note("password.forgotten", now=now, request=request, name=hashed_name(email))
            get_adapter().send_mail("account/email/unknown_account", email, {})
        return email
