"""What a form wrote: the rows of the tables it touched, without what is new each time."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from tenancy.models import OrganizationModel
from tests.cast import House

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
OWNED = frozenset(model._meta.db_table for model in apps.get_models() if issubclass(model, OrganizationModel))


def contents(house: House, tables: Iterable[str]) -> dict[str, list[str]]:
    """Every row of these tables that the house sees, as JSON, sorted; the first id of each is left as it is."""
    with house.scope(), connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            found[table] = sorted(text for (text,) in cursor.fetchall())
    return found


def plain(rows: dict[str, list[str]], known: set[str]) -> dict[str, list[str]]:
    """The rows with every id that is not `known` named alike: what was made in between gets a new one each time."""
    return {
        table: sorted(_ID.sub(lambda found: found[0] if found[0] in known else "NEW", text) for text in texts)
        for table, texts in rows.items()
    }


def unlike(one: dict[str, list[str]], other: dict[str, list[str]]) -> set[tuple[str, str]]:
    """The columns, by table, whose values differ between two readings; "*" where one has more rows."""
    found: set[tuple[str, str]] = set()
    for table in one.keys() | other.keys():
        rows = [[json.loads(text) for text in each.get(table, [])] for each in (one, other)]
        if len(rows[0]) != len(rows[1]):
            found.add((table, "*"))
            continue
        for name in {name for row in rows[0] for name in row}:
            if sorted(str(row[name]) for row in rows[0]) != sorted(str(row[name]) for row in rows[1]):
                found.add((table, name))
    return found


def ids_in(rows: dict[str, list[str]]) -> set[str]:
    return {found for texts in rows.values() for text in texts for found in _ID.findall(text)}


def holds(rows: dict[str, list[str]], wanted: uuid.UUID | str) -> list[str]:
    """The tables in which an id stands."""
    return [table for table, texts in rows.items() if any(str(wanted) in text for text in texts)]


CHOSEN_BY_PROGRAM = frozenset({"date_order"})
"""Columns that hold one of a few words without saying which: no text of anybody comes into them."""


def text_columns() -> list[tuple[type[models.Model], Any, int]]:
    """Every column of a house that holds free text, with a number of its own."""
    found = [
        (model, field)
        for model in apps.get_models()
        if issubclass(model, OrganizationModel)
        for field in model._meta.concrete_fields
        if isinstance(field, (models.CharField, models.TextField))
        and not field.choices
        and field.name not in CHOSEN_BY_PROGRAM
    ]
    return [(model, field, number) for number, (model, field) in enumerate(found, start=2000)]


def write_everywhere(house: House, model: type[models.Model], field: Any, text: str) -> bool:
    """Put a text into this column of every row of a house, as far as it fits and the database allows it."""
    try:
        with house.scope(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s', [text[: field.max_length or 200]]
            )
            return bool(cursor.rowcount > 0)
    except DatabaseError:
        return False
