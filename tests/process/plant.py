"""The product's own processes for a test of delivery: broker, payer, worker and beat, on the suite's database.

They are really killed; the supervisor that `dev.py up` uses starts them again. What is quick here (lease, pauses,
sweep, deadline) is set by the environment, as an operator could.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from authorizations.models import Authorization, Submission
from authorizations.transitions import draft, submit
from config.celery import app
from devkit import processes, valkey
from devkit.machine import answers, free_port
from devkit.places import CHECKOUT
from devkit.supervisor import Child, Supervisor
from edi.models import Interchange
from edi.polling import POLL
from outbox.crashpoints import VARIABLE, CrashPoint
from outbox.models import OutboxMessage
from tests.authorizations.cases import ask, units
from tests.cast import House, found_house
from tests.process.trees import TOKEN_VARIABLE, children_of, kill, members

LEASE, DEADLINE, HANG = 2.5, 1.0, 4.0
PATIENCE = 120.0
"""Seconds until a test gives up: a worker starts in two on an idle machine, and in half a minute on a busy one."""

_houses = itertools.count(1)


class Plant:
    """`directory` holds logs and the armed crash points; `token` marks every process of it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.token = uuid.uuid4().hex
        self.points = directory / "crash"
        self.points.mkdir()
        self.supervisor = Supervisor(directory, directory, say=lambda _: None)
        self.broker = valkey.prepare(directory / "valkey", "password-of-a-test", throw_away=True)
        self.environment = {
            **os.environ,
            TOKEN_VARIABLE: self.token,
            VARIABLE: str(self.points),
            "REDIS_URL": self.broker.url,
            "OUTBOX_LEASE_SECONDS": str(LEASE),
            "OUTBOX_FIRST_RETRY_SECONDS": "0.5",
            "OUTBOX_SWEEP_SECONDS": "0.5",
            "EDI_DEADLINE_SECONDS": str(DEADLINE),
            "PYTHONPATH": str(CHECKOUT),
        }

    def start(self) -> None:
        port = free_port()
        self.payer_url = f"http://127.0.0.1:{port}"
        payer = processes.simulator(port, self.environment, self.directory / "payer")
        options = ("--delay", "1", "--hang", str(HANG))
        self.valkey = self.supervisor.start(replace(self.broker.program(), environment=self.environment))
        self.payer = self.supervisor.start(replace(payer, command=[*payer.command, *options]))
        self.worker = self.supervisor.start(replace(processes.worker(self.environment), grace=5.0))
        self.beat = self.supervisor.start(processes.beat(self.environment, self.directory / "schedule"))
        self.supervisor.wait_until(
            lambda: answers(port) and self.broker.is_ready(), seconds=30, what="Payer and broker"
        )

    def stop(self) -> None:
        self.supervisor.stop()
        assert not members(self.token), "processes were left behind"

    def wait(self, ready: Callable[[], object], seconds: float = PATIENCE) -> bool:
        """Whether it comes true in time; looks after the children meanwhile, as `up` does."""
        end = time.monotonic() + seconds
        while not ready():
            self.supervisor.check()
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    # what is done to it

    def arm(self, point: CrashPoint) -> None:
        (self.points / point).touch()

    def is_armed(self, point: CrashPoint) -> bool:
        return (self.points / point).exists()

    def kill_program(self, child: Child) -> None:
        """SIGKILL to the program itself; its guard sees to what it leaves, the supervisor starts it again."""
        for process in children_of(child.guard.pid):
            kill(process)

    @contextmanager
    def suspended(self, child: Child) -> Iterator[None]:
        """Program and pool stand still, as on a machine that has no time for them."""
        programs = children_of(child.guard.pid)
        tree = [*programs, *(process for program in programs for process in children_of(program))]
        for process in tree:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in reversed(tree):
                os.kill(process, signal.SIGCONT)

    # what it says

    def ledger(self, house: House, kind: str = "278") -> list[dict[str, Any]]:
        """What the payer wrote down about this house."""
        address = f"{self.payer_url}/ledger?sender={house.partner.our_identifier}"
        with urllib.request.urlopen(address, timeout=5) as reply:
            rows: list[dict[str, Any]] = json.loads(reply.read())
        return [row for row in rows if row["kind"] == kind]

    def house(self, endpoint: str = "") -> House:
        """A house that this payer has never heard of."""
        slug = f"n{os.getpid() % 10000}x{next(_houses)}"
        return found_house(slug, "Cedar Bay Care", endpoint=endpoint or f"{self.payer_url}/x12")


def ring_at(address: str) -> None:
    """Have this process ring where the workers of a test listen."""
    app.conf.update(broker_url=address)


def drafted(house: House, *codes: str) -> Authorization:
    """A draft from today on, by the clock that the workers see."""
    now = timezone.now()
    today = house.organization.today(now)
    lines = [units(code) for code in codes]
    asked = ask(house, *lines, starts_on=today, ends_on=today + timedelta(days=89))
    with house.scope():
        return draft(asked, owner=house.memberships["specialist"], actor=house.actor(), now=now)


def submit_now(house: House, case: Authorization) -> Submission:
    with house.scope():
        return submit(case.id, actor=house.actor(), now=timezone.now(), version=case.version)


def submitted(house: House, *codes: str) -> Submission:
    return submit_now(house, drafted(house, *(codes or ("H2019",))))


def status(house: House, submission: Submission) -> str:
    with house.scope():
        return Authorization.objects.values_list("status", flat=True).get(id=submission.authorization_id)


def fresh(house: House, submission: Submission) -> Submission:
    with house.scope():
        found: Submission = Submission.objects.get(id=submission.id)
        return found


def outgoing(house: House) -> list[Interchange]:
    """What we sent, or meant to send, about submissions, in the order of their numbers."""
    with house.scope():
        rows = Interchange.objects.filter(direction="out").exclude(submission=None)
        return list(rows.order_by("control_number"))


def unfinished(house: House) -> list[tuple[str, str]]:
    """What still stands in the outbox but the poll that repeats for ever: topic and problem."""
    rows = OutboxMessage.objects.filter(organization_id=house.organization.id).exclude(topic=POLL)
    return list(rows.values_list("topic", "problem"))


def quiet_down(seconds: float = 10.0) -> None:
    """Nobody works on anything any more, so that the tables can be emptied."""
    idle = OutboxMessage.objects.filter(lease=None)
    end = time.monotonic() + seconds
    while OutboxMessage.objects.exists() and time.monotonic() < end:
        idle.delete()
        time.sleep(0.1)
