"""What was given up waits for a person of its own organization, and begins again as it was."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import TestCase
from django.utils import timezone

from audit.models import AuditEvent
from outbox import tasks
from outbox.delivery import MAX_ATTEMPTS, claim_due, enqueue, mark_failed
from outbox.models import OutboxMessage
from outbox.queries import dead_letter, dead_letters
from outbox.services import NotGivenUp, requeue
from tests.cast import NOW, House

TOPIC = "test.topic"


def given_up(house: House, problem: str = "No complete reply (TimeoutError).") -> OutboxMessage:
    with house.scope():
        queued = enqueue(TOPIC, uuid.uuid4(), now=timezone.now())
    OutboxMessage.objects.filter(id=queued.id).update(attempts=MAX_ATTEMPTS - 1)
    [claimed] = claim_due()
    mark_failed(claimed, problem)
    return OutboxMessage.objects.get(id=queued.id)


def test_given_up_work_is_listed_with_its_reason_in_its_own_organization_only(north: House, south: House) -> None:
    dead = given_up(north)
    with north.scope():
        [shown] = dead_letters()
        assert (shown.id, shown.problem) == (dead.id, "No complete reply (TimeoutError).")
        assert dead_letter(dead.id) == dead
    with south.scope():
        assert dead_letters() == []
        assert dead_letter(dead.id) is None


def test_work_that_is_tried_again_is_not_listed(north: House) -> None:
    with north.scope():
        queued = enqueue(TOPIC, uuid.uuid4(), now=timezone.now())
        assert dead_letters() == []
        assert dead_letter(queued.id) is None


def test_requeued_work_begins_again_with_all_its_attempts(north: House) -> None:
    dead = given_up(north)
    with north.scope():
        requeue(dead.id, actor=north.actor("edi"), now=timezone.now())
    [claimed] = claim_due()
    assert (claimed.id, claimed.subject_id, claimed.attempts) == (dead.id, dead.subject_id, 1)
    assert claimed.problem == ""


def test_requeueing_is_audited_with_who_and_why(north: House) -> None:
    dead = given_up(north)
    with north.scope():
        requeue(dead.id, actor=north.actor("edi"), now=NOW)
        event = AuditEvent.objects.get(action="outbox.requeued")
    assert (event.actor_label, event.subject_id) == ("Edi North", dead.id)
    assert event.data == {"topic": TOPIC, "about": str(dead.subject_id), "problem": dead.problem}


def test_requeueing_rings_the_bell_once_it_is_committed(north: House) -> None:
    dead = given_up(north)
    with TestCase.captureOnCommitCallbacks() as callbacks, north.scope():
        requeue(dead.id, actor=north.actor("edi"), now=NOW)
    assert [callback.__name__ for callback in callbacks] == ["ring"]


def test_other_organizations_and_living_work_cannot_be_requeued(north: House, south: House) -> None:
    dead = given_up(north)
    with south.scope(), pytest.raises(NotGivenUp):
        requeue(dead.id, actor=south.actor("edi"), now=NOW)
    with north.scope():
        requeue(dead.id, actor=north.actor("edi"), now=NOW)
        with pytest.raises(NotGivenUp):
            requeue(dead.id, actor=north.actor("edi"), now=NOW)
        assert AuditEvent.objects.filter(action="outbox.requeued").count() == 1
    with south.scope():
        assert not AuditEvent.objects.filter(action="outbox.requeued").exists()


def test_a_message_that_ends_its_workers_is_given_up_and_the_others_go_on(north: House) -> None:
    """Nobody lives to mark it failed, so the number of claims must tell."""
    seen: list[uuid.UUID] = []
    tasks.reads(TOPIC)(lambda message: seen.append(message.id))
    try:
        with north.scope():
            poison = enqueue(TOPIC, uuid.uuid4(), now=timezone.now())
            other = enqueue(TOPIC, uuid.uuid4(), now=timezone.now())
        OutboxMessage.objects.filter(id=poison.id).update(attempts=MAX_ATTEMPTS)
        tasks.drain()
    finally:
        del tasks._handlers[TOPIC]
    assert seen == [other.id]
    assert OutboxMessage.objects.get().dead_at is not None


def test_given_up_work_is_found_by_its_own_index(north: House) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM outbox_outboxmessage WHERE organization_id = %s AND dead_at IS NOT NULL"
            " ORDER BY dead_at DESC",
            [north.organization.id],
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "outbox_dead" in plan
