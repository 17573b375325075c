"""Codes of the second step: each works once, and ten wrong ones close the door for a quarter of an hour.

allauth remembers a used code in the memory of one process; here the authenticator's row remembers the last period
that was used, under a lock, so that no other process takes the code again.
"""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.security import has_tried_too_many_codes, note

LAST_PERIOD = "last_period"


def period_of(secret: str, code: str) -> int | None:
    """The period whose code this is, of the present one and its neighbours."""
    typed = "".join(code.split())
    for counter in yield_hotp_counters_from_time():
        if format_hotp_value(hotp_value(secret, counter)) == typed:
            return int(counter)
    return None


class _OnceOnly:
    """Put in front of allauth's forms for a code."""

    user: Any
    authenticator: Authenticator

    def clean_code(self) -> str:
        problem: ValidationError | None = None
        code = ""
        # No error leaves the block: what is noted in it must stay.
        with transaction.atomic():
            list(Authenticator.objects.select_for_update().filter(user=self.user).order_by("id"))
            if has_tried_too_many_codes(self.user.pk, timezone.now()):
                problem = get_adapter().validation_error("too_many_codes")
            else:
                try:
                    code = super().clean_code()  # type: ignore[misc]
                except ValidationError as error:
                    problem = error
                else:
                    problem = self._spend(code)
        if problem is not None:
            raise problem
        return code

    def _spend(self, code: str) -> ValidationError | None:
        """Remember the code's period. None when it was not used before."""
        now = timezone.now()
        if self.authenticator.type == Authenticator.Type.TOTP:
            data = self.authenticator.data
            period = period_of(get_adapter().decrypt(data["secret"]), code)
            if period is None or period <= data.get(LAST_PERIOD, -1):
                note("code.refused", now=now, user_id=self.user.pk, request=context.request, reason="used before")
                error: ValidationError = get_adapter().validation_error("incorrect_code")
                return error
            self.authenticator.data = {**data, LAST_PERIOD: period}
            self.authenticator.save(update_fields=["data"])
        note("code.accepted", now=now, user_id=self.user.pk, request=context.request, type=self.authenticator.type)
        return None


class CodeForm(_OnceOnly, AuthenticateForm):  # type: ignore[misc]
    """The second step of signing in."""


class CodeAgainForm(_OnceOnly, ReauthenticateForm):  # type: ignore[misc]
    """A code asked again before something delicate."""


class SetUpForm(ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new authenticator; it does not work a second time for signing in."""

    def clean_code(self) -> str:
        code: str = super().clean_code()
        context.request.totp_period = period_of(self.secret, code)
        return code
