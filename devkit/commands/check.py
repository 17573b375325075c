"""`check`: everything that can be said about the code without running it."""

import os
import subprocess
import sys
import time
from pathlib import Path

from devkit.lockfile import drift
from devkit.places import CHECKOUT

_BIN = Path(sys.executable).parent
_CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("Lint", ["ruff", "check", "."]),
    ("Format", ["ruff", "format", "--check", "."]),
    ("Import rules", ["lint-imports", "--config", "pyproject.toml"]),
    ("Missing migrations", ["python", "manage.py", "makemigrations", "--check", "--dry-run"]),
    ("Types", ["mypy", "."]),
)
# Settings must load; no check looks into a database, and nothing listens on port 1.
_ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "for-checks-only",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "DATABASE_OWNER_URL": "",
    "PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history",
}


def check() -> int:
    """Runs all, whatever fails; returns 1 if any failed."""
    failed = [label for label, command in _CHECKS if not _run(label, command)]
    if not _locks_are_whole():
        failed.append("Lock files")
    if failed:
        print(f"\nFailed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def _run(label: str, command: list[str]) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        [_BIN / command[0], *command[1:]],
        cwd=CHECKOUT,
        env={**os.environ, **_ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    _say(label, done.returncode == 0, started)
    if done.returncode:
        print(f"{done.stdout}{done.stderr}".rstrip(), flush=True)
    return done.returncode == 0


def _locks_are_whole() -> bool:
    started = time.monotonic()
    problems = drift()
    _say("Lock files", not problems, started)
    for problem in problems:
        print(f"    {problem}", flush=True)
    return not problems


def _say(label: str, well: bool, started: float) -> None:
    print(f"  {label:<44}{time.monotonic() - started:6.1f} s  {'ok' if well else 'FAILED'}", flush=True)
