"""`mutants`: plants defects one at a time in a copy of the checkout and demands that a test catches each."""

import time
from collections.abc import Sequence
from difflib import get_close_matches

from devkit.errors import StopError
from devkit.mutants.campaign import Judged, Verdict, judge_all, red_before
from devkit.mutants.catalogue import DEFECTS
from devkit.mutants.defect import Defect
from devkit.mutants.field import Field
from devkit.progress import step
from devkit.scratch import scratch_directory, signals_raise


def mutants(names: Sequence[str], *, listed: bool, markdown: bool) -> int:
    """Returns 0 when every defect was caught, 1 when one was not. Leaves no process and no file."""
    defects = _chosen(names)
    if listed:
        for defect in defects:
            print(f"{defect.name:<34} {defect.breaks}")
        return 0
    with scratch_directory("mutants") as directory, signals_raise():
        field = Field(directory)
        try:
            judged = _campaign(field, defects)
        finally:
            field.close()
    if markdown:
        _print_table(judged)
    missed = [each for each in judged if each.verdict is not Verdict.CAUGHT]
    print(f"\n{len(judged)} defects planted, {len(judged) - len(missed)} caught", flush=True)
    return 1 if missed else 0


def _chosen(names: Sequence[str]) -> list[Defect]:
    """The defects of these names, all when none is given."""
    known = {defect.name: defect for defect in DEFECTS}
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=3)
            raise StopError(f"There is no defect {name}." + (f" Near: {', '.join(near)}." if near else ""))
    return [known[name] for name in names] or list(DEFECTS)


def _campaign(field: Field, defects: Sequence[Defect]) -> list[Judged]:
    print(f"Planted defects, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}: {len(defects)}", flush=True)
    with step("A copy of the checkout, and servers"):
        field.make()
        field.open()
    with step("Their tests without any defect"):
        red = red_before(field, defects)
    judged = []
    for each in judge_all(field, defects, red):
        judged.append(each)
        print(f"  {each.verdict:<10} {each.seconds:6.1f} s  {each.defect.name:<34} {each.by}", flush=True)
    return judged


def _print_table(judged: Sequence[Judged]) -> None:
    print("\n| Defect | What it breaks | Caught by | Seconds |\n|---|---|---|---|")
    for each in judged:
        by = each.by if each.verdict is Verdict.CAUGHT else f"**{each.verdict}**: {each.by}"
        print(f"| {each.defect.name} | {each.defect.breaks} | {_in_table(by)} | {each.seconds:.0f} |")


def _in_table(test: str) -> str:
    file, _, name = test.partition("::")
    return f"`{file.removeprefix('tests/')}` {name.removeprefix('test_')}".rstrip().replace("|", "\\|")
