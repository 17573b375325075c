"""An armed point ends the process that comes to it, once; an unarmed one costs nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from devkit.places import CHECKOUT
from outbox.crashpoints import EXIT_CODE, VARIABLE, CrashPoint

PASSING = "from outbox.crashpoints import CrashPoint, crash_point; crash_point(CrashPoint.AFTER_SEND); print('passed')"


def come_by(**environment: str) -> subprocess.CompletedProcess[str]:
    base = {name: value for name, value in os.environ.items() if name != VARIABLE}
    return subprocess.run(
        [sys.executable, "-c", PASSING],
        env={**base, **environment},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_armed_point_ends_one_process_and_lets_the_next_one_by(tmp_path: Path) -> None:
    (tmp_path / CrashPoint.AFTER_SEND).touch()
    died = come_by(**{VARIABLE: str(tmp_path)})
    assert (died.returncode, died.stdout) == (EXIT_CODE, "")
    assert come_by(**{VARIABLE: str(tmp_path)}).stdout == "passed\n"


def test_other_points_and_processes_without_the_variable_pass(tmp_path: Path) -> None:
    (tmp_path / CrashPoint.AFTER_CLAIM).touch()
    assert come_by(**{VARIABLE: str(tmp_path)}).stdout == "passed\n"
    (tmp_path / CrashPoint.AFTER_SEND).touch()
    assert come_by().stdout == "passed\n"
