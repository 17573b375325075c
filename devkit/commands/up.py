"""`up`: everything on this machine, until it is told to stop."""

import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from config.demo import DEMO_DOMAINS, DEMO_PASSWORD, DEMO_ROLES
from devkit import processes, stack
from devkit.data_directory import DataDirectory
from devkit.errors import StopError
from devkit.machine import LOOPBACK, answers, free_port, port_is_free
from devkit.progress import step
from devkit.supervisor import Supervisor

_STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_READY_SECONDS = 60.0
_LOOK_AROUND_SECONDS = 0.2


class _ToldToStop(BaseException):
    """A signal asks for the end; not an Exception, so that nothing on the way swallows it."""


def up(path: Path, port: int, *, demo: bool) -> int:
    """Returns 0 when it was told to stop. Raises StopError when something is in the way."""
    data = DataDirectory(path)
    with _signals_raise():
        try:
            _look_for_obstacles(data, port)
            data.open()
            supervisor = Supervisor(data.run, data.log, lock=data.busy, say=_say)
            try:
                _bring_up(data, supervisor, port, demo=demo)
                _stay(supervisor)
            finally:
                _stop(supervisor)
        except _ToldToStop:
            pass
        finally:
            data.close()
    return 0


def _look_for_obstacles(data: DataDirectory, port: int) -> None:
    """Before anything is made: what stops us then leaves nothing behind."""
    data.refuse_in_use()
    stack.refuse_unusable(data.path)
    if not port_is_free(port):
        raise StopError(f"Port {port} of {LOOPBACK} is taken: stop what uses it, or choose another with --port.")


def _bring_up(data: DataDirectory, supervisor: Supervisor, port: int, *, demo: bool) -> None:
    simulator_port = _kept_port(data.path / "simulator.port")
    environment = stack.start(data, supervisor, simulator_port)
    with step("Tables and static files"):
        supervisor.run(
            stack.manage_program("migrate", environment.owning, "--no-input"),
            stack.manage_program("collectstatic", environment.serving, "--no-input", "--verbosity=0"),
        )
    with step("Payer simulator, web, worker, beat"):
        _start_processes(data, supervisor, port, simulator_port, environment)
    if demo:
        with step("Demonstration"):
            (said,) = supervisor.run(stack.manage_program("seed_demo", environment.serving))
        _indent(said)
    print(f"\nReady: http://{LOOPBACK}:{port}\n", flush=True)
    if demo:
        _print_logins()
    print(f"Data and logs: {data.path}. Ctrl-C stops everything.", flush=True)


def _start_processes(
    data: DataDirectory, supervisor: Supervisor, port: int, simulator_port: int, environment: stack.Environment
) -> None:
    here = f"http://{LOOPBACK}:{port}"  # mails and calendars lead to where the pages are, unless a name is given
    serving = {"GREENLIGHT_PUBLIC_URL": here, **environment.serving}
    children = [
        supervisor.start(processes.simulator(simulator_port, serving, data.path / "simulator")),
        supervisor.start(processes.worker(serving)),
        supervisor.start(processes.beat(serving, data.path / "beat-schedule")),
        supervisor.start(processes.web(port, serving)),
    ]
    supervisor.wait_until(lambda: answers(simulator_port), seconds=_READY_SECONDS, what="it", needs=children[:1])
    supervisor.wait_until(
        lambda: _is_healthy(port), seconds=_READY_SECONDS, what="/health/ready", needs=list(reversed(children))
    )


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _kept_port(file: Path) -> int:
    """The same port each time while it is free: the demonstration's partners remember the simulator's address."""
    if file.exists() and (kept := file.read_text().strip()).isdigit() and port_is_free(int(kept)):
        return int(kept)
    port = free_port()
    file.write_text(str(port))
    return port


def _stay(supervisor: Supervisor) -> None:
    while True:
        supervisor.check()
        time.sleep(_LOOK_AROUND_SECONDS)


def _stop(supervisor: Supervisor) -> None:
    """Not to be interrupted: a second Ctrl-C would leave what the first began to stop."""
    for number in _STOPPING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if supervisor.children:
        print("", flush=True)
        with step("Stopping"):
            supervisor.stop()


@contextmanager
def _signals_raise() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _ToldToStop

    for number in _STOPPING_SIGNALS:
        signal.signal(number, stop)
    yield


def _print_logins() -> None:
    width = max(len(role) for role in DEMO_ROLES) + max(len(domain) for domain in DEMO_DOMAINS) + 4
    for role in DEMO_ROLES:
        print("  " + "".join(f"{role}@{domain}".ljust(width) for domain in DEMO_DOMAINS).rstrip())
    print(f"  Password: {DEMO_PASSWORD}\n", flush=True)


def _indent(text: str) -> None:
    for line in text.rstrip().splitlines():
        print(f"    {line}")


def _say(text: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {text}", flush=True)
