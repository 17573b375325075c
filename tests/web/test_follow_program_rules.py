"""What is set up for a program reaches the request form: its usual limit, its rounding, its playbook, its switch."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.test import Client

from authorizations.models import Authorization
from authorizations.states import Status
from payers import services
from payers.models import ProgramRules
from tests.cast import NOW, House
from tests.payers.stage import make_playbook
from tests.web.conftest import SignIn
from tests.web.pages import form, text


def address(house: House) -> str:
    return f"/members/{house.member.id}/authorizations/new"


def opened(client: Client, house: House) -> tuple[str, dict[str, Any]]:
    page = client.get(address(house)).content.decode()
    return text(page), form(page, 'name="coverage"')


def limit(house: House, **rules: Any) -> None:
    values = {"weekly_cap": Decimal(40), "weekly_cap_type": "units", **rules}
    with house.scope():
        ProgramRules.objects.filter(program=house.electronic).update(**values)


def test_new_line_begins_with_the_usual_limit_a_week(north: House, sign_in: SignIn) -> None:
    limit(north, week_start=1, prorate_partial_periods=True)
    page, values = opened(sign_in(north), north)
    assert values["lines-0-cap_week"] == "40"
    assert "Usually at most 40 units a week, counted from Monday; part of a week counts in part." in page


def test_week_begins_as_in_the_organization_where_the_program_says_nothing(north: House, sign_in: SignIn) -> None:
    limit(north)
    assert "counted from Sunday; part of a week counts in full" in opened(sign_in(north), north)[0]


def test_limit_alone_is_no_line(north: House, sign_in: SignIn) -> None:
    limit(north)
    client = sign_in(north)
    _, values = opened(client, north)
    assert client.post(address(north), values | {"do": "save"}).status_code == 302
    with north.scope():
        assert not Authorization.objects.get().lines.exists()


def test_more_a_week_than_usual_is_said_and_may_be_asked(north: House, sign_in: SignIn) -> None:
    limit(north)
    client = sign_in(north)
    _, values = opened(client, north)
    asked = {"lines-0-code": "H2019", "lines-0-quantity": "700", "do": "refresh"}
    spread = {"lines-0-cap_week": ""}
    sentence = "H2019: 54.4 a week is asked for; Medicaid usually allows 40 units."
    assert sentence in text(client.post(address(north), values | asked | spread).content.decode())
    by_limit = client.post(address(north), values | asked | {"lines-0-cap_week": "44"}).content.decode()
    assert "H2019: 44 a week is asked for" in text(by_limit)
    within = client.post(address(north), values | asked | {"lines-0-quantity": "500"} | spread).content.decode()
    assert "usually allows" not in text(within)


def test_hours_are_shown_as_the_units_they_become(north: House, sign_in: SignIn) -> None:
    limit(north, rounding="eight_minutes", weekly_cap=None)
    client = sign_in(north)
    _, values = opened(client, north)
    asked = {"lines-0-code": "H2019", "lines-0-quantity": "1.4", "lines-0-quantity_type": "hours", "do": "refresh"}
    page = text(client.post(address(north), values | asked).content.decode())
    assert "6 units of 15 minutes (8-minute rule, for units of 15 minutes)" in page


def complete(values: dict[str, Any], house: House) -> dict[str, Any]:
    return values | {
        "lines-0-code": "H2019",
        "lines-0-quantity": "80",
        "diagnoses": "F84.0",
        "place_of_service": "12",
        "rendering_provider": str(house.clinician.id),
    }


def test_program_that_is_switched_off_stops_submit_and_keeps_the_draft(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    values = complete(opened(client, north)[1], north)
    with north.scope():
        services.switch_program(north.electronic.id, active=False, actor=north.actor("supervisor"), now=NOW)
    answer = client.post(address(north), values | {"do": "submit"})
    assert answer.status_code == 422
    page = text(answer.content.decode())
    assert "The program Medicaid is switched off: nothing new is asked of it." in page
    with north.scope():
        assert Authorization.objects.get().status == Status.DRAFT
    assert "The program Medicaid is switched off" in opened(client, north)[0]


def test_payer_that_is_switched_off_stops_submit(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    with north.scope():
        services.switch_payer(north.payer.id, active=False, actor=north.actor("supervisor"), now=NOW)
    assert "Harborline North is switched off: nothing new is asked of it." in opened(client, north)[0]


def test_window_of_the_program_is_printed_under_the_days_with_its_rule(north: House, sign_in: SignIn) -> None:
    limit(north, weekly_cap=None, default_window_days=180)
    page, values = opened(sign_in(north), north)
    assert (date.fromisoformat(values["ends_on"]) - date.fromisoformat(values["starts_on"])).days == 179
    assert "180 days suggested, first and last day included: Harborline North Medicaid gives 180 days" in page


def test_playbook_stands_beside_the_form_and_its_portal_opens_in_a_new_tab(north: House, sign_in: SignIn) -> None:
    client = sign_in(north)
    assert "Playbook" not in opened(client, north)[0]
    with north.scope():
        book = make_playbook(north)
        book.program = north.electronic
        book.save()
    page = client.get(address(north)).content.decode()
    assert "Playbook: Harborline North Medicaid" in text(page)
    assert "signed plan of care" in text(page)
    assert '<a href="https://portal.harborline.example" target="_blank" rel="noopener noreferrer">' in page


def test_supervisor_is_led_to_write_a_missing_playbook(north: House, sign_in: SignIn) -> None:
    page = sign_in(north, "supervisor").get(address(north)).content.decode()
    assert f"/configuration/programs/{north.electronic.id}/playbook/new" in page
