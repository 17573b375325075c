"""The renewal chain of a member: windows, units, gaps and overlaps; and a page whose statements do not grow."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from authorizations import transitions
from authorizations.chain import chains, renew_by_dates
from authorizations.models import Authorization
from authorizations.states import Status
from claims.services import void_claim
from claims.uncovered import uncovered
from tests.authorizations.cases import APPROVAL, again, ask, heard
from tests.cast import NOW, TODAY, House, make_coverage, make_member
from tests.claims.stage import authorize, bill, day, post
from tests.web.conftest import SignIn


def case(name: str, starts: str, ends: str | None, parent: Authorization | None = None, **fields: Any) -> Authorization:
    """A row that is in no database."""
    values: dict[str, Any] = {
        "id": uuid.uuid5(uuid.NAMESPACE_URL, name),
        "number": name,
        "status": Status.APPROVED,
        "cover_starts_on": day(starts),
        "cover_ends_on": day(ends) if ends else None,
        "created_at": NOW + timedelta(minutes=int(name[-1])),
        **fields,
    }
    return Authorization(**values, parent_id=parent.id if parent else None)


def told(rows: list[Authorization]) -> list[list[tuple[str, int, int] | str]]:
    return [
        [
            (link.case.number, link.meets.gap_days, link.meets.overlap_days) if link.meets else link.case.number
            for link in chain.links
        ]
        for chain in chains(rows)
    ]


def test_each_link_says_how_it_joins_what_it_renews() -> None:
    first = case("PA-1", "01-01", "03-31")
    second = case("PA-2", "04-10", "06-30", first)
    third = case("PA-3", "06-19", "09-30", second)
    alone = case("PA-4", "01-01", "12-31")
    assert told([third, alone, second, first]) == [["PA-1", ("PA-2", 9, 0), ("PA-3", 0, 12)]]
    (chain,) = chains([first, second, third])
    assert (chain.name, chain.gap_days, chain.overlap_days) == ("PA-1 to PA-3", 9, 12)


def test_a_refused_renewal_stands_in_the_chain_and_joins_nothing() -> None:
    first = case("PA-1", "01-01", "03-31")
    refused = case("PA-2", "04-01", "06-30", first, status=Status.DENIED, cover_starts_on=None)
    again_asked = case("PA-3", "04-01", "06-30", first)
    assert told([first, refused, again_asked]) == [["PA-1", "PA-2", ("PA-3", 0, 0)]]
    open_end = case("PA-5", "01-01", None)
    assert told([open_end, case("PA-6", "04-01", "06-30", open_end)]) == [["PA-5", "PA-6"]]


def test_rows_in_a_circle_are_not_followed_for_ever() -> None:
    """The database lets no circle be made; the reader would not hang on one."""
    one, other = case("PA-1", "01-01", "03-31"), case("PA-2", "04-01", "06-30")
    one.parent_id, other.parent_id = other.id, one.id
    assert chains([one, other]) == []
    apart = case("PA-3", "04-01", "06-30")
    assert told([one, other, apart, case("PA-4", "07-01", "09-30", apart)]) == [["PA-3", ("PA-4", 0, 0)]]


def test_renew_by_is_the_end_less_the_lead_time_of_the_payer(in_north: House) -> None:
    in_north.electronic.rules.update(renewal_lead_days=30)
    held = authorize(in_north, ("H2019", 80), ends="12-31")
    endless = authorize(in_north, ("H2019", None), ends="12-31")
    Authorization.objects.filter(id=endless.id).update(cover_ends_on=None)
    found = renew_by_dates([again(held), again(endless)], TODAY)
    assert {key: (row.day, row.lead_days) for key, row in found.items()} == {held.id: (day("12-01"), 30)}


def test_services_that_draw_from_nothing_are_named(in_north: House) -> None:
    authorize(in_north, ("H2019", 80), starts="11-01", ends="12-31")
    post(in_north, bill("H2019", "11-20"), bill("H2014 HN", "11-20"))
    voided = post(in_north, bill("T1019", "11-21")).claim
    void_claim(voided.id, reason="Twice", actor=in_north.actor("biller"), now=NOW)
    post(in_north, bill("H2014", "10-01"))
    assert uncovered(in_north.member.id, day("11-01"), day("11-30")) == [("H2014 HN", day("11-20"))]


def renewed(house: House, parent: Authorization, at: datetime) -> Authorization:
    made = transitions.draft(
        ask(house, coverage=parent.coverage), owner=None, actor=house.actor(), now=at, parent=again(parent)
    )
    heard(house, transitions.submit(made.id, actor=house.actor(), now=at), APPROVAL)
    return again(made)


def test_member_page_names_the_chain_and_asks_the_database_no_more_for_a_longer_one(
    north: House, sign_in: SignIn
) -> None:
    client = sign_in(north)
    with north.scope():
        member = make_member(last_name="Weir")
        first = authorize(
            north, ("H2019", 80), starts="09-01", ends="11-13", coverage=make_coverage(member, north.electronic)
        )
        second = renewed(north, first, NOW)
        post(north, bill("H2019", "09-20"), coverage=first.coverage)
    path = f"/members/{member.id}"
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as few:
        body = client.get(path).content.decode()
    said = " ".join(re.sub(r"<[^>]+>", " ", body).split())
    assert f"Renewals {first.number} to {second.number} 9 days without cover" in said
    assert "H2019 80 units, 72 left" in said
    assert f'aria-label="{first.number} to {second.number}: ' in body
    with north.scope():
        third = renewed(north, second, NOW + timedelta(minutes=1))
        renewed(north, third, NOW + timedelta(minutes=2))
        post(north, bill("H2019", "09-21"), coverage=first.coverage)
    with CaptureQueriesContext(connection) as many:
        client.get(path)
    assert len(many) <= len(few) + 1
    assert len(few) <= 60, len(few)
