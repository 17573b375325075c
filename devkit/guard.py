"""Runs one program so that neither it nor anything it started outlives us.

    python -I -S guard.py --fifo PATH [--stop-signal NAME] [--grace SECONDS] [--user UID:GID] -- program ...

Four deaths are covered:

- *the supervisor* (even by SIGKILL): its pipe, our standard input, reaches its end; the program is asked to
  stop, then killed;
- *the program*: what is left of its process group is killed, and we exit with its code, so that the
  supervisor can restart it;
- *this guard*: the program gets the parent-death signal, and every process below it that watches the FIFO
  (``config.lifeline``) sees its end, because only this guard holds the writing side;
- *a process that left the group*: the FIFO again.

Standard library only; it runs without the environment's packages so that it starts in some hundredths of a
second.
"""

import argparse
import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable

LIFELINE_VARIABLE = "GREENLIGHT_LIFELINE"
_PR_SET_PDEATHSIG = 1
_GROUP_GONE_SECONDS = 2.0


def make_lifeline(path: str) -> int:
    """Makes the FIFO and returns its writing side, which exec does not pass on.

    A reader is opened for a moment because a FIFO without one cannot be opened for writing without waiting.
    """
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    os.mkfifo(path, 0o600)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    finally:
        os.close(reader)


def die_with_parent(death_signal: int) -> Callable[[], None]:
    """To be called between fork and exec: the kernel will signal the new process when its parent dies
    (Linux)."""
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None

    def arm() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return arm


class Guard:
    """One run of one program."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.stop_signal: int = signal.Signals[options.stop_signal]
        self.death_signal: int = signal.Signals[options.death_signal]
        self.grace: float = options.grace
        self.user: str = options.user
        self.command: list[str] = options.command
        self.kill_at: float | None = None
        self.wakeup, self._wakeup_write = os.pipe()

    def run(self) -> int:
        self._listen_to_signals()
        self.child = self._start()
        watched = [0, self.wakeup]
        while self.child.poll() is None:
            ready, _, _ = select.select(watched, [], [], self._patience())
            if self.wakeup in ready:
                received = os.read(self.wakeup, 64)
                if any(number != signal.SIGCHLD for number in received):
                    self._ask_to_stop()
            if 0 in ready and not os.read(0, 64):
                watched = [self.wakeup]
                self._ask_to_stop()
            if self.kill_at is not None and time.monotonic() >= self.kill_at:
                self._kill_group()
        self._clear_group()
        code = self.child.returncode
        return code if code >= 0 else 128 - code

    def _listen_to_signals(self) -> None:
        os.set_blocking(self._wakeup_write, False)
        signal.set_wakeup_fd(self._wakeup_write)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)

    def _start(self) -> subprocess.Popen[bytes]:
        arm = die_with_parent(self.death_signal)
        if not self.user:
            return subprocess.Popen(self.command, stdin=subprocess.DEVNULL, process_group=0, preexec_fn=arm)
        uid, gid = (int(part) for part in self.user.split(":"))
        return subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            process_group=0,
            preexec_fn=arm,
            user=uid,
            group=gid,
            extra_groups=[],
        )

    def _patience(self) -> float | None:
        return None if self.kill_at is None else max(0.0, self.kill_at - time.monotonic())

    def _ask_to_stop(self) -> None:
        if self.kill_at is None:
            self.child.send_signal(self.stop_signal)
            self.kill_at = time.monotonic() + self.grace

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.kill_at = time.monotonic() + 1.0

    def _clear_group(self) -> None:
        """Nothing of the program's group may hold a port or a file when the supervisor starts it again."""
        end = time.monotonic() + _GROUP_GONE_SECONDS
        with contextlib.suppress(ProcessLookupError, PermissionError):
            while time.monotonic() < end:
                os.killpg(self.child.pid, signal.SIGKILL)
                time.sleep(0.02)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="guard")
    parser.add_argument("--fifo", required=True)
    parser.add_argument("--stop-signal", default="SIGTERM")
    parser.add_argument("--death-signal", default="SIGKILL")
    parser.add_argument("--grace", type=float, default=10.0)
    parser.add_argument("--user", default="")
    parser.add_argument("--remove", default="")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    lifeline = make_lifeline(options.fifo)
    os.environ[LIFELINE_VARIABLE] = options.fifo
    try:
        return Guard(options).run()
    finally:
        os.close(lifeline)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(options.fifo)
        if options.remove:
            shutil.rmtree(options.remove, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
