"""What was given up goes out again with the bytes it had; what repeats for ever goes on whoever runs it."""

from __future__ import annotations

from django.utils import timezone

from authorizations.states import ExchangeState, Status
from edi.models import Interchange
from edi.polling import POLL, keep_polling, poll_partner
from outbox.delivery import MAX_ATTEMPTS, claim_due, enqueue, mark_done
from outbox.models import OutboxMessage
from outbox.queries import dead_letters
from outbox.services import requeue
from payers.models import TradingPartner
from tests.cast import House
from tests.edi.exchanges import asked, case_of, do, fresh, ledger, sent, work
from tests.edi.simulator.conftest import PayerProcess

NOBODY = "http://127.0.0.1:9/x12"


def move_partner(house: House, address: str) -> str:
    """Give the partner another address; the one it had."""
    with house.scope():
        partner = TradingPartner.objects.get(id=house.partner.id)
        TradingPartner.objects.filter(id=partner.id).update(endpoint_url=address)
    return partner.endpoint_url


def given_up(house: House, topic: str) -> OutboxMessage:
    """The message of this topic, after its last attempt failed."""
    message = OutboxMessage.objects.get(topic=topic)
    do(message, attempts=MAX_ATTEMPTS)
    with house.scope():
        [dead] = dead_letters()
    assert dead.id == message.id
    return dead


def test_a_given_up_request_goes_out_again_with_the_same_bytes(wired_north: House, shared_payer: PayerProcess) -> None:
    address = move_partner(wired_north, NOBODY)
    submission = asked(wired_north)
    dead = given_up(wired_north, "submission.send")
    (frozen,) = sent(wired_north)
    assert (frozen.state, fresh(wired_north, submission).exchange_state) == ("failed", ExchangeState.FAILED)
    move_partner(wired_north, address)
    with wired_north.scope():
        requeue(dead.id, actor=wired_north.actor("edi"), now=timezone.now())
    work(wired_north)
    (again,) = sent(wired_north)
    assert (again.id, bytes(again.body), again.state) == (frozen.id, bytes(frozen.body), Interchange.State.SENT)
    assert again.problem == ""
    assert [row["sha256"] for row in ledger(shared_payer, wired_north) if row["kind"] == "278"] == [frozen.sha256]
    assert case_of(wired_north, submission).status == Status.APPROVED


def test_a_given_up_acknowledgment_goes_out_again_with_the_same_bytes(
    wired_north: House, shared_payer: PayerProcess
) -> None:
    asked(wired_north)
    work(wired_north, "submission.send", "interchange.read")
    address = move_partner(wired_north, NOBODY)
    dead = given_up(wired_north, "interchange.send")
    move_partner(wired_north, address)
    with wired_north.scope():
        ours = Interchange.objects.get(id=dead.subject_id)
        assert ours.state == Interchange.State.FAILED
        requeue(dead.id, actor=wired_north.actor("edi"), now=timezone.now())
    work(wired_north)
    assert [row["sha256"] for row in ledger(shared_payer, wired_north) if row["kind"] == "999"] == [ours.sha256]


def test_two_polls_that_end_at_the_same_moment_leave_one_to_go_on(wired_north: House) -> None:
    """Each saw the other one still at work, and neither asked for the next time."""
    house = wired_north
    with house.scope():
        for _ in range(2):
            enqueue(POLL, house.partner.id, now=timezone.now())
    claimed = claim_due()
    assert len(claimed) == 2
    for message in claimed:
        poll_partner(house.organization.id, house.partner.id, now=timezone.now(), asked_by=message.id)
    for message in claimed:
        assert mark_done(message)
    assert OutboxMessage.objects.filter(topic=POLL).count() == 1


def test_a_poll_that_stands_is_not_doubled(wired_north: House) -> None:
    with wired_north.scope():
        for _ in range(3):
            keep_polling(wired_north.partner.id, now=timezone.now())
    assert OutboxMessage.objects.filter(topic=POLL).count() == 1
