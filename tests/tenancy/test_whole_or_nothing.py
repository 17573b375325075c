"""A write stands whole or not at all: whatever statement of whatever verb breaks, no row of anything is left.

The verbs are found by their signature, so that a new one without a step fails here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection

from tests.cast import House
from tests.tenancy.test_isolate import TENANT_MODELS
from tests.tenancy.verbs import HELD_BY_OTHER_TESTS, OWN_TRANSACTION, PARTS, STEPS, verbs

EVERYTHING = sorted(
    {model._meta.db_table for model in TENANT_MODELS}
    | {"accounts_user", "audit_unsealedevent", "outbox_outboxmessage", "tenancy_organization"}
)
VERBS = list(verbs())


class Broken(DatabaseError):
    """The connection is lost."""


def breaking_at(count: int) -> Callable[..., Any]:
    """Raises instead of the `count`-th statement that writes."""
    seen = iter(range(count))

    def execute(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")) and next(seen, None) is None:
            raise Broken
        return execute(sql, params, many, context)

    return execute


def digest() -> str:
    """Of every row of the house whose scope is open, and of what belongs to nobody."""
    parts = [f'SELECT md5(t::text) AS h FROM "{table}" t' for table in EVERYTHING]
    whole = f"SELECT md5(string_agg(h, '' ORDER BY h)) FROM ({' UNION ALL '.join(parts)}) rows"
    with connection.cursor() as cursor:
        cursor.execute(whole)
        return str(cursor.fetchone()[0])


def breaks(house: House, step: Callable[[], Any], at: int) -> bool:
    """Whether the verb broke at that statement. The caller swallows the error and goes on: the verb alone must leave
    nothing."""
    with house.scope(), connection.execute_wrapper(breaking_at(at)):
        try:
            step()
        except Broken:
            return True
    return False


def test_every_verb_has_a_step_and_none_is_there_that_is_gone() -> None:
    found = {verb.name for verb in VERBS}
    known = set(STEPS) | set(PARTS) | set(HELD_BY_OTHER_TESTS)
    assert found - known == set(), "add a step to tests/tenancy/verbs.py"
    assert known - found == set(), "these are gone"


def test_every_verb_is_one_transaction() -> None:
    loose = {verb.name for verb in VERBS if not verb.whole}
    assert loose == set(PARTS) | set(OWN_TRANSACTION)
    assert set(OWN_TRANSACTION) <= set(STEPS), "what has no decorator is shown by breaking it"


@pytest.mark.parametrize("name", sorted(STEPS))
def test_break_at_any_statement_of_a_verb_leaves_nothing(north: House, name: str) -> None:
    with north.scope():
        step = STEPS[name](north)
        before = digest()
    at = 0
    while breaks(north, step, at):
        with north.scope():
            assert digest() == before, f"{name}, statement {at}"
        at += 1
    assert at >= 2, f"{name} wrote {at} statements: a fact and its event are two"
    with north.scope():
        assert digest() != before
