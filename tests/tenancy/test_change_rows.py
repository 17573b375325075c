"""A data migration changes the rows of every organization, or says that it did not: never nothing in silence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.db import Error, connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations.state import ProjectState

from members.models import Member
from tenancy.operations import ChangeRows, NoRowsChanged
from tests.cast import House, found_house
from tests.tenancy.test_isolate import open_tables, rows


@pytest.fixture
def houses(transactional_db: None) -> list[House]:
    return [found_house("north", "Cedar Bay Care"), found_house("south", "Harbor Light Therapy")]


@pytest.fixture
def owner(transactional_db: None) -> Iterator[DatabaseWrapper]:
    """As migrations log in."""
    address = urlsplit(os.environ["DATABASE_OWNER_URL"])
    login = {"USER": address.username, "PASSWORD": address.password}
    wrapper = DatabaseWrapper({**connection.settings_dict, **login}, alias="owner")
    connections["owner"] = wrapper
    yield wrapper
    wrapper.close()
    del connections["owner"]


def apply(owner: DatabaseWrapper, operation: ChangeRows) -> None:
    with owner.schema_editor(atomic=True) as editor:
        operation.database_forwards("members", editor, ProjectState(), ProjectState())


def cities(houses: list[House]) -> list[str]:
    found: list[str] = []
    for house in houses:
        with house.scope():
            found += Member.objects.values_list("city", flat=True)
    return found


def test_a_plain_update_of_the_owner_would_change_nothing_and_say_nothing(
    houses: list[House], owner: DatabaseWrapper
) -> None:
    """Why the operation is needed: this is what it must not be."""
    with owner.cursor() as cursor:
        cursor.execute("UPDATE members_member SET city = 'Lewes'")
        assert cursor.rowcount == 0
    assert set(cities(houses)) == {"Dover"}


def test_the_rows_of_every_organization_change_and_the_policy_is_forced_again(
    houses: list[House], owner: DatabaseWrapper
) -> None:
    apply(owner, ChangeRows("members_member", "city = 'Lewes'"))
    assert cities(houses) == ["Lewes", "Lewes"]
    assert "members_member" not in open_tables()
    with owner.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM members_member")
        assert cursor.fetchone() == (0,), "the owner is subject to the policy again"


def test_only_what_the_condition_finds_changes(houses: list[House], owner: DatabaseWrapper) -> None:
    apply(owner, ChangeRows("members_member", "city = 'Lewes'", "last_name = 'AshdownSouth'"))
    assert cities(houses) == ["Dover", "Lewes"]


def test_what_is_still_hidden_is_an_error_and_nothing_changes(houses: list[House], owner: DatabaseWrapper) -> None:
    hidden = "id IN (SELECT member_id FROM members_coverage)"
    with pytest.raises(Error, match="row-level security"):
        apply(owner, ChangeRows("members_member", "city = 'Lewes'", hidden))
    assert set(cities(houses)) == {"Dover"}
    assert "members_member" not in open_tables()


def test_rows_that_something_keeps_from_changing_are_noticed(houses: list[House], owner: DatabaseWrapper) -> None:
    with owner.cursor() as cursor:
        cursor.execute(
            """CREATE FUNCTION keep_city() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
               CREATE TRIGGER keep_city BEFORE UPDATE ON members_member FOR EACH ROW EXECUTE FUNCTION keep_city()"""
        )
    try:
        with pytest.raises(NoRowsChanged, match="0 rows changed of 2"):
            apply(owner, ChangeRows("members_member", "city = 'Lewes'"))
    finally:
        with owner.cursor() as cursor:
            cursor.execute("DROP TRIGGER keep_city ON members_member; DROP FUNCTION keep_city()")
    assert rows("SELECT count(*) FROM members_member") == [(0,)]
