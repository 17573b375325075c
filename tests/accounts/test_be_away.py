"""Somebody is away: who stands in, what is refused, and that it ends by itself."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from accounts.absences import announce, call_off, covered_by, covering, deputies, deputy_is_away
from accounts.models import Absence
from accounts.scopes import Scope
from accounts.services import end_membership
from audit.models import AuditEvent
from tenancy.editing import Refused
from tests.cast import NOW, TODAY, House
from tests.web.conftest import SignIn, plain_settings, sign_in, that_day
from tests.web.pages import text

__all__ = ["plain_settings", "sign_in", "that_day"]

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def away(house: House, who: str, deputy: str, first: date = TODAY, last: date = TODAY + 4 * DAY) -> Absence:
    people = house.memberships[who].id, house.memberships[deputy].id
    return announce(*people, starts_on=first, ends_on=last, actor=house.actor("supervisor"), now=NOW)


def refused(house: House, *arguments: Any) -> str:
    with pytest.raises(Refused) as error:
        away(house, *arguments)
    return str(error.value)


@pytest.fixture(autouse=True)
def billers_who_work_on_requests(request: pytest.FixtureRequest) -> None:
    """A third role that may stand in for the specialist: an organization says itself what its roles include."""
    if "in_north" in request.fixturenames:
        role = request.getfixturevalue("in_north").memberships["biller"].role
        role.scopes = [*role.scopes, Scope.AUTHORIZATION_WRITE]
        role.save()


def whose(house: House, deputy: str, on: date = TODAY) -> list[uuid.UUID]:
    return covering(house.memberships[deputy].id, on)


def test_follow_ups_go_to_the_deputy_from_the_first_day_to_the_last(in_north: House) -> None:
    absent = in_north.memberships["specialist"].id
    made = away(in_north, "specialist", "supervisor", TODAY + DAY, TODAY + 3 * DAY)
    days = {on: whose(in_north, "supervisor", TODAY + on * DAY) for on in range(5)}
    assert days == {0: [], 1: [absent], 2: [absent], 3: [absent], 4: []}
    [found] = covered_by(in_north.memberships["supervisor"].id, TODAY + DAY)
    assert (found.name, found.until) == ("Specialist North", TODAY + 3 * DAY)
    assert AuditEvent.objects.get(action="absence.announced").data["deputy"] == str(made.deputy_id)
    call_off(made.id, actor=in_north.actor(), now=NOW)
    assert whose(in_north, "supervisor", TODAY + DAY) == []
    call_off(made.id, actor=in_north.actor(), now=NOW)
    assert AuditEvent.objects.filter(action="absence.called_off").count() == 1


def test_a_deputy_who_is_away_too_hands_on_to_their_own(in_north: House) -> None:
    first = away(in_north, "specialist", "supervisor")
    away(in_north, "supervisor", "biller", TODAY, TODAY + DAY)
    gap = deputy_is_away(first)
    assert gap is not None
    assert gap.deputy_id == in_north.memberships["biller"].id, "said to whoever announces it"
    assert len(whose(in_north, "biller")) == 2
    assert whose(in_north, "supervisor") == []
    assert whose(in_north, "supervisor", TODAY + 2 * DAY) == [in_north.memberships["specialist"].id], "back again"


def test_nobody_stands_in_for_oneself_twice_in_the_past_or_in_a_circle(in_north: House) -> None:
    assert "nobody is their own deputy" in refused(in_north, "specialist", "specialist")
    assert "before the first" in refused(in_north, "specialist", "biller", TODAY, TODAY - DAY)
    assert "gone by" in refused(in_north, "specialist", "biller", TODAY - 3 * DAY, TODAY - DAY)
    away(in_north, "specialist", "supervisor")
    assert "announced already" in refused(in_north, "specialist", "biller", TODAY + 4 * DAY, TODAY + 9 * DAY)
    circle = refused(in_north, "supervisor", "specialist", TODAY + 4 * DAY, TODAY + 9 * DAY)
    assert "Specialist North is away then, and their follow-ups come to Supervisor North" in circle
    away(in_north, "supervisor", "biller")
    assert "follow-ups come to Biller North" in refused(in_north, "biller", "specialist"), "three in a round"
    away(in_north, "biller", "specialist", TODAY + 5 * DAY, TODAY + 9 * DAY)
    assert Absence.objects.count() == 3


def test_who_has_left_stands_in_for_nobody(in_north: House) -> None:
    away(in_north, "specialist", "biller")
    end_membership(in_north.memberships["biller"].id, actor=in_north.actor("admin"), now=NOW)
    assert deputies(TODAY) == {in_north.memberships["specialist"].id: None}
    assert whose(in_north, "biller") == []
    assert "Choose somebody who works here" in refused(in_north, "supervisor", "biller")
    assert "no place here" in refused(in_north, "biller", "supervisor")


def test_only_who_works_on_requests_stands_in_for_who_does(in_north: House) -> None:
    assert "Their role does not work on requests" in refused(in_north, "specialist", "scheduler")
    away(in_north, "clinician", "scheduler")
    away(in_north, "specialist", "supervisor")


def sent(house: House, deputy: str, **more: str) -> dict[str, str]:
    values = {"deputy": str(house.memberships[deputy].id), "starts_on": "2026-11-23", "ends_on": "2026-11-25"}
    return {**values, **more}


def test_a_person_says_it_of_themselves_and_a_supervisor_of_anybody(north: House, sign_in: SignIn) -> None:
    address, biller, boss = "/account/absences", sign_in(north, "biller"), sign_in(north, "supervisor")
    other = str(north.memberships["clinician"].id)
    assert 'name="person"' not in biller.get(address).content.decode()
    assert biller.post(address, sent(north, "scheduler", person=other)).status_code == 302
    assert boss.post(address, sent(north, "biller", person=other)).status_code == 302
    page = text(boss.get(address).content.decode())
    assert "Clinician North Mon Nov 23 – Wed Nov 25 away now Biller North" in page
    assert "Biller North is away too" in page, "warned where it was said"
    with north.scope():
        rows = {row.membership_id: row for row in Absence.objects.all()}
        assert set(rows) == {north.memberships["biller"].id, north.memberships["clinician"].id}
        own, others = rows[north.memberships["biller"].id], rows[north.memberships["clinician"].id]
    assert biller.get(address).content.decode().count("/call-off") == 1, "one's own alone"
    assert biller.post(f"/account/absences/{others.id}/call-off").status_code == 403
    assert biller.post(f"/account/absences/{own.id}/call-off").status_code == 302
    assert boss.post(f"/account/absences/{others.id}/call-off").status_code == 302
    answer = biller.post(address, sent(north, "biller"))
    assert answer.status_code == 422
    kept = biller.post(address, sent(north, "scheduler", ends_on="2026-11-20"))
    assert "The last day is before the first." in kept.content.decode()
    assert 'value="2026-11-20"' in kept.content.decode(), "what was typed stays"
