"""What happened is written once, beside the fact it tells."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from audit.models import AuditEvent
from audit.services import record
from tests.cast import NOW, House


def test_an_event_stands_or_falls_with_its_fact(transactional_db: None, north: House) -> None:
    with pytest.raises(ZeroDivisionError), north.scope():
        record("member.changed", actor=north.actor(), now=NOW)
        raise ZeroDivisionError
    with north.scope():
        assert not AuditEvent.objects.filter(action="member.changed").exists()


@pytest.mark.parametrize("change", ["update", "delete"])
def test_an_event_can_be_neither_changed_nor_removed(in_north: House, change: str) -> None:
    record("member.changed", actor=in_north.actor(), now=NOW)
    events = AuditEvent.objects.filter(action="member.changed")
    with pytest.raises(DatabaseError), transaction.atomic():
        if change == "update":
            events.update(actor_label="Somebody else")
        else:
            events.delete()
    assert events.get().actor_label == "Specialist North"
