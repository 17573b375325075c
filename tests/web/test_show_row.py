"""What one row of the list says, and which rows a fresh list has."""

from __future__ import annotations

import re
from typing import Any

from authorizations.decisions import LineOutcome
from authorizations.models import Authorization
from payers.models import Payer, Workflow
from tests.authorizations.cases import again, heard, message, said, submitted, units
from tests.cast import House, make_coverage, make_member, make_program
from tests.claims.stage import authorize, bill, post
from tests.web.conftest import SignIn
from tests.web.pages import form, text
from tests.web.test_fill_request import begun, complete
from tests.web.test_list_authorizations import numbers


def row_of(page: str, case: Authorization) -> str:
    """The words of the row of one case."""
    rows = re.findall(r"(?s)<tr.*?</tr>", page.partition("<tbody")[2].partition("</tbody>")[0])
    (found,) = [row for row in rows if f'/authorizations/{case.id}"' in row and "rowlink" in row]
    return text(found)


def test_a_row_says_who_for_whom_for_what_how_much_is_left_and_until_when(north: House, sign_in: SignIn) -> None:
    asked = (units("H2019", 480, "HN", "HQ"), units("H2014", 80), units("H0032", 8), units("T1019", 960))
    with north.scope():
        submission = submitted(north, *asked)
        whole = [said(number, LineOutcome.APPROVED) for number in (2, 3, 4)]
        heard(north, submission, message(said(1, LineOutcome.MODIFIED, 360), *whole))
        post(north, bill("H2019 HN HQ", "11-23", 300), number="C-1")
        case = again(submission.authorization)
    page = sign_in(north, "scheduler").get("/authorizations").content.decode()
    words = row_of(page, case)
    for part in (
        case.number,
        "payer’s number HC-7001",
        "Rowan AshdownNorth",
        f"MRN {north.member.mrn}",
        "Harborline North Medicaid",
        "H2019 HN HQ: 60 of 360 left",
        "H2014, H0032 +1 , T1019",
        "Nov 23 – Feb 20, 2027 ends in 89 days",
        "Approved other terms than asked",
        "Specialist North",
    ):
        assert part in words, (part, words)
    assert "2017" not in words, "no date of birth in the list"
    status = re.search(r'<span class="st st-\w+">(<svg.*?</svg>)Approved</span>', page, re.S)
    assert status is not None, "a sign and the word"


def test_used_up_over_and_ended_stand_in_words_beside_approved(north: House, sign_in: SignIn) -> None:
    with north.scope():
        used_up = authorize(north, ("H2019", 8), starts="11-01", ends="12-31", number="A")
        over = authorize(north, ("H2014", 8), starts="11-01", ends="12-31", number="B")
        ended = authorize(north, ("H0032", 8), starts="09-01", ends="11-22", number="C")
        post(north, bill("H2019", "11-20", 8))
        post(north, bill("H2014", "11-20", 12))
    page = sign_in(north).get("/authorizations").content.decode()
    assert "Approved exhausted" in row_of(page, used_up)
    assert "over by 4" in row_of(page, over)
    assert "Approved expired" in row_of(page, ended)


def test_two_payers_of_three_are_chosen(north: House, sign_in: SignIn) -> None:
    made: dict[str, Any] = {}
    with north.scope():
        for name in ("Lakeshore", "Meridian"):
            payer = Payer(name=name, identifier=name[:4].upper())
            payer.save()
            program = make_program(payer, "PPO", Workflow.MANUAL_PENDING)
            made[name] = payer, submitted(north, coverage=make_coverage(make_member(), program)).authorization
        ours = submitted(north).authorization
    lakeshore, meridian = made["Lakeshore"], made["Meridian"]
    client = sign_in(north)
    query = f"/authorizations?payer={lakeshore[0].id}&payer={north.payer.id}"
    assert set(numbers(client.get(query).content.decode())) == {lakeshore[1].number, ours.number}
    assert meridian[1].number in client.get("/authorizations").content.decode()


def test_a_submitted_request_stands_in_a_fresh_list_in_either_workflow(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    with north.scope():
        manual = make_member(last_name="Manual")
        coverage = make_coverage(manual, north.manual)
    electronic = client.post(
        f"/members/{north.member.id}/authorizations/new", begun(client, north) | complete(north) | {"do": "submit"}
    )
    values = begun(client, north) | complete(north) | {"coverage": str(coverage.id), "do": "submit", "key": "another"}
    by_hand = client.post(f"/members/{manual.id}/authorizations/new", values)
    assert (electronic.status_code, by_hand.status_code) == (302, 302)
    page = client.get("/authorizations").content.decode()
    ticked = re.findall(r'name="status" value="(\w+)" checked', page)
    assert set(ticked) == {"draft", "submitted", "approved", "pended"}
    assert "Show all" in text(page)
    with north.scope():
        for case in Authorization.objects.all():
            assert re.search(r"in 89 days Submitted ", row_of(page, case)), case.workflow


def test_new_on_the_list_begins_with_choosing_the_member(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    assert 'href="/authorizations/new"' in client.get("/authorizations").content.decode()
    page = client.get("/authorizations/new").content.decode()
    (field,) = re.findall(r'<input[^>]*name="q"[^>]*autofocus[^>]*>', page)
    assert 'value=""' in field
    target = f"/members/{north.member.id}/authorizations/new"
    for typed in ("ash", north.member.mrn, north.coverage.member_number):
        assert f'href="{target}"' in client.post("/members/pick", {"q": typed, "for": "new"}).content.decode(), typed
    assert form(client.get(target).content.decode(), 'name="coverage"')["coverage"] == str(north.coverage.id)
