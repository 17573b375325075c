"""People in front of pages: browsers signed in as somebody of the cast, on the day the cast lives in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from tests.cast import NOW, House

SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def plain_settings(settings: Settings) -> None:
    """No hashed static names, and no strong hash for people who never type a password."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def that_day() -> Iterator[None]:
    """Monday, November 23, 2026, 10:18 AM Eastern."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def sign_in(that_day: None) -> SignIn:
    """`sign_in(north, "clinician")`: a browser of that person."""

    def open_browser(house: House, role: str = "specialist") -> Client:
        client = Client()
        client.force_login(house.users[role])
        return client

    return open_browser
