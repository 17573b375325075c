"""`test`: the checks and the whole suite; with arguments, the part of the suite they name."""

import os
import sys

from devkit.commands.check import check


def test(arguments: list[str]) -> int:
    """Returns 1 when a check failed, though all tests ran; else becomes pytest, which ends with its own code."""
    pytest = [sys.executable, "-m", "pytest", *arguments]
    if arguments:
        os.execv(sys.executable, pytest)
    checks = check()
    print("", flush=True)
    tests = os.spawnv(os.P_WAIT, sys.executable, pytest)
    return tests or checks
