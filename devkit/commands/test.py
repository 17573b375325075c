"""`test`: the checks and the whole suite; with arguments, the part of the suite they name."""

import os
import sys

from devkit.commands.check import check

# Two processes with a database each; a file's tests stay together, since many share servers of their own. Files come in
# the order of their names: by number of tests, those few that start whole products would come last, and one would idle.
# A third process on two cores starves the products that tests start: a run of faults then gets nothing done.
WHOLE_SUITE = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "--durations=25"]


def test(arguments: list[str]) -> int:
    """Returns 1 when a check failed, though all tests ran; else becomes pytest, which ends with its own code."""
    pytest = [sys.executable, "-m", "pytest", *(arguments or WHOLE_SUITE)]
    if arguments:
        os.execv(sys.executable, pytest)
    checks = check()
    print("", flush=True)
    tests = os.spawnv(os.P_WAIT, sys.executable, pytest)
    return tests or checks
