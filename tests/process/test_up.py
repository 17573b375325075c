"""`dev.py up` as people run it, with people at work: whatever of it is killed, it serves again and nothing is lost.

One product for the whole file; the rows go on where the last one ended.
"""

from __future__ import annotations

import http.client
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from devkit.data_directory import DataDirectory
from devkit.faults.history import Told
from devkit.faults.load import Crowd
from devkit.machine import free_port, port_is_free
from devkit.places import CHECKOUT
from tests.process.trees import TOKEN_VARIABLE, children_of, eventually, kill, members

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "DATABASE_BACKUP_URL", "REDIS_URL")
BACK = 90.0
"""Seconds until it must serve again: within 30 on a machine that has time for it, and it never takes two minutes."""
STARTS = 240.0
"""Seconds a start may take on a busy machine: the first one makes all tables."""


class Product:
    """One `dev.py up` after the other on the same data and port."""

    def __init__(self, place: Path) -> None:
        self.data = DataDirectory(place / "data")
        self.port = free_port()
        self.token = ""
        self.said: list[str] = []
        self.up: subprocess.Popen[bytes] | None = None

    def begin(self, terminal: int | None = None) -> None:
        """Bring it up, until it says that it is ready."""
        log = self.launch(terminal)
        ready = eventually(lambda: b"Ready:" in log.read_bytes() or self.process.poll() is not None, STARTS)
        assert ready, log.read_text()
        assert self.process.poll() is None, log.read_text()

    def launch(self, terminal: int | None = None) -> Path:
        """Start it in a session of its own, and return what it prints into; `terminal` becomes the one it runs from."""
        self.token = uuid.uuid4().hex
        outside = {name: value for name, value in os.environ.items() if name not in SERVERS}
        log = self.data.path.parent / "up.log"
        with log.open("wb") as said:
            self.up = subprocess.Popen(
                [sys.executable, "dev.py", "up", "--no-demo", "--port", str(self.port), "--data", str(self.data.path)],
                cwd=CHECKOUT,
                env={**outside, TOKEN_VARIABLE: self.token, "TMPDIR": str(self.data.path.parent)},
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=said,
                stderr=said,
                start_new_session=True,
                preexec_fn=None if terminal is None else take_terminal,
            )
        return log

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self.up is not None
        return self.up

    def furnish(self) -> dict[str, Any]:
        """Two organizations to work in."""
        environment = {**os.environ, **self.data.read_environment(), "PYTHONWARNINGS": "ignore"}
        url = environment["SIMULATOR_URL"]
        said = subprocess.run(
            [sys.executable, "-m", "devkit.faults.scene", "furnish", url],
            cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        return found

    def submitted(self) -> set[str]:
        """The forms whose submission the database has, by their keys."""
        environment = {**os.environ, **self.data.read_environment(), "PYTHONWARNINGS": "ignore"}
        said = subprocess.run(
            [sys.executable, "-m", "devkit.faults.scene", "tell"],
            cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        return {row["key"] for row in json.loads(said.splitlines()[-1])["submitted"]}

    def serves(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=3) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError, http.client.HTTPException):
            return False

    def left(self) -> set[int]:
        return members(self.token, self.data.path)

    def program(self, *words: str) -> int:
        """The program that a guard of ours runs with these words in its command line, once it runs."""
        found: list[int] = []

        def look() -> bool:
            below = [process for guard in children_of(self.process.pid) for process in children_or_none(guard)]
            found[:] = [process for process in below if all(word in command_of(process) for word in words)]
            return bool(found)

        assert eventually(look, BACK), f"no program with {words}"
        return found[0]

    def below(self, *words: str, named: str = "") -> int:
        """One of the processes that this program keeps, once it keeps any."""
        found: list[int] = []

        def look() -> bool:
            kept = children_or_none(self.program(*words))
            found[:] = [process for process in kept if named in command_of(process)]
            return bool(found)

        assert eventually(look, BACK), f"{words} keeps no process"
        return found[-1]


def children_or_none(process: int) -> list[int]:
    try:
        return children_of(process)
    except OSError:
        return []


def take_terminal() -> None:
    """The terminal at our standard input becomes the one that hangs up on us."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def command_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    place = Path(tempfile.mkdtemp(prefix="greenlight-test-"))
    place.chmod(0o711)
    made = Product(place)
    yield made
    if made.up is not None and made.up.poll() is None:
        made.up.terminate()
        made.up.wait(60)
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def crowd(product: Product) -> Iterator[Crowd]:
    """People of one organization who submit requests and post claims, again and again."""
    product.begin()
    houses = product.furnish()
    people = Crowd(product.port, {**houses, "houses": houses["houses"][:1]}, 1, lambda _: None)
    people.start()
    assert eventually(lambda: done(people) > 0, 90), "nobody gets anything done"
    yield people
    people.stopping.set()


def done(crowd: Crowd) -> int:
    """How many requests were acknowledged to somebody."""
    return sum(each.kind == "submit" and each.told is Told.OK for each in crowd.history.operations)


VICTIMS: dict[str, Callable[[Product], int]] = {
    "web master": lambda product: product.program("granian"),
    "web worker": lambda product: product.below("granian"),
    "worker parent": lambda product: product.program("celery", "worker"),
    "worker child": lambda product: product.below("celery", "worker"),
    "beat": lambda product: product.program("celery", "beat"),
    "payer": lambda product: product.program("edi.simulator"),
    "broker": lambda product: product.program("valkey"),
    "database": lambda product: product.program("postgres"),
    "one connection of the database": lambda product: product.below("postgres", named="greenlight_app"),
    "guard of the web": lambda product: parent_of(product.program("granian")),
    "guard of the database": lambda product: parent_of(product.program("postgres")),
}


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def tree_of(process: int) -> set[int]:
    return {process}.union(*(tree_of(child) for child in children_or_none(process)))


@pytest.mark.parametrize("victim", list(VICTIMS))
def test_killed_while_people_work_it_serves_again(product: Product, crowd: Crowd, victim: str) -> None:
    killed = VICTIMS[victim](product)
    tree = tree_of(killed)
    kill(killed)
    began = time.monotonic()
    before = done(crowd)
    assert eventually(lambda: not tree & product.left(), BACK), "what was below it lives on"
    assert eventually(lambda: product.serves() and done(crowd) > before, BACK - (time.monotonic() - began)), (
        f"nobody gets anything done {BACK:g} seconds after the {victim} died"
    )


def test_second_one_on_the_same_data_is_refused(product: Product, crowd: Crowd) -> None:
    outside = {name: value for name, value in os.environ.items() if name not in SERVERS}
    command = [sys.executable, "dev.py", "up", "--port", str(free_port()), "--data", str(product.data.path)]
    second = subprocess.run(command, cwd=CHECKOUT, env=outside, capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode == 1
    assert "is in use by another dev.py" in second.stderr
    assert product.serves()


def test_supervisor_killed_leaves_nobody_and_the_next_one_has_all_that_was_acknowledged(
    product: Product, crowd: Crowd
) -> None:
    first = product.token
    kill(product.process.pid)
    product.process.wait()
    began = time.monotonic()
    product.begin()
    assert not members(first), "processes of the first tree are alive"
    assert product.serves()
    took = time.monotonic() - began
    before = done(crowd)
    assert eventually(lambda: done(crowd) > before, 60), "nobody gets anything done"
    crowd.stopping.set()
    for person in crowd.people:
        person.join(60)
    told = {each.key for each in crowd.history.operations if each.kind == "submit" and each.told is Told.OK}
    assert len(told) > len(VICTIMS)
    assert told <= product.submitted(), "an acknowledged request is lost"
    assert took < BACK, f"it took {took:.0f} seconds to come back"


def terminate(product: Product) -> None:
    product.process.terminate()


def hang_up(product: Product) -> None:
    product.process.send_signal(signal.SIGHUP)


def press_interrupt(product: Product) -> None:
    """Ctrl-C reaches everybody in the foreground, several times when a person is impatient."""
    for _ in range(3):
        os.killpg(product.process.pid, signal.SIGINT)
        time.sleep(0.3)


def assert_nothing_is_left(product: Product) -> None:
    assert product.process.wait(60) == 0
    assert not product.left(), "processes were left behind"
    assert port_is_free(product.port)
    assert "database system is shut down" in (product.data.log / "postgresql.log").read_text()[-400:]


@pytest.mark.parametrize("told", [terminate, hang_up, press_interrupt])
def test_told_to_stop_it_stops_everything(product: Product, told: Callable[[Product], None]) -> None:
    if product.up is None or product.up.poll() is not None:
        product.begin()
    told(product)
    assert_nothing_is_left(product)


def test_closing_the_terminal_stops_everything(product: Product) -> None:
    ours, theirs = pty.openpty()
    product.begin(theirs)
    os.close(theirs)
    os.close(ours)
    assert_nothing_is_left(product)


def test_killed_in_the_middle_of_its_start_it_leaves_nothing(product: Product) -> None:
    product.launch()
    assert eventually(lambda: (product.data.path / "postgresql" / "postmaster.pid").exists(), 60)
    kill(product.process.pid)
    product.process.wait()
    assert eventually(lambda: not product.left(), 40), "processes were left behind"
    assert port_is_free(product.port)
