"""Runs one program so that neither it nor anything it started outlives us.

    python -I -S guard.py --fifo PATH [--stop-signal NAME] [--grace SECONDS] [--user UID:GID] -- program ...

Four deaths are covered:

- *the supervisor* (even by SIGKILL): its pipe, our standard input, reaches its end; the program is asked to
  stop, then killed;
- *the program*: everything below it is killed, and we exit with its code, so that the supervisor can restart it;
- *this guard*: the program gets the parent-death signal, and every process below it that watches the FIFO
  (``config.lifeline``) sees its end, because only this guard holds the writing side;
- *a process between*: whoever loses its parent becomes ours (on Linux), wherever it moved its group or session.

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
_PR_SET_CHILD_SUBREAPER = 36
_ALL_GONE_SECONDS = 2.0


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


def control_process(option: int, value: int) -> None:
    """The kernel's prctl; nothing where there is none."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def die_with_parent(death_signal: int) -> Callable[[], None]:
    """To be called between fork and exec: the kernel will signal the new process when its parent dies
    (Linux)."""
    parent = os.getpid()

    def arm() -> None:
        control_process(_PR_SET_PDEATHSIG, death_signal)
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
        control_process(_PR_SET_CHILD_SUBREAPER, 1)
        self.child = self._start()
        watched = [0, self.wakeup]
        while (code := self._reap()) is None:
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
        self._clear()
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

    def _reap(self) -> int | None:
        """Takes in all who have died; the program's exit code if it was among them, negative for a signal."""
        with contextlib.suppress(ChildProcessError):
            while True:
                process, status = os.waitpid(-1, os.WNOHANG)
                if process == self.child.pid:
                    self.child.returncode = os.waitstatus_to_exitcode(status)
                    return self.child.returncode
                if process == 0:
                    return None
        return None

    def _clear(self) -> None:
        """Nothing of the program may hold a port or a file when the supervisor starts it again."""
        end = time.monotonic() + _ALL_GONE_SECONDS
        with contextlib.suppress(ChildProcessError):
            while time.monotonic() < end:
                self._kill_group()
                for orphan in _children():
                    os.kill(orphan, signal.SIGKILL)
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
                time.sleep(0.01)


def _children() -> list[int]:
    """Our own and those we inherited from the dead; none where the system does not tell."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children") as listed:
            return [int(word) for word in listed.read().split()]
    except OSError:
        return []


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
