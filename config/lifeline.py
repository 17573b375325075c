"""Ends this process when whoever keeps it alive is gone.

``dev.py up`` gives every process it starts the path of a FIFO in ``GREENLIGHT_LIFELINE``; one guard process
alone holds the writing side. When the guard dies, by whatever death, readers see the end of the file and
leave. It works for any grandchild, because the path is enough: no descriptor needs to be inherited. Without
the variable nothing happens.
"""

import errno
import os
import select
import stat
import threading
from typing import Final

VARIABLE: Final = "GREENLIGHT_LIFELINE"
EXIT_CODE: Final = 70
_RECHECK_MILLISECONDS: Final = 2000

_armed_in: int | None = None


def watch() -> None:
    """Starts the watching thread, once per process, and again in every process forked from this one."""
    global _armed_in
    if not os.environ.get(VARIABLE) or _armed_in == os.getpid():
        return
    first = _armed_in is None
    _armed_in = os.getpid()
    threading.Thread(target=_wait_for_end, name="lifeline", daemon=True).start()
    if first:
        os.register_at_fork(after_in_child=watch)


def _wait_for_end() -> None:
    path = os.environ[VARIABLE]
    while True:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        except FileNotFoundError:
            os._exit(EXIT_CODE)
        if _ended(descriptor):
            os._exit(EXIT_CODE)


def _ended(descriptor: int) -> bool:
    """Waits for the end of the file. False: code that closes all descriptors it finds closed ours."""
    identity = os.fstat(descriptor).st_ino
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while True:
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISFIFO(status.st_mode) or status.st_ino != identity:
                return False
            # Reading comes before waiting: poll stays silent on a FIFO that had no writer when it was opened.
            if os.read(descriptor, 1) == b"":
                return True
        except BlockingIOError:
            poll.poll(_RECHECK_MILLISECONDS)
        except OSError as error:
            if error.errno == errno.EBADF:
                return False
            raise
