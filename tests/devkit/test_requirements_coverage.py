"""docs/requirements-coverage.md has each requirement once, and names tests and addresses that exist."""

from __future__ import annotations

import ast
import re
import uuid
from collections import Counter
from functools import cache

from django.urls import Resolver404, resolve

from devkit.places import CHECKOUT

PAGE = (CHECKOUT / "docs" / "requirements-coverage.md").read_text()
ANSWERED = {*range(1, 108), *range(109, 115), 116, 137, 138, *range(153, 170), 203, 204}
"""The requirements that this release answers."""

ROWS = re.findall(r"^\| R(\d+) \|(.*)\|([^|]*)\|([^|]*)\|$", PAGE, re.M)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ADDRESS = re.compile(r"`(/[^`]*)`")


@cache
def names_in(path: str) -> frozenset[str]:
    """The tests of a file, read and not run."""
    place = CHECKOUT / path
    tree = ast.parse(place.read_text()) if place.exists() else ast.Module([], [])
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def leads_somewhere(address: str) -> bool:
    path = address.partition("?")[0].replace("<id>", str(uuid.uuid4()))
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def test_every_requirement_has_one_row() -> None:
    found = Counter(int(number) for number, *_ in ROWS)
    assert sorted(found) == sorted(ANSWERED)
    assert [number for number, times in found.items() if times > 1] == []
    assert len(ROWS) == len(re.findall(r"^\| R\d+ ", PAGE, re.M)), "a row is not of three parts"


def test_every_row_says_what_is_asked_where_it_is_seen_and_what_shows_it() -> None:
    for number, asked, seen, shown in ROWS:
        assert asked.strip(), number
        assert seen.strip(), number
        assert NAMED.search(shown) or "not built" in seen.lower(), f"R{number} names no test and does not say why"


def test_every_test_it_names_exists() -> None:
    named = set(NAMED.findall(PAGE))
    assert len(named) > 150
    assert sorted(f"{path}::{name}" for path, name in named if name not in names_in(path)) == []


def test_every_address_it_names_leads_somewhere() -> None:
    addresses = set(ADDRESS.findall(PAGE))
    assert len(addresses) > 30
    assert sorted(each for each in addresses if not leads_somewhere(each)) == []


def test_what_is_not_there_would_be_noticed() -> None:
    assert not leads_somewhere("/authorizations/<id>/nowhere")
    assert "test_nothing" not in names_in("tests/web/test_show_row.py")
    assert names_in("tests/web/test_gone.py") == frozenset()
