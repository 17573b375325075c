"""The page of a case asks the database a fixed number of times, however much happened."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import House
from tests.claims.stage import authorize, bill, post
from tests.web.conftest import SignIn

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
