"""A forgotten password: a link by mail, once and for an hour, that opens nothing by itself."""

from __future__ import annotations

import logging
import re
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from structlog.stdlib import ProcessorFormatter

from accounts.models import SecurityEvent, User
from tests.accounts.browsers import attempt, signed_in
from tests.accounts.test_second_step import CODE, code_at, set_up
from tests.cast import NOW, PASSWORD, House

NEW = "another long password"
ASK = "/account/password/forgotten/"


@pytest.fixture
def dana(north: House) -> User:
    return north.users["specialist"]


def asked(email: str) -> str:
    """The path of the link that was mailed, "" where the mail has none."""
    mail.outbox.clear()
    answer = Client().post(ASK, {"email": email})
    assert answer["Location"] == reverse("account_reset_password_done")
    (sent,) = mail.outbox
    found = re.search(r"http://testserver(/account/password/new/\S+)", str(sent.body))
    return found[1] if found else ""


def followed(link: str) -> tuple[Client, str]:
    """A browser on the page that the link leads to, whose address no longer holds the key."""
    browser = Client()
    onward = browser.get(link)
    assert onward.status_code == 302, "the link does not work"
    return browser, onward["Location"]


def set_new(link: str, password: str = NEW) -> int:
    browser, page = followed(link)
    return browser.post(page, {"password1": password, "password2": password}).status_code


def works(link: str) -> bool:
    return Client().get(link).status_code == 302


def test_who_forgot_the_password_sets_a_new_one_by_mail(dana: User) -> None:
    page = Client().get(reverse("account_login")).content.decode()
    assert f'href="{ASK}"' in page, "the way stands on the sign-in page"
    link = asked(dana.email.upper())
    browser, address = followed(link)
    assert link.rpartition("-")[2] not in address
    assert "Set a new password" in browser.get(address).content.decode()
    answer = browser.post(address, {"password1": NEW, "password2": NEW})
    assert answer["Location"] == reverse("account_reset_password_from_key_done")
    assert browser.get(reverse("home")).status_code == 302, "the link is no sign-in"
    assert attempt(dana.email, PASSWORD) == 200
    assert signed_in(dana.email, NEW).get(reverse("home")).status_code == 200
    kinds = list(SecurityEvent.objects.filter(user_id=dana.id).values_list("kind", flat=True))
    assert {"password.forgotten", "password.reset"} <= set(kinds)


def test_the_mail_goes_to_the_address_that_is_kept_and_tells_no_health_data(dana: User) -> None:
    link = asked(dana.email.upper())
    (sent,) = mail.outbox
    assert sent.to == [dana.email]
    said = f"{sent.subject} {sent.body}"
    assert link in said
    for word in ("Ashdown", "H2019", "Cedar Bay", "PA-0", dana.name):
        assert word not in said


def test_the_link_works_once(dana: User) -> None:
    link = asked(dana.email)
    assert set_new(link) == 302
    assert not works(link)
    refused = Client().get(link).content.decode()
    assert "This link does not work" in refused


