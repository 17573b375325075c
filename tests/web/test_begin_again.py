"""The page of what was given up: what, why, and begin again; for those who look after the exchange of their house."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

import outbox.tasks
from audit.models import AuditEvent
from authorizations.models import Submission
from config.celery import app
from edi.polling import POLL
from edi.views.dead_letters import WHAT
from outbox.delivery import MAX_ATTEMPTS
from outbox.models import OutboxMessage
from tests.authorizations.cases import submitted
from tests.cast import NOW, House
from tests.web.conftest import SignIn
from tests.web.pages import form, text

PAGE = "/exchange/dead-letters"


def give_up(house: House, topic: str, subject_id: uuid.UUID, problem: str) -> OutboxMessage:
    letter = OutboxMessage(
        organization_id=house.organization.id,
        topic=topic,
        subject_id=subject_id,
        due_at=NOW,
        created_at=NOW,
        attempts=MAX_ATTEMPTS,
        dead_at=NOW - timedelta(minutes=5),
        problem=problem,
    )
    letter.save()
    return letter


@pytest.fixture
def stuck(north: House) -> tuple[OutboxMessage, Submission]:
    """A request that nobody took."""
    with north.scope():
        submission = submitted(north)
    OutboxMessage.objects.all().delete()
    return give_up(north, "submission.send", submission.id, "No complete reply (TimeoutError)."), submission


def shown(browser: Client) -> str:
    answer = browser.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_was_given_up_is_told_with_its_reason_and_its_case(
    north: House, sign_in: SignIn, stuck: tuple[OutboxMessage, Submission]
) -> None:
    give_up(north, POLL, north.partner.id, "OperationalError")
    page = shown(sign_in(north, "edi"))
    assert "Send a request PA-000001, submission 1" in text(page)
    assert "No complete reply (TimeoutError). 12 Begin again" in text(page)
    assert f"/authorizations/{stuck[1].authorization_id}" in page
    assert "Fetch the answers that wait Gateway north" in text(page)


def test_every_kind_of_work_is_called_by_words() -> None:
    app.loader.import_default_modules()
    ours = {topic for topic, reader in outbox.tasks._handlers.items() if not reader.__module__.startswith("tests.")}
    assert ours == set(WHAT)


def test_an_empty_page_says_that_all_is_well(north: House, sign_in: SignIn) -> None:
    assert "Nothing was given up" in text(shown(sign_in(north, "edi")))


def test_begin_again_asks_first_and_then_hands_it_to_the_worker(
    north: House, sign_in: SignIn, stuck: tuple[OutboxMessage, Submission]
) -> None:
    letter, _ = stuck
    browser = sign_in(north, "edi")
    address = f"{PAGE}/{letter.id}/requeue"
    asked = browser.get(address).content.decode()
    assert "the same bytes and the same control number" in text(asked)
    letter.refresh_from_db()
    assert letter.dead_at is not None, "asking changed something"
    answer: Any = browser.post(address, form(asked, "Begin again"), follow=True)
    assert "the worker begins again" in text(answer.content.decode())
    after = OutboxMessage.objects.get(id=letter.id)
    assert after.dead_at is None
    assert (after.attempts, after.problem) == (0, "")
    with north.scope():
        event = AuditEvent.objects.get(action="outbox.requeued")
    assert event.actor_label == "Edi North"


def test_those_who_may_only_read_get_no_button_and_no_way(
    north: House, sign_in: SignIn, stuck: tuple[OutboxMessage, Submission]
) -> None:
    browser = sign_in(north, "specialist")
    assert "Begin again" not in shown(browser)
    assert browser.post(f"{PAGE}/{stuck[0].id}/requeue").status_code == 403
    assert sign_in(north, "biller").get(PAGE).status_code == 403
    stuck[0].refresh_from_db()
    assert stuck[0].dead_at is not None


def test_another_house_sees_nothing_of_it_and_cannot_begin_it_again(
    north: House, south: House, sign_in: SignIn, stuck: tuple[OutboxMessage, Submission]
) -> None:
    browser = sign_in(south, "edi")
    assert "Nothing was given up" in text(shown(browser))
    for letter_id in (stuck[0].id, uuid.uuid4()):
        assert browser.get(f"{PAGE}/{letter_id}/requeue").status_code == 404
        assert browser.post(f"{PAGE}/{letter_id}/requeue").status_code == 404
    stuck[0].refresh_from_db()
    assert stuck[0].dead_at is not None
