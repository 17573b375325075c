"""Two people edit one thing: the second is told who was faster, and keeps what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from tenancy.editing import EditedModel
from tests.cast import NOW
from tests.web.permissions import TABLE
from tests.web.stage import Route, every_route
from tests.web.theatre import Theatre, form_of, theatre, undone, writes, written_since

SHOWN = [route for route in every_route() if route.scope and route.methods >= {"GET", "POST"}]
EDITED = {
    "authorization_edit": "authorizations_authorization",
    "coverage_edit": "members_coverage",
    "facility_edit": "providers_facility",
    "identifier_edit": "members_memberidentifier",
    "member_edit": "members_member",
    "partner_edit": "payers_tradingpartner",
    "payer_edit": "payers_payer",
    "playbook_edit": "payers_playbook",
    "program_edit": "payers_program",
    "provider_edit": "providers_provider",
    "route_edit": "payers_reviewroute",
    "rules_edit": "payers_programrules",
    "view_edit": "authorizations_savedview",
}
"""The page on which rows of a table with versions are edited."""

WITHOUT_PAGE = {"members_eligibilityrule": "one number for the whole organization; see tests/members"}
"""Tables with versions that have no page of their own to edit a row, each with the reason."""

BEGINS_ANEW = {
    "authorization_playbook": "the program of that case has no playbook yet: this writes it",
    "authorization_inquire": "asks something more of the payer, which no change of the case makes wrong",
    "eligibility_rule": "the houses of these tests have no rule yet: this one begins it",
    "member_authorization_new": "makes a draft",
    "playbook_new_payer": "makes a playbook",
    "playbook_new_program": "makes a playbook",
    "roster_new": "makes a roster",
    "route_new": "makes a route",
}
"""Forms that show a version and change no row that is there, each with the reason."""

TYPED = "Typed by the second one"
TEXTS = (
    "name",
    "notes",
    "note_to_payer",
    "reviewer_name",
    "last_name",
    "first_name",
    "value",
    "contract_reference",
    "member_number",
)


@pytest.fixture(scope="module")
def stages(django_db_setup: None, django_db_blocker: Any) -> Iterator[Theatre]:
    with django_db_blocker.unblock(), theatre() as made:
        yield made


def versioned() -> list[str]:
    """Every table whose rows carry a version."""
    return sorted({model._meta.db_table for model in apps.get_models() if issubclass(model, EditedModel)})


def somebody_is_faster(stages: Theatre) -> None:
    """Everything with a version is changed by a colleague, after the page was shown."""
    with stages.north.house.scope(), connection.cursor() as cursor:
        for table in (*versioned(), "authorizations_authorization"):
            cursor.execute(
                f"UPDATE {table} SET version = version + 1, changed_by = 'Quick Colleague', changed_at = %s", [NOW]
            )


def test_every_table_with_versions_has_its_page() -> None:
    assert set(versioned()) - set(EDITED.values()) == set(WITHOUT_PAGE)


@pytest.mark.parametrize("name", sorted(EDITED))
def test_the_second_of_two_is_told_who_was_faster_and_keeps_what_was_typed(stages: Theatre, name: str) -> None:
    route = next(each for each in SHOWN if each.name == name)
    path, client = route.path(stages.north.ids), stages.client(TABLE[name].roles.split()[0])
    with undone():
        page: Any = client.get(path)
        fields = form_of(page, path)
        assert fields is not None
        assert fields.get("version"), "the form carries the version it shows"
        typed = next((each for each in TEXTS if each in fields), None)
        assert typed, f"none of {TEXTS} in {sorted(fields)}"
        somebody_is_faster(stages)
        moved = writes()
        answer: Any = client.post(path, {**fields, **TABLE[name].send, typed: TYPED})
        assert answer.status_code == 409
        said = answer.content.decode()
        assert "Quick Colleague" in said
        assert TYPED in said, "what was typed is kept"
        assert written_since(moved) == []


@pytest.mark.parametrize("route", SHOWN, ids=lambda route: route.name)
def test_no_form_with_a_version_writes_over_a_newer_one(stages: Theatre, route: Route) -> None:
    """Pages beside the edit pages too: whatever carries a version is held to it."""
    path, client = route.path(stages.north.ids), stages.client(TABLE[route.name].roles.split()[0])
    with undone():
        page: Any = client.get(path)
        fields = form_of(page, path) if page.status_code == 200 else None
        if not fields or not fields.get("version"):
            return
        somebody_is_faster(stages)
        moved = writes()
        answer: Any = client.post(path, {**fields, **TABLE[route.name].send})
        if route.name in BEGINS_ANEW:
            assert answer.status_code == 302, f"{route.name} refuses: take it off the list"
            return
        assert answer.status_code in (409, 422), f"{route.name}: {answer.status_code}"
        assert written_since(moved) == []
