"""`test`: the checks and the whole suite; with arguments, the part of the suite they name."""

import os
import sys

from devkit.commands.check import check

# Three processes with a database each, for two cores: a test waits for PostgreSQL, a browser or a restart a quarter of
# its time. A file's tests stay together, since many share servers of their own. Files come in the order of their names:
# by number of tests, those few that start whole products would come last, and the others would idle.
WHOLE_SUITE = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder", "--durations=25"]


def test(arguments: list[str]) -> int:
    """Returns 1 when a check failed, though all tests ran; else becomes pytest, which ends with its own code."""
    pytest = [sys.executable, "-m", "pytest", *(arguments or WHOLE_SUITE)]
    if arguments:
        os.execv(sys.executable, pytest)
    checks = check()
    print("", flush=True)
    tests = os.spawnv(os.P_WAIT, sys.executable, pytest)
    return tests or checks
