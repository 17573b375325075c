"""`manage`: manage.py with the environment of the running `up`, or with servers for the occasion."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from devkit import stack
from devkit.data_directory import DataDirectory
from devkit.guard import LIFELINE_VARIABLE, make_lifeline
from devkit.places import CHECKOUT
from devkit.supervisor import Supervisor


def manage(path: Path, arguments: list[str]) -> int:
    """Returns manage.py's own exit code."""
    return call_with_servers(path, [str(CHECKOUT / "manage.py"), *arguments])


def call_with_servers(path: Path, arguments: list[str]) -> int:
    """Runs a script of ours with what it needs to find its servers, and returns its exit code."""
    data = DataDirectory(path)
    if data.is_in_use():
        return _call({**os.environ, **data.read_environment()}, arguments)
    stack.refuse_unusable(path)
    data.open()
    supervisor = Supervisor(data.run, data.log, lock=data.busy)
    lifeline = make_lifeline(str(data.run / "manage"))
    try:
        environment = stack.start(data, supervisor, 0)
        return _call({**environment.owning, LIFELINE_VARIABLE: str(data.run / "manage")}, arguments)
    finally:
        supervisor.stop()
        os.close(lifeline)
        data.close()


def _call(environment: dict[str, str], arguments: list[str]) -> int:
    """In the foreground, with the terminal; Ctrl-C is its business, and we wait for it to end."""
    # A handler, because a signal that is merely ignored would stay ignored in the program too.
    previous = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        command = [sys.executable, *arguments]
        code = subprocess.run(command, env=environment, check=False).returncode
        return code if code >= 0 else 128 - code
    finally:
        signal.signal(signal.SIGINT, previous)
