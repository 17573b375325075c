"""What `up` keeps between runs: database, documents, secrets, logs. One supervisor at a time uses it.

Standard library only.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shlex
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devkit.errors import StopError

_OLD_RUN_ENDS_SECONDS = 40.0


@dataclass(frozen=True)
class Secrets:
    """Made once; they live as long as the data."""

    secret_key: str
    superuser: str
    owner: str
    runtime: str
    backup: str
    broker: str


class DataDirectory:
    """``lock`` is held by the supervisor alone, ``busy`` also by its guards: when a supervisor was killed, the next
    one waits until what it left has gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run = path / "run"
        self.log = path / "log"
        self.busy: int | None = None
        self._lock: int | None = None

    def open(self) -> None:
        """Makes what is missing and takes the lock. Raises StopError when it cannot be written or is in use."""
        try:
            # Root's own may be passed through, because PostgreSQL as nobody must reach its part of it.
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            if self._lock is None and not self.take_lock():
                raise StopError(self._in_use())
            self.busy = self._wait_for_old_run()
            shutil.rmtree(self.run, ignore_errors=True)
            for directory in (self.run, self.log, self.path / "documents"):
                directory.mkdir(mode=0o700, exist_ok=True)
        except PermissionError as error:
            raise StopError(
                f"{error.filename or self.path} cannot be written: make it writable, "
                "or name another directory with --data."
            ) from error
        except (FileExistsError, NotADirectoryError) as error:
            raise StopError(f"{self.path} is not a directory: name another one with --data.") from error

    def take_lock(self) -> bool:
        """False: a running supervisor holds it."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        os.truncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._lock = descriptor
        return True

    def release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def close(self) -> None:
        if self._lock is not None:
            self.environment_file.unlink(missing_ok=True)
        if self.busy is not None:
            os.close(self.busy)
            self.busy = None
        self.release_lock()

    def secrets(self) -> Secrets:
        file = self.path / "secrets.json"
        if file.exists():
            return Secrets(**json.loads(file.read_text()))
        if (self.path / "postgresql").exists():
            raise StopError(
                f"{file} is gone, and without it nobody can log in to the database beside it: "
                "put it back, or give the data up with `python3 dev.py reset`."
            )
        made = {name: secrets.token_urlsafe(48) for name in Secrets.__dataclass_fields__}
        _write_private(file, json.dumps(made))
        return Secrets(**made)

    @property
    def environment_file(self) -> Path:
        return self.path / "environment"

    def write_environment(self, variables: Mapping[str, str]) -> None:
        """For `dev.py manage` in a second terminal, or for a shell: set -a; . environment."""
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(variables.items())]
        _write_private(self.environment_file, "".join(lines))

    def read_environment(self) -> dict[str, str]:
        try:
            words = shlex.split(self.environment_file.read_text())
        except FileNotFoundError as error:
            raise StopError("`up` is still starting: run this again when it says Ready.") from error
        return dict(word.split("=", 1) for word in words)

    def _wait_for_old_run(self) -> int:
        descriptor = os.open(self.path / "busy", os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + _OLD_RUN_ENDS_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            time.sleep(0.1)
        os.close(descriptor)
        raise StopError(f"Processes of an earlier run still use {self.path}: end them, then run this again.")

    def _in_use(self) -> str:
        holder = (self.path / "lock").read_text().strip()
        return (
            f"The data in {self.path} is in use by another dev.py, process {holder}: "
            "stop that one first, or name another directory with --data."
        )


def _write_private(file: Path, text: str) -> None:
    """Replaced whole, never seen half-written, readable by its owner alone."""
    scratch = file.with_name(file.name + ".new")
    scratch.unlink(missing_ok=True)
    scratch.touch(mode=0o600)
    scratch.write_text(text)
    scratch.replace(file)
