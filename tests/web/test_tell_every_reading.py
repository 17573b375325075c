"""Every page that a right opens tells its reading once, or says why it shows no health data. New pages are in by
themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.reading import VERBS
from accounts.scopes import ROLE_TEMPLATES
from audit.models import AuditEvent
from authorizations.decisions import LineOutcome
from authorizations.reviewing import require_second_look
from tests.authorizations.cases import heard, message, said, submitted
from tests.cast import NOW
from tests.web.stage import Route, every_route
from tests.web.theatre import Theatre, theatre, undone

LEADS_BACK = {
    "undelivered_resend": "asks about what was ticked in the list; test_work_exchange ticks something",
    "authorization_terms": "shows itself for an approval on other terms: below",
    "decision_review": "shows itself for an entry that a second person is to confirm: below",
}
PAGES = [route for route in every_route() if route.scope and "GET" in route.methods and route.name not in LEADS_BACK]
IDS_OF_PEOPLE = {"member_id", "authorization_id"}


@pytest.fixture(scope="module")
def stages(django_db_setup: None, django_db_blocker: Any) -> Iterator[Theatre]:
    with django_db_blocker.unblock(), theatre() as made:
        yield made


def readings(stages: Theatre) -> list[AuditEvent]:
    with stages.north.house.scope():
        found = AuditEvent.objects.order_by("id")
        return [event for event in found if event.action.rpartition(".")[2] in VERBS]


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.name)
def test_a_page_tells_its_reading_once_or_says_why_it_shows_no_health_data(stages: Theatre, route: Route) -> None:
    north = stages.north
    role = next(name for name, template in ROLE_TEMPLATES.items() if route.scope in template.scopes)
    with undone():
        before = len(readings(stages))
        response: Any = stages.client(role).get(route.path(north.ids))
        assert response.status_code == 200, f"{route.name}: {response.status_code}, so nothing was proved"
        told = readings(stages)[before:]
        if getattr(route.pattern.callback, "no_reads", ""):
            assert told == []
            shown = [name for name in ("AshdownNorth", north.house.member.mrn) if name in response.content.decode()]
            assert not shown, f"{route.name} shows {shown}, so its reason does not hold: declare reads="
            return
        assert len(told) == 1, f"{route.name} told {len(told)} readings"
        assert told[0].actor_id == north.house.users[role].id
        assert told[0].data["route"] == route.name
        for name in set(route.arguments) & IDS_OF_PEOPLE:
            assert getattr(told[0], name) == route.objects(north.ids)[name]
        assert "Ashdown" not in str(told[0].data)


def test_what_waits_for_a_persons_word_tells_its_reading_too(stages: Theatre) -> None:
    house = stages.north.house
    with undone():
        with house.scope():
            require_second_look(True, actor=house.actor("admin"), now=NOW)
            asked = submitted(house)
            answer = message(said(1, LineOutcome.MODIFIED, 60), said(2, LineOutcome.APPROVED), source_message_id=None)
            decision = heard(house, asked, answer).decision
        for address in (f"/authorizations/{asked.authorization_id}/terms", f"/decisions/{decision.id}/review"):
            before = len(readings(stages))
            response: Any = stages.client("supervisor").get(address)
            assert response.status_code == 200, address
            (told,) = readings(stages)[before:]
            assert told.authorization_id == asked.authorization_id
            assert "Ashdown" not in str(told.data)
