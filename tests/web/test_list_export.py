"""The list as a file: what the filters show, in their order, told to the audit log."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

from audit.models import AuditEvent
from authorizations.models import Authorization
from authorizations.states import Status
from tests.authorizations.cases import drafted, in_status
from tests.cast import NOW, House
from tests.claims.stage import authorize, bill, post
from tests.web.conftest import SignIn
from tests.web.test_list_authorizations import numbers


def exported(client: Any, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/authorizations/export?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_file_has_the_rows_of_the_list_in_its_order(north: House, sign_in: SignIn) -> None:
    with north.scope():
        for each in (Status.DRAFT, Status.SUBMITTED, Status.PENDED, Status.APPROVED, Status.DENIED):
            in_status(north, each)
    client = sign_in(north)
    for query in ("", "status=denied&ended=all", "status=draft&status=pended&sort=age", "waiting=us"):
        page = client.get(f"/authorizations?{query}").content.decode()
        assert [line["Number"] for line in exported(client, query)] == numbers(page), query


def test_every_row_is_in_the_file_not_only_a_page(north: House, sign_in: SignIn) -> None:
    with north.scope():
        for _ in range(27):
            drafted(north)
    client = sign_in(north)
    assert len(exported(client, "rows=25&after=20200101-" + "0" * 32)) == 27
    page = client.get("/authorizations?status=draft").content.decode()
    assert "/authorizations/export?status=draft" in page


def test_a_line_says_what_was_granted_used_and_left_and_what_is_next(north: House, sign_in: SignIn) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 80), starts="11-01", ends="12-31", number="HC-1")
        post(north, bill("H2019", "11-10", 30))
        Authorization.objects.filter(id=case.id).update(
            submitted_at=NOW, due_at=NOW + timedelta(days=1), next_action="Call the payer", next_action_at=NOW
        )
    (line,) = exported(sign_in(north))
    asked = ("Payer's number", "Status", "Tightest line", "Counted in", "Approved", "Used", "Remaining", "First day")
    assert [line[name] for name in asked] == ["HC-1", "Approved", "H2019", "units", "80", "30", "50", "2026-11-01"]
    work = ("Submitted", "Answer due", "Next action", "Next action on", "Owner")
    assert [line[name] for name in work] == [
        "2026-11-23 10:18",
        "2026-11-24 10:18",
        "Call the payer",
        "2026-11-23 10:18",
        "nobody",
    ]


def test_the_export_is_told_with_its_number_of_rows(north: House, south: House, sign_in: SignIn) -> None:
    with south.scope():
        drafted(south)
    with north.scope():
        drafted(north)
        drafted(north)
    exported(sign_in(north, "clinician"))
    with north.scope():
        event = AuditEvent.objects.get(action="authorization.exported")
    assert event.data["rows"] == 2
