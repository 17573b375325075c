"""Fields a form does not have are not read: nothing is set that the page does not offer."""

from __future__ import annotations

from typing import Any

import pytest

from members.models import Member
from tests.attack.posts import Post, posts
from tests.attack.rows import OWNED, contents, ids_in, plain, unlike
from tests.attack.walk import Walks
from tests.web.theatre import NOT_ROWS_OF_THE_BUSINESS, Theatre, undone, writes, written_since

NEVER_OFFERED = (
    "id", "pk", "organization_id", "status", "state", "used", "created_by", "created_at", "changed_by", "is_superuser",
    "is_staff", "is_active", "scopes", "membership", "membership_id", "user", "user_id", "email", "approved",
    "owner_id", "certification_number", "exchange_state", "waiting_on", "outcome", "superseded_by", "list_date",
    "name_key", "closed_at", "removed_at", "usage", "active", "role", "role_id", "member_id", "payer_id", "program_id",
)  # fmt: skip

ALWAYS_TAKEN = {
    "authorization_inquire": "asks the payer how a case stands, whatever it says by now",
    "authorization_playbook": "the program of that case has none yet",
    "eligibility_rule": "there is none yet",
}
"""Forms that carry a version and need none, and why."""


def smuggled(made: Theatre, post: Post) -> dict[str, str]:
    """Each of them with a value that would matter, unless the form has a field of that name."""
    south = made.south.house
    values: dict[str, Any] = {
        "organization_id": south.organization.id, "id": made.south.ids["member_id"], "pk": made.south.ids["member_id"],
        "member_id": south.member.id, "payer_id": south.payer.id, "program_id": south.electronic.id,
        "owner_id": south.memberships["admin"].id, "membership_id": south.memberships["admin"].id,
        "user_id": south.users["admin"].id, "role_id": made.south.ids["role_id"], "status": "approved",
        "state": "voided", "exchange_state": "answered", "used": "0", "email": "thief@south.example", "usage": "P",
        "scopes": "accounts.write", "created_at": "2020-01-01T00:00:00Z", "list_date": "2020-01-01",
    }  # fmt: skip
    given = {name: str(values.get(name, "1")) for name in NEVER_OFFERED}
    return {name: value for name, value in given.items() if name not in post.form.controls and name not in post.fields}


def written(
    made: Theatre, post: Post, changes: dict[str, str]
) -> tuple[int, list[str], dict[str, Any], dict[str, Any]]:
    """The answer, the tables that were written to, and how they then stand for North and for South."""
    with undone():
        moved = writes()
        answer = post.send(made, changes)
        tables = written_since(moved)
        owned = [table for table in tables if table in OWNED]
        return answer.status_code, tables, contents(made.north.house, tables), contents(made.south.house, owned)


def is_set(
    made: Theatre, post: Post, honest: dict[str, list[str]], other: dict[str, list[str]], known: set[str]
) -> bool:
    """Whether the rows differ in more than what is drawn by lot each time, such as the key of an invitation."""
    drawn = unlike(plain(honest, known), plain(written(made, post, {})[2], known))
    return bool(unlike(plain(honest, known), plain(other, known)) - drawn)


def test_no_form_reads_what_it_does_not_offer(stages: Theatre, walks: Walks) -> None:
    set_by_stranger = []
    for post in posts(stages, walks):
        code, tables, north, south = written(stages, post, {})
        with undone():
            known = ids_in(contents(stages.north.house, tables))
            untouched = contents(stages.south.house, [table for table in tables if table in OWNED])
        again = written(stages, post, smuggled(stages, post))
        if (code, tables) != again[:2] or (
            plain(north, known) != plain(again[2], known) and is_set(stages, post, north, again[2], known)
        ):
            set_by_stranger.append(post.name)
        assert south == again[3] == untouched, f"{post.name} wrote to South"
    assert set_by_stranger == []


@pytest.mark.parametrize("version", ["0", "-1", "999999", "99999999999999999999", "x", "²"])
def test_another_version_than_the_page_has_writes_nothing(stages: Theatre, walks: Walks, version: str) -> None:
    taken = []
    for post in posts(stages, walks):
        control = post.form.controls.get("version")
        if control is None or not "".join(control.values):
            continue
        if post.name in ALWAYS_TAKEN or "_new" in post.name:
            continue
        with undone():
            moved = writes()
            answer = post.send(stages, {"version": version})
            tables = written_since(moved)
            after = contents(stages.north.house, tables)
        if answer.status_code not in (409, 422) or after != contents(stages.north.house, tables):
            taken.append(f"{post.name}: {answer.status_code}")
    assert not taken, "\n".join(taken)


def test_a_row_that_was_set_is_noticed(stages: Theatre) -> None:
    """A canary: the same rows compare alike with new ids in them, and one changed word does not."""
    with undone():
        table = Member._meta.db_table
        before = contents(stages.north.house, [table])
        known = ids_in(before)
        with stages.north.house.scope():
            Member.objects.filter(id=stages.north.house.member.id).update(mrn="12345")
        after = contents(stages.north.house, [table])
    assert plain(before, known) != plain(after, known)
    assert plain({"t": ['{"id": "01a203bd-6425-7fee-a061-634641e460a2"}']}, set()) == {"t": ['{"id": "NEW"}']}
    assert NOT_ROWS_OF_THE_BUSINESS
