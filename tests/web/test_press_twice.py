"""A button pressed twice, or four times at the same moment: one thing is made, and everybody is led to it."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from accounts.reading import VERBS
from audit.models import AuditEvent
from tests.cast import House, found_house
from tests.claims.stage import authorize
from tests.claims.test_claim_pages import typed
from tests.web.pages import form
from tests.web.stage import by_hand
from tests.web.test_fill_request import complete, line

PRESSES = 4
ROUNDS = 100 if os.environ.get("GREENLIGHT_LONG") else 5
"""GREENLIGHT_LONG=1 presses each button a hundred times."""

Press = tuple[str, str, dict[str, Any], dict[str, Any]]
"""Whose browser, the address, what the form sends, and what another one under the same key would say."""


@pytest.fixture
def house(transactional_db: None) -> House:
    house = found_house("north", "Cedar Bay Care")
    with house.scope():
        authorize(house, ("H2019", 100_000))
    return house


def browser(house: House, role: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(house.users[role])
    return client


def begun(house: House, do: str) -> Press:
    address = f"/members/{house.member.id}/authorizations/new"
    page = browser(house, "specialist").get(address).content.decode()
    fields = form(page, 'name="coverage"') | line(0, "H2019", "80") | complete(house) | {"do": do}
    return "specialist", address, fields, {"lines-0-quantity": "81"}


def save_a_draft(house: House) -> Press:
    return begun(house, "save")


def submit_a_request(house: House) -> Press:
    """Asked in every round anew, so that each but the first says why it is asked once more."""
    role, address, fields, other = begun(house, "submit")
    return role, address, fields | {"duplicate_reason": "The first one was lost"}, other


def mark_as_submitted(house: House) -> Press:
    with house.scope():
        address = f"/submissions/{by_hand(house).id}/mark"
    fields = form(browser(house, "specialist").get(address).content.decode(), 'name="key"')
    return "specialist", address, fields, {"reference": "Another"}


def post_a_claim(house: House) -> Press:
    fields = typed(house, {"quantity": "1"})
    fields["number"] = f"C-{fields['key'][:8]}"
    return "biller", f"/claims/new?member={house.member.id}", fields, {"lines-0-quantity": "2"}


BUTTONS = (save_a_draft, submit_a_request, mark_as_submitted, post_a_claim)


def facts(house: House) -> Counter[str]:
    """What was done, and not only looked at."""
    with house.scope():
        actions = AuditEvent.objects.values_list("action", flat=True)
        return Counter(action for action in actions if action.rpartition(".")[2] not in VERBS)


def press(house: House, role: str, address: str, fields: dict[str, Any], times: int) -> list[tuple[int, str]]:
    """The answers to the same form sent at the same moment."""
    start = threading.Barrier(times)
    browsers = [browser(house, role) for _ in range(times)]

    def send(client: Client) -> tuple[int, str]:
        try:
            start.wait(20)
            answer = client.post(address, fields)
            return answer.status_code, answer.get("Location", "")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(send, browsers))


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: button.__name__)
def test_pressed_many_times_at_once_it_makes_one_thing_and_leads_everybody_to_it(
    house: House, button: Callable[[House], Press]
) -> None:
    for number in range(ROUNDS):
        role, address, fields, _ = button(house)
        before = facts(house)
        answers = press(house, role, address, fields, PRESSES)
        assert set(answers) == {answers[0]}, f"round {number}: {answers}"
        assert answers[0][0] == 302, f"round {number}: {answers}"
        made = facts(house) - before
        assert made, "nothing was done"
        assert set(made.values()) == {1}, f"round {number}: {made}"


@pytest.mark.parametrize("button", BUTTONS, ids=lambda button: button.__name__)
def test_the_same_key_with_other_words_is_refused(house: House, button: Callable[[House], Press]) -> None:
    role, address, fields, other = button(house)
    assert set(other) <= set(fields), sorted(fields)
    assert press(house, role, address, fields, 1)[0][0] == 302
    before = facts(house)
    (again,) = press(house, role, address, fields | other, 1)
    assert again[0] in (409, 422), again
    assert facts(house) == before
