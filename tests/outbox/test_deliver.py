"""Work that must be done elsewhere is claimed by one worker, retried with growing pauses, and never lost."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog
from django.db import connection
from django.utils import timezone

from outbox import tasks
from outbox.delivery import FIRST_RETRY, MAX_ATTEMPTS, backoff, claim_due, enqueue, mark_done, mark_failed
from outbox.models import OutboxMessage
from tests.cast import House


@pytest.fixture
def message(transactional_db: None, north: House) -> OutboxMessage:
    with north.scope():
        return enqueue("test.topic", uuid.uuid4(), now=timezone.now())


@pytest.fixture
def reader() -> Iterator[list[OutboxMessage]]:
    """A reader of the topic that keeps what it was given; `fail` as the first element makes it raise."""
    seen: list[OutboxMessage] = []
    tasks.reads("test.topic")(seen.append)
    yield seen
    del tasks._handlers["test.topic"]


def let_lease_end() -> None:
    OutboxMessage.objects.update(leased_until=timezone.now() - timedelta(seconds=1))


def test_work_that_was_rolled_back_was_never_queued(transactional_db: None, north: House) -> None:
    with pytest.raises(ZeroDivisionError), north.scope():
        enqueue("test.topic", uuid.uuid4(), now=timezone.now())
        raise ZeroDivisionError
    assert not OutboxMessage.objects.exists()


def test_a_message_is_claimed_once_by_eight_workers(message: OutboxMessage) -> None:
    claimed: list[OutboxMessage] = []
    barrier = threading.Barrier(8)

    def worker() -> None:
        barrier.wait()
        claimed.extend(claim_due())
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [m.id for m in claimed] == [message.id]


def test_a_dead_workers_message_comes_back_when_its_lease_ends(message: OutboxMessage) -> None:
    assert claim_due()
    assert claim_due() == []
    let_lease_end()
    assert [m.id for m in claim_due()] == [message.id]


def test_a_slow_worker_that_lost_its_lease_marks_nothing(message: OutboxMessage) -> None:
    [slow] = claim_due()
    let_lease_end()
    [fast] = claim_due()
    assert not mark_done(slow)
    mark_failed(slow, "late", retry=False)
    assert OutboxMessage.objects.get().dead_at is None
    assert mark_done(fast)
    assert not OutboxMessage.objects.exists()


def test_handled_work_leaves_the_table(message: OutboxMessage, reader: list[OutboxMessage]) -> None:
    assert tasks.drain() == 1
    assert [m.id for m in reader] == [message.id]
    assert not OutboxMessage.objects.exists()


def test_failed_work_waits_then_dies_for_a_person_to_see(message: OutboxMessage) -> None:
    for attempt in range(1, MAX_ATTEMPTS + 1):
        [claimed] = claim_due()
        assert claimed.attempts == attempt
        mark_failed(claimed, "TimeoutError")
        kept = OutboxMessage.objects.get()
        assert (kept.dead_at is not None) == (attempt == MAX_ATTEMPTS)
        OutboxMessage.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert claim_due() == []


def test_pauses_grow_and_stay_within_an_hour() -> None:
    assert FIRST_RETRY / 2 <= backoff(1) <= FIRST_RETRY
    assert timedelta(minutes=30) <= backoff(30) <= timedelta(hours=1)


def test_an_error_keeps_its_class_and_not_its_words(message: OutboxMessage) -> None:
    def fail(_: OutboxMessage) -> None:
        raise ValueError("Rowan Ashdown")

    tasks.reads("test.topic")(fail)
    try:
        tasks.drain()
    finally:
        del tasks._handlers["test.topic"]
    assert OutboxMessage.objects.get().problem == "ValueError"


def test_work_carries_the_id_of_the_request_that_asked_for_it(
    transactional_db: None, north: House, reader: list[OutboxMessage]
) -> None:
    """From the browser to the worker and on: into its log, its audit events, and the work it asks for itself."""
    seen: list[object] = []
    tasks._handlers["test.topic"] = lambda _: seen.append(structlog.contextvars.get_contextvars()["request_id"])
    with structlog.contextvars.bound_contextvars(request_id="the-request"), north.scope():
        enqueue("test.topic", uuid.uuid4(), now=timezone.now())
    tasks.drain()
    assert seen == ["the-request"]
    assert "request_id" not in structlog.contextvars.get_contextvars()
