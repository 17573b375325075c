"""A decision leaves a message; the worker allocates the member when it reads it."""

from __future__ import annotations

from audit.models import AuditEvent
from claims import tasks  # noqa: F401 (registers the reader, as the worker's discovery does)
from outbox.models import OutboxMessage
from outbox.tasks import handle
from tests.cast import House
from tests.claims.stage import authorize, bill, drawn_from, post


def test_a_decision_lets_the_worker_draw_what_waited_for_it(in_north: House) -> None:
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    case = authorize(in_north, ("H2019", 100))
    assert drawn_from(claim) == {}
    message = OutboxMessage.objects.get(topic="member.allocate")
    handle(message)
    assert drawn_from(claim) == {case.number: "8"}
    assert not OutboxMessage.objects.filter(topic="member.allocate", dead_at=None, lease=message.lease).exists()
    assert AuditEvent.objects.get(action="member.allocated").actor_label == "Allocation"


def test_the_same_message_twice_draws_once(in_north: House) -> None:
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    case = authorize(in_north, ("H2019", 100))
    message = OutboxMessage.objects.get(topic="member.allocate")
    handle(message)
    handle(message)
    assert drawn_from(claim) == {case.number: "8"}
    assert AuditEvent.objects.filter(action="member.allocated").count() == 1
