"""One person, two organizations, two tabs of one browser: what is sent from the wrong one is refused, and said so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access import PAGE_ORGANIZATION
from authorizations.models import Note
from tests.authorizations.cases import drafted
from tests.web.permissions import TABLE
from tests.web.stage import Route, every_route
from tests.web.theatre import Theatre, form_of, theatre, undone, writes, written_since

SENDERS = [route for route in every_route() if route.scope and "POST" in route.methods]
SHOWN = [route for route in every_route() if route.scope and route.methods >= {"GET", "POST"}]


@pytest.fixture(scope="module")
def stages(django_db_setup: None, django_db_blocker: Any) -> Iterator[Theatre]:
    with django_db_blocker.unblock(), theatre() as made:
        yield made


@pytest.mark.parametrize("route", SENDERS, ids=lambda route: route.name)
def test_a_form_of_the_other_tab_is_refused_and_moves_nothing(stages: Theatre, route: Route) -> None:
    """The person is in South; the page was opened in North. By form field, and by the header of a script."""
    north = str(stages.north.house.organization.id)
    client, path = stages.client("of both"), route.path(stages.south.ids)
    with undone():
        moved = writes()
        by_form = client.post(path, {**TABLE[route.name].send, PAGE_ORGANIZATION: north})
        by_script: Any = client.post(path, TABLE[route.name].send, HTTP_X_ORGANIZATION=north)
        for answer in (by_form, by_script):
            assert answer.status_code == 409, route.name
            assert "another organization" in answer.content.decode()
        assert written_since(moved) == []


@pytest.mark.parametrize("route", SHOWN, ids=lambda route: route.name)
def test_every_form_names_the_organization_it_was_shown_in(stages: Theatre, route: Route) -> None:
    south = str(stages.south.house.organization.id)
    with undone():
        path = route.path(stages.south.ids)
        page: Any = stages.client("of both").get(path)
        fields = form_of(page, path)
        assert fields is None or fields[PAGE_ORGANIZATION] == [south], route.name


def test_two_tabs_of_one_browser(stages: Theatre) -> None:
    """Open a case in North, go to South in a second tab, send the first: refused; back in North the same is kept."""
    north, south = stages.north.house, stages.south.house
    with undone():
        browser = Client()
        browser.force_login(stages.client("of both").get("/").wsgi_request.user)  # type: ignore[arg-type]
        with north.scope():
            case = drafted(north)
        address = reverse("authorization_note", args=[case.id])
        sent = {"text": "Called.", PAGE_ORGANIZATION: str(north.organization.id)}
        browser.post(reverse("go_to_organization"), {"organization": str(south.organization.id)})
        refused = browser.post(address, sent)
        assert refused.status_code == 409
        assert south.organization.name in refused.content.decode()
        with north.scope():
            assert not Note.objects.exists()
        browser.post(reverse("go_to_organization"), {"organization": str(north.organization.id)})
        assert browser.post(address, sent).status_code == 302
        with north.scope():
            assert Note.objects.get().text == "Called."
