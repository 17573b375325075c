"""No process outlives what should keep it alive, and what died is started again: real processes, real SIGKILL."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from devkit import processes
from devkit.machine import free_port
from devkit.places import CHECKOUT
from devkit.supervisor import Child, Program, Supervisor
from tests.process.slow_app import sleep_for
from tests.process.trees import TOKEN_VARIABLE, children_of, eventually, kill, members, serving_process

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
PAGE = "tests.process.slow_app:application"
TASKS = "tests.process.slow_app"
SLEEP = "import time; time.sleep(600)"


class Stage:
    """A supervisor of one test, and the token that all it starts inherits."""

    def __init__(self, directory: Path) -> None:
        self.token = uuid.uuid4().hex
        self.queue = f"slow-{self.token}"
        self.directory = directory
        self.environment = {
            **os.environ,
            TOKEN_VARIABLE: self.token,
            "SLOW_QUEUE": self.queue,
            "PYTHONPATH": str(CHECKOUT),
        }
        self.supervisor = Supervisor(directory, directory, say=lambda _: None)

    def start(self, program: Program) -> Child:
        return self.supervisor.start(program)

    def comes_true(self, what: Callable[[], object], seconds: float = 20.0) -> bool:
        """Looks after the children meanwhile, as `up` does."""

        def look() -> object:
            self.supervisor.check()
            return what()

        return eventually(look, seconds)

    def end(self) -> None:
        self.supervisor.stop()
        assert not members(self.token), "a stopped supervisor left processes behind"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.end()


def master_of(child: Child) -> int:
    """The program itself; its parent is the guard."""
    (master,) = children_of(child.guard.pid)
    return master


def begin_task(stage: Stage, note: Path) -> int:
    """Gives the worker a task of ten minutes; returns the pool process that works on it."""
    sleep_for.apply_async((600, str(note)), queue=stage.queue)
    assert stage.comes_true(lambda: note.exists() and note.read_text(), 30)
    return int(note.read_text())


def test_killed_web_master_leaves_nobody_on_the_port_and_is_started_again(stage: Stage) -> None:
    port = free_port()
    child = stage.start(replace(processes.web(port, stage.environment, PAGE), grace=0.5))
    assert stage.comes_true(lambda: serving_process(port))
    old = members(stage.token)
    kill(master_of(child))
    assert eventually(lambda: not old & members(stage.token), 10), "the old workers live on"
    assert serving_process(port) is None
    assert stage.comes_true(lambda: serving_process(port)), "the web was not started again"


def test_killed_web_worker_is_replaced(stage: Stage) -> None:
    port = free_port()
    stage.start(replace(processes.web(port, stage.environment, PAGE), grace=0.5))
    assert stage.comes_true(lambda: serving_process(port))
    killed = serving_process(port)
    assert killed
    kill(killed)
    assert stage.comes_true(lambda: serving_process(port) not in (None, killed))
    assert killed not in members(stage.token)


def test_killed_celery_master_takes_its_busy_pool_with_it_and_is_started_again(stage: Stage, tmp_path: Path) -> None:
    child = stage.start(replace(processes.worker(stage.environment, TASKS), grace=0.5))
    busy = begin_task(stage, tmp_path / "first")
    old = members(stage.token)
    assert busy in old
    kill(master_of(child))
    assert eventually(lambda: not old & members(stage.token), 10), "a pool process works on without its master"
    begin_task(stage, tmp_path / "second")


def test_killed_guard_takes_a_busy_worker_with_it(stage: Stage, tmp_path: Path) -> None:
    child = stage.start(replace(processes.worker(stage.environment, TASKS), grace=0.5))
    begin_task(stage, tmp_path / "note")
    old = members(stage.token)
    kill(child.guard.pid)
    assert eventually(lambda: not old & members(stage.token), 10), "the worker outlived its guard"
    assert stage.comes_true(lambda: child.restart_at is None and child.guard.poll() is None)


def test_process_that_left_the_group_goes_when_its_guard_does(stage: Stage) -> None:
    """Only the lifeline reaches it: no group, no parent, no inherited descriptor."""
    runaway = "import os, time; os.setsid(); from config.lifeline import watch; watch(); time.sleep(600)"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {runaway!r}])"
    child = stage.start(Program("runaway", [sys.executable, "-c", program], stage.environment))
    assert stage.comes_true(lambda: len(members(stage.token)) == 3)
    old = members(stage.token)
    kill(child.guard.pid)
    assert eventually(lambda: not old & members(stage.token), 10)


def test_program_that_watches_nothing_goes_when_its_guard_does(stage: Stage) -> None:
    """PostgreSQL and Valkey know no lifeline; the kernel tells them."""
    child = stage.start(Program("heedless", [sys.executable, "-c", SLEEP], stage.environment))
    assert stage.comes_true(lambda: len(members(stage.token)) == 2)
    kill(child.guard.pid)
    assert eventually(lambda: not members(stage.token), 10)


def test_orphan_that_watches_nothing_goes_when_its_program_does(stage: Stage) -> None:
    """It has left the group and the session; the guard inherits it."""
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}], start_new_session=True)"
    child = stage.start(Program("parent", [sys.executable, "-c", program], stage.environment))
    assert stage.comes_true(lambda: len(members(stage.token)) == 3)
    old = members(stage.token)
    kill(master_of(child))
    assert eventually(lambda: not old & members(stage.token), 10)


def test_program_that_will_not_stop_is_killed_after_its_grace(stage: Stage) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
    )
    program = Program("deaf", [sys.executable, "-c", deaf], stage.environment, grace=0.5)
    stage.start(program)
    log = stage.supervisor.log_of(program)
    assert stage.comes_true(lambda: log.exists() and "deaf" in log.read_text())
    stage.supervisor.stop()
    assert not members(stage.token)


def test_restarts_are_held_back_longer_each_time(stage: Stage) -> None:
    child = stage.start(Program("short", [sys.executable, "-c", "raise SystemExit(3)"], stage.environment))
    pauses: list[float] = []
    stage.supervisor._say = lambda text: pauses.append(float(text.split()[-2]))
    assert stage.comes_true(lambda: child.deaths >= 3)
    assert pauses == [0.5, 1.0, 2.0]
    assert child.codes == [3, 3, 3]


@pytest.fixture
def lone_supervisor(open_directory: Path) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """A supervisor in a process of its own, with all it started; its token and the port of its page."""
    token, port = uuid.uuid4().hex, free_port()
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "tests.process.supervised", str(open_directory), str(port)],
        env={**os.environ, TOKEN_VARIABLE: token, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield supervisor, token, port
    supervisor.kill()
    supervisor.communicate()
    eventually(lambda: not members(token, open_directory), 20)


def test_killed_supervisor_leaves_no_process_of_its_tree(
    lone_supervisor: tuple[subprocess.Popen[str], str, int], open_directory: Path
) -> None:
    supervisor, token, port = lone_supervisor
    assert supervisor.stdout
    assert supervisor.stdout.readline().startswith("up")
    assert serving_process(port) in members(token)
    assert len(members(token, open_directory)) - len(members(token)) > 3, "PostgreSQL's processes were not found"
    kill(supervisor.pid)
    supervisor.wait()
    assert eventually(lambda: not members(token, open_directory), 20), "left behind"
    assert serving_process(port) is None
    log = (open_directory / "postgresql.log").read_text()
    assert "database system is shut down" in log, "it was not stopped cleanly"
