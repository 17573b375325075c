"""Two workers that look for work at one moment do not meet at the same piece of it."""

from __future__ import annotations

import threading
import uuid

from django.db import connection, transaction
from django.utils import timezone

from outbox.delivery import claim_due, enqueue
from outbox.models import OutboxMessage
from tests.cast import House


def test_work_that_another_worker_is_taking_is_passed_by_without_waiting(transactional_db: None, north: House) -> None:
    with north.scope():
        first, second = (enqueue("test.topic", uuid.uuid4(), now=timezone.now()) for _ in range(2))
    taken, may_end = threading.Event(), threading.Event()

    def other_worker() -> None:
        try:
            with transaction.atomic():
                OutboxMessage.objects.select_for_update().get(id=first.id)
                taken.set()
                assert may_end.wait(20)
        finally:
            connection.close()

    other = threading.Thread(target=other_worker)
    other.start()
    try:
        assert taken.wait(20)
        assert [each.id for each in claim_due(limit=2)] == [second.id]
    finally:
        may_end.set()
        other.join(20)
    assert [each.id for each in claim_due(limit=2)] == [first.id]
