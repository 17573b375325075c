"""How long a sign-in lasts to the second, what ends every sign-in at once, and who guesses passwords."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import SecurityEvent, User
from accounts.security import GUESSES_AT_ONE, GUESSES_FROM_ONE, note
from accounts.services import change_role, end_membership
from tests.accounts.browsers import SIGN_IN, attempt, signed_in
from tests.cast import NOW, PASSWORD, House

WRONG = "not the right password"
SECOND = timedelta(seconds=1)


@pytest.fixture
def dana(north: House) -> User:
    return north.users["specialist"]


# To the second -----------------------------------------------------------------------------------------------


def test_a_quarter_of_an_hour_without_a_hand_is_a_quarter_of_an_hour(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(dana.email)
        clock.shift(timedelta(minutes=15))
        assert client.get(reverse("home")).status_code == 200
        clock.shift(timedelta(minutes=15) + SECOND)
        assert client.get(reverse("home")).status_code == 302


def test_twelve_hours_are_twelve_hours_however_busy(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(dana.email)
        for _ in range(12 * 5):
            clock.shift(timedelta(minutes=12))
            assert client.get(reverse("home")).status_code == 200
        clock.shift(SECOND)
        assert client.get(reverse("home"))["Location"].endswith("reason=long")


def test_an_open_page_that_asks_for_its_status_is_led_to_the_sign_in_and_extends_nothing(dana: User) -> None:
    """Every two seconds for a quarter of an hour; then the script gets a header, not the sign-in page as a part."""
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(dana.email)
        headers: dict[str, Any] = {"HTTP_X_STATUS_POLL": "1", "HTTP_HX_REQUEST": "true"}
        for _ in range(90):
            clock.shift(timedelta(seconds=10))
            assert client.get(reverse("home"), **headers).status_code == 200
        clock.shift(SECOND)
        answer = client.get(reverse("home"), **headers)
    assert answer["HX-Redirect"].startswith(SIGN_IN)
    assert b"Password" not in answer.content


# At the next request -----------------------------------------------------------------------------------------


def signs_out(house: House, browser: Client) -> None:
    browser.post(reverse("my_sessions_end"))
    browser.post(reverse("account_logout"))


def is_disabled(house: House, browser: Client) -> None:
    User.objects.filter(id=house.users["specialist"].id).update(is_active=False)


def changes_the_password(house: House, browser: Client) -> None:
    new = "another long password"
    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert browser.post(reverse("account_change_password"), sent).status_code == 302
    browser.post(reverse("account_logout"))


def loses_the_place(house: House, browser: Client) -> None:
    with house.scope():
        end_membership(house.memberships["specialist"].id, actor=house.actor("admin"), now=NOW)


def loses_the_right(house: House, browser: Client) -> None:
    with house.scope():
        role = house.memberships["specialist"].role
        change_role(role.id, name=role.name, scopes=["work.read"], actor=house.actor("admin"), now=NOW)


@pytest.mark.parametrize(
    "what", [signs_out, is_disabled, changes_the_password, loses_the_place, loses_the_right], ids=lambda f: f.__name__
)
def test_every_browser_of_a_person_feels_it_at_the_next_request(
    north: House, dana: User, what: Callable[[House, Client], None]
) -> None:
    browsers = [signed_in(dana.email) for _ in range(3)]
    for browser in browsers:
        assert browser.get(reverse("member_list")).status_code == 200
    what(north, browsers[0])
    for browser in browsers:
        answer = browser.get(reverse("member_list"))
        assert answer.status_code in (302, 403)
        assert b"Ashdown" not in answer.content


# Guessing ----------------------------------------------------------------------------------------------------


def test_twenty_wrong_passwords_of_one_name_at_one_address_end_after_ten(dana: User) -> None:
    answers = [attempt(dana.email, WRONG) for _ in range(20)]
    assert answers == [200] * 9 + [429] * 11
    assert attempt(dana.email, PASSWORD) == 429


def test_one_name_is_not_guessed_from_many_addresses(dana: User) -> None:
    """And its owner still gets in from where they signed in before, so that nobody can lock them out."""
    home = "198.51.100.1"
    assert attempt(dana.email, PASSWORD, address=home) == 302
    for n in range(GUESSES_AT_ONE):
        assert attempt(dana.email, WRONG, address=f"203.0.113.{n + 1}") == 200
    elsewhere = Client().post(SIGN_IN, {"login": dana.email, "password": PASSWORD}, REMOTE_ADDR="203.0.113.200")
    assert elsewhere.status_code == 200, "even the right password is not looked at"
    assert "Too many tries" in elsewhere.content.decode()
    assert attempt(dana.email, PASSWORD, address=home) == 302


def test_guessing_ends_an_hour_later(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        for n in range(GUESSES_AT_ONE):
            attempt(dana.email, WRONG, address=f"203.0.113.{n + 1}")
        assert attempt(dana.email, PASSWORD, address="203.0.113.200") == 200
        clock.shift(timedelta(minutes=61))
        assert attempt(dana.email, PASSWORD, address="203.0.113.200") == 302


def test_many_names_are_not_guessed_from_one_address(dana: User, south: House) -> None:
    """Only colleagues who signed in from there before go on to."""
    here = "203.0.113.7"
    assert attempt(dana.email, PASSWORD, address=here) == 302
    now = SecurityEvent.objects.get(kind="sign_in.done").at
    for n in range(GUESSES_FROM_ONE):
        event = note("sign_in.failed", now=now, name=f"somebody {n}")
        # Written once: the address is put in at birth.
        SecurityEvent(at=now, kind="sign_in.failed", address=here, data=event.data).save(force_insert=True)
    assert attempt(south.users["biller"].email, PASSWORD, address=here) == 200
    assert attempt(south.users["biller"].email, PASSWORD, address="198.51.100.9") == 302
    assert attempt(dana.email, PASSWORD, address=here) == 302


def test_a_name_of_nobody_is_answered_alike_when_it_is_guessed(dana: User) -> None:
    for n in range(GUESSES_AT_ONE):
        attempt("nobody@north.example", WRONG, address=f"203.0.113.{n + 1}")
    answer = Client().post(SIGN_IN, {"login": "nobody@north.example", "password": WRONG}, REMOTE_ADDR="203.0.113.200")
    assert "Too many tries" in answer.content.decode()


# Passwords ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", range(1, 12))
def test_eleven_characters_are_too_few(length: int) -> None:
    with pytest.raises(ValidationError, match="at least 12"):
        validate_password("x9-Qz7_Wk2!"[:length])


@pytest.mark.parametrize("length", [12, 64, 128])
def test_twelve_to_a_hundred_and_twenty_eight_of_any_kind_are_taken(length: int) -> None:
    for kind in ("q", "7", " ", "ß", "語", "-"):
        validate_password(kind * (length - 2) + "xy")


@pytest.mark.parametrize("common", ["password1234", "qwertyuiop123", "1q2w3e4r5t6y"])
def test_a_password_of_the_list_of_common_ones_is_refused(common: str) -> None:
    with pytest.raises(ValidationError, match="too common"):
        validate_password(common)
