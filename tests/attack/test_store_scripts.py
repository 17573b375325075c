"""What somebody types is text wherever it shows: every field of every form, stored, on every page it comes out of.

The fields are those of the pages, so a new form is attacked by itself.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, Template
from django.urls import reverse

from payers.faults import web_address_problem
from tests.attack.payloads import OTHER_SCHEMES, marks, payloads, runs
from tests.attack.posts import Post, posts
from tests.attack.rows import text_columns, write_everywhere
from tests.attack.walk import Visited, Walks, walk
from tests.web.theatre import Theatre, undone

READERS = ("supervisor", "admin", "edi")
"""Together they may open every page."""

ENDS = (
    "_discard",
    "_void",
    "_close",
    "_switch",
    "_take_back",
    "_recall",
    "_withdraw",
    "_letter",
    "_correct",
    "_response",
)
"""Forms after which others are no longer offered: sent last."""


def take(made: Theatre, post: Post, number: int) -> tuple[dict[str, str], int]:
    """For each field the worst text that the form takes; none may run where the form comes back with it."""
    taken: dict[str, str] = {}
    for control in post.typed:
        number += 1
        for text in payloads(control, number):
            with undone():
                answer = post.send(made, {control.name: text})
            assert answer.status_code < 500, f"{post.name}.{control.name}"
            assert runs(answer.content.decode()) == [], f"{post.name}.{control.name} comes back alive"
            if post.takes(answer):
                taken[control.name] = text
                break
    return taken, number


def read_everything(made: Theatre) -> dict[str, str]:
    """Every page of the house, by its address."""
    found: dict[str, Visited] = {}
    for role in READERS:
        known = {page.route for page in found.values()}
        found |= walk(made.client(role), role, made.north, without=known).pages
    return {
        address: page.body for address, page in found.items() if "html" in page.answer.headers.get("Content-Type", "")
    }


def test_what_is_typed_never_runs(stages: Theatre, walks: Walks) -> None:
    stored: set[str] = set()
    every = sorted(posts(stages, walks), key=lambda post: post.name.endswith(ENDS))
    attacks, number = [], 0
    for post in every:
        taken, number = take(stages, post, number)
        attacks.append((post, taken))
    with undone():
        for post, taken in attacks:
            if taken and post.takes(post.send(stages, taken)):
                stored |= marks(" ".join(taken.values()))
        pages = read_everything(stages)
    assert {address: found for address, body in pages.items() if (found := runs(body))} == {}
    shown = set().union(*(marks(body) for body in pages.values()))
    assert len(shown & stored) > 40, "the control: what was typed does show"


def test_text_that_came_any_other_way_never_runs_either(stages: Theatre) -> None:
    """From a payer's message, a file or an older release: every column that holds text, straight in the database."""
    with undone():
        stained = [
            field
            for model, field, number in text_columns()
            if write_everywhere(stages.north.house, model, field, f"k{number}z\"'><img src=x onerror=alert(1)>")
        ]
        pages = read_everything(stages)
    assert len(stained) > 60, stained
    assert {address: found for address, body in pages.items() if (found := runs(body))} == {}
    assert len(set().union(*(marks(body) for body in pages.values()))) > 30


def test_a_link_leads_to_a_web_page_or_is_refused(stages: Theatre, walks: Walks) -> None:
    tried = 0
    for post in posts(stages, walks):
        for control in post.typed:
            if control.kind != "url":
                continue
            for address in OTHER_SCHEMES:
                with undone():
                    answer = post.send(stages, {control.name: address})
                tried += 1
                assert answer.status_code == 422, f"{post.name}.{control.name} takes {address}"
                assert f'href="{address}' not in answer.content.decode()
    assert tried >= 5 * len(OTHER_SCHEMES)
    assert all(web_address_problem(address) for address in OTHER_SCHEMES), "the same for what a file brings"


def test_a_page_that_does_not_escape_is_noticed() -> None:
    """A canary."""
    text = "k7z\"'><script>alert(1)</script>"
    assert runs(Template("<p>{{ text|safe }}</p>").render(Context({"text": text})))
    assert runs(
        Template('<input value="{% autoescape off %}{{ text }}{% endautoescape %}">').render(Context({"text": 'k7z"'}))
    )
    page = Template('<p title="{{ text }}">{{ text }}</p>').render(Context({"text": text}))
    assert runs(page) == []
    assert marks(page) == {"k7z"}


@pytest.mark.parametrize("who", ["supervisor", "edi"])
def test_what_is_searched_for_comes_back_as_text(stages: Theatre, who: str) -> None:
    for name in ("search", "member_search", "member_pick", "audit_find"):
        with undone():
            client: Any = stages.client(who)
            answer = client.post(reverse(name), {"q": 'k1z"><script>alert(1)</script>', "about": "k1z'<"}, follow=True)
            assert runs(answer.content.decode()) == []
