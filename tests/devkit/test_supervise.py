"""What the supervisor tells when a program fails, and how the suite itself is set up."""

import os
import sys
from pathlib import Path

import pytest
from django.db import connection

from devkit.errors import StopError
from devkit.pytest_servers import describe_role
from devkit.supervisor import Program, Supervisor
from manage import database_for
from tests.conftest import pytest_runtest_setup


def program(code: str) -> Program:
    return Program("step", [sys.executable, "-c", code], dict(os.environ))


def test_failed_step_shows_its_last_lines_and_where_the_rest_is(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, tmp_path)
    with pytest.raises(StopError, match=r"step failed with exit code 3; the whole log is .*step.log\.\n    it broke"):
        supervisor.run(program("print('it broke'); raise SystemExit(3)"))


def test_step_returns_what_it_printed_this_time(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, tmp_path)
    assert supervisor.run(program("print('one')")) == ["one\n"]
    assert supervisor.run(program("print('two')")) == ["two\n"]


def test_program_that_cannot_start_ends_the_waiting(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, tmp_path, say=lambda _: None)
    child = supervisor.start(program("raise SystemExit('no such setting')"))
    with pytest.raises(StopError, match=r"step stopped 3 times while starting.*\n.*no such setting"):
        supervisor.wait_until(lambda: False, seconds=30, what="it", needs=[child])
    supervisor.stop()


def test_schema_commands_log_in_as_the_owner_and_others_do_not() -> None:
    addresses = {"DATABASE_OWNER_URL": "owner", "DATABASE_URL": "runtime"}
    assert database_for(["manage.py", "migrate", "members"], addresses) == "owner"
    assert database_for(["manage.py", "seed_demo"], addresses) is None
    assert database_for(["manage.py"], addresses) is None
    assert database_for(["manage.py", "migrate"], {"DATABASE_URL": "runtime"}) is None


@pytest.mark.django_db
def test_suite_is_the_runtime_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT session_user = current_user, rolsuper, rolbypassrls, rolcreatedb,"
            " (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid)"
            " FROM pg_roles WHERE rolname = session_user"
        )
        assert cursor.fetchone() == (True, False, False, False, 0)


@pytest.mark.django_db
def test_suite_refuses_to_run_as_owner_or_superuser() -> None:
    with pytest.raises(pytest.UsageError, match=r"would run as greenlight_owner.*relations owned: [1-9]"):
        describe_role(os.environ["DATABASE_OWNER_URL"])
    if "DATABASE_ADMIN_URL" in os.environ:
        with pytest.raises(pytest.UsageError, match="superuser: True, BYPASSRLS: True"):
            describe_role(os.environ["DATABASE_ADMIN_URL"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_committed_rows_are_gone_after_the_test(time: str) -> None:
    from accounts.models import User

    assert not User.objects.exists()
    User.objects.create(email="committed@north.example")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_what_migrations_shipped_stays_after_a_test_that_commits(time: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 20


def test_browser_test_without_a_browser_is_skipped_with_the_reason(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("CI", raising=False)
    request.node.add_marker("browser")
    with pytest.raises(pytest.skip.Exception, match="BROWSER TEST NOT RUN: no Chromium found"):
        pytest_runtest_setup(request.node)


def test_browser_test_without_a_browser_fails_in_ci(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("CI", "true")
    request.node.add_marker("browser")
    with pytest.raises(pytest.fail.Exception, match="CI must run the browser tests"):
        pytest_runtest_setup(request.node)
