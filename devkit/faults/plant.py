"""The whole product as children of one supervisor, and what can be done to them."""

import json
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

from devkit import processes, stack
from devkit.data_directory import DataDirectory
from devkit.machine import LOOPBACK, answers, free_port
from devkit.supervisor import Child, Program, Supervisor
from outbox.crashpoints import VARIABLE, CrashPoint

LEASE, DEADLINE, DELAY = 12.0, 4.0, 3.0
_READY_SECONDS = 120.0
_SETTLED = "SELECT count(*) FROM outbox_outboxmessage WHERE topic <> 'partner.poll' AND dead_at IS NULL"
_ASLEEP = "SELECT count(*) FROM outbox_outboxmessage WHERE dead_at IS NULL AND due_at > now() + interval '2 minutes'"


class Plant:
    """PostgreSQL, Valkey, payer, web, two workers and beat. What takes minutes elsewhere takes seconds here."""

    def __init__(self, data: DataDirectory, supervisor: Supervisor) -> None:
        self.data = data
        self.supervisor = supervisor
        self.points = data.path / "crash"
        self.points.mkdir(exist_ok=True)
        self.web_port = free_port()
        self.payer_port = free_port()
        self._frozen: list[tuple[float, list[int]]] = []
        self.children: dict[str, Child] = {}

    # how it begins and ends

    def start(self) -> None:
        """Everything runs, with tables made and nobody in them."""
        found = stack.start(self.data, self.supervisor, self.payer_port)
        self.admin = found.owning["DATABASE_ADMIN_URL"]
        self.serving = {
            **found.serving,
            VARIABLE: str(self.points),
            "OUTBOX_LEASE_SECONDS": str(LEASE),
            "OUTBOX_FIRST_RETRY_SECONDS": "1",
            "OUTBOX_SWEEP_SECONDS": "2",
            "EDI_DEADLINE_SECONDS": str(DEADLINE),
            "STATIC_MANIFEST": "false",
        }
        self.supervisor.run(stack.manage_program("migrate", found.owning, "--no-input"))
        self._start_processes()

    def _start_processes(self) -> None:
        serving, start = self.serving, self.supervisor.start
        payer = processes.simulator(self.payer_port, serving, self.data.path / "simulator")
        options = ("--delay", str(DELAY), "--hang", str(DEADLINE * 2))
        web = processes.web(self.web_port, serving)
        self.children = {child.program.name: child for child in self.supervisor.children} | {
            "payer": start(replace(payer, command=[*payer.command, *options])),
            "worker one": start(_named(processes.worker(serving), "one")),
            "worker two": start(_named(processes.worker(serving), "two")),
            "beat": start(processes.beat(serving, self.data.path / "beat-schedule")),
            "web": start(replace(web, grace=3.0)),
        }
        self.supervisor.wait_until(self.is_ready, seconds=_READY_SECONDS, what="The product")

    def is_ready(self) -> bool:
        return answers(self.payer_port) and answers(self.web_port)

    def scene(self, *arguments: str) -> dict[str, Any]:
        """What the product's own code says, in a process of its own."""
        command = [sys.executable, "-m", "devkit.faults.scene", *arguments]
        environment = {**self.serving, "PYTHONWARNINGS": "ignore"}
        (said,) = self.supervisor.run(Program("scene", command, environment))
        answer: dict[str, Any] = json.loads(said.splitlines()[-1])
        return answer

    def ledger(self) -> list[dict[str, Any]]:
        """All that the payer wrote down."""
        rows: list[dict[str, Any]] = []
        while True:
            after = rows[-1]["id"] if rows else 0
            address = f"http://{LOOPBACK}:{self.payer_port}/ledger?after={after}&limit=500"
            with urllib.request.urlopen(address, timeout=10) as reply:
                found = json.loads(reply.read())
            rows += found
            if not found:
                return rows

    def is_settled(self) -> bool:
        """Nothing is left to be done but what waits for its time."""
        try:
            with psycopg.connect(self.admin, dbname="greenlight", connect_timeout=2) as connection:
                left = connection.execute(_SETTLED).fetchone()
                asleep = connection.execute(_ASLEEP).fetchone()
        except psycopg.Error:
            return False
        return bool(left and asleep and left[0] == asleep[0])

    # what is done to it

    def program_of(self, name: str) -> list[int]:
        """The program itself, below its guard."""
        return _children(self.children[name].guard.pid)

    def tree_of(self, name: str) -> list[int]:
        """The program and the processes it keeps."""
        programs = self.program_of(name)
        return [*programs, *(process for program in programs for process in _children(program))]

    def send(self, number: signal.Signals, processes: list[int]) -> bool:
        """Whether there was anybody to send it to."""
        sent = False
        for process in processes:
            try:
                os.kill(process, number)
                sent = True
            except ProcessLookupError:
                continue
        return sent

    def end(self, name: str, number: signal.Signals = signal.SIGKILL) -> bool:
        """Kill a program. Started again at once: what is tried here is death, not the supervisor's patience."""
        self.children[name].deaths = 0
        return self.send(number, self.program_of(name))

    def freeze(self, name: str, seconds: float) -> bool:
        """A program stands still for a while, as on a machine without time for it."""
        tree = self.tree_of(name)
        self._frozen.append((time.monotonic() + seconds, tree))
        return self.send(signal.SIGSTOP, tree)

    def stand_still(self) -> bool:
        """Stop both workers in the middle of what they do; whether that was nothing, else they go on."""
        for name in ("worker one", "worker two"):
            self.freeze(name, seconds=3600)
        if self.is_settled():
            return True
        self.thaw(all_of_them=True)
        return False

    def thaw(self, *, all_of_them: bool = False) -> None:
        """Whose time is over goes on."""
        now = time.monotonic()
        for until, tree in self._frozen:
            if all_of_them or until <= now:
                self.send(signal.SIGCONT, tree)
        self._frozen = [] if all_of_them else [each for each in self._frozen if each[0] > now]

    def arm(self, point: CrashPoint) -> bool:
        (self.points / point).touch()
        return True

    def disarm(self) -> None:
        for point in self.points.iterdir():
            point.unlink(missing_ok=True)

    def tell_broker(self, *words: str) -> bool:
        """One command; whether it was heard."""
        password = self.data.secrets().broker
        port = _port_of(self.serving["REDIS_URL"])
        try:
            with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
                connection.sendall(f"AUTH {password}\r\n{' '.join(words)}\r\n".encode())
                replies = connection.makefile("rb")
                return replies.readline() == b"+OK\r\n" and not replies.readline().startswith(b"-")
        except OSError:
            return False


def wait(supervisor: Supervisor, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
    """Look after the children for so long, or until it is true; whether it was."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        supervisor.check()
        if until():
            return True
        time.sleep(0.1)
    return False


def _named(program: Program, name: str) -> Program:
    return replace(program, name=f"worker-{name}", command=[*program.command, "--hostname", f"{name}@%h"])


def _port_of(address: str) -> int:
    return int(address.rpartition(":")[2].partition("/")[0])


def _children(process: int) -> list[int]:
    try:
        listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        return []
    return [int(word) for word in listed.split()]


def refuse_foreign_servers(environment: Mapping[str, str]) -> str:
    """Why a run may not begin here, if it may not: it kills its servers."""
    named = [name for name in ("DATABASE_URL", "REDIS_URL") if environment.get(name)]
    return (
        f"{' and '.join(named)} is set: `faults` kills the servers it works with, so it brings its own."
        if named
        else ""
    )
