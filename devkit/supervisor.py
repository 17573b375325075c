"""Starts programs, each under a guard, restarts those that die, and stops them all in reverse order.

There is no thread: whoever waits for something waits through ``wait_until`` or ``run``, and these look after
the children meanwhile.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devkit.errors import StopError

_GUARD = Path(__file__).with_name("guard.py")
_TICK_SECONDS = 0.05
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_SETTLED_SECONDS = 60.0
_TAIL_LINES = 15


@dataclass(frozen=True)
class Program:
    """What to run, and how it likes to be stopped.

    ``stop_signal`` asks it to end within ``grace`` seconds; ``death_signal`` is what the kernel sends when
    its guard is killed. ``user`` is a pair of uid and gid to run as, for a server that refuses to run as
    root. ``remove`` is a scratch directory that goes away with it.
    """

    name: str
    command: Sequence[str | os.PathLike[str]]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    grace: float = 10.0
    user: tuple[int, int] | None = None
    remove: Path | None = None


@dataclass
class Child:
    """A program that is meant to run until it is stopped."""

    program: Program
    guard: subprocess.Popen[bytes]
    started: float
    deaths: int = 0
    restart_at: float | None = None
    codes: list[int] = field(default_factory=list)


class Supervisor:
    """``run`` holds the FIFOs, ``log`` one file per program. ``lock`` is a descriptor that the guards keep
    open too, so that a data directory stays locked until the last of them is gone."""

    def __init__(self, run: Path, log: Path, *, lock: int | None = None, say: Callable[[str], None] = print) -> None:
        self.run_directory = run
        self.log_directory = log
        self.children: list[Child] = []
        self._lock = lock
        self._say = say
        self._serial = 0

    def start(self, program: Program) -> Child:
        child = Child(program, self._spawn(program), time.monotonic())
        self.children.append(child)
        return child

    def check(self) -> None:
        """Notices the dead and restarts them when their pause is over: at once half a second, at most 30."""
        now = time.monotonic()
        for child in self.children:
            if child.restart_at is None:
                self._notice_death(child, now)
            elif now >= child.restart_at:
                child.guard = self._spawn(child.program)
                child.started, child.restart_at = now, None

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, what: str, needs: Sequence[Child] = ()) -> None:
        """Raises StopError when it takes too long, or when one of ``needs`` has died three times over."""
        end = time.monotonic() + seconds
        while not ready():
            self.check()
            for child in needs:
                if child.deaths >= 3:
                    raise StopError(self._explain(child.program, f"stopped {child.deaths} times while starting"))
            if time.monotonic() > end:
                name = needs[0].program if needs else None
                text = f"{what} was not ready within {seconds:.0f} seconds"
                raise StopError(self._explain(name, text) if name else text + ".")
            time.sleep(_TICK_SECONDS)

    def run(self, *programs: Program) -> list[str]:
        """Runs programs side by side to their end and returns what each printed. Raises StopError with the last
        lines of the first that failed."""
        for program in programs:
            self.log_of(program).unlink(missing_ok=True)
        running = [(program, self._spawn(program)) for program in programs]
        try:
            while any(guard.poll() is None for _, guard in running):
                self.check()
                time.sleep(_TICK_SECONDS)
        finally:
            for program, guard in running:
                self._end(guard, program)
        for program, guard in running:
            if guard.returncode:
                raise StopError(self._explain(program, f"failed with exit code {guard.returncode}"))
        return [self.log_of(program).read_text(errors="replace") for program in programs]

    def stop(self) -> None:
        """Stops all in reverse order of their start, each within its grace."""
        while self.children:
            child = self.children.pop()
            self._end(child.guard, child.program)

    def log_of(self, program: Program) -> Path:
        return self.log_directory / f"{program.name}.log"

    def _notice_death(self, child: Child, now: float) -> None:
        code = child.guard.poll()
        if code is None:
            return
        self._close(child.guard)
        if now - child.started > _SETTLED_SECONDS:
            child.deaths = 0
        pause = min(_FIRST_PAUSE_SECONDS * 2**child.deaths, _LONGEST_PAUSE_SECONDS)
        child.deaths += 1
        child.codes.append(code)
        child.restart_at = now + pause
        self._say(f"{child.program.name} ended ({_ending(code)}); starting it again in {pause:g} s")

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        self._serial += 1
        fifo = self.run_directory / f"{program.name}-{os.getpid()}-{self._serial}"
        with self.log_of(program).open("ab") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    str(_GUARD),
                    *_guard_options(program, fifo),
                    "--",
                    *program.command,
                ],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=dict(program.environment),
                start_new_session=True,
                pass_fds=[] if self._lock is None else [self._lock],
            )

    def _end(self, guard: subprocess.Popen[bytes], program: Program) -> None:
        if guard.poll() is None:
            guard.terminate()
            try:
                guard.wait(program.grace + 5)
            except subprocess.TimeoutExpired:
                guard.kill()
                guard.wait()
        self._close(guard)

    def _close(self, guard: subprocess.Popen[bytes]) -> None:
        if guard.stdin is not None:
            with contextlib.suppress(OSError):
                guard.stdin.close()

    def _explain(self, program: Program | None, what: str) -> str:
        if program is None:
            return what
        log = self.log_of(program)
        lines = log.read_text(errors="replace").rstrip().splitlines()[-_TAIL_LINES:] if log.exists() else []
        tail = "".join(f"\n    {line}" for line in lines)
        return f"{program.name} {what}; the whole log is {log}.{tail}"


def _guard_options(program: Program, fifo: Path) -> list[str]:
    options = ["--fifo", str(fifo), "--grace", str(program.grace)]
    options += ["--stop-signal", program.stop_signal.name, "--death-signal", program.death_signal.name]
    if program.user is not None:
        options += ["--user", "{}:{}".format(*program.user)]
    if program.remove is not None:
        options += ["--remove", str(program.remove)]
    return options


def _ending(code: int) -> str:
    number = -code if code < 0 else code - 128
    if number > 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(number).name
    return f"exit code {code}"
