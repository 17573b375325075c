"""The right to read authorizations, alone and missing: it shows every case and no way to write; without it nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from accounts.models import User
from accounts.scopes import Scope
from accounts.services import add_role, join
from audit.actors import SYSTEM
from authorizations.states import Status
from tests.attack.markup import Markup
from tests.attack.walk import complete, name_of
from tests.authorizations.cases import in_status
from tests.cast import NOW, House
from tests.claims.stage import authorize
from tests.web.conftest import SignIn
from tests.web.pages import text
from tests.web.stage import every_route, furnish

ROUTES = {route.name: route for route in every_route()}
READ = Scope.AUTHORIZATION_READ
WRITES = {Scope.AUTHORIZATION_WRITE, Scope.AUTHORIZATION_CONTRIBUTE}
AROUND = (Scope.WORK_READ, Scope.MEMBER_READ, Scope.MEMBER_PHI, Scope.ELIGIBILITY_READ)


def somebody_with(house: House, *scopes: Scope) -> str:
    """A person whose role holds these rights and no other; the name to sign in by."""
    with house.scope():
        user = User(email=f"somebody@{house.organization.id}.example", name="Somebody", password="!")
        user.save()
        join(user=user, role=add_role(name="Somebody", scopes=scopes, actor=SYSTEM, now=NOW), actor=SYSTEM, now=NOW)
    house.users["somebody"] = user
    return "somebody"


def rights_led_to(page: Any) -> dict[str, str]:
    """Every address a page leads to, its bar and its foot included, by the right it asks for."""
    path = page.request["PATH_INFO"]
    names = {name_of(complete(path, lead.address)) for lead in Markup(page.content.decode()).leads}
    return {name: ROUTES[name].scope for name in names if name in ROUTES and ROUTES[name].scope}


@pytest.mark.parametrize("status", list(Status))
def test_with_the_right_to_read_alone_a_case_opens_and_leads_to_nothing_that_writes(
    north: House, sign_in: SignIn, status: Status
) -> None:
    with north.scope():
        case = in_status(north, status)
    client = sign_in(north, somebody_with(north, READ))
    shown = client.get("/authorizations?status=" + status)
    assert case.number in text(shown.content.decode())
    for tab in ("", "?tab=utilization", "?tab=claims", "?tab=communication", "?tab=documents"):
        page: Any = client.get(f"/authorizations/{case.id}{tab}")
        assert page.status_code == 200, tab
        for seen in (shown, page):
            assert set(rights_led_to(seen).values()) <= {READ}, (tab, rights_led_to(seen))
            main = seen.content.decode().partition("<main")[2]
            assert re.findall(r'<form[^>]*method="post"[^>]*>', main) == [], tab


def test_with_the_right_to_read_alone_every_write_is_refused(north: House, sign_in: SignIn) -> None:
    stage = furnish(north, "north")
    client = sign_in(north, somebody_with(north, READ))
    asked = [route for route in ROUTES.values() if route.scope in WRITES and "POST" in route.methods]
    assert len(asked) > 25
    for route in asked:
        assert client.post(route.path(stage.ids)).status_code == 403, route.name
    for route in (each for each in ROUTES.values() if each.scope == READ and "GET" in each.methods):
        assert client.get(route.path(stage.ids)).status_code in (200, 302), route.name


def test_without_the_right_to_read_no_page_opens_counts_or_names_an_authorization(
    north: House, sign_in: SignIn
) -> None:
    stage = furnish(north, "north")
    with north.scope():
        authorize(north, ("H2019", 80), starts="11-01", ends="12-31", number="HC-1")
    client = sign_in(north, somebody_with(north, *AROUND))
    closed = [route for route in ROUTES.values() if route.scope == READ]
    assert {"authorization_list", "authorization_detail", "authorization_export", "search", "manual_queue"} <= {
        route.name for route in closed
    }
    for route in closed:
        for method in route.methods:
            answer = client.generic(method, route.path(stage.ids))
            assert answer.status_code == 403, (method, route.name)
            assert "HC-" not in answer.content.decode(), route.name
    for address in ("/", "/members", f"/members/{north.member.id}"):
        page = client.get(address)
        html = page.content.decode()
        assert page.status_code == 200, address
        assert re.findall(r"PA-\d+|HC-\w+|320|80 left", text(html)) == [], address
        assert "Manual queue" not in html, address
        assert READ not in rights_led_to(page).values(), (address, rights_led_to(page))
