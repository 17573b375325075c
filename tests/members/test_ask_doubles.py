"""Somebody of the same name and birth date is asked about before a second one is added."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from members.doubles import doubles
from members.models import Member, MemberChange
from tests.cast import House, make_member
from tests.web.conftest import SignIn

PERSON = {"last_name": "Weir", "first_name": "Jo", "birth_date": "2015-02-03", "sex": "F", "mrn": "0770001"}


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_second_member_of_one_name_and_birth_date_is_asked_about(north: House, sign_in: SignIn) -> None:
    with north.scope():
        known = make_member(last_name="Wéir", first_name="JO", birth_date=date(2015, 2, 3), mrn="104900")
    client = sign_in(north)
    asked = client.post("/members/new", PERSON)
    assert asked.status_code == 422
    assert f'href="/members/{known.id}"' in asked.content.decode()
    assert "Somebody looks alike: is it the same person?" in words(asked)
    assert 'value="0770001"' in asked.content.decode()
    silent = client.post("/members/new", {**PERSON, "somebody_else": "on", "apart_because": " "})
    assert "Say how you know." in words(silent)
    unticked = client.post("/members/new", {**PERSON, "apart_because": "Twins"})
    assert "tick that this is somebody else" in words(unticked)
    with north.scope():
        assert Member.objects.filter(last_name="Weir").count() == 0
    added = client.post("/members/new", {**PERSON, "somebody_else": "on", "apart_because": "Twins, seen together"})
    assert added.status_code == 302
    with north.scope():
        made = Member.objects.get(mrn="0770001")
        (kept,) = MemberChange.objects.filter(member=made, about="member")
        assert kept.subject_label == "Jo Weir, not the same as another: Twins, seen together"


def test_who_looks_alike_is_found_by_name_and_birth_date_together_or_by_any_number(in_north: House) -> None:
    born = date(2015, 2, 3)
    known = make_member(last_name="Weir", first_name="Jo", birth_date=born, mrn="10-49 00")
    card = in_north.coverage.member_number
    assert doubles("WEIR", "jo", born) == [known]
    assert doubles("Weir", "Jo", date(2015, 2, 4)) == []
    assert doubles("Weir", "Joan", born) == []
    assert doubles("Moss", "Kim", date(2001, 1, 1), "104900") == [known]
    assert doubles("Moss", "Kim", None, card.lower()) == [in_north.member]
    assert doubles("Moss", "Kim", None, "") == []
