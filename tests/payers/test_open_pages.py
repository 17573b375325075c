"""Every page of the configuration: who may open it, what the other organization sees of it, what stands on it."""

from __future__ import annotations

import pytest

from accounts.scopes import ROLE_TEMPLATES, Scope
from tests.cast import House
from tests.payers.stage import signed_in
from tests.web.stage import Stage, every_route, furnish, random_ids

CONFIGURATION = [route for route in every_route() if "/configuration" in f"/{route.pattern.pattern}"]
PAGES = [route for route in CONFIGURATION if "GET" in route.methods]
WRITES = [route for route in CONFIGURATION if route.scope == Scope.PAYER_WRITE]


@pytest.fixture
def stage(north: House) -> Stage:
    return furnish(north, "north")


def test_the_configuration_has_its_routes() -> None:
    assert len(PAGES) > 40
    assert {route.scope for route in CONFIGURATION} == {Scope.PAYER_READ, Scope.PAYER_WRITE}


def test_who_may_change_the_configuration_opens_every_page_of_it(stage: Stage) -> None:
    client = signed_in(stage.house)
    answers = {route.name: client.get(route.path(stage.ids)).status_code for route in PAGES}
    assert set(answers.values()) == {200}, answers


def test_who_may_only_read_opens_no_form_and_writes_nothing(stage: Stage) -> None:
    client = signed_in(stage.house, "specialist")
    for route in CONFIGURATION:
        method = client.get if "GET" in route.methods else client.post
        expected = 200 if route.scope == Scope.PAYER_READ else 403
        assert method(route.path(stage.ids)).status_code == expected, route.name
    for route in WRITES:
        assert client.post(route.path(stage.ids)).status_code == (403 if "POST" in route.methods else 405), route.name


def test_who_may_only_read_sees_no_way_to_write(stage: Stage) -> None:
    client = signed_in(stage.house, "specialist")
    for route in PAGES:
        if route.scope != Scope.PAYER_READ:
            continue
        page = client.get(route.path(stage.ids)).content.decode()
        for write in WRITES:
            names = {name: value for name, value in stage.ids.items() if name in write.arguments}
            assert f'"{write.path(names)}"' not in page, f"{route.name} shows {write.name}"


def test_clinician_opens_nothing_of_the_configuration(stage: Stage) -> None:
    assert Scope.PAYER_READ not in ROLE_TEMPLATES["clinician"].scopes
    client = signed_in(stage.house, "clinician")
    assert client.get("/configuration").status_code == 403
    assert b"/configuration" not in client.get("/").content


def test_the_other_organization_finds_nothing_by_any_id(stage: Stage, south: House) -> None:
    client = signed_in(south)
    for route in CONFIGURATION:
        if not route.names_object:
            continue
        for method in route.methods:
            send = client.get if method == "GET" else client.post
            foreign = send(route.path(stage.ids))
            assert foreign.status_code == 404, f"{method} {route.name}"
            nobodys = send(route.path(random_ids(route)))
            assert (nobodys.status_code, len(nobodys.content)) == (404, len(foreign.content)), route.name


def test_the_lists_of_one_organization_name_nothing_of_the_other(stage: Stage, south: House) -> None:
    client = signed_in(south)
    for route in PAGES:
        if route.names_object:
            continue
        page = client.get(route.path({})).content.decode()
        assert not [name for name in (*stage.sentinels, "Harbor Plan") if name in page], route.name
