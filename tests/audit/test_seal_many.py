"""What one seal does not take, or another process is at, waits for its turn."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from audit import sealing
from audit.models import AuditEvent, ChainHead, UnsealedEvent
from tests.audit.test_seal import judge, seal_all, tell
from tests.cast import NOW, House


def test_what_one_seal_does_not_take_waits_for_the_next(
    transactional_db: None, north: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "MOST_IN_ONE_SEAL", 3)
    tell(north, 8)
    seals = seal_all(north)
    with north.scope():
        events = set(AuditEvent.objects.values_list("id", flat=True))
    held = [event_id for each in seals for event_id in each.event_ids]
    assert sorted(held) == sorted(events)
    assert len(seals) == -(-len(events) // 3)
    assert not UnsealedEvent.objects.filter(organization_id=north.organization.id).exists()
    assert judge(north).is_whole


def test_a_chain_that_another_process_is_at_is_left_alone(transactional_db: None, north: House) -> None:
    """It neither waits for the other nor seals the same events beside it."""
    tell(north)
    seal_all(north)
    tell(north, 3)
    locked, may_end = threading.Event(), threading.Event()

    def dawdle() -> None:
        try:
            with north.scope():
                ChainHead.objects.select_for_update().get(organization_id=north.organization.id)
                locked.set()
                assert may_end.wait(20)
        finally:
            connection.close()

    other = threading.Thread(target=dawdle)
    other.start()
    try:
        assert locked.wait(20)
        assert sealing.seal_waiting(north.organization.id, now=NOW) is None
    finally:
        may_end.set()
        other.join(20)
    seal = sealing.seal_waiting(north.organization.id, now=NOW)
    assert seal is not None
    assert len(seal.event_ids) == 3


def test_the_hash_of_an_event_covers_every_column() -> None:
    """A column it left out could be changed unseen, whoever the event names."""
    assert set(sealing._COVERED) == {field.attname for field in AuditEvent._meta.concrete_fields}


@pytest.mark.parametrize("column", [field.attname for field in AuditEvent._meta.concrete_fields])
def test_another_value_in_any_column_makes_another_hash(transactional_db: None, north: House, column: str) -> None:
    [event] = tell(north)
    before = sealing.event_hash(event)
    setattr(event, column, "something else")
    assert sealing.event_hash(event) != before
