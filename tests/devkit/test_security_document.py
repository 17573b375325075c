"""docs/security.md names tests that exist, the roles that are shipped, and the defects that are planted."""

from __future__ import annotations

import re

from accounts.scopes import ROLE_TEMPLATES
from devkit.mutants.catalogue import DEFECTS
from devkit.places import CHECKOUT

PAGE = (CHECKOUT / "docs" / "security.md").read_text()


def test_every_test_it_names_exists() -> None:
    named = set(re.findall(r"`([\w/]+\.py)`", PAGE))
    assert len(named) > 20
    places = {name for name in named if (CHECKOUT / "tests" / name).exists() or (CHECKOUT / name).exists()}
    assert named == places


def test_every_shipped_role_stands_there_with_its_rights() -> None:
    shown = {
        name: set(re.findall(r"`([\w.]+)`", rights))
        for name, rights in re.findall(r"^\| ([^|`]+) \| (`.*) \|$", PAGE, re.M)
    }
    for template in ROLE_TEMPLATES.values():
        assert shown[template.name] == {str(scope) for scope in template.scopes}, template.name


def test_every_planted_defect_stands_there_and_none_that_is_gone() -> None:
    table = PAGE.partition("| Defect | What it breaks |")[2]
    shown = set(re.findall(r"^\| ([a-z0-9-]+) \|", table, re.M))
    assert shown == {defect.name for defect in DEFECTS}
