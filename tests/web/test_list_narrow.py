"""Every filter of the list: alone, together, over pages; what it counts is what it shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from authorizations.appeals import appeal
from authorizations.models import Authorization
from authorizations.states import Status
from authorizations.transitions import draft
from members.models import Coverage
from tests.authorizations.cases import ask, drafted, in_status
from tests.authorizations.test_appeal import PLAIN, denied
from tests.cast import NOW, TODAY, House, make_coverage, make_member
from tests.claims.stage import authorize
from tests.web.conftest import SignIn
from tests.web.pages import text
from tests.web.test_list_authorizations import link, numbers

DAY = timedelta(days=1)


def shown(client: Any, query: str) -> set[str]:
    return set(numbers(client.get(f"/authorizations?{query}").content.decode()))


def changed(case: Authorization, **fields: Any) -> str:
    Authorization.objects.filter(id=case.id).update(**fields)
    return str(case.number)


def test_the_owner_is_me_nobody_or_a_colleague(north: House, sign_in: SignIn) -> None:
    supervisor = north.memberships["supervisor"]
    with north.scope():
        mine = drafted(north).number
        theirs = draft(ask(north), owner=supervisor, actor=north.actor(), now=NOW).number
        nobodys = draft(ask(north), owner=None, actor=north.actor(), now=NOW).number
    client = sign_in(north)
    assert shown(client, "owner=me") == {mine}
    assert shown(client, "owner=nobody") == {nobodys}
    assert shown(client, f"owner={supervisor.id}") == {theirs}
    assert shown(sign_in(north, "supervisor"), "owner=me") == {theirs}
    assert shown(client, "owner=whoever") == {mine, theirs, nobodys}


def test_overdue_is_before_now_and_today_is_what_is_left_of_it(north: House, sign_in: SignIn) -> None:
    with north.scope():
        late = changed(drafted(north), next_action_at=NOW - timedelta(minutes=1))
        now = changed(drafted(north), next_action_at=NOW)
        tonight = changed(drafted(north), due_at=datetime(2026, 11, 24, 4, 59, tzinfo=UTC))
        morning = changed(drafted(north), next_action_at=datetime(2026, 11, 24, 5, tzinfo=UTC), due_at=NOW)
        sunday = changed(drafted(north), due_at=datetime(2026, 11, 30, 4, 59, tzinfo=UTC))
        changed(drafted(north), due_at=datetime(2026, 11, 30, 5, tzinfo=UTC))
        drafted(north)
    client = sign_in(north)
    assert shown(client, "due=overdue") == {late}
    assert shown(client, "due=today") == {now, tonight}
    assert shown(client, "due=week") == {now, tonight, morning, sunday}
    assert "Overdue 1 Due today 2 Needs us" in text(client.get("/authorizations").content.decode())


def test_priority_and_who_is_waited_for(north: House, sign_in: SignIn) -> None:
    with north.scope():
        urgent = drafted(north, priority="urgent").number
        drafted(north)
        sent = in_status(north, Status.SUBMITTED).number
    client = sign_in(north)
    assert shown(client, "priority=urgent") == {urgent}
    assert shown(client, "waiting=payer") == {sent}


def test_program_and_code(north: House, sign_in: SignIn) -> None:
    with north.scope():
        ours = drafted(north).number
        other = authorize(
            north,
            ("H0032", 8),
            starts="11-01",
            ends="12-31",
            number="A",
            coverage=make_coverage(make_member(), north.manual),
        ).number
    client = sign_in(north)
    assert shown(client, f"program={north.manual.id}") == {other}
    assert shown(client, f"program={north.manual.id}&program={north.electronic.id}") == {ours, other}
    assert shown(client, "code=h0032") == {other}
    assert shown(client, "code=H003") == set()
    assert shown(client, "code=.") == {ours, other}


def cover(house: House, coverage: Coverage | None = None) -> Authorization:
    return authorize(house, ("H2019", 8), starts="11-01", ends="12-31", coverage=coverage)


STATES: dict[str, dict[str, Any]] = {
    "active": {},
    "future": {"cover_starts_on": TODAY + DAY},
    "expired": {"cover_ends_on": date(2026, 9, 1), "list_date": date(2026, 9, 1)},
    "exhausted": {"exhausted": True, "tight_remaining_milli": 0},
    "one_exhausted": {"tight_remaining_milli": 0},
    "partly": {"partly_approved": True, "cover_starts_on": TODAY + DAY},
    "modified": {"modified": True, "cover_starts_on": TODAY + DAY},
    "ends_early": {"cover_ends_on": date(2026, 12, 1), "list_date": date(2026, 12, 1), "cover_starts_on": TODAY + DAY},
}
"""A case that has only this state, or this one and "not started"."""


@pytest.mark.parametrize("state", STATES)
def test_each_state_shows_its_cases_and_no_others(north: House, sign_in: SignIn, state: str) -> None:
    with north.scope():
        made = {
            name: changed(cover(north, make_coverage(make_member(), north.electronic)), **fields)
            for name, fields in STATES.items()
        }
        drafted(north)
    expected = {made[state]}
    if state == "active":
        expected |= {made["one_exhausted"]}
    if state == "future":
        expected |= {made["partly"], made["modified"], made["ends_early"]}
    assert shown(sign_in(north), f"state={state}") == expected


def test_expired_and_exhausted_stand_beside_the_status(north: House, sign_in: SignIn) -> None:
    with north.scope():
        changed(cover(north), **STATES["exhausted"])
    assert "Approved exhausted" in text(sign_in(north).get("/authorizations").content.decode())


def test_a_denial_whose_appeal_is_open_has_its_own_link(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = denied(north)
        in_status(north, Status.DENIED)
        appeal(case.id, PLAIN, actor=north.actor(), now=NOW)
    client = sign_in(north)
    page = client.get("/authorizations").content.decode()
    assert "Denied, appeal open (1)" in text(page)
    assert "Denied (2)" in text(page)
    address = page.split("Denied, appeal open")[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert numbers(client.get(address).content.decode()) == [case.number]


def test_any_number_of_days_can_be_typed_beside_the_offered_ones(north: House, sign_in: SignIn) -> None:
    with north.scope():
        last = authorize(north, ("H2019", 80), starts="09-01", ends="12-08", number="A").number
        authorize(north, ("H2014", 80), starts="09-01", ends="12-09", number="B")
    client = sign_in(north)
    page = client.get("/authorizations?expiring=other&within=15").content.decode()
    assert numbers(page) == [last]
    assert 'name="within" min="0" max="730" inputmode="numeric" value="15"' in page
    assert len(shown(client, "expiring=other&within=")) == 2


def test_filters_hold_together_over_the_pages(north: House, sign_in: SignIn) -> None:
    with north.scope():
        wanted = {drafted(north, priority="urgent").number for _ in range(27)}
        drafted(north)
        draft(ask(north, priority="urgent"), owner=None, actor=north.actor(), now=NOW)
    client = sign_in(north)
    query = f"status=draft&owner=me&priority=urgent&code=H2019&payer={north.payer.id}&sort=age"
    first = client.get(f"/authorizations?{query}").content.decode()
    second = client.get(link(first, "Next 25")).content.decode()
    assert {*numbers(first), *numbers(second)} == wanted
    assert (len(numbers(first)), len(numbers(second))) == (25, 2)
    for word in ("status=draft", "owner=me", "priority=urgent", "code=H2019", f"payer={north.payer.id}", "sort=age"):
        assert word in link(first, "Next 25"), word


def test_choosing_a_member_keeps_the_other_filters(north: House, sign_in: SignIn) -> None:
    answer = sign_in(north).post(
        "/members/pick", {"q": "Ashdown", "for": "filter", "query": "owner=me&due=today&sort=age&name=Ada"}
    )
    page = answer.content.decode()
    assert f"?owner=me&amp;due=today&amp;sort=age&amp;member={north.member.id}" in page
    assert "name=Ada&amp;member" not in page


def test_each_filter_is_named_and_can_be_taken_off(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    page = client.get("/authorizations?owner=nobody&priority=urgent&due=week&state=expired&code=H2019")
    html = page.content.decode()
    for label in ("Urgent", "Due this week", "Expired", "Code: H2019"):
        before = html.split(f'aria-label="Remove the filter {label}"')[0]
        assert label in before.rsplit('chip-word">', 1)[1], label
    assert "Owner: nobody" in text(html)
    without = before.rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert without == "/authorizations?owner=nobody&priority=urgent&due=week&state=expired"
    assert "Would match" in text(html)


def test_a_colleague_of_another_organization_owns_nothing_here(north: House, south: House, sign_in: SignIn) -> None:
    with north.scope():
        drafted(north)
    page = sign_in(north).get(f"/authorizations?owner={south.memberships['specialist'].id}").content.decode()
    assert numbers(page) == []
    assert "Specialist South" not in page
