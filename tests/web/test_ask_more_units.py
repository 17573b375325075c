"""A clinician asks for more units; the owner sees it, and asking the payer answers it."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from authorizations.decisions import LineOutcome
from authorizations.models import Authorization, Note, Task
from authorizations.states import Status
from notices.models import Notice
from tests.authorizations.cases import again, heard, in_status, message, said, submitted
from tests.cast import NOW, House
from tests.web.conftest import SignIn
from tests.web.pages import form, text

WISH = {"line": "1", "quantity": "20", "reason": "Two more hours a week since school began."}


def approved(house: House) -> Authorization:
    with house.scope():
        return in_status(house, Status.APPROVED)


def wish(client: Client, case: Authorization, **other: str) -> Any:
    return client.post(f"/authorizations/{case.id}/more-units", form_of(client, case) | WISH | other)


def form_of(client: Client, case: Authorization) -> dict[str, Any]:
    return form(client.get(f"/authorizations/{case.id}/more-units").content.decode(), "Ask for more")


def test_a_wish_waits_for_the_owner_until_the_payer_is_asked(north: House, sign_in: SignIn) -> None:
    case = approved(north)
    assert wish(sign_in(north, "clinician"), case).status_code == 302
    with north.scope():
        row = again(case)
        assert row.next_action == "Clinician North wants 20 more units of H2019"
        assert (row.waiting_on, Note.objects.get().text) == ("us", WISH["reason"])
        told = list(Notice.objects.filter(kind="task").values_list("words", flat=True))
        assert told == [f"{case.number}: Clinician North asks for more"], "a notice names who and which case alone"
    specialist = sign_in(north, "specialist")
    assert "Clinician North wants 20 more units of H2019" in specialist.get("/").content.decode()
    page = specialist.get(f"/authorizations/{case.id}/amend").content.decode()
    asked = form(page, "Ask for the change")
    assert asked["line_1_quantity"] == "100"
    assert specialist.post(f"/authorizations/{case.id}/amend", asked).status_code == 302
    with north.scope():
        assert Task.objects.get(kind="more_units").closed_by == "Specialist North"
        assert again(case).next_action.startswith("Change asked")


def test_the_latest_wish_counts_and_every_reason_is_kept(north: House, sign_in: SignIn) -> None:
    case = approved(north)
    wish(sign_in(north, "clinician"), case)
    assert "already" in sign_in(north, "clinician").get(f"/authorizations/{case.id}/more-units").content.decode()
    wish(sign_in(north, "clinician"), case, quantity="8", reason="Eight will do.")
    with north.scope():
        assert Task.objects.get(kind="more_units").facts["quantity"] == "8"
        assert Note.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "said_of_it"),
    [
        ({"quantity": "0"}, "Give a number above 0"),
        ({"quantity": "-4"}, "Give a number above 0"),
        ({"quantity": "many"}, "Enter a number"),
        ({"quantity": "NaN"}, "Enter a number"),
        ({"reason": "  "}, "This field is required"),
        ({"line": "9"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_meant_comes_back_with_what_was_typed(
    north: House, sign_in: SignIn, typed: dict[str, str], said_of_it: str
) -> None:
    case = approved(north)
    answer = wish(sign_in(north, "clinician"), case, **typed)
    assert (answer.status_code, said_of_it in answer.content.decode()) == (422, True)
    kept = (WISH | typed)["quantity"]
    assert f'value="{kept}"' in answer.content.decode()
    with north.scope():
        assert Task.objects.filter(kind="more_units").count() == 0


def test_nothing_is_wanted_of_what_is_not_counted(north: House, sign_in: SignIn) -> None:
    with north.scope():
        undecided = in_status(north, Status.SUBMITTED)
        submission = submitted(north)
        heard(north, submission, message(said(1, LineOutcome.MODIFIED), said(2, LineOutcome.APPROVED)))
    clinician = sign_in(north, "clinician")
    assert clinician.get(f"/authorizations/{undecided.id}/more-units").status_code == 409
    page = clinician.get(f"/authorizations/{submission.authorization_id}/more-units").content.decode()
    assert "H2014: 40 left" in page
    assert "H2019:" not in page


def test_who_asks_payers_amends_and_who_cares_asks_for_more(north: House, sign_in: SignIn) -> None:
    case = approved(north)
    for role, offered in (("clinician", True), ("specialist", False), ("biller", False)):
        page = sign_in(north, role).get(f"/authorizations/{case.id}").content.decode()
        assert ("Ask for more units" in page) is offered, role


def test_the_total_in_the_form_is_what_stands_and_what_is_wanted(north: House, sign_in: SignIn) -> None:
    case = approved(north)
    wish(sign_in(north, "clinician"), case, line="2", quantity="2.5")
    page = sign_in(north, "specialist").get(f"/authorizations/{case.id}/amend").content.decode()
    asked = form(page, "Ask for the change")
    assert (Decimal(asked["line_1_quantity"]), Decimal(asked["line_2_quantity"])) == (Decimal(80), Decimal("42.5"))


def test_what_if_saves_nothing_and_carries_its_number_into_the_request(north: House, sign_in: SignIn) -> None:
    case = approved(north)
    with north.scope():
        version = again(case).version
    address = f"/authorizations/{case.id}?tab=utilization"
    with north.scope():
        ends_on = again(case).cover_ends_on
    assert ends_on is not None
    days = (ends_on - NOW.date()).days
    carried = math.ceil(70 * days / 7)
    for role, link, field in (("clinician", "more-units", "quantity"), ("specialist", "amend", "line_1_quantity")):
        client = sign_in(north, role)
        page = client.get(f"{address}&weekly=70").content.decode()
        assert f"{carried - 80:,} short" in text(page)
        found = re.search(rf'href="(/authorizations/{case.id}/{link}\?[^"]+)"', page)
        assert found
        filled = form(client.get(unescape(found[1])).content.decode(), "Ask for")
        assert filled[field] == str(carried if role == "specialist" else carried - 80)
    assert "Enough" in text(client.get(f"{address}&weekly=0&total=80").content.decode())
    for odd in ("weekly=x", "weekly=-1", "until=2026-01-01", "until=9999-12-31", "total=1e999", "weekly=NaN"):
        answer = client.get(f"{address}&{odd}")
        assert answer.status_code == 200, odd
        assert 'aria-invalid="true"' in answer.content.decode(), odd
    with north.scope():
        assert again(case).version == version