def test_the_link_works_for_an_hour(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        link = asked(dana.email)
        clock.shift(timedelta(minutes=59))
        assert works(link)
        clock.shift(timedelta(minutes=2))
        assert not works(link)


def test_a_page_left_open_past_the_hour_sets_nothing(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        browser, page = followed(asked(dana.email))
        clock.shift(timedelta(minutes=61))
        browser.post(page, {"password1": NEW, "password2": NEW})
    assert signed_in(dana.email).get(reverse("home")).status_code == 200


def test_signing_in_meanwhile_ends_the_link(dana: User) -> None:
    link = asked(dana.email)
    signed_in(dana.email)
    assert not works(link)


@pytest.mark.parametrize("link", ["0-nobodys", "x-x", "-", f"{'f' * 32}-abc-def"])
def test_a_link_of_nobody_sets_nothing(dana: User, link: str) -> None:
    assert Client().get(f"/account/password/new/{link}/").status_code in (200, 404)
    assert not works(f"/account/password/new/{link}/")


def test_the_link_of_one_person_sets_the_password_of_no_other(north: House) -> None:
    key = asked(north.users["specialist"].email).partition("-")[2]
    other = asked(north.users["biller"].email).partition("-")[0]
    assert not works(f"{other}-{key}")


def test_a_weak_password_is_told_and_the_link_not_used_up(dana: User) -> None:
    browser, page = followed(asked(dana.email))
    answer = browser.post(page, {"password1": "password1234", "password2": "password1234"})
    assert "too common" in answer.content.decode()
    assert signed_in(dana.email).get(reverse("home")).status_code == 200


def test_the_second_step_is_asked_after_a_new_password_too(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        secret = set_up(signed_in(dana.email))
        clock.shift(timedelta(minutes=2))
        assert set_new(asked(dana.email)) == 302
        browser = Client()
        assert attempt(dana.email, NEW, client=browser)
        assert browser.get(reverse("home")).status_code == 302, "the password alone opens nothing"
        assert browser.post(CODE, {"code": code_at(secret)}).status_code == 302
        assert browser.get(reverse("home")).status_code == 200


def test_every_browser_is_signed_out(dana: User) -> None:
    there = signed_in(dana.email)
    assert set_new(asked(dana.email)) == 302
    assert there.get(reverse("home")).status_code == 302
    assert not UserSession.objects.filter(user=dana).exists()


def test_who_has_the_mail_is_not_locked_out_by_wrong_tries(dana: User) -> None:
    for _ in range(10):
        attempt(dana.email, "not the right password")
    assert attempt(dana.email, PASSWORD) == 429
    assert set_new(asked(dana.email)) == 302
    assert attempt(dana.email, NEW) == 302


def test_an_unknown_address_gets_the_same_answer_and_a_mail_without_a_link(dana: User) -> None:
    def page(email: str) -> str:
        answer = Client().post(ASK, {"email": email}, follow=True)
        return re.sub(r'value="[^"]+"|nonce="[^"]+"|"X-CSRFToken": "[^"]+"', "", answer.content.decode())

    assert page(dana.email) == page("nobody@north.example")
    assert asked("nobody@north.example") == ""
    stranger = SecurityEvent.objects.filter(kind="password.forgotten", user_id=None).first()
    assert stranger is not None
    assert "nobody" not in str(stranger.data)


def test_an_unknown_address_takes_as_long(real_hash: None, dana: User) -> None:
    """Medians of processor time."""

    def median(emails: Callable[[int], str]) -> float:
        spent = []
        for n in range(9):
            cache.clear()
            began = time.process_time()
            Client().post(ASK, {"email": emails(n)})
            spent.append(time.process_time() - began)
        return statistics.median(spent)

    median(lambda n: dana.email)
    known, unknown = median(lambda n: dana.email), median(lambda n: f"nobody{n}@north.example")
    # Within ten milliseconds: what the network and the mail server add is more, and is added to both.
    assert abs(known - unknown) < 0.010, (known, unknown)


def test_a_closed_account_gets_no_link(dana: User) -> None:
    User.objects.filter(id=dana.id).update(is_active=False)
    assert asked(dana.email) == ""


def test_one_address_is_mailed_three_times_an_hour(dana: User) -> None:
    answers = [Client().post(ASK, {"email": dana.email}).status_code for _ in range(5)]
    assert answers == [302, 302, 302, 429, 429]
    assert len(mail.outbox) == 3
    assert Client().post(ASK, {"email": "somebody.else@north.example"}).status_code == 302


def test_no_log_shows_a_link_that_still_works(dana: User) -> None:
    root, said = logging.getLogger(), StringIO()
    ours = next(each.formatter for each in root.handlers if isinstance(each.formatter, ProcessorFormatter))
    listener = logging.StreamHandler(said)
    listener.setFormatter(ours)
    root.addHandler(listener)
    try:
        link = asked(dana.email)
        logging.getLogger("django.request").warning("Bad Request: %s", link)
        Client().get(f"{link}x")
    finally:
        root.removeHandler(listener)
    assert r"/account/password/new/\u2026" in said.getvalue()
    assert link.rpartition("-")[2].strip("/") not in said.getvalue()
