"""The second step: set up by oneself or because the organization says so; each code works once."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.adapter import SecondFactor
from accounts.models import SecurityEvent, User
from tests.accounts.browsers import attempt, browser_of, signed_in
from tests.cast import NOW, PASSWORD, House

CODE = "/account/sign-in/code/"


def code_at(secret: str, moment: Any = None) -> str:
    import time

    seconds = moment.timestamp() if moment else time.time()
    return str(format_hotp_value(hotp_value(secret, int(seconds) // 30)))


def confirmed(client: Client) -> Client:
    """The password once more, as delicate pages ask."""
    assert client.post(reverse("account_reauthenticate"), {"password": PASSWORD}).status_code == 302
    return client


def set_up(client: Client) -> str:
    """Set up the second step through its page. The authenticator's secret."""
    page = confirmed(client).get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r'type the key: <span class="mono">(\w+)</span>', page)
    assert found, page
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_at(found[1])})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    return found[1]


@pytest.fixture
def dana(north: House) -> User:
    return north.users["specialist"]


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def secret(dana: User, clock: Any) -> str:
    found = set_up(signed_in(dana.email))
    clock.shift(timedelta(minutes=2))
    return found


def at_the_second_step(user: User) -> Client:
    client = Client()
    assert attempt(user.email, PASSWORD, client=client) == 302
    return client


def test_the_password_alone_opens_nothing_any_more(dana: User, secret: str) -> None:
    client = at_the_second_step(dana)
    assert client.get(reverse("home")).status_code == 302, "the step cannot be skipped"
    assert client.post(CODE, {"code": "000000"}).status_code == 200
    assert client.get(reverse("home")).status_code == 302
    assert client.post(CODE, {"code": code_at(secret)}).status_code == 302
    assert client.get(reverse("home")).status_code == 200


def test_a_code_works_once_also_in_another_process(dana: User, secret: str, clock: Any) -> None:
    """What one process remembers in memory is emptied: the row remembers."""
    from django.core.cache import cache

    code = code_at(secret)
    assert at_the_second_step(dana).post(CODE, {"code": code}).status_code == 302
    cache.clear()
    second = at_the_second_step(dana)
    assert second.post(CODE, {"code": code}).status_code == 200
    assert second.get(reverse("home")).status_code == 302
    clock.shift(timedelta(seconds=30))
    assert second.post(CODE, {"code": code}).status_code == 200, "nor as the code of the minute before"
    assert second.post(CODE, {"code": code_at(secret)}).status_code == 302


def test_the_code_that_set_it_up_does_not_sign_in(transactional_db: None, dana: User, clock: Any) -> None:
    used = code_at(set_up(signed_in(dana.email)))
    assert at_the_second_step(dana).post(CODE, {"code": used}).status_code == 200


def test_one_code_typed_twice_at_once_signs_in_once(transactional_db: None, north: House) -> None:
    dana = north.users["specialist"]
    with time_machine.travel(NOW, tick=False) as clock:
        code_of = set_up(signed_in(dana.email))
        clock.shift(timedelta(minutes=2))
        code = code_at(code_of)
        browsers = [at_the_second_step(dana) for _ in range(3)]
        start = threading.Barrier(3)
        answers: list[int] = []

        def type_it(client: Client) -> None:
            try:
                start.wait(20)
                answers.append(client.post(CODE, {"code": code}).status_code)
            finally:
                connection.close()

        typing = [threading.Thread(target=type_it, args=[client]) for client in browsers]
        for each in typing:
            each.start()
        for each in typing:
            each.join(30)
    assert sorted(answers) == [200, 200, 302]


def test_ten_wrong_codes_close_the_door_for_a_quarter_of_an_hour(dana: User, secret: str, clock: Any) -> None:
    client = at_the_second_step(dana)
    for n in range(10):
        assert client.post(CODE, {"code": f"{n:06}"}).status_code == 200
    refused = at_the_second_step(dana).post(CODE, {"code": code_at(secret)})
    assert "Too many wrong codes" in refused.content.decode()
    clock.shift(timedelta(minutes=16))
    assert at_the_second_step(dana).post(CODE, {"code": code_at(secret)}).status_code == 302
    assert SecurityEvent.objects.filter(user_id=dana.id, kind="code.refused").count() == 10


def test_a_recovery_code_signs_in_once(dana: User, clock: Any) -> None:
    client = signed_in(dana.email)
    set_up(client)
    shown = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    codes = re.findall(r"<li>(\d{8})</li>", shown)
    assert len(codes) == 10
    assert codes[0] not in client.get(reverse("mfa_view_recovery_codes")).content.decode(), "shown once"
    clock.shift(timedelta(minutes=2))
    assert at_the_second_step(dana).post(CODE, {"code": codes[0]}).status_code == 302
    assert at_the_second_step(dana).post(CODE, {"code": codes[0]}).status_code == 200
    assert "9 left" in client.get(reverse("my_account")).content.decode()


def test_the_secret_stands_in_no_row_in_clear(dana: User, secret: str) -> None:
    rows = Authenticator.objects.filter(user=dana)
    assert secret not in " ".join(str(row.data) for row in rows)
    assert SecondFactor().decrypt(rows.get(type="totp").data["secret"]) == secret


def test_setting_it_up_asks_for_the_password_and_signs_out_everywhere_else(
    transactional_db: None, dana: User, clock: Any
) -> None:
    here, there = signed_in(dana.email), signed_in(dana.email)
    answer = here.get(reverse("mfa_activate_totp"))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert here.post(reverse("account_reauthenticate"), {"password": "wrong wrong wrong"}).status_code == 200
    assert here.get(reverse("mfa_activate_totp")).status_code == 302
    set_up(here)
    assert here.get(reverse("home")).status_code == 200
    assert there.get(reverse("home")).status_code == 302


def test_an_organization_that_requires_it_opens_no_page_before(north: House, dana: User, clock: Any) -> None:
    admin = browser_of(north, "admin")
    client = signed_in(dana.email)
    assert client.get(reverse("member_list")).status_code == 200
    assert admin.post(reverse("second_factor_rule"), {"required": "yes"}).status_code == 302
    for address in (reverse("member_list"), reverse("home")):
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_activate_totp"))
    part = client.post(reverse("member_search"), {"q": "Ashdown"}, HTTP_HX_REQUEST="true")
    assert part["HX-Redirect"] == reverse("mfa_activate_totp")
    assert b"Ashdown" not in part.content
    set_up(client)
    assert client.get(reverse("member_list")).status_code == 200
    refused = client.post(reverse("mfa_deactivate_totp"))
    assert "requires a second step" in refused.content.decode()
    assert client.get(reverse("member_list")).status_code == 200


def test_it_is_required_only_where_the_organization_says_so(north: House, south: House, clock: Any) -> None:
    browser_of(south, "admin").post(reverse("second_factor_rule"), {"required": "yes"})
    assert browser_of(north, "specialist").get(reverse("home")).status_code == 200
    assert browser_of(south, "specialist").get(reverse("home")).status_code == 302


def test_who_chose_it_may_remove_it(dana: User, secret: str, clock: Any) -> None:
    client = at_the_second_step(dana)
    client.post(CODE, {"code": code_at(secret)})
    confirmed(client)
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert not Authenticator.objects.filter(user=dana).exists()
    assert signed_in(dana.email).get(reverse("home")).status_code == 200
    assert SecurityEvent.objects.filter(user_id=dana.id, kind="second_factor.removed").exists()
