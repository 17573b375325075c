"""Planted defects: each fits the code it breaks, and only a test that failed counts as a catch."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from devkit.mutants.campaign import Verdict, verdict
from devkit.mutants.catalogue import DEFECTS
from devkit.mutants.defect import Defect, Edit, dig_up, misplaced, plant
from devkit.mutants.field import Ended, Run
from devkit.places import CHECKOUT
from tests.process.trees import TOKEN_VARIABLE, eventually, members

SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "REDIS_URL")
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
SAMPLE = Defect("x", "X.", (Edit("a.py", "one", "two"),), ("tests/test_a.py::test_one",))


def test_every_defect_fits_the_code_and_names_tests_that_exist() -> None:
    """Whoever rewrites the line of a defect rewrites the defect: it stands in devkit/mutants/catalogue."""
    assert [problem for defect in DEFECTS for problem in misplaced(defect, CHECKOUT)] == []


def test_every_defect_has_a_name_of_its_own_and_breaks_something() -> None:
    assert [name for name, times in Counter(each.name for each in DEFECTS).items() if times > 1] == []
    for defect in DEFECTS:
        assert defect.edits or defect.sql, defect.name
        assert defect.tests, defect.name
        assert defect.breaks.endswith("."), defect.name
        assert all(edit.old != edit.new for edit in defect.edits), defect.name


@pytest.mark.parametrize(
    ("text", "told"),
    [("one", []), ("one one", ["x: a.py has 2 times, not once: one"]), ("", ["x: a.py has 0 times, not once: one"])],
)
def test_text_that_is_not_found_once_is_told(tmp_path: Path, text: str, told: list[str]) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("def test_one() -> None: ...")
    (tmp_path / "a.py").write_text(text)
    assert misplaced(SAMPLE, tmp_path) == told


def test_a_test_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one")
    assert misplaced(SAMPLE, tmp_path) == ["x: there is no test tests/test_a.py::test_one"]


def test_what_is_planted_is_dug_up(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("one, three")
    twice = Defect("x", "X.", (Edit("a.py", "one", "two"), Edit("a.py", "three", "four")), ("tests",))
    before = plant(twice, tmp_path)
    assert file.read_text() == "two, four"
    dig_up(before)
    assert file.read_text() == "one, three"


RED = Ended("tests/test_a.py::test_one", "call", "failed", "AssertionError")
GREEN = Ended("tests/test_a.py::test_zero", "call", "passed", "")


@pytest.mark.parametrize(
    ("code", "ended", "judged"),
    [
        (1, (GREEN, RED), Verdict.CAUGHT),
        (0, (GREEN,), Verdict.SURVIVED),
        (1, (Ended("t", "setup", "failed", "ProgrammingError"),), Verdict.OTHERWISE),
        (1, (Ended("t", "call", "failed", "NameError"),), Verdict.OTHERWISE),
        (2, (), Verdict.OTHERWISE),
        (4, (), Verdict.OTHERWISE),
        (None, (GREEN,), Verdict.OTHERWISE),
    ],
    ids=["failed", "green", "no database", "no program", "not collected", "not begun", "endless"],
)
def test_only_a_test_that_failed_counts_as_a_catch(code: int | None, ended: tuple[Ended, ...], judged: Verdict) -> None:
    assert verdict(SAMPLE, Run(code, ended, "said", 1.0))[0] is judged


def test_a_suite_that_refuses_to_begin_counts_where_that_is_what_guards() -> None:
    guarded = Defect("x", "X.", (), ("tests",), sql="SELECT 1", refusal="would prove nothing")
    assert verdict(guarded, Run(4, (), "row-level security\nwould prove  nothing", 1.0))[0] is Verdict.CAUGHT
    assert verdict(guarded, Run(4, (), "no such file", 1.0))[0] is Verdict.OTHERWISE
    assert verdict(guarded, Run(0, (GREEN,), "", 1.0))[0] is Verdict.SURVIVED


# The campaign as people call it --------------------------------------------------------------------------------


@pytest.fixture
def place() -> Iterator[Path]:
    """Where a campaign keeps its scratch; PostgreSQL's user must get there."""
    directory = Path(tempfile.mkdtemp(prefix="greenlight-test-"))
    directory.chmod(0o711)
    yield directory
    directory.rmdir()  # refuses when something is left


def campaign(place: Path, token: str, *names: str) -> subprocess.Popen[str]:
    outside = {name: value for name, value in os.environ.items() if name not in SERVERS}
    return subprocess.Popen(
        [sys.executable, "dev.py", "mutants", *names],
        cwd=CHECKOUT,
        env={**outside, TOKEN_VARIABLE: token, "TMPDIR": str(place)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@LINUX
@pytest.mark.process
def test_two_defects_are_planted_and_caught_and_nothing_is_left(place: Path) -> None:
    """One in the database, one in a line of code."""
    token = uuid.uuid4().hex
    run = campaign(place, token, "policy-dropped", "cells-calculate")
    said, _ = run.communicate(timeout=280)
    assert run.returncode == 0, said
    assert "caught" in said
    assert "2 defects planted, 2 caught" in said
    assert "test_every_table_with_an_organization_forces_its_policy" in said
    assert eventually(lambda: not members(token, place), 20), "processes were left behind"
    assert misplaced(next(each for each in DEFECTS if each.name == "cells-calculate"), CHECKOUT) == []


@LINUX
@pytest.mark.process
def test_a_campaign_that_is_broken_off_leaves_nothing_behind(place: Path) -> None:
    token = uuid.uuid4().hex
    run = campaign(place, token, "policy-dropped")
    assert eventually(lambda: len(members(token, place)) > 8, 60)
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=90)
    assert run.returncode != 0
    assert eventually(lambda: not members(token, place), 30), "processes were left behind"


def test_a_name_that_is_none_is_told_with_those_near_to_it() -> None:
    command = [sys.executable, "dev.py", "mutants", "policy-droped"]
    said = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "There is no defect policy-droped. Near: policy-dropped" in said.stderr
