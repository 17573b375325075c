"""The orders of the list, its pages in each of them, and the renewals that stand beside what ends."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from authorizations import orders
from authorizations.models import Authorization
from authorizations.orders import Sort
from authorizations.renewing import renew
from authorizations.worklist import ListFilter, Viewpoint
from authorizations.worklist import listed as listed_rows
from payers.models import ProgramRules
from tests.authorizations.cases import drafted
from tests.cast import NOW, TODAY, House, make_coverage, make_member
from tests.claims.stage import authorize, bill, post
from tests.web.conftest import SignIn
from tests.web.pages import text
from tests.web.test_list_authorizations import link, numbers


def approved(house: House, code: str, ends: str, **fields: Any) -> Authorization:
    return authorize(house, (code, 100), starts="09-01", ends=ends, **fields)


def listed(client: Any, query: str) -> list[str]:
    return numbers(client.get(f"/authorizations?{query}").content.decode())


def test_what_must_be_renewed_first_stands_first(north: House, sign_in: SignIn) -> None:
    with north.scope():
        soon = approved(north, "H2019", "12-10").number
        slow = approved(
            north, "H2014", "12-20", coverage=make_coverage(make_member(last_name="Slow"), north.manual)
        ).number
        asked = drafted(north, ends_on=date(2026, 11, 30)).number
        ProgramRules.objects.filter(program=north.manual).update(renewal_lead_days=45)
    client = sign_in(north)
    assert listed(client, "sort=renew") == [slow, soon, asked]
    assert listed(client, "") == [asked, soon, slow]
    assert "renew by Thu Nov 26" in text(client.get("/authorizations?sort=renew").content.decode())


def test_what_is_due_first_stands_first_and_what_is_never_due_last(north: House, sign_in: SignIn) -> None:
    with north.scope():
        never, later, first = (drafted(north) for _ in range(3))
        Authorization.objects.filter(id=later.id).update(due_at=NOW + timedelta(days=2))
        Authorization.objects.filter(id=first.id).update(next_action_at=NOW, due_at=NOW + timedelta(days=9))
    assert listed(sign_in(north), "sort=due") == [first.number, later.number, never.number]


def test_the_oldest_stands_first(north: House, sign_in: SignIn) -> None:
    with north.scope():
        new, old = drafted(north), drafted(north)
        Authorization.objects.filter(id=old.id).update(created_at=NOW - timedelta(days=9))
    assert listed(sign_in(north), "sort=age") == [old.number, new.number]


def test_the_smallest_share_left_stands_first(north: House, sign_in: SignIn) -> None:
    with north.scope():
        full = approved(north, "H2019", "12-31").number
        low = approved(north, "H2014", "12-31").number
        asked = drafted(north).number
        over = approved(north, "H0032", "12-31").number
        post(north, bill("H2014", "11-10", 60))
        post(north, bill("H0032", "11-10", 120))
    assert listed(sign_in(north), "sort=tightest") == [over, low, full, asked]


@pytest.mark.parametrize("sort", ["expiry", "renew", "due", "age", "tightest"])
def test_next_and_back_walk_every_row_once_in_every_order(
    north: House, sign_in: SignIn, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("authorizations.filters.SIZES", (4, 50, 100))
    with north.scope():
        made = [approved(north, "H2019", "12-31") for _ in range(10)]
        for number, case in enumerate(made):
            pair = number // 2
            Authorization.objects.filter(id=case.id).update(
                created_at=NOW - timedelta(hours=pair),
                next_action_at=NOW + timedelta(days=pair) if number < 7 else None,
                list_date=date(2026, 12, 1 + pair),
                tight_remaining_milli=(pair - 2) * 1000,
            )
    client = sign_in(north)
    first = client.get(f"/authorizations?sort={sort}").content.decode()
    second = client.get(link(first, "Next 4")).content.decode()
    third = client.get(link(second, "Next 4")).content.decode()
    walked = numbers(first) + numbers(second) + numbers(third)
    assert sorted(walked) == sorted(case.number for case in made)
    assert len(walked) == len(set(walked))
    assert numbers(client.get(link(third, "Back")).content.decode()) == numbers(second)


def test_the_key_of_a_page_that_means_nothing_begins_at_the_beginning(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = drafted(north).number
    client = sign_in(north)
    for sort in ("expiry", "renew", "due", "age", "tightest"):
        for key in ("", "x", "9" * 40, "99999999-0", "m-1", f"{'9' * 30}-{'0' * 32}", f"x-{'0' * 32}"):
            assert listed(client, f"sort={sort}&after={key}") == [case], (sort, key)


def test_what_ends_within_30_days_can_be_renewed_from_its_row(north: House, sign_in: SignIn) -> None:
    with north.scope():
        ending = approved(north, "H2019", "12-23")
        approved(north, "H2014", "12-24")
        case = approved(north, "H0032", "12-01")
        renewal = renew(case.id, owner=None, actor=north.actor(), now=NOW)
    page = sign_in(north).get("/authorizations").content.decode()
    assert page.count(">Renew<") == 1
    assert f'form="renew" formaction="/authorizations/{ending.id}/renew"' in page
    assert f"Renewal {renewal.number} drafted" in text(page)
    assert "2 end within 30 days, 1 of them without a renewal." in text(page)
    without = sign_in(north).get("/authorizations?expiring=30&state=not_renewed").content.decode()
    assert numbers(without) == [ending.number]
    assert ">Renew<" not in sign_in(north, "scheduler").get("/authorizations").content.decode()


@pytest.mark.parametrize("sort", list(Sort))
def test_an_index_gives_every_order_so_that_a_big_list_is_not_sorted(in_north: House, sort: Sort) -> None:
    drafted(in_north)
    seen = Viewpoint(NOW, in_north.organization.zone, in_north.memberships["specialist"].id)
    key = orders.page(listed_rows(ListFilter(), seen), size=1, sort=sort, today=TODAY).rows
    after = orders.key_of(key[0])
    with CaptureQueriesContext(connection) as asked:
        orders.page(listed_rows(ListFilter(), seen), size=25, sort=sort, today=TODAY, after=after)
    statement = next(each["sql"] for each in asked if "authorizations_authorization" in each["sql"])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (COSTS OFF) {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    merged = plan.count("Sort Key")
    assert merged <= (1 if sort is Sort.RENEW_BY else 0) + plan.count("Merge Append"), plan
    assert "Seq Scan on authorizations_authorization" not in plan
    assert "Index" in plan
