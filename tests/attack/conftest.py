"""Both houses furnished once for all of these tests, and everybody's walk through the product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attack.walk import Walks
from tests.web.theatre import Theatre, theatre


@pytest.fixture(scope="package")
def stages(django_db_setup: None, django_db_blocker: Any) -> Iterator[Theatre]:
    with django_db_blocker.unblock(), theatre() as made:
        yield made


@pytest.fixture(scope="package")
def walks(stages: Theatre) -> Walks:
    """What everybody of North is shown."""
    return Walks(stages, stages.north)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first of these tests pays for everybody's walk."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(900))
