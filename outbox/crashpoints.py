"""Named places at which a process can be made to die, so that a test can prove that nothing is lost there.

Without the variable `GREENLIGHT_CRASH_POINTS` nothing happens, at the cost of one comparison. With it, it names a
directory: a file in it that is called like a point arms that point, and the first process to come there takes the
file away and ends at once, as after SIGKILL: no rollback of its own, no clean-up, no farewell to a server.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Final

VARIABLE: Final = "GREENLIGHT_CRASH_POINTS"
EXIT_CODE: Final = 86


class CrashPoint(StrEnum):
    """Where a death has consequences of its own; in the order in which a message passes them."""

    BEFORE_COMMIT = "before-commit"
    """The work is in the outbox, its transaction not committed: nothing may have happened."""
    AFTER_COMMIT = "after-commit"
    """Committed, the bell not rung: the sweep must find it."""
    AFTER_CLAIM = "after-claim"
    """A worker has the lease and nothing else."""
    AFTER_FREEZE = "after-freeze"
    """Numbers are taken and bytes kept, nothing was sent."""
    AFTER_SEND = "after-send"
    """The partner may have it, and we do not know."""
    AFTER_STORE = "after-store"
    """What came is stored and not read."""
    AFTER_EFFECT = "after-effect"
    """An answer counts, and was not acknowledged."""
    AFTER_WORK = "after-work"
    """All is done but the mark that says so."""


_directory: Final = Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None


def crash_point(point: CrashPoint) -> None:
    """Die here if this point is armed."""
    if _directory is None:
        return
    try:
        (_directory / point).unlink()
    except FileNotFoundError:
        return
    os._exit(EXIT_CODE)
