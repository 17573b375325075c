"""What every answer tells the browser: run only our scripts, frame nothing, guess nothing, keep nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from tests.cast import PASSWORD
from tests.web.permissions import PERSONAL, TABLE
from tests.web.stage import Route, every_route
from tests.web.theatre import Theatre, cookies_kept, theatre, undone

ROUTES = {route.name: route for route in every_route()}
SHOWN = [route for route in ROUTES.values() if route.scope and "GET" in route.methods]
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals=.js:", re.IGNORECASE)


@pytest.fixture(scope="module")
def stages(django_db_setup: None, django_db_blocker: Any) -> Iterator[Theatre]:
    with django_db_blocker.unblock(), theatre() as made:
        yield made


def assert_headers(answer: Any) -> None:
    policy = answer.headers["Content-Security-Policy"]
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == directives["base-uri"] == directives["object-src"] == "'none'"
    assert directives["form-action"] == directives["connect-src"] == directives["style-src"] == "'self'"
    # Empty where the page has no script: that allows none.
    assert re.fullmatch(r"('nonce-[\w+/=-]+')?", directives["script-src"])
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("route", SHOWN, ids=lambda route: route.name)
def test_a_page_is_guarded_kept_nowhere_and_has_no_script_of_its_own(stages: Theatre, route: Route) -> None:
    row = TABLE[route.name]
    with undone():
        page: Any = stages.client(row.roles.split()[0]).get(route.path(stages.north.ids))
        assert_headers(page)
        assert page.headers["Cache-Control"] == "no-store"
        if page.headers["Content-Type"].startswith("text/html"):
            nonce = re.search(r"'nonce-([^']+)'", page.headers["Content-Security-Policy"])
            assert not INLINE.findall(page.content.decode())
            scripts = re.findall(r"<script[^>]*>", page.content.decode())
            assert scripts or "<html" not in page.content.decode(), "only a part of a page has no script"
            assert all(nonce and f'nonce="{nonce[1]}"' in script for script in scripts)
        else:
            assert page.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize("name", sorted(PERSONAL))
def test_pages_of_the_entrance_are_guarded_too(stages: Theatre, name: str) -> None:
    given: dict[str, Any] = {
        "session_id": 1,
        "link": "nobodys",
        "kept_id": "01a203bd-6425-7fee-a061-634641e460a2",
        "uidb36": "0",
        "key": "nobodys",
    }
    route = ROUTES[name]
    path = route.path({argument: given[argument] for argument in route.arguments})
    for who in ("anonymous", "specialist"):
        with undone(), cookies_kept(stages.client(who)):
            client: Any = stages.client(who)
            for answer in (client.get(path), client.post(path)):
                assert answer.status_code < 500
                assert_headers(answer)


def test_a_nonce_serves_one_answer(stages: Theatre) -> None:
    with undone():
        first, second = (stages.client("specialist").get("/").headers["Content-Security-Policy"] for _ in range(2))
        assert first != second


@pytest.mark.parametrize(
    ("who", "method", "path", "status"),
    [
        ("specialist", "get", "/nowhere", 404),
        ("anonymous", "get", "/nowhere", 404),
        ("scheduler", "get", "/authorizations/new", 403),
        ("specialist", "get", "/search", 405),
        ("specialist", "get", "/members/01a203bd-6425-7fee-a061-634641e460a2", 404),
    ],
)
def test_a_refusal_is_guarded_and_tells_no_data(stages: Theatre, who: str, method: str, path: str, status: int) -> None:
    with undone():
        answer: Any = getattr(stages.client(who), method)(path)
        assert answer.status_code == status
        assert_headers(answer)
        said = answer.content.decode()
        assert not [name for name in (*stages.north.sentinels, *stages.south.sentinels) if name in said]
        assert "Traceback" not in said


def test_a_fault_gives_a_reference_and_nothing_else(stages: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words of an error may be a column's value: none of them reaches the page."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError("AshdownNorth, born 2017-03-14")

    monkeypatch.setattr("members.queries.page", fail)
    with undone():
        answer: Any = stages.client("specialist").get(reverse("member_list"))
    assert answer.status_code == 500
    assert_headers(answer)
    said = answer.content.decode()
    assert "Ashdown" not in said
    assert "2017" not in said
    assert re.search(r"[0-9A-F]{8}", said)


def test_behind_tls_the_browser_is_told_to_insist_on_it_and_cookies_go_no_other_way(stages: Theatre) -> None:
    secure = {
        "SECURE_HSTS_SECONDS": 31536000,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
    }
    with override_settings(**secure), undone():
        client = Client()
        answer = client.get("/account/sign-in/", secure=True)
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        cookie = client.cookies["__Host-csrf"]
        assert cookie["secure"]
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        sent = {"login": stages.north.house.users["specialist"].email, "password": PASSWORD}
        assert client.post("/account/sign-in/", sent, secure=True).status_code == 302
        session = client.cookies["__Host-session"]
        assert session["secure"]
        assert session["httponly"]
        assert session["samesite"] == "Lax"
