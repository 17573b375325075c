"""The cast, for everything that needs a database."""

import pytest
from pytest_django import Settings

from tests.cast import in_north, north, south

__all__ = ["in_north", "north", "south"]


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Settings) -> None:
    """Nobody signs in here, and a strong hash for every person of the cast costs more than the test."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
