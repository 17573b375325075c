"""The claim pages as a biller uses them."""

from __future__ import annotations

import uuid
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from authorizations.models import LedgerEntry
from claims import queries
from claims.models import Claim, ClaimVersion
from codesets.models import OrganizationProcedure
from tests.cast import House
from tests.claims.stage import authorize, bill, post, used


def signed_in(house: House, role: str = "biller") -> Client:
    client = Client()
    client.force_login(house.users[role])
    return client


def typed(house: House, *lines: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What the form sends."""
    sent: dict[str, Any] = {
        "number": "C-88214",
        "coverage": str(house.coverage.id),
        "provider": "",
        "place_of_service": "",
        "key": uuid.uuid4().hex,
        "do": "post",
        "lines-TOTAL_FORMS": len(lines),
        "lines-INITIAL_FORMS": 0,
        **fields,
    }
    for at, line in enumerate(lines):
        values = {"code": "H2019", "first_day": "2026-03-20", "quantity": "40", "quantity_type": "units", **line}
        sent |= {f"lines-{at}-{name}": value for name, value in values.items()}
    return sent


def text(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


@pytest.fixture
def address(north: House) -> str:
    return f"/claims/new?member={north.member.id}"


def test_a_posted_claim_draws_and_says_why(north: House, address: str) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 100))
    client = signed_in(north)
    response = client.post(address, typed(north, {}), follow=True)
    assert response.status_code == 200
    shown = text(response)
    assert "Claim C-88214 is posted: 40 drawn." in shown
    assert "Only cover for this service on this date." in shown
    assert case.number in shown
    with north.scope():
        assert used(case) == 40


def test_a_second_press_makes_no_second_claim(north: House, address: str) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 100))
    client, sent = signed_in(north), typed(north, {})
    first, second = client.post(address, sent), client.post(address, sent)
    assert first.status_code == second.status_code == 302
    assert first.headers["Location"] == second.headers["Location"]
    with north.scope():
        assert used(case) == 40


def test_the_same_form_with_other_content_is_refused(north: House, address: str) -> None:
    client, sent = signed_in(north), typed(north, {})
    client.post(address, sent)
    assert client.post(address, sent | {"number": "C-88215"}).status_code == 409
    with north.scope():
        assert Claim.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"quantity": "1.5"}, "Units are whole numbers."),
        ({"quantity": "0"}, "Enter more than 0."),
        ({"quantity": ""}, "Enter how many."),
        ({"first_day": ""}, "Enter the day of service."),
        ({"last_day": "2026-03-19"}, "The last day is before the first."),
        ({"code": ""}, "Enter the code."),
        ({"modifiers": "HNX"}, "HNX is no modifier"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    north: House, address: str, line: dict[str, str], says: str
) -> None:
    response = signed_in(north).post(address, typed(north, {}, line | {"billed_number": "0042"}))
    assert response.status_code == 422
    shown = text(response)
    assert f"Line 2: {says}" in shown
    assert 'value="C-88214"' in shown
    assert 'value="0042"' in shown
    with north.scope():
        assert not Claim.objects.exists()


def test_a_number_used_before_is_refused_beside_its_field(north: House, address: str) -> None:
    with north.scope():
        post(north, bill("H2019", "03-20", 8), number="C-88214")
    response = signed_in(north).post(address, typed(north, {}))
    assert response.status_code == 422
    assert "Claim C-88214 was posted before with other content." in text(response)


def test_rows_left_empty_are_left_out(north: House, address: str) -> None:
    blank = {"code": "", "first_day": "", "quantity": ""}
    signed_in(north).post(address, typed(north, blank, {"quantity": "1.5"}, blank))
    response = signed_in(north).post(address, typed(north, blank, {}, blank), follow=True)
    assert response.status_code == 200
    with north.scope():
        assert [line.code for line in Claim.objects.get().lines.all()] == ["H2019"]


def test_a_line_can_be_added_without_losing_what_was_typed(north: House, address: str) -> None:
    response = signed_in(north).post(address, typed(north, {"quantity": "37"}, do="add-line"))
    shown = text(response)
    assert 'name="lines-1-code"' in shown
    assert 'value="37"' in shown
    response = signed_in(north).post(address, typed(north, {"quantity": "37"}, {"quantity": "5"}, do="remove-0"))
    assert 'value="37"' not in text(response)


def test_the_form_shows_what_is_left(north: House, address: str) -> None:
    with north.scope():
        authorize(north, ("H2019", 100), starts="10-01", ends="12-31")
    assert "100 of 100 left" in text(signed_in(north).get(address))


def test_without_a_member_the_form_asks_for_one(north: House) -> None:
    assert "Choose a member" in text(signed_in(north).get("/claims/new"))


def test_a_line_that_draws_nothing_says_what_is_missing(north: House, address: str) -> None:
    with north.scope():
        authorize(north, ("H2014", 100))
    shown = text(signed_in(north).post(address, typed(north, {}), follow=True))
    assert "no cover for this code; PA-" in shown
    assert "covers H2014" in shown


def test_a_code_nobody_may_use_is_kept_as_billed_and_flagged(north: House, address: str) -> None:
    with north.scope():
        OrganizationProcedure(code="00001", words="Ended before", ends_on=date(2026, 1, 31)).save()
    client = signed_in(north)
    lines = [
        {"code": code, "first_day": "2026-03-20", "quantity": "4", "quantity_type": "units"}
        for code in ("H2019", "X9999", "00001")
    ]
    page = text(client.post(address, typed(north, *lines), follow=True))
    assert "X9999 is in no code set here: check the code." in page
    assert "00001 was not valid on the day of service: check the code." in page
    assert "Ended before" in page
    assert "H2019 is in no" not in page
    assert "H2019 was not" not in page


def test_before_a_void_the_page_says_what_returns_and_what_moves(north: House) -> None:
    with north.scope():
        first = authorize(north, ("H2019", 10), ends="03-31")
        second = authorize(north, ("H2019", 80))
        claim = post(north, bill("H2019", "03-10", 8), number="C-1").claim
        post(north, bill("H2019", "03-20", 8), number="C-2")
    client = signed_in(north)
    shown = text(client.get(f"/claims/{claim.id}/void"))
    assert f"8 units of H2019 go back to {first.number}." in shown
    assert f"C-2 line 1 moves from {second.number} to {first.number}." in shown
    with north.scope():
        assert LedgerEntry.objects.filter(claim_id=claim.id).count() == 1
    shown = text(client.post(f"/claims/{claim.id}/void", {"reason": "Billed twice"}, follow=True))
    assert "Claim C-1 is voided. What it drew is given back." in shown
    assert "Given back: the claim was voided." in shown
    assert "Billed twice" in shown
    with north.scope():
        assert [used(first), used(second)] == [8, 0]
    assert client.get(f"/claims/{claim.id}/void").status_code == 409


def test_a_void_may_leave_another_line_where_it_is_but_no_longer_over(north: House) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 20))
        claims = [post(north, bill("H2019", f"03-1{at}", 10), number=f"C-{at}").claim for at in range(4)]
    client = signed_in(north)
    shown = text(client.get(f"/claims/{claims[0].id}/void"))
    assert f"C-2 line 1 stays with {case.number}, no longer over." in shown
    assert "C-3" not in shown
    shown = text(client.get(f"/claims/{claims[2].id}"))
    assert "Over by 10: all that was approved is used." in shown


def test_a_claim_is_replaced_from_what_was_billed(north: House) -> None:
    with north.scope():
        case = authorize(north, ("H2019", 100))
        claim = post(north, bill("H2019 HN", "03-20", 40), number="C-1").claim
    client = signed_in(north)
    shown = text(client.get(f"/claims/{claim.id}/replace"))
    assert 'value="40"' in shown
    assert 'value="HN"' in shown
    sent = typed(north, {"quantity": "32", "modifiers": "HN"}, reason="8 units too many")
    shown = text(client.post(f"/claims/{claim.id}/replace", sent, follow=True))
    assert "Given back: the claim was replaced." in shown
    with north.scope():
        assert used(case) == 32
        assert ClaimVersion.objects.get(claim=claim, number=2).reason == "8 units too many"


def test_the_list_shows_claims_and_what_needs_a_look(north: House) -> None:
    with north.scope():
        authorize(north, ("H2019", 5))
        post(north, bill("H2019", "03-20", 8), number="C-1")
        post(north, bill("T1019", "03-20", 4), number="C-2")
        post(north, bill("T1019", "03-21", 4), bill("H2019", "03-21", 4), number="C-3")
    shown = text(signed_in(north).get("/claims"))
    assert "over by 3" in shown
    assert "drew nothing" in shown
    assert "4 not covered" in shown
    assert "C-1" in text(signed_in(north).get(f"/claims?member={north.member.id}"))


def test_the_list_goes_on_where_it_stopped(north: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("claims.views.PAGE_SIZE", 2)
    with north.scope():
        for at in range(3):
            post(north, bill("H2019", "03-20", at + 1), number=f"C-{at}")
    client = signed_in(north)
    first = text(client.get("/claims"))
    assert ("C-2" in first, "C-1" in first, "C-0" in first) == (True, True, False)
    with north.scope():
        second = text(client.get(f"/claims?after={Claim.objects.get(number='C-1').id}"))
    assert ("C-2" in second, "C-0" in second) == (False, True)


def test_a_page_of_the_list_is_taken_from_one_table(in_north: House) -> None:
    """Joined, the database reads every claim of the organization and sorts them all before it takes a page."""
    post(in_north, bill("H2019", "03-20", 4))
    with CaptureQueriesContext(connection) as asked:
        assert len(queries.claim_page(size=10).rows) == 1
    [page] = [query["sql"] for query in asked if 'ORDER BY "claims_claim"' in query["sql"]]
    assert " JOIN " not in page
    assert len(asked) <= 6


def test_who_may_not_see_claims_sees_none(north: House) -> None:
    with north.scope():
        claim = post(north, bill("H2019", "03-20", 8)).claim
    client = signed_in(north, "clinician")
    for path in ("/claims", f"/claims/{claim.id}", f"/claims/{claim.id}/void", "/claims/new"):
        assert client.get(path).status_code == 403
    assert signed_in(north, "clinician").post(f"/claims/{claim.id}/void").status_code == 403
    with north.scope():
        assert Claim.objects.get(id=claim.id).state == Claim.State.LIVE


def test_another_organization_finds_nothing(north: House, south: House) -> None:
    with north.scope():
        claim = post(north, bill("H2019", "03-20", 8), number="C-NORTH").claim
    client = signed_in(south)
    for path in (f"/claims/{claim.id}", f"/claims/{claim.id}/void", f"/claims/{claim.id}/replace"):
        assert client.get(path).status_code == 404
    assert client.post(f"/claims/{claim.id}/void").status_code == 404
    assert client.get(f"/claims/new?member={north.member.id}").status_code == 404
    assert client.get(f"/claims?member={north.member.id}").status_code == 404
    assert "C-NORTH" not in text(client.get("/claims"))
    sent = typed(south, {}, coverage=str(north.coverage.id))
    assert client.post(f"/claims/new?member={south.member.id}", sent).status_code == 422
    with north.scope():
        assert Claim.objects.get(id=claim.id).state == Claim.State.LIVE


def test_looking_at_a_claim_is_told_to_the_audit_log(north: House) -> None:
    with north.scope():
        claim = post(north, bill("H2019", "03-20", 8)).claim
    signed_in(north).get(f"/claims/{claim.id}")
    with north.scope():
        event = AuditEvent.objects.get(action="claim.read")
        assert (event.subject_id, event.member_id) == (claim.id, north.member.id)
