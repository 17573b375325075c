"""The fault driver as people call it: a short run ends by itself, finds nothing, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from devkit.places import CHECKOUT
from tests.process.trees import TOKEN_VARIABLE, eventually, members

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "REDIS_URL")


@pytest.fixture
def place() -> Iterator[Path]:
    """Where the run keeps its scratch; PostgreSQL's user must get there."""
    directory = Path(tempfile.mkdtemp(prefix="greenlight-test-"))
    directory.chmod(0o711)
    yield directory
    directory.rmdir()  # refuses when something is left


class Run:
    """One call of the driver, and the token of all its processes."""

    def __init__(self, place: Path, *arguments: str, **environment: str) -> None:
        self.token = uuid.uuid4().hex
        outside = {name: value for name, value in os.environ.items() if name not in SERVERS}
        self.process = subprocess.Popen(
            [sys.executable, "dev.py", "faults", *arguments],
            cwd=CHECKOUT,
            env={**outside, TOKEN_VARIABLE: self.token, "TMPDIR": str(place), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.place = place

    def left(self) -> set[int]:
        return members(self.token, self.place)


def test_a_short_run_finds_nothing_and_ends_by_itself(place: Path) -> None:
    run = Run(place, "--minutes", "0.4", "--seed", "7")
    said, _ = run.process.communicate(timeout=280)
    assert run.process.returncode == 0, said
    assert "Lost 0, excess 0, other 0" in said
    faults = re.search(r"Faults, .* UTC: (\d+)", said)
    confirmed = re.search(r"submit +(\d+) ok", said)
    assert faults
    assert int(faults[1]) >= 3, said
    assert confirmed
    assert int(confirmed[1]) >= 1, said
    assert eventually(lambda: not run.left(), 20), "processes were left behind"


def test_a_run_that_is_broken_off_leaves_nothing_behind(place: Path) -> None:
    run = Run(place, "--minutes", "5")
    assert eventually(lambda: len(run.left()) > 5, 60)
    run.process.send_signal(signal.SIGTERM)
    run.process.communicate(timeout=60)
    assert run.process.returncode != 0
    assert eventually(lambda: not run.left(), 20), "processes were left behind"
    assert eventually(lambda: not list(place.iterdir()), 5)


def test_it_does_not_touch_servers_of_somebody_else(place: Path) -> None:
    began = time.monotonic()
    run = Run(place, REDIS_URL="redis://127.0.0.1:1/0", DATABASE_URL="x", DATABASE_OWNER_URL="x")
    said, _ = run.process.communicate(timeout=60)
    assert run.process.returncode == 1
    assert "brings its own" in said
    assert time.monotonic() - began < 60
