"""Who looks at health data is recorded before a byte of it leaves, searches without their words, refusals too."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.reading import VERBS, hashed_terms
from audit.models import AuditEvent
from authorizations.queries import state_token
from tests.cast import House
from tests.tenancy.conftest import Owner, owner
from tests.web.stage import Stage, every_route, furnish

__all__ = ["owner"]


def signed_in(house: House, role: str = "specialist") -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(house.users[role])
    return client


def reads(house: House) -> list[AuditEvent]:
    with house.scope():
        found = AuditEvent.objects.order_by("id")
        return [event for event in found if event.action.rpartition(".")[2] in VERBS]


@pytest.fixture
def stage(north: House) -> Stage:
    return furnish(north, "north")


def test_a_search_keeps_a_keyed_hash_and_no_words(stage: Stage) -> None:
    client = signed_in(stage.house)
    for text in ("AshdownNorth", " ashdownnorth "):
        assert client.post(reverse("search"), {"q": text}).status_code == 302
    first, second = reads(stage.house)
    assert first.data["terms"] == second.data["terms"] == hashed_terms("AshdownNorth", stage.house.organization.id)
    assert first.data["rows"] == 1
    assert "ashdown" not in f"{first.data} {first.actor_label}".lower()
    assert hashed_terms("AshdownNorth", uuid.uuid4()) != first.data["terms"]


def test_asking_for_the_status_again_and_again_tells_nothing_until_something_is_shown(stage: Stage) -> None:
    client = signed_in(stage.house)
    address = reverse("authorization_status", args=[stage.ids["authorization_id"]])
    with stage.house.scope():
        unchanged = state_token(stage.ids["authorization_id"])
    for _ in range(3):
        assert client.get(address, {"seen": unchanged}).status_code == 204
    assert reads(stage.house) == []
    assert client.get(address, {"seen": "older"}).status_code == 200
    assert [event.action for event in reads(stage.house)] == ["authorization.read"]


def test_a_page_whose_reading_cannot_be_told_is_not_shown(transactional_db: None, stage: Stage, owner: Owner) -> None:
    """Fails closed: the database refuses the event, so nothing of the page leaves."""
    client = signed_in(stage.house)
    address = reverse("member_detail", args=[stage.ids["member_id"]])
    assert "AshdownNorth" in client.get(address).content.decode()
    with owner.without_inserts("audit_auditevent"):
        refused = client.get(address)
    assert refused.status_code == 500
    assert "Ashdown" not in refused.content.decode()


@pytest.mark.parametrize(
    ("role", "route", "method", "status", "action"),
    [
        ("scheduler", "authorization_new", "get", 403, "access.refused"),
        ("scheduler", "authorization_discard", "post", 403, "access.refused"),
        ("specialist", "member_detail", "get", 404, "access.missed"),
        ("specialist", "authorization_discard", "post", 404, "access.missed"),
    ],
)
def test_a_refusal_is_kept_though_its_request_is_undone(
    stage: Stage, south: House, role: str, route: str, method: str, status: int, action: str
) -> None:
    foreign = furnish(south, "south").ids
    wanted = next(each for each in every_route() if each.name == route)
    before = len(reads(stage.house))
    response = getattr(signed_in(stage.house, role), method)(wanted.path(foreign))
    assert response.status_code == status
    with stage.house.scope():
        event = AuditEvent.objects.filter(action=action).latest("id")
    assert (event.data["route"], event.data["method"]) == (route, method.upper())
    assert event.actor_id == stage.house.users[role].id
    if action == "access.missed":
        asked: dict[str, Any] = event.data["asked"]
        assert asked == {name: str(foreign[name]) for name in wanted.arguments}
    assert len(reads(stage.house)) == before
