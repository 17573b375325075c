"""The copy of the checkout that defects are planted in, and runs of its tests."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from devkit.errors import StopError
from devkit.guard import die_with_parent
from devkit.mutants.defect import Defect, dig_up, plant
from devkit.mutants.witness import VARIABLE
from devkit.places import CHECKOUT
from devkit.pytest_servers import ThrowAwayServers
from devkit.suite_database import TEMPLATE_VARIABLE

PATIENCE = 300.0
"""Seconds the tests of one defect may take."""

_FAREWELL = 30.0
_DUMPS = Path(".pytest_cache") / "migrated"
_MIGRATED, _PLANTED = "greenlight_migrated", "greenlight_planted"


@dataclass(frozen=True, slots=True)
class Ended:
    """How one test ended: `when` is setup, call or teardown; `error` the class of the exception."""

    test: str
    when: str
    outcome: str
    error: str

    @property
    def is_red(self) -> bool:
        return self.outcome == "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of pytest. `code` is its exit code, None when it did not end in time."""

    code: int | None
    ended: tuple[Ended, ...]
    said: str
    seconds: float


class Field:
    """A copy of every file of the checkout that git does not ignore, as it stands there, below `directory`; and servers
    for the tests."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "checkout"
        self._temporary = directory / "tmp"
        self._witness = directory / "witness"
        self._log = directory / "log"
        self._template = _MIGRATED
        self._servers = ThrowAwayServers(directory / "servers")
        self._addresses: dict[str, str] = {}

    def make(self) -> None:
        """Copies; a dump of the migrated database is taken along, and counts only while it fits.

        No .venv: what a test did to one through a link, it would do to the checkout's.
        """
        for name in _files():
            source, target = CHECKOUT / name, self.root / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        if (CHECKOUT / _DUMPS).is_dir():
            shutil.copytree(CHECKOUT / _DUMPS, self.root / _DUMPS)
        self._temporary.mkdir()
        self._temporary.chmod(0o711)

    def open(self) -> None:
        """Starts the servers."""
        self._servers.directory.mkdir()
        self._addresses = self._servers.start()

    def close(self) -> None:
        self._servers.stop()

    @contextmanager
    def planted(self, defect: Defect) -> Iterator[None]:
        """The copy with the defect in it. The database is migrated anew only where the defect is in what makes it."""
        before = plant(defect, self.root)
        try:
            self._template = "" if defect.remakes_database else _MIGRATED
            if defect.sql:
                self._template = _PLANTED
                self._make_planted(defect.sql)
            yield
        finally:
            self._template = _MIGRATED
            dig_up(before)

    def _make_planted(self, sql: str) -> None:
        """The migrated database with the defect in it. The tests before have migrated it."""
        server = self._addresses["DATABASE_ADMIN_URL"]
        with psycopg.connect(server, dbname="postgres", autocommit=True) as administrator:
            administrator.execute(f"DROP DATABASE IF EXISTS {_PLANTED}".encode())
            administrator.execute(f"CREATE DATABASE {_PLANTED} TEMPLATE {_MIGRATED} OWNER greenlight_owner".encode())
        with psycopg.connect(server, dbname=_PLANTED, autocommit=True) as administrator:
            administrator.execute(sql.encode())

    def run(self, tests: Sequence[str], *options: str, patience: float = PATIENCE) -> Run:
        """Runs these tests. Whatever happens, no process of the run is left."""
        self._witness.write_text("")
        command = [sys.executable, "-m", "pytest", "-p", "devkit.mutants.witness", "-q", *options, *tests]
        started = time.monotonic()
        with self._log.open("w") as log:
            process = subprocess.Popen(
                command,
                cwd=self.root,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
            )
            try:
                code = process.wait(patience)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                self._end(process)
        ended = tuple(Ended(**json.loads(line)) for line in self._witness.read_text().splitlines())
        return Run(code, ended, self._log.read_text(errors="replace"), time.monotonic() - started)

    def _environment(self) -> dict[str, str]:
        # The copy comes before the checkout, whose path stands in the environment's packages.
        here = {"PYTHONPATH": str(self.root), "TMPDIR": str(self._temporary), VARIABLE: str(self._witness)}
        here[TEMPLATE_VARIABLE] = self._template
        # A campaign may itself run under pytest: what that tells its own workers is not for ours.
        outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return {**outside, **self._addresses, **here}

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        """Asks pytest to clear away what its tests started; guards do it where pytest cannot any more."""
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_FAREWELL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _files() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    if listed.returncode:
        raise StopError("Defects are planted in a copy of what git does not ignore: this needs git and a clone.")
    return [name for name in listed.stdout.split("\0") if name]
