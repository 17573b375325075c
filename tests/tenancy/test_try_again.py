"""What the database refuses for the moment is tried again whole, three times; who must wait too long is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from accounts.access import ATTEMPTS
from audit.models import AuditEvent
from authorizations.models import Authorization, Note, Submission
from authorizations.states import Status
from tests.authorizations.cases import drafted
from tests.cast import House, found_house
from tests.tenancy.test_whole_or_nothing import digest
from tests.web.pages import form


@pytest.fixture
def house(transactional_db: None) -> House:
    return found_house("north", "Cedar Bay Care")


def browser(house: House) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(house.users["specialist"])
    return client


class Trouble:
    """Makes the server itself raise an error instead of doing a writing statement: the `at`-th of each of the first
    `times` tries."""

    def __init__(self, sqlstate: str, at: int, times: int) -> None:
        self.sqlstate, self.at, self.times = sqlstate, at, times
        self.tries = self.seen = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "set_config" in sql and params[0] == "app.organization_id":
            self.tries, self.seen = self.tries + 1, 0
        elif sql.lstrip().upper().startswith(("INSERT", "UPDATE")):
            self.seen += 1
            if self.seen == self.at and self.tries <= self.times:
                raised = f"DO $$ BEGIN RAISE EXCEPTION 'for the moment' USING ERRCODE = '{self.sqlstate}'; END $$"
                return execute(raised, None, False, context)
        return execute(sql, params, many, context)


@pytest.fixture
def sent(house: House) -> tuple[Client, str, dict[str, Any], Authorization]:
    """A draft whose form is ready to be submitted."""
    with house.scope():
        row = drafted(house)
    client = browser(house)
    address = reverse("authorization_edit", args=[row.id])
    fields = form(client.get(address).content.decode(), 'name="coverage"') | {"do": "submit"}
    return client, address, fields, row


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
@pytest.mark.parametrize("at", [1, 4, 8])
def test_a_request_that_could_not_be_put_in_order_is_done_again_whole(
    house: House, sent: tuple[Client, str, dict[str, Any], Authorization], sqlstate: str, at: int
) -> None:
    client, address, fields, row = sent
    trouble = Trouble(sqlstate, at, ATTEMPTS - 1)
    with connection.execute_wrapper(trouble):
        answer = client.post(address, fields)
    assert trouble.tries >= ATTEMPTS, "nothing was tried again, so nothing was proved"
    assert answer.status_code == 302
    with house.scope():
        assert Authorization.objects.get(id=row.id).status == Status.SUBMITTED
        assert Submission.objects.count() == 1
        assert AuditEvent.objects.filter(action="authorization.submitted").count() == 1


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_after_three_tries_the_person_is_told_and_nothing_is_left(
    house: House, sent: tuple[Client, str, dict[str, Any], Authorization], sqlstate: str
) -> None:
    client, address, fields, _ = sent
    with house.scope():
        before = digest()
    trouble = Trouble(sqlstate, 4, 99)
    with connection.execute_wrapper(trouble):
        answer = client.post(address, fields)
    assert answer.status_code == 409
    assert "Nothing was saved" in answer.content.decode()
    with house.scope():
        assert digest() == before


def test_another_error_of_the_database_is_not_tried_again(
    house: House, sent: tuple[Client, str, dict[str, Any], Authorization]
) -> None:
    client, address, fields, _ = sent
    trouble = Trouble("53100", 4, 99)  # the disk is full
    with connection.execute_wrapper(trouble):
        assert client.post(address, fields).status_code == 500
    assert trouble.tries == 1


def test_a_lock_that_is_held_for_long_makes_others_wait_five_seconds_and_tells_them(house: House) -> None:
    """The holder is not disturbed; who waited keeps their connection, and succeeds afterwards."""
    with house.scope():
        row = drafted(house)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with house.scope():
                Authorization.objects.select_for_update().get(id=row.id)
                held.set()
                done.wait(60)
        finally:
            connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(20)
    try:
        client = browser(house)
        began = time.monotonic()
        answer = client.post(reverse("authorization_discard", args=[row.id]), {})
        waited = time.monotonic() - began
        assert answer.status_code == 409
        assert "Somebody else is at work on this" in answer.content.decode()
        assert 4.5 <= waited < 9, f"{waited} seconds"
        looked = client.get(reverse("authorization_detail", args=[row.id]))
        assert looked.status_code == 200, "reading waits for nobody"
    finally:
        done.set()
        holder.join(20)
    again = {"version": str(row.version)}
    assert client.post(reverse("authorization_discard", args=[row.id]), again).status_code == 302
    with house.scope():
        assert Authorization.objects.get(id=row.id).status == Status.CANCELLED
        assert not Note.objects.exists()


def test_every_connection_is_told_how_long_it_may_wait(house: House) -> None:
    with connection.cursor() as cursor:
        for name, most in (("lock_timeout", 5), ("statement_timeout", 30), ("idle_in_transaction_session_timeout", 60)):
            cursor.execute("SELECT setting::int / 1000 FROM pg_settings WHERE name = %s", [name])
            assert 0 < cursor.fetchone()[0] <= most, name
