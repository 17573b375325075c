"""Events become a chain: a late commit is not passed by, two beats seal once, and every tampering is named."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEvent, AuditSeal, UnsealedEvent
from audit.sealing import seal_waiting
from audit.services import record
from audit.tasks import seal
from audit.verification import Verdict, verify
from tests.audit.conftest import Superuser
from tests.cast import NOW, House

LATER = NOW + timedelta(hours=1)


def tell(house: House, count: int = 1) -> list[AuditEvent]:
    with house.scope():
        return [record("member.changed", actor=house.actor(), now=NOW, data={"n": n}) for n in range(count)]


def seal_all(house: House) -> list[AuditSeal]:
    while seal_waiting(house.organization.id, now=NOW) is not None:
        pass
    with house.scope():
        return list(AuditSeal.objects.order_by("number"))


def judge(house: House) -> Verdict:
    return verify(house.organization.id, now=LATER)


@pytest.fixture
def chain(transactional_db: None, north: House) -> list[AuditSeal]:
    """Three seals of North, each with something in it."""
    for _ in range(3):
        tell(north, 3)
        seal_waiting(north.organization.id, now=NOW)
    return seal_all(north)


def test_every_event_is_in_exactly_one_seal_and_the_chain_is_whole(transactional_db: None, north: House) -> None:
    tell(north, 5)
    seal_all(north)
    tell(north, 2)
    seals = seal_all(north)
    with north.scope():
        events = set(AuditEvent.objects.values_list("id", flat=True))
    held = [event_id for each in seals for event_id in each.event_ids]
    assert len(held) == len(set(held))
    assert set(held) == events
    assert seals[1].previous_hash == seals[0].hash
    verdict = judge(north)
    assert (verdict.is_whole, verdict.seals, verdict.events) == (True, 2, len(events))


def test_an_event_that_commits_late_is_sealed_though_younger_ones_were_before(
    transactional_db: None, north: House
) -> None:
    """Its id and its time are older than those already sealed: a cursor would have passed it by."""
    written, may_commit = threading.Event(), threading.Event()
    late: list[uuid.UUID] = []

    def dawdle() -> None:
        try:
            with north.scope():
                late.append(record("member.changed", actor=north.actor(), now=NOW - timedelta(hours=2)).id)
                written.set()
                assert may_commit.wait(20)
        finally:
            connection.close()

    dawdler = threading.Thread(target=dawdle)
    dawdler.start()
    assert written.wait(20)
    younger = tell(north)[0].id
    first = seal_all(north)
    assert younger in first[-1].event_ids
    assert late[0] < younger
    assert late[0] not in [event_id for each in first for event_id in each.event_ids]
    may_commit.set()
    dawdler.join(20)
    assert seal_all(north)[-1].event_ids == late
    assert judge(north).is_whole


def test_two_beats_at_once_seal_every_event_once(transactional_db: None, north: House, south: House) -> None:
    tell(north, 40)
    tell(south, 40)
    start = threading.Barrier(4)

    def beat() -> None:
        try:
            start.wait(20)
            seal()
        finally:
            connection.close()

    beats = [threading.Thread(target=beat) for _ in range(4)]
    for each in beats:
        each.start()
    for each in beats:
        each.join(60)
    seal()
    assert not UnsealedEvent.objects.exists()
    for house in (north, south):
        assert judge(house).is_whole
        with house.scope():
            assert AuditSeal.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {table} SET id = id",
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "DROP TRIGGER append_only ON {table}",
        "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        "SET session_replication_role = replica",
    ],
)
@pytest.mark.parametrize("table", ["audit_auditevent", "audit_auditseal"])
def test_the_product_itself_cannot_touch_what_is_written(in_north: House, table: str, statement: str) -> None:
    record("member.changed", actor=in_north.actor(), now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table=table))


def test_the_product_itself_cannot_turn_the_head_back(chain: list[AuditSeal]) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_chainhead SET number = 1")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_chainhead")


def test_a_changed_event_is_named(chain: list[AuditSeal], north: House, superuser: Superuser) -> None:
    victim = chain[1].event_ids[1]
    superuser.run("UPDATE audit_auditevent SET actor_label = 'Nobody' WHERE id = %s", victim)
    assert judge(north).fault == f"event {victim} of seal 2 was changed"


@pytest.mark.parametrize("column", ["at", "action", "data", "member_id", "request_id", "actor_id"])
def test_no_column_of_an_event_can_be_changed_unseen(
    chain: list[AuditSeal], north: House, superuser: Superuser, column: str
) -> None:
    new = {"at": "now()", "data": "'{\"n\": 9}'", "member_id": f"'{uuid.uuid4()}'", "actor_id": "NULL"}
    superuser.run(
        f"UPDATE audit_auditevent SET {column} = {new.get(column, chr(39) + 'x' + chr(39))} WHERE id = %s",
        chain[0].event_ids[-1],
    )
    assert "was changed" in judge(north).fault


def test_a_removed_event_is_named(chain: list[AuditSeal], north: House, superuser: Superuser) -> None:
    victim = chain[1].event_ids[0]
    superuser.run("DELETE FROM audit_auditevent WHERE id = %s", victim)
    assert judge(north).fault == f"event {victim} of seal 2 was removed"


def test_an_event_that_is_removed_with_its_trace_in_the_seal_is_found(
    chain: list[AuditSeal], north: House, superuser: Superuser
) -> None:
    superuser.run("DELETE FROM audit_auditevent WHERE id = %s", chain[1].event_ids[0])
    superuser.run(
        "UPDATE audit_auditseal SET event_ids = event_ids[2:], event_hashes = event_hashes[2:] WHERE number = 2"
    )
    assert judge(north).fault == "seal 2 was changed"


def test_a_seal_out_of_the_middle_is_missed(chain: list[AuditSeal], north: House, superuser: Superuser) -> None:
    superuser.run("DELETE FROM audit_auditseal WHERE number = 2")
    assert judge(north).fault == "seal 2 is missing"


def test_a_cut_tail_is_missed(chain: list[AuditSeal], north: House, superuser: Superuser) -> None:
    """The last seal goes with all its events: only the head still knows."""
    superuser.run("DELETE FROM audit_auditevent WHERE id = ANY(%s)", chain[2].event_ids)
    superuser.run("DELETE FROM audit_auditseal WHERE number = 3")
    assert judge(north).fault == "the chain was cut: seals 3 to 3 are gone"


def test_a_chain_rewritten_to_its_end_does_not_fit_its_head(
    chain: list[AuditSeal], north: House, superuser: Superuser
) -> None:
    superuser.run("DELETE FROM audit_auditseal WHERE number = 3")
    superuser.run("UPDATE audit_chainhead SET number = 2")
    assert judge(north).fault == "the head names seal 2, and the chain ends with another seal 2"


def test_an_event_that_waits_too_long_is_named(transactional_db: None, north: House) -> None:
    event = tell(north)[0]
    fault = judge(north).fault
    assert "waits too long for its seal" in fault
    assert verify(north.organization.id, now=NOW).is_whole, "it may wait a few minutes"
    seal_all(north)
    assert judge(north).is_whole, event


def test_an_event_kept_from_its_seal_is_named(transactional_db: None, north: House) -> None:
    seal_all(north)
    event = tell(north)[0]
    UnsealedEvent.objects.filter(event_id=event.id).delete()
    assert judge(north).fault == f"event {event.id} was kept from being sealed"


def test_an_event_removed_before_its_seal_is_named(transactional_db: None, north: House, superuser: Superuser) -> None:
    seal_all(north)
    event = tell(north)[0]
    superuser.run("DELETE FROM audit_auditevent WHERE id = %s", event.id)
    assert judge(north).fault == f"event {event.id} was removed before it was sealed"


def test_the_command_names_the_bad_row_and_fails(
    chain: list[AuditSeal], north: House, south: House, superuser: Superuser
) -> None:
    seal_all(south)
    call_command("audit_verify", minutes=10_000_000, stdout=StringIO())
    superuser.run("UPDATE audit_auditevent SET action = 'x' WHERE id = %s", chain[0].event_ids[0])
    said = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("audit_verify", minutes=10_000_000, stdout=said)
    assert refused.value.returncode == 1
    assert str(chain[0].event_ids[0]) in said.getvalue()
    assert f"{south.organization.id}: whole" in said.getvalue()
    call_command("audit_verify", organization=south.organization.id, minutes=10_000_000, stdout=StringIO())
