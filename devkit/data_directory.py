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
            self._make()
        except OSError as error:
            raise StopError(
                f"{self.path} cannot be used for data ({error.strerror}): "
                "make it a directory that you can write, or name another one with --data."
            ) from error

    def is_in_use(self) -> bool:
        """By another supervisor. Makes nothing."""
        try:
            descriptor = os.open(self.path / "lock", os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def refuse_in_use(self) -> None:
        if self.is_in_use():
            holder = (self.path / "lock").read_text().strip()
            raise StopError(
                f"The data in {self.path} is in use by another dev.py, process {holder}: "
                "stop that one first, or name another directory with --data."
            )

    def _make(self) -> None:
        # Root's own may be passed through, because PostgreSQL as nobody must reach its part of it.
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        self.refuse_in_use()
        self._lock = self._take("lock", seconds=0)
        self.busy = self._take("busy", seconds=_OLD_RUN_ENDS_SECONDS)
        os.truncate(self._lock, 0)
        os.write(self._lock, str(os.getpid()).encode())
        shutil.rmtree(self.run, ignore_errors=True)
        for directory in (self.run, self.log, self.path / "documents"):
            directory.mkdir(mode=0o700, exist_ok=True)

    def _take(self, name: str, *, seconds: float) -> int:
        descriptor = os.open(self.path / name, os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            if time.monotonic() > end:
                os.close(descriptor)
                raise StopError(f"Processes of an earlier run still use {self.path}: end them, then run this again.")
            time.sleep(0.1)

    def close(self) -> None:
        if self._lock is not None:
            self.environment_file.unlink(missing_ok=True)
        for descriptor in (self.busy, self._lock):
            if descriptor is not None:
                os.close(descriptor)
        self.busy = self._lock = None

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


def _write_private(file: Path, text: str) -> None:
    """Replaced whole, never seen half-written, readable by its owner alone."""
    scratch = file.with_name(file.name + ".new")
    scratch.unlink(missing_ok=True)
    scratch.touch(mode=0o600)
    scratch.write_text(text)
    scratch.replace(file)
