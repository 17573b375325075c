"""Is it covered, in the page: asked by a scheduler, answered with reason and rule, and a request begun from it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from authorizations.decisions import LineOutcome
from authorizations.models import Authorization
from members.models import CoverQuestion
from tests.authorizations.cases import APPROVAL, NOT_REQUIRED, all_lines, drafted, heard, submitted, units
from tests.cast import House, make_coverage, make_member
from tests.claims.stage import authorize, bill, drawn_from, post
from tests.web.conftest import SignIn
from tests.web.theatre import form_of


def words(answer: Any) -> str:
    text = answer.content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def asked(client: Client, house: House, **values: Any) -> str:
    sent = {"code": "H2019", "starts_on": "2026-11-24", **values}
    answer = client.post(f"/members/{house.member.id}/covered", sent)
    assert answer.status_code == 200, words(answer)[:400]
    return words(answer)


def test_scheduler_hears_what_the_claim_will_draw_from(north: House, sign_in: SignIn) -> None:
    """The answer names the authorization, what is left, the others with why not; and the claim then draws there."""
    with north.scope():
        first = authorize(north, ("H2019", 20), starts="10-01", ends="12-12")
        later = authorize(north, ("H2019", 30), starts="10-01", ends="12-31")
        other = authorize(north, ("H2019 HN", 9), starts="12-01", ends="12-31")
        post(north, bill("H2019", "11-20", 12))
    client = sign_in(north, "scheduler")
    said = asked(client, north, quantity="8")
    assert f"Covered by {first.number}" in said
    assert "8 units left, until Dec 12." in said
    assert "8 asked: 0 left after it." in said
    assert f"{later.number} line 1: ends Dec 31, 2026, later than Dec 12, 2026" in said
    assert f"{other.number} line 1: covers H2019 HN: the modifiers differ" in said
    assert "no promise of payment" in said
    with north.scope():
        claim = post(north, bill("H2019", "11-24", 8)).claim
        assert drawn_from(claim) == {first.number: "8"}
        (kept,) = CoverQuestion.objects.filter(member=north.member)
        assert (kept.verdict, kept.authorization_id, kept.asked_by) == ("covered", first.id, "Scheduler North")
        assert kept.inputs["code"] == "H2019"
    assert f"Covered by {later.number}" in asked(client, north)
    assert "Start the request" not in asked(client, north, code="H2014")


def test_needed_begins_the_request_with_what_was_asked(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    path = f"/members/{north.member.id}/covered"
    sent = {"code": "h2014 hn", "starts_on": "2026-12-01", "quantity": "40", "place_of_service": "12"}
    answer: Any = client.post(path, {**sent, "rendering_provider": str(north.clinician.id)})
    assert "An authorization is needed" in words(answer)
    assert "asked electronically, by 278" in words(answer)
    start = f"/members/{north.member.id}/authorizations/new"
    begun = form_of(answer, start)
    assert begun is not None
    form: Any = client.post(start, begun)
    filled = form_of(form, start)
    assert filled is not None
    wanted = {"lines-0-code": "H2014", "lines-0-modifiers": "HN", "lines-0-quantity": "40", "starts_on": "2026-12-01"}
    wanted |= {"place_of_service": "12", "rendering_provider": str(north.clinician.id)}
    assert {name: "".join(filled[name]) for name in wanted} == wanted
    with north.scope():
        assert not Authorization.objects.exists()
        case = drafted(north, units("H2014"))
    assert f"asked for already in {case.number}" in asked(client, north, code="H2014", starts_on="2026-12-01")


@pytest.mark.parametrize(
    ("program", "headline"), [("free", "No authorization is needed"), ("manual", "An authorization is needed")]
)
def test_the_program_of_the_coverage_decides(north: House, sign_in: SignIn, program: str, headline: str) -> None:
    with north.scope():
        member = make_member(last_name="Weir")
        make_coverage(member, getattr(north, program), checked=False)
    client = sign_in(north, "scheduler")
    said = words(client.post(f"/members/{member.id}/covered", {"code": "H2019", "starts_on": "2026-11-24"}))
    assert headline in said
    assert "Eligibility was never checked." in said


def test_what_the_payer_said_of_an_earlier_request_counts(north: House, sign_in: SignIn) -> None:
    with north.scope():
        freed = submitted(north)
        heard(north, freed, NOT_REQUIRED)
        denied = submitted(north, units("T1019"))
        heard(north, denied, all_lines(LineOutcome.DENIED))
    client = sign_in(north, "scheduler")
    said = asked(client, north)
    assert "No authorization is needed" in said
    assert f"The payer said so of {freed.authorization.number}" in said
    assert "An authorization is needed" in asked(client, north, code="T1019")


def test_no_coverage_on_the_day_is_said_and_wrong_input_stays(north: House, sign_in: SignIn) -> None:
    client = sign_in(north, "scheduler")
    assert "No coverage is in force on Jan 1, 2020" in asked(client, north, starts_on="2020-01-01")
    path = f"/members/{north.member.id}/covered"
    wrong = client.post(path, {"code": "X9999", "starts_on": "soon", "quantity": "-1", "place_of_service": "zz"})
    assert wrong.status_code == 422
    for text in ("This is no day", "Write a number above 0", "Choose one of the list"):
        assert text in words(wrong)
    assert 'value="X9999"' in wrong.content.decode()
    unknown = client.post(path, {"code": "X9999", "starts_on": "2026-11-24"})
    assert "X9999 is not in the set." in words(unknown)
    for slip in ("2206-11-24", "1926-11-24"):
        far = client.post(path, {"code": "H2019", "starts_on": slip})
        assert (far.status_code, "look at the year" in words(far)) == (422, True)
    assert client.get(path).status_code == 200
    assert sign_in(north, "edi").get(path).status_code == 403


def test_member_page_has_meters_chain_and_claims(north: House, sign_in: SignIn) -> None:
    """One meter a line of each authorization in force, with its days and its pace; the latest claims."""
    with north.scope():
        first = authorize(north, ("H2019", 20), ("H2014", 10), starts="10-01", ends="12-12")
        second = authorize(north, ("H2019", 30), starts="10-01", ends="12-31")
        third = submitted(north, units("H0032", 12))
        heard(north, third, APPROVAL)
        post(north, bill("H2019", "11-20", 12), number="C-77")
        post(north, bill("T1019", "11-20", 3), number="C-78")
    page = sign_in(north).get(f"/members/{north.member.id}")
    said = words(page)
    held = said[said.index("In force, by authorization") : said.index("Cover over time")]
    for number in (first.number, second.number, third.authorization.number):
        assert number in held
    assert "8 of 20 left" in held
    assert "runs out about" in held
    assert "in 19 days" in held
    assert "The last day of cover less 14 days" in held
    assert "C-77" in said
    assert "3 without cover" in said
    assert "T1019 1 service without cover" in said
