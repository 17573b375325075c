"""A page asks the database a fixed number of times, however much happened and however much it lists."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from authorizations.handing import assign
from authorizations.models import Publication, Submission
from authorizations.saving import save_view
from authorizations.services import note_exchange
from authorizations.states import ExchangeState, Status
from tests.authorizations.cases import drafted, in_status, submitted
from tests.cast import NOW, House, make_coverage, make_member
from tests.claims.stage import authorize, bill, post
from tests.web.conftest import SignIn

DAY = timedelta(days=1)
LIMITS = {"overview": 39, "utilization": 34, "claims": 32, "communication": 30, "documents": 35}
"""The session, the person's rights, the bar on top and the audit event are among them."""


@pytest.mark.django_db
def test_a_case_is_shown_in_few_statements(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 100), ("H2014", 80), starts="10-01", ends="12-31", number="A")
        for at in range(5):
            post(north, bill("H2019", f"11-{10 + at}", 2), bill("H2014", f"11-{10 + at}", 1))
    client = sign_in(north)
    client.get("/")
    counted = {}
    for tab in LIMITS:
        with CaptureQueriesContext(connection) as statements:
            client.get(f"/authorizations/{case.id}?tab={tab}")
        counted[tab] = len(statements)
    assert all(counted[tab] <= most for tab, most in LIMITS.items()), counted


LISTS = {
    "/": 33,
    "/authorizations": 27,
    "/authorizations/views": 18,
    "/authorizations/overdue": 19,
    "/queue": 23,
    "/queue/urgent": 21,
    "/queue/routine": 19,
    "/workload": 19,
    "/approvals/not-passed-on": 17,
    "/notices": 17,
    "/reports/playbook-gaps": 19,
    "/reports/rework": 20,
    "/reports/rework/{payer}": 23,
}


def fill(house: House) -> None:
    """One more of everything that these pages list."""
    by_hand = make_coverage(make_member(), house.manual)
    for status in (Status.PENDED, Status.DENIED, Status.APPROVED):
        in_status(house, status)
    late = submitted(house, coverage=make_coverage(make_member(), house.electronic))
    note_exchange(late.id, ExchangeState.SENT, actor=house.actor(), now=NOW)
    Submission.objects.filter(id=late.id).update(due_at=NOW - 2 * DAY)
    for priority in ("urgent", "routine"):
        submitted(house, coverage=by_hand, priority=priority)
    draft, boss = drafted(house, priority="urgent"), house.memberships["supervisor"]
    assign(draft.id, boss.id, reason="Away", actor=house.actor(), now=NOW)
    values = {"name": f"Of {draft.number}", "shared": True, "pinned": True}
    save_view(boss.id, values, query="?due=overdue", actor=house.actor("supervisor"), now=NOW)
    Publication.objects.update(opened_at=NOW - 2 * DAY)


@pytest.mark.django_db
def test_a_page_of_work_asks_no_more_for_more_rows(north: House, sign_in: SignIn) -> None:
    with north.scope():
        fill(north)
    client = sign_in(north, "supervisor")
    client.get("/")
    few = {page: statements_of(client, page.format(payer=north.electronic.payer.id)) for page in LISTS}
    with north.scope():
        for _ in range(2):
            fill(north)
    many = {page: statements_of(client, page.format(payer=north.electronic.payer.id)) for page in LISTS}
    assert many == few
    assert all(many[page] <= most for page, most in LISTS.items()), many


def statements_of(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as statements:
        assert client.get(page).status_code == 200, page
    return len(statements)
