"""The control of the attacks: every form of the product is taken when it is filled in as it should be."""

from __future__ import annotations

import re

from tests.attack.posts import FILLED, NEVER_SHOWN, found_posts, posts
from tests.attack.walk import Walks
from tests.web.permissions import TABLE
from tests.web.theatre import Theatre, undone


def test_every_form_is_taken_as_it_is_filled(stages: Theatre, walks: Walks) -> None:
    refused = []
    for post in posts(stages, walks):
        with undone():
            answer = post.send(stages)
            if not post.takes(answer):
                why = re.findall(r'id="(id_[\w-]+)_error"', answer.content.decode())
                refused.append(f"{post.name} as {post.who}: {answer.status_code}, not {post.expected} {why}")
    assert not refused, "\n".join(["add to FILLED in tests/attack/posts.py what makes these taken:", *refused])


def test_every_form_is_found_on_a_page(stages: Theatre, walks: Walks) -> None:
    unseen = [name for name, post in found_posts(stages, walks).items() if post is None]
    assert not unseen, f"furnish the stage with a page that shows these, or say in NEVER_SHOWN why none does: {unseen}"


def test_what_is_said_of_forms_is_of_forms_there_are() -> None:
    assert sorted((set(FILLED) | set(NEVER_SHOWN)) - set(TABLE)) == []
