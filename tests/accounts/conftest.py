"""Every test begins with no tries counted in this process."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def no_tries_counted() -> None:
    cache.clear()
