"""What is typed while the page asks the server stays: an answer that comes late takes nothing away."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.cast import House

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def test_what_is_typed_while_the_form_is_refreshed_stays(people: Any, houses: dict[str, House]) -> None:
    specialist = people("specialist")
    page = specialist.page
    specialist.go(f"/members/{houses['north'].member.id}/authorizations/new")
    held: list[Route] = []
    page.route("**/authorizations/new", lambda route: held.append(route))
    with page.expect_request("**/authorizations/new"):
        page.get_by_label("First day").fill("2026-12-01")
        page.get_by_label("Last day, included").fill("2027-01-15")
    page.get_by_label("Diagnoses, main one first").fill("F84.0")
    page.get_by_label("Place of service").select_option("12")
    page.get_by_text("Urgent", exact=True).click()
    with page.expect_response("**/authorizations/new"):
        held[0].continue_()
    expect(page.get_by_label("First day")).to_have_value("2026-12-01")
    expect(page.get_by_label("Last day, included")).to_have_value("2027-01-15")
    expect(page.get_by_label("Diagnoses, main one first")).to_have_value("F84.0")
    expect(page.get_by_label("Place of service")).to_have_value("12")
    expect(page.get_by_label("Urgent")).to_be_checked()
    assert specialist.complaints == []
