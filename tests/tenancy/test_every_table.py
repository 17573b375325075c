"""Every table of an organization, attacked row by row from the other one: read, change, move, remove, smuggle."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tenancy.models import OrganizationModel
from tests.cast import House
from tests.tenancy.test_isolate import TENANT_MODELS, rows
from tests.web.theatre import Theatre, theatre, undone

TABLES = sorted(model._meta.db_table for model in TENANT_MODELS)
KEYS = [
    (model._meta.db_table, field.column)
    for model in TENANT_MODELS
    for field in model._meta.local_fields
    if field.related_model and field.name != "organization" and issubclass(field.related_model, OrganizationModel)
]


@pytest.fixture(scope="module")
def stages(django_db_setup: None, django_db_blocker: Any) -> Iterator[Theatre]:
    with django_db_blocker.unblock(), theatre() as made:
        yield made


def ids(house: House, table: str) -> list[uuid.UUID]:
    with house.scope():
        return [row_id for (row_id,) in rows(f'SELECT id FROM "{table}" LIMIT 3')]


@contextmanager
def nobody() -> Iterator[None]:
    """No organization is set, whatever this connection did before."""
    with undone():
        rows("SELECT set_config('app.organization_id', '', true), set_config('app.user_id', '', true)")
        yield


def changed(statement: str, *values: Any) -> int:
    """How many rows a statement changed; 0 where it was refused."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)
    except DatabaseError:
        return 0


def copied(table: str, **instead: Any) -> type[BaseException] | None:
    """How a copy of a row of the open scope is refused, with some columns replaced. None where it is taken."""
    columns = [name for (name,) in rows(
        """SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped
             AND attgenerated = ''""", [table]
    )]  # fmt: skip
    put = {"id": uuid.uuid4(), **instead}
    taken = ", ".join("%s" if name in put else f'"{name}"' for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    values = [put[name] for name in columns if name in put]
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'INSERT INTO "{table}" ({names}) SELECT {taken} FROM "{table}" LIMIT 1', values)
            return None if cursor.rowcount else DatabaseError
    except DatabaseError as error:
        return type(error.__cause__) if error.__cause__ else type(error)


@pytest.mark.parametrize("table", TABLES)
def test_nobodys_connection_reads_changes_and_adds_nothing(stages: Theatre, table: str) -> None:
    with nobody():
        assert rows(f'SELECT count(*) FROM "{table}"') == [(0,)]
        assert changed(f'UPDATE "{table}" SET organization_id = organization_id') == 0
        assert changed(f'DELETE FROM "{table}"') == 0
        organization = stages.north.house.organization.id
        assert changed(f'INSERT INTO "{table}" (id, organization_id) VALUES (%s, %s)', uuid.uuid4(), organization) == 0
        with pytest.raises(DatabaseError, match=r"row-level security|null value"), transaction.atomic():
            rows(f'INSERT INTO "{table}" (id, organization_id) VALUES (%s, %s)', [uuid.uuid4(), organization])


@pytest.mark.parametrize("table", TABLES)
def test_a_row_of_the_other_organization_is_neither_read_nor_changed_nor_removed(stages: Theatre, table: str) -> None:
    south = ids(stages.south.house, table)
    with undone(), stages.north.house.scope():
        for row_id in south:
            assert rows(f'SELECT 1 FROM "{table}" WHERE id = %s', [row_id]) == []
            assert changed(f'UPDATE "{table}" SET id = id WHERE id = %s', row_id) == 0
            assert changed(f'DELETE FROM "{table}" WHERE id = %s', row_id) == 0
    assert ids(stages.south.house, table) == south


@pytest.mark.parametrize("table", TABLES)
def test_a_row_is_not_moved_to_the_other_organization_and_none_is_put_there(stages: Theatre, table: str) -> None:
    theirs = stages.south.house.organization.id
    with undone(), stages.north.house.scope():
        for row_id in ids(stages.north.house, table):
            assert changed(f'UPDATE "{table}" SET organization_id = %s WHERE id = %s', theirs, row_id) == 0
        assert copied(table, organization_id=theirs) is not None


@pytest.mark.parametrize(("table", "column"), KEYS, ids=lambda each: str(each))
def test_a_parent_of_the_other_organization_is_refused_like_one_of_nobody(
    stages: Theatre, table: str, column: str
) -> None:
    model = next(each for each in TENANT_MODELS if each._meta.db_table == table)
    field = next(each for each in model._meta.local_fields if each.column == column)
    parent: Any = field.related_model
    foreign = ids(stages.south.house, parent._meta.db_table)
    with undone(), stages.north.house.scope():
        for theirs in foreign[:1]:
            refused, unknown = copied(table, **{column: theirs}), copied(table, **{column: uuid.uuid4()})
            assert refused is not None
            assert refused is unknown
        own = ids(stages.north.house, table)
        for theirs in (*foreign[:1], uuid.uuid4()):
            for row_id in own[:1]:
                assert changed(f'UPDATE "{table}" SET "{column}" = %s WHERE id = %s', theirs, row_id) == 0


def test_nearly_every_table_had_rows_to_attack(stages: Theatre) -> None:
    """What stands empty proves less; the catalogue still holds its policy and its keys."""
    empty = {table for table in TABLES if not ids(stages.south.house, table)}
    assert len(empty) <= len(TABLES) // 3, sorted(empty)


def test_the_attacks_can_succeed(stages: Theatre) -> None:
    """The canary: in its own scope the same statements read, change and add."""
    north = stages.north.house
    with undone(), north.scope():
        assert changed("UPDATE members_member SET id = id WHERE id = %s", north.member.id) == 1
        assert copied("members_member") is None
        assert copied("payers_program", name="Another") is None
