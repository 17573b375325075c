"""Plants the defects one at a time and judges what their tests made of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from devkit.errors import StopError
from devkit.mutants.defect import Defect, misplaced
from devkit.mutants.field import PATIENCE, Ended, Field, Run

_NO_LONGER_A_PROGRAM = frozenset({"SyntaxError", "IndentationError", "NameError", "ImportError", "ModuleNotFoundError"})
_SOME_FAILED, _USAGE = 1, 4


class Verdict(StrEnum):
    CAUGHT = "caught"
    SURVIVED = "SURVIVED"
    MISPLACED = "MISPLACED"
    RED_BEFORE = "RED BEFORE"
    OTHERWISE = "OTHERWISE"


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one defect. `by` is the first test that failed, else what happened instead."""

    defect: Defect
    verdict: Verdict
    by: str
    seconds: float = 0.0


def red_before(field: Field, defects: Sequence[Defect]) -> set[str]:
    """The tests that fail without any defect, in one run of all that guard something: they prove nothing.

    Raises StopError when not all of them ran.
    """
    tests = sorted({test for defect in defects for test in defect.tests})
    run = field.run(tests, patience=PATIENCE * 6)
    if run.code not in (0, _SOME_FAILED):
        raise StopError(f"The tests do not run even without a defect:\n{run.said[-2000:]}")
    return {each.test for each in run.ended if each.is_red}


def judge_all(field: Field, defects: Sequence[Defect], red: set[str]) -> Iterator[Judged]:
    for defect in defects:
        yield judge(field, defect, red)


def judge(field: Field, defect: Defect, red: set[str]) -> Judged:
    """Plants one defect, runs what guards it, and puts the copy right again."""
    if problems := misplaced(defect, field.root):
        return Judged(defect, Verdict.MISPLACED, "; ".join(problems))
    if already := sorted(test for test in red if test.startswith(defect.tests)):
        return Judged(defect, Verdict.RED_BEFORE, already[0])
    with field.planted(defect):
        run = field.run(defect.tests, "-x")
    found, by = verdict(defect, run)
    return Judged(defect, found, by, run.seconds)


def verdict(defect: Defect, run: Run) -> tuple[Verdict, str]:
    """What a run of its tests says about a planted defect, and the test that says it."""
    if run.code == 0:
        return Verdict.SURVIVED, "no test failed"
    if run.code is None:
        return Verdict.OTHERWISE, "the tests did not end"
    if defect.refusal:
        refused = run.code in (_SOME_FAILED, _USAGE) and defect.refusal in " ".join(run.said.split())
        return (Verdict.CAUGHT, "the suite refuses to begin") if refused else (Verdict.OTHERWISE, _last_line(run))
    first = next((each for each in run.ended if each.is_red), None)
    if run.code == _SOME_FAILED and first is not None and _is_told_by_a_test(first):
        return Verdict.CAUGHT, first.test
    return Verdict.OTHERWISE, f"{first.when} of {first.test}: {first.error}" if first else _last_line(run)


def _is_told_by_a_test(ended: Ended) -> bool:
    """A test that got as far as asking, of a program that still runs."""
    return ended.when == "call" and ended.error not in _NO_LONGER_A_PROGRAM


def _last_line(run: Run) -> str:
    lines = run.said.strip().splitlines()
    return f"exit code {run.code}: {lines[-1] if lines else 'nothing was said'}"
