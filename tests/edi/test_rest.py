"""A partner that does not answer is left alone, so that the mail of the others goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from authorizations.states import ExchangeState
from edi.models import Interchange, Reachability
from edi.polling import poll_partner
from edi.reachability import LONGEST_REST, RESTING, may_try, note_result, pause
from edi.services import resend
from edi.transports.http_post import Delivered, Refused, Unknown
from outbox.delivery import FIRST_RETRY, MAX_ATTEMPTS
from outbox.models import OutboxMessage
from payers.models import TradingPartner
from tests.cast import NOW, House
from tests.edi.exchanges import asked, do, fresh, sent, tasks_of, work

NOBODY = "http://127.0.0.1:1/x12"
SILENCE = Unknown("No complete reply (TimeoutError).")


@pytest.fixture
def dead(wired_north: House) -> House:
    """Nobody listens at the partner's address any more."""
    with wired_north.scope():
        TradingPartner.objects.filter(id=wired_north.partner.id).update(endpoint_url=NOBODY)
    return wired_north


def rest_is_over(house: House) -> None:
    with house.scope():
        Reachability.objects.update(resting_until=timezone.now() - timedelta(seconds=1))


def tried(house: House) -> list[int]:
    return [row.attempts for row in sent(house)]


def test_third_message_to_a_partner_that_is_silent_is_not_tried_and_waits(dead: House) -> None:
    submissions = [asked(dead) for _ in range(3)]
    work(dead)
    assert tried(dead) == [1, 1, 0]
    assert {row.state for row in sent(dead)} == {Interchange.State.READY}
    problems = list(
        OutboxMessage.objects.filter(topic="submission.send").order_by("id").values_list("problem", flat=True)
    )
    assert problems[2] == RESTING
    assert fresh(dead, submissions[2]).exchange_state == ExchangeState.TO_SEND


def test_mail_of_another_organization_goes_on_meanwhile(dead: House, wired_south: House) -> None:
    for _ in range(3):
        asked(dead)
    work(dead)
    other = asked(wired_south)
    work(wired_south)
    assert fresh(wired_south, other).exchange_state == ExchangeState.ANSWERED
    with wired_south.scope():
        assert not Reachability.objects.exists()


def test_when_the_rest_is_over_one_tries_for_all(dead: House) -> None:
    with dead.scope():
        for _ in range(2):
            note_result(dead.partner.id, SILENCE)
        assert not may_try(dead.partner.id)
    rest_is_over(dead)
    with dead.scope():
        assert [may_try(dead.partner.id) for _ in range(3)] == [True, False, False]
        note_result(dead.partner.id, Delivered(b""))
        assert [may_try(dead.partner.id) for _ in range(3)] == [True, True, True]


@pytest.mark.parametrize(
    "answer",
    [Delivered(b""), Refused("The partner refuses the message (HTTP 403)."), Unknown("HTTP 500", answered=True)],
)
def test_partner_that_says_anything_at_all_is_not_left_alone(dead: House, answer: object) -> None:
    with dead.scope():
        note_result(dead.partner.id, SILENCE)
        note_result(dead.partner.id, answer)
        note_result(dead.partner.id, SILENCE)
        assert may_try(dead.partner.id)


def test_poll_of_a_silent_partner_counts_and_rests_too(dead: House) -> None:
    for _ in range(2):
        poll_partner(dead.organization.id, dead.partner.id, now=NOW)
    with dead.scope():
        assert not may_try(dead.partner.id)
    asked(dead)
    work(dead)
    assert tried(dead) == [0]


def test_last_try_of_a_message_ends_though_its_partner_rests(dead: House) -> None:
    """Otherwise thousands of messages would be held up once more when they are given up."""
    with dead.scope():
        for _ in range(2):
            note_result(dead.partner.id, SILENCE)
    submission = asked(dead)
    do(OutboxMessage.objects.get(topic="submission.send"), attempts=MAX_ATTEMPTS)
    assert (tried(dead), fresh(dead, submission).exchange_state) == ([0], ExchangeState.FAILED)
    assert "not_delivered" in tasks_of(dead, submission)
    with dead.scope():
        resend(submission.id, actor=dead.actor("edi"), now=NOW)
        assert may_try(dead.partner.id), "whoever resends has mended it"


def test_rests_double_up_to_five_minutes() -> None:
    assert [pause(failures) / FIRST_RETRY for failures in (2, 3, 4)] == [1, 2, 4]
    assert pause(1000) == LONGEST_REST
