"""Each obstacle is named in one sentence that says what to do, with exit code 1, and nothing is left behind."""

import ast
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from devkit import postgres
from devkit.data_directory import DataDirectory
from devkit.errors import StopError
from devkit.external import servers_from_environment
from devkit.machine import LOOPBACK, free_port
from devkit.places import CHECKOUT


def dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CHECKOUT / "dev.py"), *arguments]
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def assert_refused(run: subprocess.CompletedProcess[str], *words: str) -> None:
    assert run.returncode == 1, run.stdout + run.stderr
    assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    for word in words:
        assert word in run.stderr


def test_old_python_is_told_which_one_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 6, 15, "final", 0))
    with pytest.raises(SystemExit, match=r"Python 3.11 or newer is needed, this is 3.6: run `python3.11 dev.py`"):
        runpy.run_path(str(CHECKOUT / "dev.py"), run_name="__main__")


def test_old_python_can_read_the_sentence() -> None:
    ast.parse((CHECKOUT / "dev.py").read_text(), feature_version=(3, 6))


def test_taken_port_is_named_and_nothing_is_made(open_directory: Path) -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = dev("up", "--port", str(port), "--data", str(open_directory / "data"))
    assert_refused(run, f"Port {port}", "--port")
    assert not (open_directory / "data").exists()


def test_data_in_use_names_who_uses_it(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    data.open()
    try:
        for command in (["up", "--port", str(free_port())], ["reset", "--yes"]):
            assert_refused(dev(*command, "--data", str(data.path)), str(data.path), "in use", "--data")
        assert (data.path / "log").exists()
    finally:
        data.close()


def test_place_that_cannot_hold_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(StopError, match=r"cannot be used for data .* --data"):
        DataDirectory(tmp_path / "file").open()


def test_data_of_another_postgresql_is_left_alone(open_directory: Path) -> None:
    (open_directory / "postgresql").mkdir()
    (open_directory / "postgresql" / "PG_VERSION").write_text("16\n")
    with pytest.raises(StopError, match=r"written by PostgreSQL 16, and this Greenlight brings PostgreSQL 18.*--data"):
        postgres.prepare(open_directory / "postgresql", "password")


def test_lost_secrets_beside_a_database_are_not_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgresql").mkdir()
    with pytest.raises(StopError, match=r"secrets.json is gone.*reset"):
        DataDirectory(tmp_path).secrets()


def test_half_named_servers_are_refused() -> None:
    with pytest.raises(StopError, match=r"^REDIS_URL is set but DATABASE_URL, DATABASE_OWNER_URL is not"):
        servers_from_environment({"REDIS_URL": "redis://127.0.0.1"})


@pytest.mark.parametrize("arguments", [["up", "--port", "0"], ["up", "--port", "x"], ["fly"], []])
def test_wrong_command_line_is_explained(arguments: list[str]) -> None:
    run = dev(*arguments)
    assert run.returncode == 2
    assert run.stderr.startswith("usage: python3 dev.py")


def test_reset_removes_nothing_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("")
    assert_refused(dev("reset", "--yes", "--data", str(tmp_path)), "nothing was removed")
    assert (tmp_path / "precious").exists()


def test_reset_asks_and_goes_by_the_answer(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path / "data")
    data.open()
    data.close()
    assert_refused(dev("reset", "--data", str(data.path)), "--yes")
    assert data.path.exists()
    assert dev("reset", "--yes", "--data", str(data.path)).returncode == 0
    assert not data.path.exists()
