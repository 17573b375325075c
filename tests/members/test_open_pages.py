"""The pages about members: adding, changing, checking, working a roster, and what is shown to whom."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import found_organization, join, role_named
from audit.actors import SYSTEM
from authorizations.models import Authorization, Note
from members import checking, services
from members.models import Coverage, EligibilityCheck, Member
from members.rosters import Wanted, begin_roster
from tests.authorizations.cases import drafted
from tests.cast import NOW, TODAY, House, hashed_password, make_coverage, make_member
from tests.web.conftest import SignIn
from tests.web.theatre import form_of

PERSON = {"last_name": "Weir", "first_name": "Jo", "birth_date": "2015-02-03", "sex": "F", "mrn": "0770001"}


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def filled(client: Client, path: str, **values: Any) -> dict[str, Any]:
    """The form of a page as it stands, with these values typed in."""
    shown: Any = client.get(path)
    fields = form_of(shown, path.split("?")[0])
    assert fields is not None
    return {**fields, **values}


def test_new_member_gets_a_coverage_and_a_check_on_the_way(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    added = client.post("/members/new", PERSON)
    with north.scope():
        member = Member.objects.get(last_name="Weir")
    assert added["Location"] == f"/members/{member.id}/coverage/new"
    values = {"program": north.manual.id, "starts_on": "2026-01-01", "member_number": "00042"}
    covered = client.post(added["Location"], filled(client, added["Location"], **values))
    assert covered["Location"] == f"/members/{member.id}"
    assert "Eligibility was never checked." in page(client, f"/members/{member.id}")
    asked = f"/members/{member.id}/eligibility"
    said = filled(client, asked, result="active", source="phone", reference="C-1")
    for _ in range(2):
        assert client.post(asked, said)["Location"] == f"/members/{member.id}"
    with north.scope():
        check = EligibilityCheck.objects.get(member=member)
    assert (check.service_date, check.service_type, check.reference) == (TODAY, "30", "C-1")
    assert "Checked Nov 23, 2026, today: active." in page(client, f"/members/{member.id}")


def test_what_was_typed_stays_where_something_is_wrong(north: House, sign_in: SignIn) -> None:
    answer = sign_in(north).post("/members/new", {**PERSON, "birth_date": "2031-02-03", "city": "Lewes"})
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "This day has not come yet." in body
    assert 'value="Lewes"' in body
    assert 'value="2031-02-03"' in body


def test_second_writer_is_told_who_was_faster_and_keeps_what_they_typed(north: House, sign_in: SignIn) -> None:
    first, second = sign_in(north), sign_in(north, "supervisor")
    path = f"/members/{north.member.id}/edit"
    late = filled(second, path, phone="555-0102")
    first.post(path, filled(first, path, phone="555-0101"))
    answer = second.post(path, late)
    assert answer.status_code == 409
    assert "Specialist North changed it" in answer.content.decode()
    assert "Not saved: this was changed meanwhile: 1 thing to look at" in answer.content.decode()
    assert 'value="555-0102"' in answer.content.decode()


def test_date_of_birth_is_covered_without_its_scope(north: House, sign_in: SignIn) -> None:
    for path in ("/members", f"/members/{north.member.id}"):
        assert "Mar 14, 2017" in page(sign_in(north, "scheduler"), path)
        shown = page(sign_in(north, "admin"), path)
        assert "••/••/••••" in shown
        assert "Mar 14" not in shown
    found = sign_in(north, "admin").post("/members/pick", {"q": "rowan"}).content.decode()
    assert "Mar 14" not in found
    assert "12 Mill Lane" not in page(sign_in(north, "admin"), f"/members/{north.member.id}")


def test_two_primary_coverages_are_warned_of(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    path = f"/members/{north.member.id}/coverage/new"
    values = {"program": north.manual.id, "starts_on": "2026-01-01", "position": "1"}
    answer = client.post(path, filled(client, path, **values), follow=True)
    assert "are both primary on the same days" in answer.content.decode()
    assert "have the same order on the same days" in page(client, f"/members/{north.member.id}")


def test_coverage_is_ended_by_its_last_day_and_can_come_back(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    path = f"/members/coverage/{north.coverage.id}/end"
    client.post(path, filled(client, path, last="2026-11-20"))
    assert "Ended" in page(client, f"/members/{north.member.id}")
    client.post(path, filled(client, path))
    with north.scope():
        assert Coverage.objects.get(id=north.coverage.id).ends_on is None


def test_empty_organization_is_told_where_to_begin(north: House, sign_in: SignIn) -> None:
    with north.scope():
        member = make_member()
        services.save_coverage(north.coverage.id, {"ends_on": TODAY}, version=None, actor=north.actor(), now=NOW)
    body = sign_in(north).get(f"/members/{member.id}").content.decode()
    assert "No coverage is known. A request needs one." in body
    assert f'href="/members/{member.id}/coverage/new"' in body
    form = sign_in(north).get(f"/members/{member.id}/authorizations/new").content.decode()
    assert f'href="/members/{member.id}/coverage/new"' in form


# The request form --------------------------------------------------------------------------------------------


def unchecked_draft(house: House) -> Authorization:
    with house.scope():
        return drafted(house, coverage=make_coverage(make_member(), house.manual, checked=False))


def test_request_form_says_that_nobody_checked_and_takes_the_reason(north: House, sign_in: SignIn) -> None:
    client, draft = sign_in(north), unchecked_draft(north)
    path = f"/authorizations/{draft.id}/edit"
    assert "Eligibility was never checked." in page(client, path)
    stopped = client.post(path, filled(client, path, do="submit"))
    assert stopped.status_code == 422
    assert "or say why the request goes out all the same" in stopped.content.decode()
    sent = client.post(path, filled(client, path, do="submit", unchecked_reason="The portal is down."))
    assert sent["Location"] == f"/authorizations/{draft.id}"
    with north.scope():
        assert Note.objects.get(authorization=draft).text.endswith("Why: The portal is down.")


def test_submit_is_grey_where_the_organization_insists(north: House, sign_in: SignIn) -> None:
    client, draft = sign_in(north), unchecked_draft(north)
    with north.scope():
        checking.save_rule({"insists": True}, version=None, actor=north.actor(), now=NOW)
    body = client.get(f"/authorizations/{draft.id}/edit").content.decode()
    assert "Your organization insists on a fresh check." in body
    assert re.search(r'value="submit" disabled', body)
    assert "unchecked_reason" not in body


def test_submit_is_grey_where_the_coverage_is_not_in_force(north: House, sign_in: SignIn) -> None:
    with north.scope():
        draft = drafted(north)
        services.save_coverage(
            north.coverage.id, {"ends_on": TODAY.replace(day=1)}, version=None, actor=north.actor(), now=NOW
        )
    body = sign_in(north).get(f"/authorizations/{draft.id}/edit").content.decode()
    assert re.search(r'value="submit" disabled', body)
    assert "The coverage is not in force on Nov 23, 2026." in body
    assert f'href="/members/{north.member.id}"' in body


# Rosters -----------------------------------------------------------------------------------------------------


def test_roster_is_worked_from_one_to_the_next_and_taken_along(north: House, sign_in: SignIn) -> None:
    client = sign_in(north, "scheduler")
    with north.scope():
        make_coverage(make_member(last_name="Zed", mrn="00099"), north.electronic, checked=False)
    made = client.post("/members/eligibility/new", {"of": "list", "mrns": f"{north.member.mrn}\n00099\n404404"})
    assert made.status_code == 422, "the day is missing"
    values = {"of": "list", "mrns": f"{north.member.mrn}\n00099\n404404", "service_date": "2026-11-23"}
    roster = client.post("/members/eligibility/new", values)["Location"]
    assert "1 of 3 done" in page(client, roster)
    for name, result in (("Rowan", "active"), ("Ada Zed", "inactive")):
        assert f"Now: {name}" in page(client, roster)
        entry = re.search(r"/members/eligibility/entries/[0-9a-f-]+", client.get(roster).content.decode())
        assert entry is not None
        answer = client.post(entry[0], {"do": "settle", "result": result, "source": "portal", "note": "=1+1"})
        assert answer.status_code == 302
    shown = page(client, roster)
    assert "3 of 3 done" in shown
    assert "Everybody is dealt with" in shown
    assert "Nobody has this MRN." in shown
    lines = client.get(f"{roster}/export").content.decode().splitlines()
    assert [line.split(",")[1] for line in lines[1:]] == [north.member.mrn, "00099", "404404"]
    assert "Active,Payer portal" in lines[1]
    assert "Not active: =1+1" in lines[2]


def test_list_of_mrns_comes_from_a_file_too(north: House, sign_in: SignIn) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile("mrns.csv", f"\ufeffMRN;Name\n{north.member.mrn};Rowan\n".encode())
    values = {"of": "list", "service_date": "2026-11-23", "file": file}
    made = sign_in(north).post("/members/eligibility/new", values)
    assert "0 of 1 done" in page(sign_in(north), made["Location"])


def test_entry_without_a_result_stays_with_what_was_typed(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    with north.scope():
        roster = begin_roster(Wanted("all", TODAY), actor=north.actor(), now=NOW)
        entry = roster.entries.get()
    answer = client.post(f"/members/eligibility/entries/{entry.id}", {"do": "settle", "reference": "R-77"})
    assert answer.status_code == 422
    assert 'value="R-77"' in answer.content.decode()
    with north.scope():
        assert EligibilityCheck.objects.filter(reference="R-77").count() == 0


def test_who_may_only_look_gets_no_form(north: House, sign_in: SignIn) -> None:
    with north.scope():
        roster = begin_roster(Wanted("all", TODAY), actor=north.actor(), now=NOW)
    body = sign_in(north, "clinician").get(f"/members/eligibility/{roster.id}").content.decode()
    assert "/members/eligibility/entries/" not in body


# A new organization ------------------------------------------------------------------------------------------


@pytest.fixture
def empty(db: None) -> House:
    """An organization of today, with nobody but a supervisor and an administrator."""
    house = House(found_organization(name="Fresh Clinic", actor=SYSTEM, now=NOW))
    with house.scope():
        for role in ("supervisor", "admin", "clinician"):
            user = User(email=f"{role}@fresh.example", password=hashed_password(), name=role)
            user.save()
            house.users[role] = user
            join(user=user, role=role_named(role), actor=SYSTEM, now=NOW)
    return house


def test_new_organization_is_told_what_to_set_up_and_where(empty: House, sign_in: SignIn) -> None:
    client = sign_in(empty, "supervisor")
    for path in ("/", "/authorizations", "/authorizations/new"):
        body = client.get(path).content.decode()
        assert "1 of 5 done" in body, path
        for address in ("/configuration/payers", "/configuration/providers", "/members"):
            assert f'href="{address}">A ' in body, (path, address)
    assert 'href="/members/new"' in client.get("/members").content.decode()
    assert "Set up payers and programs" in client.get("/members").content.decode()
    assert 'href="/configuration/payers">A ' in sign_in(empty, "admin").get("/").content.decode()
    assert "Those who may change payers and members" in sign_in(empty, "clinician").get("/").content.decode()


def test_organization_that_has_all_is_told_nothing(north: House, sign_in: SignIn) -> None:
    assert "Before the first request" not in sign_in(north).get("/authorizations").content.decode()


def test_coverage_form_says_that_there_is_no_program_yet(empty: House, sign_in: SignIn) -> None:
    with empty.scope():
        member = make_member()
    assert "No program is set up yet" in page(sign_in(empty, "supervisor"), f"/members/{member.id}/coverage/new")


def test_choosing_the_member_of_a_claim_leads_back_to_the_claims(north: House, sign_in: SignIn) -> None:
    shown = sign_in(north).get("/claims/new").content.decode()
    assert "Choose a member" in shown
    assert '<p class="sub"><a href="/claims">Claims</a></p>' in shown
