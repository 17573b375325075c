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

from devkit.errors import StopError
from devkit.guard import die_with_parent
from devkit.migration_cache import MIGRATED_VARIABLE, latest
from devkit.mutants.defect import Defect, dig_up, plant
from devkit.mutants.witness import VARIABLE
from devkit.places import CHECKOUT, VENV
from devkit.pytest_servers import ThrowAwayServers

PATIENCE = 300.0
"""Seconds one run of tests may take."""

_FAREWELL = 30.0
_MIGRATED = Path(".pytest_cache") / "migrated"


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
        self._migrated = directory / "migrated.sql"
        self._servers = ThrowAwayServers(directory / "servers")
        self._addresses: dict[str, str] = {}

    def make(self) -> None:
        """Copies; the packages are those of the checkout, and a migrated database is kept only while it fits."""
        for name in _files():
            source, target = CHECKOUT / name, self.root / name
            if source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        (self.root / VENV.name).symlink_to(VENV)
        if (CHECKOUT / _MIGRATED).is_dir():
            shutil.copytree(CHECKOUT / _MIGRATED, self.root / _MIGRATED)
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
        migrated = None if defect.remakes_database else latest(self.root)
        try:
            if migrated is not None:
                shutil.copyfile(migrated, self._migrated)
                with self._migrated.open("a") as dump:
                    dump.write(f"\nSET search_path = public;\n{defect.sql};\n")
            yield
        finally:
            self._migrated.unlink(missing_ok=True)
            dig_up(before)

    def run(self, tests: Sequence[str], *options: str) -> Run:
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
                code = process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                self._end(process)
        ended = tuple(Ended(**json.loads(line)) for line in self._witness.read_text().splitlines())
        return Run(code, ended, self._log.read_text(errors="replace"), time.monotonic() - started)

    def _environment(self) -> dict[str, str]:
        # The copy comes before the checkout, whose path stands in the environment's packages.
        here = {"PYTHONPATH": str(self.root), "TMPDIR": str(self._temporary), VARIABLE: str(self._witness)}
        if self._migrated.exists():
            here[MIGRATED_VARIABLE] = str(self._migrated)
        return {**os.environ, **self._addresses, **here}

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
