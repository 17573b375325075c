"""No text breaks a form: bytes that are none, far too much of it, digits of another script."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attack.posts import SET_BY_US, Post, posts
from tests.attack.walk import Walks
from tests.web.theatre import Theatre, undone

ODD = {
    "a byte of zero": "a\0b",
    "half a character": b"a\xed\xa0\x80b",
    "a hundred thousand letters": "x" * 100_000,
    "raised digits": "²",
    "quotes for the database": "' OR 1=1; --",
}
DAYS = ("0001-01-01", "9999-12-31", "2026-02-31")
AMOUNTS = ("9" * 40, "NaN", "-1", "1e9", "²")


def broken_by(made: Theatre, post: Post, names: list[str], text: Any) -> list[str]:
    """The form, if this text in these fields broke it."""
    with undone():
        failed = bool(names) and post.send(made, dict.fromkeys(names, text)).status_code >= 500
    return [f"{post.name}: {str(text)[:20]}"] if failed else []


@pytest.mark.parametrize("what", ODD)
def test_no_text_breaks_a_form(stages: Theatre, walks: Walks, what: str) -> None:
    """It is stored or refused in words."""
    broken = []
    for post in posts(stages, walks):
        broken += broken_by(stages, post, [name for name in post.form.controls if name not in SET_BY_US], ODD[what])
    assert broken == []


def test_no_day_and_no_amount_breaks_a_form(stages: Theatre, walks: Walks) -> None:
    broken = []
    for post in posts(stages, walks):
        for kind, texts in (("date", DAYS), ("amount", AMOUNTS)):
            names = [control.name for control in post.typed if control.kind == kind]
            for text in texts:
                broken += broken_by(stages, post, names, text)
    assert broken == []


def test_a_form_may_come_with_nothing_in_it(stages: Theatre, walks: Walks) -> None:
    broken = []
    for post in posts(stages, walks):
        client: Any = stages.client(post.who)
        with undone():
            if client.post(post.address).status_code >= 500:
                broken.append(post.name)
    assert broken == []


def test_a_byte_of_zero_reaches_no_page(stages: Theatre) -> None:
    client: Any = stages.client("specialist")
    with undone():
        assert client.get("/members?x=%00").status_code == 400
        assert client.post("/members/search", {"q": "a\0"}).status_code == 400
        assert client.post("/members/search", {"q": "a"}).status_code == 200
