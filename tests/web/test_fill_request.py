"""The request form: a draft may lack much, Submit insists, nothing typed is lost, and one press makes one request."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from authorizations.models import Authorization, Submission
from authorizations.services import save_draft
from authorizations.states import Status
from providers.models import Provider
from tests.authorizations.cases import ask, drafted, units
from tests.cast import NOW, House, make_coverage, make_member
from tests.claims.stage import authorize
from tests.web.conftest import SignIn
from tests.web.pages import form, text


def begun(client: Client, house: House) -> dict[str, Any]:
    """A new form as the browser holds it, with one code filled in."""
    values = form(client.get(f"/members/{house.member.id}/authorizations/new").content.decode(), 'name="coverage"')
    return values | line(0, "H2019", "80")


def line(index: int, code: str, quantity: str, **more: str) -> dict[str, str]:
    values = {
        "code": code,
        "modifiers": "",
        "quantity": quantity,
        "quantity_type": "units",
    }
    return {f"lines-{index}-{name}": value for name, value in (values | more).items()}


def complete(house: House) -> dict[str, str]:
    """What a 278 needs beside the lines."""
    return {"diagnoses": "F84.0", "place_of_service": "12", "rendering_provider": str(house.clinician.id)}


def send(client: Client, house: House, values: dict[str, Any], do: str) -> Any:
    return client.post(f"/members/{house.member.id}/authorizations/new", values | {"do": do})


def test_a_new_request_fills_in_ninety_days_and_says_by_which_rule(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    page = client.get(f"/members/{north.member.id}/authorizations/new").content.decode()
    values = form(page, 'name="coverage"')
    assert (values["starts_on"], values["ends_on"]) == ("2026-11-23", "2027-02-20")
    assert values["coverage"] == str(north.coverage.id)
    assert "90 days suggested, first and last day included: 90 days unless the payer says otherwise" in text(page)


def test_two_codes_keep_their_own_units_and_modifiers(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    values = begun(client, north) | line(1, "h2014", "40", modifiers="hn hq", cap_week="8")
    answer = send(client, north, values | {"lines-TOTAL_FORMS": "2"}, "save")
    assert answer.status_code == 302
    with north.scope():
        draft = Authorization.objects.get()
        assert draft.status == Status.DRAFT
        stored = [(row.quantity, [code.words for code in row.codes.all()]) for row in draft.lines.order_by("number")]
        assert stored == [(Decimal(80), ["H2019"]), (Decimal(40), ["H2014 HN HQ"])]
        cap = draft.lines.get(number=2).caps.get()
        assert (cap.period, cap.quantity) == ("week", Decimal(8))


def test_a_stored_draft_comes_back_as_it_was_typed(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    answer = send(client, north, begun(client, north) | complete(north), "save")
    values = form(client.get(answer["Location"]).content.decode(), 'name="coverage"')
    assert values["lines-0-code"] == "H2019"
    assert values["lines-0-quantity"] == "80"
    assert values["diagnoses"] == "F84.0"
    assert values["rendering_provider"] == str(north.clinician.id)


def test_add_a_code_works_without_script_and_keeps_what_was_typed(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    values = begun(client, north) | {"diagnoses": "F84.0"}
    page = send(client, north, values, "add-line").content.decode()
    again = form(page, 'name="coverage"')
    assert again["lines-TOTAL_FORMS"] == "2"
    assert (again["lines-0-code"], again["lines-1-code"], again["diagnoses"]) == ("H2019", "", "F84.0")
    less = form(send(client, north, again, "remove-1").content.decode(), 'name="coverage"')
    assert less["lines-TOTAL_FORMS"] == "1"
    with north.scope():
        assert not Authorization.objects.exists()


def test_submit_sends_one_request_and_leads_to_the_case(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    answer = send(client, north, begun(client, north) | complete(north), "submit")
    with north.scope():
        submission = Submission.objects.get()
        assert answer["Location"] == f"/authorizations/{submission.authorization_id}"
        assert submission.authorization.status == Status.SUBMITTED


def test_a_double_press_makes_one_request(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    values = begun(client, north) | complete(north)
    first, second = send(client, north, values, "submit"), send(client, north, values, "submit")
    assert first["Location"] == second["Location"]
    with north.scope():
        assert Authorization.objects.count() == 1
        assert Submission.objects.count() == 1


def test_a_double_press_on_a_stored_draft_makes_one_request(north: House, sign_in: SignIn) -> None:
    with north.scope():
        draft = drafted(north)
    client = sign_in(north)
    address = f"/authorizations/{draft.id}/edit"
    values = form(client.get(address).content.decode(), 'name="coverage"') | {"do": "submit"}
    answers = [client.post(address, values) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [f"/authorizations/{draft.id}"] * 2
    with north.scope():
        assert Submission.objects.count() == 1


def test_what_submit_lacks_is_named_on_top_with_a_link_and_the_draft_is_kept(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    answer = send(client, north, begun(client, north) | line(0, "H2019", ""), "submit")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Saved as a draft, not submitted" in text(page)
    assert '<a href="#id_lines-0-quantity">Say how many units you ask for.</a>' in page
    assert '<a href="#id_diagnoses">A 278 needs at least one diagnosis.</a>' in page
    with north.scope():
        assert Authorization.objects.get().status == Status.DRAFT


def marked(page: str, field: str) -> str:
    """What the page says beside a field that is marked as wrong, by the words the control is tied to."""
    (control,) = re.findall(rf'<(?:input|select|textarea)[^>]*id="{field}"[^>]*>', page)
    assert 'aria-invalid="true"' in control, control
    (told,) = re.findall(r'aria-describedby="([^"]*)"', control)
    return text(re.findall(rf'<(\w+)[^>]*id="{told}"[^>]*>(.*?)</\1>', page, re.S)[0][1])


def test_what_submit_lacks_is_said_beside_each_field_as_well(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    values = begun(client, north) | line(1, "H2014", "") | {"lines-TOTAL_FORMS": "2", "ends_on": ""}
    page = send(client, north, values, "submit").content.decode()
    lacking = {
        "id_lines-1-quantity": "Say how many units you ask for.",
        "id_ends_on": "Choose the last day.",
        "id_rendering_provider": "Choose the provider who renders the service.",
        "id_diagnoses": "A 278 needs at least one diagnosis.",
        "id_place_of_service": "A 278 needs the place of service.",
    }
    assert {field: marked(page, field) for field in lacking} == lacking
    linked = set(re.findall(r'<a href="#(id_[^"]+)"', page))
    assert linked >= set(lacking)
    assert all(marked(page, field) for field in linked)
    assert page.count('aria-invalid="true"') == len(linked)


def test_everything_wrong_with_one_field_stands_beside_it(north: House, sign_in: SignIn) -> None:
    with north.scope():
        Provider.objects.filter(id=north.clinician.id).update(npi="", active_from=date(2027, 1, 1))
    client = sign_in(north)
    page = send(client, north, begun(client, north) | complete(north), "submit").content.decode()
    told = marked(page, "id_rendering_provider")
    assert "The NPI of" in told
    assert "is not active on the first day." in told


@pytest.mark.parametrize("amount", ["-1", "1.5", "many"])
def test_check_what_is_typed_finds_what_submit_would_find(north: House, sign_in: SignIn, amount: str) -> None:
    client = sign_in(north)
    values = begun(client, north) | complete(north) | line(0, "H2019", amount) | {"starts_on": "2026-12-01"}
    checked = send(client, north, values, "check").content.decode()
    refused = send(client, north, values, "submit").content.decode()
    assert marked(checked, "id_lines-0-quantity") == marked(refused, "id_lines-0-quantity")
    assert re.findall(r'<a href="#(id_[^"]+)"', checked) == ["id_lines-0-quantity"]
    again = form(checked, 'name="coverage"')
    assert (again["lines-0-quantity"], again["ends_on"]) == (amount, "2027-02-28")
    with north.scope():
        assert not Authorization.objects.exists()


def test_the_button_that_checks_asks_for_the_check(north: House, sign_in: SignIn) -> None:
    page = sign_in(north).get(f"/members/{north.member.id}/authorizations/new").content.decode()
    (button,) = re.findall(r"<button[^>]*>(?:(?!<button).)*Check what is typed", page, re.S)
    assert 'value="check"' in button


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (line(0, "H9999", "80"), "Line 1, H9999: H9999 is not in the HCPCS set."),
        (line(0, "H2019", "0"), "Ask for more than 0 units."),
        (line(0, "H2019", "-1"), "Ask for more than 0 units."),
        (line(0, "H2019", "1.5"), "The number of units must be whole."),
        (line(0, "H2019", "many"), "Line 1, H2019: This is no number: write how many."),
        (line(0, "H2019", "80", modifiers="H"), "H does not have two characters."),
        (line(0, "H2019", "80", modifiers="HN HO HQ U1 U2"), "At most 4 modifiers."),
        (line(0, "", "80"), "Give the code these units are for."),
        (line(0, "H2019", "80", cap_day="0"), "Ask for more than 0 units."),
        (line(0, "H2019", "1000000000000"), "This is more than a request can say."),
        (line(0, "H" * 40, "80"), "A service code is not so long."),
        ({"ends_on": "2026-11-22"}, "The last day is before the first day."),
        ({"starts_on": "9999-12-31", "ends_on": ""}, "First day: Write a day between 1990 and 2099."),
        ({"facility": "no-id"}, "Facility: Choose one of the list."),
        ({"diagnoses": "F84.0, X99.99Z"}, "X99.99Z is not in the ICD-10-CM set."),
    ],
)
def test_a_wrong_value_is_named_beside_its_field_and_nothing_is_written(
    north: House, sign_in: SignIn, typed: dict[str, str], words: str
) -> None:
    client = sign_in(north)
    values = begun(client, north) | complete(north) | {"note_to_payer": "Lives alone"} | typed
    assert send(client, north, values, "refresh").status_code == 200
    answer = send(client, north, values, "save")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in text(page)
    assert 'aria-invalid="true"' in page
    assert form(page, 'name="coverage"')["note_to_payer"] == "Lives alone"
    with north.scope():
        assert not Authorization.objects.exists()


def test_where_no_authorization_is_needed_submit_is_grey_and_says_why(north: House, sign_in: SignIn) -> None:
    with north.scope():
        free = make_member(last_name="Free")
        make_coverage(free, north.free)
    page = sign_in(north).get(f"/members/{free.id}/authorizations/new").content.decode()
    button = page.split('value="submit"')[1].split(">")[0]
    assert "disabled" in button
    assert 'aria-describedby="stopped"' in button
    assert "Harborline North Open access needs no authorization" in text(page)


def test_the_button_names_the_channel(north: House, sign_in: SignIn) -> None:
    with north.scope():
        manual = make_member(last_name="Manual")
        make_coverage(manual, north.manual)
    client = sign_in(north)
    assert "Submit 278" in text(client.get(f"/members/{north.member.id}/authorizations/new").content.decode())
    assert "Send to portal queue" in text(client.get(f"/members/{manual.id}/authorizations/new").content.decode())


def test_a_change_by_somebody_else_keeps_what_was_typed_and_names_them(north: House, sign_in: SignIn) -> None:
    with north.scope():
        draft = drafted(north)
    client = sign_in(north)
    address = f"/authorizations/{draft.id}/edit"
    values = form(client.get(address).content.decode(), 'name="coverage"')
    with north.scope():
        save_draft(draft.id, ask(north, units("H2019", 70)), version=1, actor=north.actor("supervisor"), now=NOW)
    answer = client.post(address, values | {"note_to_payer": "Mine", "do": "save"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Changed by Supervisor North" in text(page)
    assert "Not saved: this draft was changed meanwhile: 1 thing to fix" in text(page)
    assert page.count(f'<li><a href="/authorizations/{draft.id}">') == 1
    again = form(page, 'name="coverage"')
    assert again["note_to_payer"] == "Mine"
    assert client.post(address, again | {"do": "save"}).status_code == 302
    with north.scope():
        assert Authorization.objects.get().note_to_payer == "Mine"


def test_the_last_day_follows_the_first_unless_it_was_changed_by_hand(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    values = begun(client, north)
    moved = form(
        send(client, north, values | {"starts_on": "2026-12-01"}, "refresh").content.decode(), 'name="coverage"'
    )
    assert moved["ends_on"] == "2027-02-28"
    mine = values | {"starts_on": "2026-12-01", "ends_on": "2027-01-15"}
    kept = form(send(client, north, mine, "refresh").content.decode(), 'name="coverage"')
    assert kept["ends_on"] == "2027-01-15"


def test_the_same_service_asked_or_covered_already_is_said_while_typing(north: House, sign_in: SignIn) -> None:
    with north.scope():
        covered = authorize(north, ("H2019", 320), starts="10-01", ends="12-03", number="A").number
        asked = drafted(north, units("H2014", 40)).number
    client = sign_in(north)
    values = begun(client, north) | line(1, "H2014", "40") | {"lines-TOTAL_FORMS": "2"}
    page = text(send(client, north, values, "refresh").content.decode())
    assert f"H2019 is already covered by {covered} until Dec 3, 320 of 320 left." in page
    assert f"H2014 is already asked for in {asked} (draft)." in page


def test_coverage_that_ends_inside_the_window_is_said(north: House, sign_in: SignIn) -> None:
    with north.scope():
        member = make_member(last_name="Ends")
        make_coverage(member, north.electronic, ends_on=date(2026, 12, 31))
    page = text(sign_in(north).get(f"/members/{member.id}/authorizations/new").content.decode())
    assert "The coverage ends Dec 31, before the last day asked for." in page


def test_a_coverage_of_another_member_is_refused(north: House, sign_in: SignIn) -> None:
    with north.scope():
        other = make_coverage(make_member(), north.electronic)
    client = sign_in(north)
    answer = send(client, north, begun(client, north) | {"coverage": str(other.id)}, "save")
    assert answer.status_code == 422
    with north.scope():
        assert not Authorization.objects.exists()


def test_a_diagnosis_is_found_by_words_and_added_by_a_button(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    values = begun(client, north) | {"find": "autistic"}
    page = send(client, north, values, "find").content.decode()
    assert 'value="diagnosis-F84.0"' in page
    added = form(send(client, north, values, "diagnosis-F84.0").content.decode(), 'name="coverage"')
    assert added["diagnoses"] == "F84.0"


def test_discard_asks_first_and_keeps_the_draft_in_the_history(north: House, sign_in: SignIn) -> None:
    with north.scope():
        draft = drafted(north)
    client = sign_in(north)
    address = f"/authorizations/{draft.id}/discard"
    asked = client.get(address).content.decode()
    assert f"Discard the draft {draft.number}?" in text(asked)
    with north.scope():
        assert Authorization.objects.get().status == Status.DRAFT
    client.post(address, form(asked, "Discard the draft</button>"))
    with north.scope():
        assert Authorization.objects.get().status == Status.CANCELLED


def test_the_confirmation_comes_alone_when_the_dialog_asks_for_it(north: House, sign_in: SignIn) -> None:
    with north.scope():
        draft = drafted(north)
    part = sign_in(north).get(
        f"/authorizations/{draft.id}/discard", headers={"HX-Request": "true", "HX-Target": "dialog"}
    )
    assert part.content.decode().strip().startswith("<form")


def test_a_form_of_another_organization_is_refused_with_a_clear_word(
    north: House, south: House, sign_in: SignIn
) -> None:
    client = sign_in(north)
    values = begun(client, north) | {"page_organization": str(south.organization.id)}
    answer = send(client, north, values, "save")
    assert answer.status_code == 409
    assert "This page belongs to another organization" in text(answer.content.decode())
