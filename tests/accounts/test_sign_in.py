"""Signing in through the pages people use: who gets in, who is kept out, for how long, and what is written about it."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import identify_hasher
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import KeptForm, Membership, SecurityEvent, User
from accounts.scopes import Scope
from accounts.tasks import tidy
from tests.accounts.browsers import ELSEWHERE, HERE, SIGN_IN, attempt, signed_in
from tests.cast import NOW, PASSWORD, House

WRONG = "not the right password"


@pytest.fixture
def dana(north: House) -> User:
    return north.users["specialist"]


def kinds(user: User | None) -> list[str]:
    found = SecurityEvent.objects.filter(user_id=user.id if user else None)
    return list(found.order_by("at", "id").values_list("kind", flat=True))


# The password ------------------------------------------------------------------------------------------------


def test_who_knows_the_password_gets_in_whatever_the_case_of_the_address(real_hash: None, dana: User) -> None:
    client = Client()
    assert attempt(dana.email.upper(), PASSWORD, client=client) == 302
    assert client.get(reverse("home")).status_code == 200
    assert identify_hasher(User.objects.get(id=dana.id).password).algorithm == "argon2"
    assert kinds(dana) == ["sign_in.done"]


def test_a_wrong_password_is_written_down_without_what_was_typed(dana: User) -> None:
    assert attempt(dana.email, WRONG) == 200
    attempt("nobody@north.example", WRONG)
    assert kinds(dana) == ["sign_in.failed"]
    stranger = SecurityEvent.objects.get(user_id=None)
    assert stranger.kind == "sign_in.failed"
    assert stranger.address == HERE
    everything = " ".join(f"{event.data}" for event in SecurityEvent.objects.all())
    assert WRONG not in everything
    assert "nobody" not in everything


def test_ten_wrong_passwords_lock_this_name_at_this_address_and_nothing_else(
    dana: User, south: House, settings: Settings
) -> None:
    """The right password too is refused, until a quarter of an hour has passed; tries meanwhile do not prolong it."""
    other = south.users["specialist"]
    with time_machine.travel(NOW, tick=False) as clock:
        answers = [attempt(dana.email, WRONG) for _ in range(10)]
        assert answers == [200] * 9 + [429]
        assert attempt(dana.email, PASSWORD) == 429
        assert attempt(dana.email, PASSWORD, address=ELSEWHERE) == 302, "from another address the owner gets in"
        assert attempt(other.email, PASSWORD) == 302, "others at the address are not kept out"
        clock.shift(timedelta(minutes=10))
        assert attempt(dana.email, PASSWORD) == 429
        clock.shift(timedelta(minutes=6))
        assert attempt(dana.email, PASSWORD) == 302
    assert kinds(dana).count("sign_in.locked") >= 1
    assert kinds(dana).count("sign_in.failed") >= 10


def test_wrong_passwords_from_many_browsers_at_one_address_count_together(dana: User) -> None:
    answers = [attempt(dana.email, WRONG, HTTP_USER_AGENT=f"Browser {n}") for n in range(10)]
    assert answers[-1] == 429


def test_an_address_in_a_header_is_believed_only_from_our_own_proxies(dana: User, settings: Settings) -> None:
    """Who may name any address would never be locked out."""
    answers = [attempt(dana.email, WRONG, HTTP_X_FORWARDED_FOR=f"198.51.100.{n}") for n in range(10)]
    assert answers[-1] == 429
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert attempt(dana.email, PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.77") == 302
    assert SecurityEvent.objects.filter(user_id=dana.id, address="198.51.100.77").exists()


def test_an_unknown_name_is_answered_with_the_same_words(dana: User) -> None:
    def page(email: str) -> str:
        client = Client()
        text = client.post(SIGN_IN, {"login": email, "password": WRONG}).content.decode()
        return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"|"X-CSRFToken": "[^"]+"', "", text)

    known, unknown = page(dana.email), page("nobody@north.example")
    assert "E-mail and password do not match." in known
    assert known.replace(dana.email, "X") == unknown.replace("nobody@north.example", "X")


def test_an_unknown_name_takes_as_long(real_hash: None, dana: User) -> None:
    """Medians of processor time: a hash is made for nobody too."""

    def median(emails: Callable[[int], str]) -> float:
        spent = []
        for n in range(7):
            began = time.process_time()
            attempt(emails(n), WRONG, address=f"203.0.113.{n + 20}")
            spent.append(time.process_time() - began)
        return statistics.median(spent)

    known, unknown = median(lambda n: dana.email), median(lambda n: f"nobody{n}@north.example")
    assert abs(known - unknown) < 0.35 * max(known, unknown), (known, unknown)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short enou", "at least 12"),
        ("x" * 129, "at most 128"),
        ("password1234", "too common"),
        ("all small letters", ""),
        ("ab" * 64, ""),
        ("                      ", ""),
        ("пароль длиннее двенадцати", ""),
    ],
)
def test_a_password_is_judged_by_length_and_a_list_and_nothing_else(dana: User, password: str, said: str) -> None:
    client = signed_in(dana.email)
    sent = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    answer = client.post(reverse("account_change_password"), sent)
    assert answer.status_code == (200 if said else 302)
    assert said in answer.content.decode()


def test_changing_the_password_signs_out_everywhere_else(dana: User) -> None:
    here, there = signed_in(dana.email), signed_in(dana.email)
    new = "another long password"
    here.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert here.get(reverse("home")).status_code == 200
    assert there.get(reverse("home")).status_code == 302
    assert attempt(dana.email, PASSWORD, address=ELSEWHERE) == 200
    assert "password.changed" in kinds(dana)


def test_the_present_password_is_needed_to_change_it(dana: User) -> None:
    new = "another long password"
    answer = signed_in(dana.email).post(
        reverse("account_change_password"), {"oldpassword": WRONG, "password1": new, "password2": new}
    )
    assert "not your present password" in answer.content.decode()
    assert attempt(dana.email, PASSWORD, address=ELSEWHERE) == 302


# How long it lasts -------------------------------------------------------------------------------------------


def test_a_sign_in_ends_after_a_quarter_of_an_hour_without_a_hand_on_it(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(dana.email)
        for _ in range(3):
            assert client.get(reverse("home")).status_code == 200
            clock.shift(timedelta(minutes=14, seconds=50))
        assert client.get(reverse("home")).status_code == 200, "each page begins the time anew"
        clock.shift(timedelta(minutes=15, seconds=1))
        answer = client.get(reverse("member_list"))
    assert answer["Location"] == f"{SIGN_IN}?next=%2Fmembers&reason=idle"
    assert answer["Clear-Site-Data"]
    assert SecurityEvent.objects.filter(user_id=dana.id, kind="sign_out.done", data__reason="idle").exists()


def test_asking_for_the_status_does_not_keep_anybody_signed_in(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(dana.email)
        client.get(reverse("home"))
        for _ in range(16):
            clock.shift(timedelta(minutes=1))
            answer = client.get(reverse("home"), HTTP_X_STATUS_POLL="1")
        assert answer.status_code == 302


def test_a_hand_on_a_long_form_keeps_its_owner_signed_in(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(dana.email)
        for _ in range(5):
            clock.shift(timedelta(minutes=10))
            assert client.post(reverse("stay")).status_code == 204
        assert client.get(reverse("home")).status_code == 200


def test_a_sign_in_ends_after_twelve_hours_however_busy(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(dana.email)
        client.get(reverse("home"))
        for _ in range(72):
            clock.shift(timedelta(minutes=10))
            assert client.get(reverse("home")).status_code == 200
        clock.shift(timedelta(minutes=1))
        assert client.get(reverse("home"))["Location"].endswith("reason=long")


def test_a_part_of_a_page_asked_after_the_end_leads_the_whole_page_to_the_sign_in(dana: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(dana.email)
        clock.shift(timedelta(minutes=16))
        behind = "http://testserver/authorizations?status=pended"
        answer = client.get(reverse("authorization_list"), HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=behind)
    assert answer["HX-Redirect"] == f"{SIGN_IN}?next=%2Fauthorizations%3Fstatus%3Dpended&reason=idle"
    assert "Location" not in answer


def test_the_way_back_never_leads_to_another_site(dana: User) -> None:
    answer = Client().get(
        reverse("authorization_list"), HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="https://evil.example/x"
    )
    assert answer["HX-Redirect"] == SIGN_IN
    for trap in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        client = Client()
        answer = client.post(SIGN_IN, {"login": dana.email, "password": PASSWORD, "next": trap})
        assert answer["Location"] == reverse("home")


# What was typed ----------------------------------------------------------------------------------------------


def note_after_the_end(client: Client, house: House, clock: Any) -> str:
    """A note is sent sixteen minutes after the last hand on the page. Where the answer leads."""
    from tests.authorizations.cases import drafted

    with house.scope():
        case = drafted(house)
    client.get(reverse("home"))
    clock.shift(timedelta(minutes=16))
    sent = {"text": "Called about Rowan", "csrfmiddlewaretoken": "x", "page_organization": str(house.organization.id)}
    answer = client.post(reverse("authorization_note", args=[case.id]), sent)
    assert answer.status_code == 302
    return str(answer["Location"])


def test_a_form_sent_after_the_end_is_kept_and_goes_on_after_signing_in(dana: User, north: House) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = signed_in(dana.email)
        way = note_after_the_end(client, north, clock)
        assert "kept=yes" in way
        assert "What you typed is kept" in client.get(way).content.decode()
        path = way.split("next=")[1].split("&")[0].replace("%2F", "/")
        back = client.post(way, {"login": dana.email, "password": PASSWORD, "next": path})
        assert back["Location"] == path
        page = client.get(path)
        assert "Called about Rowan" in page.content.decode()
        fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', page.content.decode()))
        del fields["kept_do"]
        onward = client.post(path, fields)
        assert onward.status_code == 307
        assert client.post(onward["Location"], fields).status_code == 302
    with north.scope():
        from authorizations.models import Note

        assert Note.objects.get().text == "Called about Rowan"
    assert not KeptForm.objects.exists()


def test_what_is_kept_is_encrypted_and_belongs_to_its_writer_alone(dana: User, north: House) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        way = note_after_the_end(signed_in(dana.email), north, clock)
        path = way.split("next=")[1].split("&")[0].replace("%2F", "/")
        kept = KeptForm.objects.get()
        assert b"Rowan" not in bytes(kept.content)
        assert "Rowan" not in way
        other = signed_in(north.users["clinician"].email)
        assert other.get(path).status_code == other.post(path).status_code == 404
        assert KeptForm.objects.exists(), "a stranger cannot throw it away"
        clock.shift(timedelta(minutes=61))
        assert signed_in(dana.email).get(path).status_code == 404, "after an hour it is gone"


def test_what_nobody_came_back_for_is_removed_and_so_are_sessions_that_ended(dana: User, north: House) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        note_after_the_end(signed_in(dana.email), north, clock)
        tidy()
        assert KeptForm.objects.count() == 1
        clock.shift(timedelta(minutes=61))
        signed_in(dana.email)
        tidy()
        assert not KeptForm.objects.exists()
        assert Session.objects.exists()
        clock.shift(timedelta(days=4))
        tidy()
        assert not Session.objects.exists()


def test_a_form_of_another_site_is_not_kept(dana: User, north: House) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(dana)
    with time_machine.travel(NOW, tick=False) as clock:
        client.get(reverse("home"))
        clock.shift(timedelta(minutes=16))
        assert client.post(reverse("search"), {"q": "x"}).status_code == 403
    assert not KeptForm.objects.exists()


# Where one is signed in --------------------------------------------------------------------------------------


def test_a_person_sees_where_they_are_signed_in_and_ends_it(dana: User) -> None:
    here, there = signed_in(dana.email), Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")
    attempt(dana.email, PASSWORD, client=there, address=ELSEWHERE)
    page = here.get(reverse("my_account")).content.decode()
    assert "Firefox on Windows" in page
    assert ELSEWHERE in page
    number = re.findall(r"/account/sign-ins/(\d+)/end", page)
    assert len(number) == 1
    assert here.post(reverse("my_session_end", args=number)).status_code == 302
    assert there.get(reverse("home")).status_code == 302
    assert here.get(reverse("home")).status_code == 200


def test_nobody_ends_the_sign_in_of_another_person(dana: User, north: House) -> None:
    from allauth.usersessions.models import UserSession

    mine = signed_in(dana.email)
    number = UserSession.objects.get(user=dana).pk
    other = signed_in(north.users["admin"].email)
    assert other.post(reverse("my_session_end", args=[number])).status_code == 404
    assert other.post(reverse("my_session_end", args=[number + 999])).status_code == 404
    assert mine.get(reverse("home")).status_code == 200


def test_signing_out_ends_the_session_on_the_server_and_clears_the_browser(dana: User) -> None:
    client = signed_in(dana.email)
    stolen = client.cookies["session"].value
    answer = client.post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    thief = Client()
    thief.cookies["session"] = stolen
    assert thief.get(reverse("home")).status_code == 302


def test_an_ended_account_acts_on_the_next_click(dana: User) -> None:
    client = signed_in(dana.email)
    User.objects.filter(id=dana.id).update(is_active=False)
    assert client.get(reverse("home")).status_code == 302
    assert attempt(dana.email, PASSWORD, client=(back := Client())) == 302
    assert back.get(reverse("home")).status_code == 302, "the password still fits, and opens nothing"


# Two organizations -------------------------------------------------------------------------------------------


def test_a_person_of_two_organizations_goes_from_one_to_the_other(dana: User, north: House, south: House) -> None:
    with south.scope():
        from accounts.services import join, role_named

        join(user=dana, role=role_named("scheduler"), actor=south.actor("admin"), now=NOW + timedelta(days=1))
    client = signed_in(dana.email)
    page = client.get(reverse("member_list")).content.decode()
    assert "AshdownNorth" in page
    assert "AshdownSouth" not in page
    assert south.organization.name in page, "the way to the other one"
    client.post(reverse("go_to_organization"), {"organization": str(south.organization.id)})
    page = client.get(reverse("member_list")).content.decode()
    assert "AshdownSouth" in page
    assert "AshdownNorth" not in page
    assert client.get(reverse("authorization_new")).status_code == 403, "the role is that of the organization"


def test_nobody_goes_to_an_organization_that_is_not_theirs(dana: User, south: House) -> None:
    client = signed_in(dana.email)
    for wanted in (str(south.organization.id), "01a203bd-6425-7fee-a061-634641e460a2", "x", ""):
        assert client.post(reverse("go_to_organization"), {"organization": wanted}).status_code == 404
    assert "AshdownNorth" in client.get(reverse("member_list")).content.decode()


def test_a_place_that_is_closed_is_left_on_the_next_click(dana: User, north: House) -> None:
    client = signed_in(dana.email)
    with north.scope():
        Membership.objects.filter(user=dana).update(active=False)
    assert client.get(reverse("home")).status_code == 403
    with north.scope():
        Membership.objects.filter(user=dana).update(active=True)
        role = north.memberships["specialist"].role
        role.scopes = [Scope.WORK_READ]
        role.save()
    assert client.get(reverse("home")).status_code == 200
    assert client.get(reverse("member_list")).status_code == 403
