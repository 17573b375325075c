"""Pytest plugin: throw-away PostgreSQL and Valkey for one run of the suite, and the environment that points
at them.

It must act before pytest-django imports the settings, which ``conftest.py`` cannot; so it is named in
``addopts``. Only the controlling process starts servers: xdist workers inherit the environment. Nothing is
started when the environment already names servers (DATABASE_URL, DATABASE_OWNER_URL, REDIS_URL).
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest

from devkit import postgres, valkey
from devkit.errors import StopError
from devkit.external import servers_from_environment
from devkit.machine import can_enter, server_user
from devkit.migration_cache import BINARIES_VARIABLE
from devkit.suite_database import RUN_VARIABLE, drop_template, with_database
from devkit.supervisor import Supervisor
from tenancy.management.commands.prepare_database import PreparationError, prepare, read_administrator, read_roles

_DATABASE = "greenlight"


class ThrowAwayServers:
    """Both servers in a scratch directory, which the PostgreSQL guard removes even if pytest is killed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.supervisor = Supervisor(self.directory, self.directory, say=lambda _: None)

    def start(self) -> dict[str, str]:
        self._let_server_user_in()
        broker = valkey.prepare(self.directory / "valkey", secrets.token_urlsafe(24), throw_away=True)
        self.supervisor.start(broker.program())
        cluster = postgres.prepare(self.directory / "postgresql", secrets.token_urlsafe(24), throw_away=True)
        program = cluster.program(remove=self.directory)
        child = self.supervisor.start(program)
        self.supervisor.wait_until(cluster.is_ready, seconds=60, what="PostgreSQL", needs=[child])
        self.supervisor.wait_until(broker.is_ready, seconds=60, what="Valkey")
        environment = {
            "DATABASE_ADMIN_URL": cluster.admin_url,
            "DATABASE_OWNER_URL": cluster.url("greenlight_owner", secrets.token_urlsafe(24), _DATABASE),
            "DATABASE_URL": cluster.url("greenlight_app", secrets.token_urlsafe(24), _DATABASE),
            "DATABASE_BACKUP_URL": cluster.url("greenlight_backup", secrets.token_urlsafe(24), _DATABASE),
            "REDIS_URL": broker.url,
            BINARIES_VARIABLE: str(cluster.binaries),
        }
        prepare(read_administrator(environment), read_roles(environment))
        return environment

    def stop(self) -> None:
        self.supervisor.stop()

    def _let_server_user_in(self) -> None:
        user = server_user()
        if user is not None:
            self.directory.chmod(0o711)
        if not can_enter(self.directory, user):
            raise StopError(
                f"The user nobody cannot enter {self.directory}: set TMPDIR to a directory it can enter, such as /tmp."
            )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """A wrapper, because only wrappers run before pytest-django's own first."""
    known = early_config.known_args_namespace
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ["REDIS_URL"] = _broker_of(worker, os.environ["REDIS_URL"])
    elif not (known.help or known.version):
        _set_environment(early_config)
    return (yield)


def pytest_report_header() -> str:
    return describe_role(os.environ["DATABASE_URL"])


def describe_role(address: str) -> str:
    """Says who the suite is in the database. Raises pytest.UsageError when row-level security would not
    bind it."""
    with psycopg.connect(address, connect_timeout=10) as connection:
        row = connection.execute(
            "SELECT session_user, rolsuper, rolbypassrls,"
            " (SELECT count(*) FROM pg_class WHERE relowner = pg_roles.oid)"
            " FROM pg_roles WHERE rolname = session_user"
        ).fetchone()
    assert row is not None
    role, superuser, bypasses, owned = row
    if superuser or bypasses or owned:
        raise pytest.UsageError(
            f"The suite would run as {role} (superuser: {superuser}, BYPASSRLS: {bypasses}, "
            f"relations owned: {owned}), "
            "and row-level security would prove nothing: let DATABASE_URL name the plain runtime role."
        )
    return f"Suite runs as {role}: no superuser, no BYPASSRLS, owner of nothing"


def _broker_of(worker: str, address: str) -> str:
    """One of Valkey's sixteen databases for each xdist worker, so that none takes the messages of another."""
    return with_database(address, str(int(worker.removeprefix("gw")) % 16))


def _set_environment(config: pytest.Config) -> None:
    run = secrets.token_hex(4)
    directory = Path(tempfile.mkdtemp(prefix="greenlight-test-"))
    config.add_cleanup(lambda: shutil.rmtree(directory, ignore_errors=True))
    os.environ.update(
        {
            RUN_VARIABLE: run,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DEBUG": "false",
            "GREENLIGHT_DATA_DIR": str(directory / "data"),
            "STATIC_MANIFEST": "false",  # pages are rendered without collecting their files first
        }
    )
    try:
        external = servers_from_environment(os.environ)
        if not external:
            servers = ThrowAwayServers(directory)
            config.add_cleanup(servers.stop)
            os.environ.update(servers.start())
        read_roles(os.environ)
        describe_role(os.environ["DATABASE_URL"])
    except (StopError, PreparationError, psycopg.OperationalError) as error:
        raise pytest.UsageError(str(error)) from error
    if external:
        config.add_cleanup(lambda: drop_template(run))
