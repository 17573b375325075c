"""What was submitted reaches the payer, once in effect, whoever dies on the way: real processes, real SIGKILL.

The payer's ledger is the judge: at most one row with an effect for each reference, and every repeat the same bytes.
"""

from __future__ import annotations

import http.server
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from django.utils import timezone
from pytest_django import Settings

from authorizations.models import Authorization, Decision, Submission
from authorizations.states import ExchangeState
from config.celery import app
from devkit import processes
from devkit.places import CHECKOUT
from edi.models import Interchange
from edi.polling import POLL, WHILE_WAITING
from outbox.crashpoints import EXIT_CODE, VARIABLE, CrashPoint
from outbox.models import OutboxMessage
from tests.cast import House
from tests.edi.exchanges import response, trace
from tests.process.plant import (
    LEASE,
    Plant,
    drafted,
    fresh,
    outgoing,
    quiet_down,
    ring_at,
    status,
    submit_now,
    submitted,
    unfinished,
)
from tests.process.trees import children_of, kill

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
WEEK = timedelta(days=7)
WORKER_POINTS = (
    CrashPoint.AFTER_CLAIM,
    CrashPoint.AFTER_FREEZE,
    CrashPoint.AFTER_SEND,
    CrashPoint.AFTER_STORE,
    CrashPoint.AFTER_EFFECT,
    CrashPoint.AFTER_WORK,
)


