"""Every test of signing in begins with no tries counted in this process, and with a hash that is quick to make."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from pytest_django import Settings

from config.settings import PASSWORD_HASHERS


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def quick_hash(settings: Settings) -> None:
    """The same algorithm with next to no work."""
    settings.PASSWORD_HASHERS = ["tests.accounts.quick.QuickArgon2"]


@pytest.fixture
def real_hash(settings: Settings, quick_hash: None) -> None:
    """As in production."""
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
