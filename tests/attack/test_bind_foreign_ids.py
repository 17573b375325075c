"""A field that names a row takes only rows of one's own house: another's is as unknown as nobody's."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.attack.markup import Control, is_id
from tests.attack.posts import Post, posts
from tests.attack.rows import OWNED, contents, holds
from tests.attack.walk import Walks, name_of
from tests.web.theatre import Theatre, plain_body, undone, writes, written_since

ONLY_THERE: dict[str, str] = {
    "organization": "the house itself: a page of another one is answered 409",
}


@pytest.fixture(scope="module")
def their_walks(stages: Theatre) -> Walks:
    """South's pages, as those who may: where the ids of South are read from."""
    return Walks(stages, stages.south)


def theirs(walks: Walks, post: Post, control: Control) -> str:
    """What South's own page of the same form offers in the same field."""
    for role in (post.who, "supervisor"):
        for _, form in walks[role].forms.get(post.name, []):
            if control.name in form.controls:
                twin = form.controls[control.name]
                own = {*control.values, *control.choices}
                ids = [value for value in (*twin.values, *twin.choices) if is_id(value) and value not in own]
                if ids:
                    return ids[0]
    raise AssertionError(f"South has no row for {post.name}.{control.name}")


def test_no_field_takes_a_row_of_another_house(stages: Theatre, walks: Walks, their_walks: Walks) -> None:
    tried, wrong = 0, []
    for post in posts(stages, walks):
        for control in post.choosing:
            foreign, nobodys = theirs(their_walks, post, control), str(uuid.uuid4())
            wrong += differing(
                sent(stages, post, control, foreign), sent(stages, post, control, nobodys), post, control
            )
            tried += 1
    assert wrong == []
    assert tried > 25, "the control: so many fields name a row"


def sent(made: Theatre, post: Post, control: Control, value: str) -> tuple[int, str, list[str], list[str]]:
    """The answer, and which tables were written to and hold the id."""
    with undone():
        moved = writes()
        answer: Any = post.send(made, {control.name: value})
        tables = written_since(moved)
        bound = holds(contents(made.north.house, tables), value)
        theirs_written = [
            table for table in tables if table in OWNED and value in str(contents(made.south.house, [table]))
        ]
    body = plain_body(answer).replace(value, "ID")
    assert not [name for name in made.south.sentinels if name in body], f"{post.name}.{control.name} shows South's"
    return answer.status_code, body, bound, theirs_written if answer.status_code < 400 else []


def differing(foreign: Any, nobodys: Any, post: Post, control: Control) -> list[str]:
    where = f"{post.name}.{control.name}"
    found = [f"{where}: failed with {foreign[0]}"] if max(foreign[0], nobodys[0]) >= 500 else []
    found += [f"{where}: bound in {foreign[2]}"] if foreign[2] or nobodys[2] else []
    if foreign[:2] != nobodys[:2]:
        found.append(f"{where}: {foreign[0]} for South's, {nobodys[0]} for nobody's, or other words")
    return found


def test_a_difference_and_a_binding_are_noticed(stages: Theatre, walks: Walks) -> None:
    """A canary: an answer that tells the two apart, and a row that holds the id."""
    post = posts(stages, walks)[0]
    control = Control("coverage", "select")
    assert differing((422, "x", [], []), (404, "x", [], []), post, control)
    assert differing((422, "known", [], []), (422, "unknown", [], []), post, control)
    assert differing((302, "", ["members_member"], []), (302, "", [], []), post, control)
    assert differing((422, "x", [], []), (422, "x", [], []), post, control) == []
    assert name_of("/members") == "member_list"
