"""Browsers that sign in through the pages people use."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.cast import PASSWORD, House

SIGN_IN = "/account/sign-in/"
HERE, ELSEWHERE = "203.0.113.7", "203.0.113.8"


def attempt(email: str, password: str, address: str = HERE, client: Client | None = None, **more: Any) -> int:
    """The status of one try."""
    browser = client or Client()
    return browser.post(SIGN_IN, {"login": email, "password": password}, REMOTE_ADDR=address, **more).status_code


def signed_in(email: str, password: str = PASSWORD) -> Client:
    client = Client()
    assert attempt(email, password, client=client) == 302
    return client


def browser_of(house: House, role: str) -> Client:
    """Signed in without the pages: for tests about what comes after."""
    client = Client()
    client.force_login(house.users[role])
    return client
