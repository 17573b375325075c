"""The key of the installation is changed: nobody loses the second step, and the former key can go."""

from __future__ import annotations

import io

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests.cast import House

FORMER, PRESENT = "f" * 50, "p" * 50


@pytest.mark.django_db
def test_second_steps_survive_the_end_of_the_former_key(north: House, settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = FORMER, []
    person = north.users["specialist"]
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    codes = RecoveryCodes.activate(person).get_unused_codes()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = PRESENT, [FORMER]
    said = io.StringIO()
    call_command("renew_secrets", stdout=said)
    assert "2 of 2" in said.getvalue()

    settings.SECRET_KEY_FALLBACKS = []
    assert RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).get_unused_codes() == codes
    from allauth.mfa.utils import decrypt

    assert decrypt(Authenticator.objects.get(type="totp").data["secret"]) == "JBSWY3DPEHPK3PXP"


@pytest.mark.django_db
def test_a_secret_that_no_key_opens_is_named_and_kept(north: House, settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = FORMER, []
    TOTP.activate(north.users["specialist"], "JBSWY3DPEHPK3PXP")
    before = Authenticator.objects.get()

    settings.SECRET_KEY = PRESENT
    with pytest.raises(CommandError, match=f"No key opens authenticators {before.pk}"):
        call_command("renew_secrets", stdout=io.StringIO())
    assert Authenticator.objects.get().data == before.data