@pytest.fixture(scope="module")
def running_plant(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    made = Plant(tmp_path_factory.mktemp("plant"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def plant(running_plant: Plant, transactional_db: None, settings: Settings) -> Iterator[Plant]:
    """The running plant; this process rings where its worker listens."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    before = app.conf.broker_url
    ring_at(running_plant.broker.url)
    yield running_plant
    ring_at(before)
    quiet_down()


def settled(plant: Plant, house: House, *submissions: Submission) -> bool:
    """Everything submitted is approved and nothing is left to be done."""
    return plant.wait(lambda: all(status(house, each) == "approved" for each in submissions) and not unfinished(house))


def assert_delivered_once(plant: Plant, house: House, *submissions: Submission) -> None:
    """Three ledgers agree: what we were told, what the payer took, what the database says."""
    for submission in submissions:
        rows = transmissions(plant, house, submission)
        assert sum(row["effect"] for row in rows) == 1, rows
        assert len({row["sha256"] for row in rows}) == 1, "a repeat with other bytes"
        assert status(house, submission) == "approved"
    sent = outgoing(house)
    assert {row.state for row in sent} == {Interchange.State.SENT}
    assert {row.sha256 for row in sent} == {row["sha256"] for row in plant.ledger(house)}
    with house.scope():
        numbers = Interchange.objects.filter(direction="out").values_list("control_number", flat=True)
        assert sorted(map(int, numbers)) == list(range(1, len(numbers) + 1)), "a gap or a duplicate"
        assert Decision.objects.count() == len(submissions)


def transmissions(plant: Plant, house: House, submission: Submission) -> list[dict[str, Any]]:
    """Every time the payer saw this submission: a repeat is known by its number, for it is not read again."""
    received = plant.ledger(house)
    numbers = {row["isa13"] for row in received if submission.reference in row["bht03s"]}
    return [row for row in received if row["isa13"] in numbers]


def test_a_submitted_request_is_approved_by_the_payer(plant: Plant) -> None:
    house = plant.house()
    submission = submitted(house, "H2019", "H2014")
    assert settled(plant, house, submission), (status(house, submission), unfinished(house))
    assert_delivered_once(plant, house, submission)
    with house.scope():
        case = Authorization.objects.get(id=submission.authorization_id)
        assert case.certification_number
        assert case.modified, "H2014 is approved with fewer units"


@pytest.mark.parametrize("point", WORKER_POINTS)
def test_a_worker_that_dies_at_a_named_point_loses_and_doubles_nothing(plant: Plant, point: CrashPoint) -> None:
    house = plant.house()
    plant.arm(point)
    submission = submitted(house)
    assert plant.wait(lambda: not plant.is_armed(point)), "nobody came by"
    assert settled(plant, house, submission), (status(house, submission), unfinished(house))
    assert_delivered_once(plant, house, submission)
    sent_before_it_was_known = point in (CrashPoint.AFTER_SEND, CrashPoint.AFTER_STORE)
    assert len(transmissions(plant, house, submission)) == 1 + sent_before_it_was_known


def test_a_user_whose_server_dies_before_commit_has_submitted_nothing_and_after_it_all(plant: Plant) -> None:
    house = plant.house()
    undone, done = drafted(house, "H2019"), drafted(house, "H2019")
    assert submit_elsewhere(plant, house, undone, CrashPoint.BEFORE_COMMIT) == EXIT_CODE
    assert submit_elsewhere(plant, house, done, CrashPoint.AFTER_COMMIT) == EXIT_CODE
    with house.scope():
        assert Authorization.objects.get(id=undone.id).status == "draft"
        submission = Submission.objects.get()
    assert submission.authorization_id == done.id
    assert settled(plant, house, submission), "the sweep did not find what the bell would have started"
    assert_delivered_once(plant, house, submission)


def submit_elsewhere(plant: Plant, house: House, case: Authorization, point: CrashPoint) -> int:
    """Submit in a process that dies at the point, which is armed for it alone; how it ended."""
    own = plant.directory / f"crash-{point}"
    own.mkdir()
    (own / point).touch()
    arguments = [str(house.organization.id), str(case.id)]
    environment = {**plant.environment, VARIABLE: str(own)}
    command = [sys.executable, "-m", "tests.process.submitting", *arguments]
    return subprocess.run(command, env=environment, cwd=CHECKOUT, check=False, timeout=60).returncode


def test_a_killed_worker_is_started_again_and_sends_the_rest(plant: Plant) -> None:
    house = plant.house()
    submissions = [submitted(house) for _ in range(6)]
    plant.kill_program(plant.worker)
    submissions += [submitted(house) for _ in range(2)]
    assert settled(plant, house, *submissions), unfinished(house)
    assert_delivered_once(plant, house, *submissions)


def being_sent(plant: Plant, house: House) -> bool:
    """Waits until a request is at the payer, and nobody knows yet what becomes of it."""
    return plant.wait(lambda: any(row.state == "ready" and row.attempts for row in outgoing(house)))


def test_a_pool_process_killed_in_the_middle_of_an_exchange_is_made_good(plant: Plant) -> None:
    house = plant.house()
    submission = submitted(house, "T2020")
    assert being_sent(plant, house)
    for program in children_of(plant.worker.guard.pid):
        for process in children_of(program):
            kill(process)
    assert settled(plant, house, submission), (status(house, submission), unfinished(house))
    assert_delivered_once(plant, house, submission)


def test_a_worker_told_to_stop_in_the_middle_of_an_exchange_ends_it_or_leaves_it_to_the_next(plant: Plant) -> None:
    house = plant.house()
    submission = submitted(house, "T2020")
    assert being_sent(plant, house)
    for program in children_of(plant.worker.guard.pid):
        os.kill(program, signal.SIGTERM)
    assert settled(plant, house, submission), (status(house, submission), unfinished(house))
    assert_delivered_once(plant, house, submission)


def test_a_worker_cut_off_from_the_broker_again_and_again_works_afterwards(plant: Plant) -> None:
    house = plant.house()
    broker = redis.Redis.from_url(plant.broker.url)
    submissions: list[Submission] = []
    for _ in range(20):
        broker.client_kill_filter(_type="normal", skipme=True)
        submissions += [submitted(house)] if len(submissions) < 4 else []
        plant.wait(lambda: False, 0.5)
    assert settled(plant, house, *submissions), unfinished(house)
    assert_delivered_once(plant, house, *submissions)


def test_a_partner_that_never_answers_does_not_hold_up_the_mail_of_others(plant: Plant) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    silent = plant.house(f"http://127.0.0.1:{listener.getsockname()[1]}/x12")
    other = plant.house()
    with plant.suspended(plant.worker):
        for _ in range(30):
            submitted(silent)
        submission = submitted(other)
    assert settled(plant, other, submission), (status(other, submission), unfinished(other))
    tried = sum(row.attempts for row in outgoing(silent))
    listener.close()
    assert 2 <= tried <= 12, f"{tried} messages were tried at a partner that is silent, before another's was"
    OutboxMessage.objects.filter(organization_id=silent.organization.id).update(due_at=timezone.now() + WEEK)


def test_a_worker_that_sleeps_beyond_its_lease_sends_the_same_bytes_at_most(plant: Plant) -> None:
    house = plant.house()
    submission = submitted(house, "T2020")
    assert plant.wait(lambda: any(row.state == "ready" for row in outgoing(house)))
    with plant.suspended(plant.worker):
        time.sleep(LEASE + 0.5)
    assert settled(plant, house, submission), (status(house, submission), unfinished(house))
    assert_delivered_once(plant, house, submission)


def test_fifty_bells_lost_by_the_broker_are_made_good_by_the_sweep(plant: Plant) -> None:
    house = plant.house()
    with plant.suspended(plant.worker):
        submissions = [submitted(house, "T2005") for _ in range(50)]
        broker = redis.Redis.from_url(plant.broker.url)
        assert broker.llen("celery") >= 50
        broker.flushall()
    assert plant.wait(lambda: not unfinished(house)), unfinished(house)
    assert {fresh(house, each).exchange_state for each in submissions} == {ExchangeState.SENT}
    assert sorted(row["bht03s"] for row in plant.ledger(house)) == sorted([each.reference] for each in submissions)


Trouble = Callable[[Plant], AbstractContextManager[None]]


@contextmanager
def broker_down(plant: Plant) -> Iterator[None]:
    """Killed; the supervisor is not asked to look meanwhile, so it stays down."""
    plant.kill_program(plant.valkey)
    time.sleep(0.2)
    assert not plant.broker.is_ready()
    yield


@contextmanager
def broker_hangs(plant: Plant) -> Iterator[None]:
    """It takes connections and never answers."""
    with plant.suspended(plant.valkey):
        yield


@pytest.mark.parametrize("trouble", [broker_down, broker_hangs])
def test_a_broker_in_trouble_does_not_keep_anybody_from_submitting(plant: Plant, trouble: Trouble) -> None:
    house = plant.house()
    cases = [drafted(house, "H2019") for _ in range(3)]
    submissions, took = [], []
    with trouble(plant):
        for case in cases:
            began = time.monotonic()
            submissions.append(submit_now(house, case))
            took.append(time.monotonic() - began)
    assert max(took) < 2.0
    assert plant.wait(plant.broker.is_ready)
    assert settled(plant, house, *submissions), unfinished(house)
    assert_delivered_once(plant, house, *submissions)


def test_whatever_the_wire_does_each_request_has_one_effect(plant: Plant) -> None:
    house = plant.house()
    troubles = {
        "T2018": "HTTP 500",
        "T2019": "the reply is lost",
        "T2020": "no reply within the deadline",
        "T2024": "a web page instead of X12",
        "T2010": "the same answer twice",
        "E0601": "the answer comes later, by polling",
    }
    submissions = {code: submitted(house, code) for code in troubles}
    silent = submitted(house, "T2004")
    assert settled(plant, house, *submissions.values()), {
        code: status(house, each) for code, each in submissions.items()
    }
    assert plant.wait(lambda: fresh(house, silent).exchange_state == ExchangeState.ACKNOWLEDGED)
    assert status(house, silent) == "submitted", "silence decides nothing"
    for code, submission in submissions.items():
        rows = transmissions(plant, house, submission)
        assert sum(row["effect"] for row in rows) == 1, troubles[code]
        assert len({row["sha256"] for row in rows}) == 1, troubles[code]
        repeated = code in ("T2018", "T2019", "T2020", "T2024")
        assert len(rows) == 1 + repeated, troubles[code]
    assert plant.wait(lambda: copies(house) >= 1), "the second copy was not fetched"
    with house.scope():
        assert Decision.objects.count() == len(submissions)


def copies(house: House) -> int:
    with house.scope():
        return Interchange.objects.filter(direction="in", state=Interchange.State.DUPLICATE).count()


class Forgetful(http.server.BaseHTTPRequestHandler):
    """A payer that takes an interchange without a word, refuses its number the second time, and answers by pickup."""

    seen: list[bytes]
    waits: list[str]
    asked_at: list[float]

    def do_POST(self) -> None:
        if urlsplit(self.path).path != "/x12":
            self.waits.clear()
            self.reply(b"", 204)
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        first = body not in self.seen
        self.seen.append(body)
        if first:
            self.close_connection = True
            self.connection.close()
            return
        self.reply(duplicate_number(body))

    def do_GET(self) -> None:
        self.asked_at.append(time.monotonic())
        rows = ", ".join(f'{{"id": 1, "x12": "{text}"}}' for text in self.waits)
        self.reply(f"[{rows}]".encode())

    def reply(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


def duplicate_number(body: bytes) -> bytes:
    """TA1 025 for an interchange, from its receiver to its sender."""
    isa = body[:106].decode().split("*")
    turned = [*isa[:5], isa[7], isa[8], isa[5], isa[6], *isa[9:13], "000000900", *isa[14:]]
    return ("*".join(turned) + f"TA1*{isa[13]}*{isa[9]}*{isa[10]}*R*025~IEA*0*000000900~").encode()


@pytest.fixture
def forgetful() -> Iterator[tuple[str, type[Forgetful]]]:
    handler = type("Handler", (Forgetful,), {"seen": [], "waits": [], "asked_at": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/x12", handler
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("death", [False, True], ids=["lost reply", "dead worker"])
def test_a_number_refused_as_known_means_that_the_payer_has_it(
    plant: Plant, forgetful: tuple[str, type[Forgetful]], death: bool
) -> None:
    """Nobody lived to write down that it was sent, in the second case; the payer's TA1 must not look like a refusal."""
    address, payer = forgetful
    house = plant.house(address)
    if death:
        plant.arm(CrashPoint.AFTER_SEND)
    submission = submitted(house)
    assert plant.wait(lambda: len(payer.seen) == 2 and not unfinished(house)), unfinished(house)
    assert payer.seen[0] == payer.seen[1]
    assert fresh(house, submission).exchange_state == ExchangeState.SENT
    with house.scope():
        assert not Submission.objects.exclude(problem="").exists()
        answer = response(house, "HCR*A1*HC1", trace(house, submission.trace), reference=submission.reference)
    payer.waits.append(answer.decode())
    assert settled(plant, house, submission), (status(house, submission), unfinished(house))


def test_a_reply_that_was_stored_is_read_though_its_worker_died_and_it_never_comes_again(
    plant: Plant, forgetful: tuple[str, type[Forgetful]]
) -> None:
    address, payer = forgetful
    house = plant.house(address)
    submission = submitted(house)
    assert plant.wait(lambda: fresh(house, submission).exchange_state == ExchangeState.SENT)
    plant.arm(CrashPoint.AFTER_STORE)
    with house.scope():
        answer = response(house, "HCR*A1*HC1", trace(house, submission.trace), reference=submission.reference)
    payer.waits.append(answer.decode())
    assert plant.wait(lambda: not plant.is_armed(CrashPoint.AFTER_STORE))
    payer.waits.clear()
    assert settled(plant, house, submission), (status(house, submission), unfinished(house))


def test_a_killed_payer_loses_no_delayed_answer(plant: Plant) -> None:
    house = plant.house()
    submission = submitted(house, "E0601")
    assert plant.wait(lambda: fresh(house, submission).exchange_state == ExchangeState.ACKNOWLEDGED)
    plant.kill_program(plant.payer)
    assert settled(plant, house, submission), (status(house, submission), unfinished(house))
    assert_delivered_once(plant, house, submission)


def test_two_beats_poll_a_partner_once_a_period(plant: Plant, forgetful: tuple[str, type[Forgetful]]) -> None:
    address, payer = forgetful
    house = plant.house(address)
    second = plant.supervisor.start(processes.beat(plant.environment, plant.directory / "second-schedule"))
    submitted(house)
    assert plant.wait(lambda: len(payer.asked_at) >= 3)
    plant.supervisor.children.remove(second)
    second.guard.terminate()
    assert second.guard.wait(30) is not None
    pauses = [later - earlier for earlier, later in itertools.pairwise(payer.asked_at)]
    assert min(pauses) >= WHILE_WAITING.total_seconds() * 0.9, pauses
    polls = OutboxMessage.objects.filter(organization_id=house.organization.id, topic=POLL)
    assert plant.wait(lambda: polls.count() == 1)
