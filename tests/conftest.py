"""What every test stands on: the suite's own database, entered as the runtime role, and the rule for
browser tests."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from devkit.browser import ADVICE, find_chromium
from devkit.pytest_servers import describe_role
from devkit.suite_database import SuiteDatabase

pytest_plugins = ["tests.cast"]

# Django's name for what empties the tables after a test that commits. Private, so the type stubs have it not.
_FLUSH = "_fixture_teardown"


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_createdb: bool, django_db_blocker: Any) -> Iterator[None]:
    """Replaces pytest-django's: the runtime role, as which tests run, may neither create nor migrate nor
    empty."""
    database = SuiteDatabase(os.environ.get("PYTEST_XDIST_WORKER", "main"), migrate_anew=django_db_createdb)
    database.make()
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL"):
        if name in os.environ:
            os.environ[name] = database.url(os.environ[name])
    _refuse_powerful_role(os.environ["DATABASE_URL"])
    flush = getattr(TransactionTestCase, _FLUSH)
    setattr(TransactionTestCase, _FLUSH, lambda self: database.empty())
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = database.name
        yield
        connection.close()
    setattr(TransactionTestCase, _FLUSH, flush)
    database.drop()


def _refuse_powerful_role(address: str) -> None:
    try:
        describe_role(address)
    except pytest.UsageError as error:
        pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """One that PostgreSQL's user can enter: when we are root it runs as nobody, and pytest's own are private."""
    directory = Path(tempfile.mkdtemp(prefix="greenlight-test-"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") is None or find_chromium():
        return
    if os.environ.get("CI"):
        pytest.fail(f"CI must run the browser tests: {ADVICE}", pytrace=False)
    pytest.skip(f"BROWSER TEST NOT RUN: {ADVICE}")
