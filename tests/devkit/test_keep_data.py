"""The data directory: its lock, its secrets, and what it tells a second terminal."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from devkit.data_directory import DataDirectory
from devkit.errors import StopError

HOLD_BUSY = (
    "import fcntl, sys, time; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX); print(flush=True); time.sleep(0.7)"
)


def test_secrets_live_as_long_as_the_data_and_are_private(tmp_path: Path) -> None:
    first = DataDirectory(tmp_path).secrets()
    assert DataDirectory(tmp_path).secrets() == first
    assert len(first.secret_key) >= 50
    assert len({*vars(first).values()}) == len(vars(first))
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_environment_reaches_a_second_terminal_unchanged(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.open()
    variables = {"SECRET_KEY": "a 'quoted' $key\"", "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c?x=y=z"}
    data.write_environment(variables)
    assert data.environment_file.stat().st_mode & 0o777 == 0o600
    assert DataDirectory(tmp_path).read_environment() == variables
    data.close()
    with pytest.raises(StopError, match="still starting"):
        data.read_environment()


def test_next_run_waits_for_what_a_killed_one_left(tmp_path: Path) -> None:
    """Guards keep `busy` until their programs have ended; only then may PostgreSQL start again on the same files."""
    (tmp_path / "busy").touch()
    left_over = subprocess.Popen([sys.executable, "-c", HOLD_BUSY, tmp_path / "busy"], stdout=subprocess.PIPE)
    assert left_over.stdout
    left_over.stdout.readline()
    started = time.monotonic()
    data = DataDirectory(tmp_path)
    data.open()
    assert time.monotonic() - started > 0.4
    data.close()
    left_over.communicate()


def test_looking_whether_it_is_in_use_makes_nothing(tmp_path: Path) -> None:
    assert not DataDirectory(tmp_path / "data").is_in_use()
    assert not (tmp_path / "data").exists()
