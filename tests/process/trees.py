"""Which processes belong to a test: all that inherited its token or work in its directory, whoever their parent is."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

TOKEN_VARIABLE = "GREENLIGHT_TEST_TREE"


def members(token: str, home: Path | None = None) -> set[int]:
    """``home`` finds PostgreSQL's processes, which write their titles over the environment they were given."""
    wanted = f"{TOKEN_VARIABLE}={token}".encode()
    found = set()
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if is_zombie(directory):
                continue
            at_home = home is not None and (directory / "cwd").readlink().is_relative_to(home)
            if at_home or wanted in (directory / "environ").read_bytes().split(b"\0"):
                found.add(int(directory.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def is_zombie(directory: Path) -> bool:
    return (directory / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def children_of(process: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


def eventually(what: Callable[[], object], seconds: float = 15.0) -> bool:
    """Whether it becomes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def serving_process(port: int) -> int | None:
    """The process that answers on the port, None if none does."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
            return int(answer.read())
    except OSError:
        return None
