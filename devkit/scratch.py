"""A run that must leave nothing behind: its directory, and how a signal ends it. Standard library only."""

import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


@contextmanager
def scratch_directory(purpose: str) -> Iterator[Path]:
    """A new directory, removed afterwards. Entered by PostgreSQL's user too, who is not root."""
    directory = Path(tempfile.mkdtemp(prefix=f"greenlight-{purpose}-"))
    directory.chmod(0o711)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def signals_raise() -> Iterator[None]:
    """SIGTERM and SIGHUP end us like Ctrl-C, so that what must be cleared away is; also where a shell put us in the
    background, which makes us deaf to Ctrl-C."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
