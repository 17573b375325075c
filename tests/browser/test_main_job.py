"""The main job in a real browser: ask, be answered over the wire, use the units, see them return.

Nothing stands in for anything: web, worker, beat and the payer simulator run, and the browser is a browser.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.cast import House

SENT = re.compile("Submitted|Approved")
"""Submitted at once; a quick payer may have answered before the page is there."""

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def test_ask_be_answered_use_the_units_and_see_them_return(people: Any, houses: dict[str, House]) -> None:
    specialist = people("specialist")
    draft(specialist)
    case = submit(specialist)
    see_fewer_units_approved(specialist)
    read_the_bytes(specialist, case)
    post_claim(specialist, case)
    void_claim(specialist, case)
    assert specialist.complaints == []

    clinician = people("clinician")
    clinician.go(f"/members/{houses['north'].member.id}")
    expect(clinician.page.locator("main")).to_contain_text("400 of 400 left")
    expect(clinician.page.get_by_role("link", name="New authorization")).to_have_count(0)
    assert clinician.complaints == []

    rival = people("specialist", "south")
    assert rival.go(case) == 404
    assert rival.go("/authorizations") == 200
    assert "AshdownNorth" not in rival.page.content()


def draft(person: Person) -> None:
    """Find the member, ask for two codes with their own units, keep it as a draft, come back to it."""
    page = person.page
    page.get_by_role("link", name="Members").click()
    page.get_by_label("Find a member").fill("ashdownn")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="AshdownNorth, Rowan").click()
    page.get_by_role("link", name="New authorization").first.click()
    expect(page.locator("main")).to_contain_text("90 days suggested")
    page.get_by_label("Line 1 code").fill("H2019")
    page.get_by_label("Line 1 units requested").fill("320")
    page.get_by_role("button", name="Add a code").click()
    page.get_by_label("Line 2 code").fill("H2014")
    page.get_by_label("Line 2 units requested").fill("160")
    page.get_by_label("Diagnoses, main one first").press_sequentially("autistic dis")
    page.get_by_role("option", name="F84.0").click()
    expect(page.get_by_label("Diagnoses, main one first")).to_have_value(re.compile(r"^F84\.0"))
    page.get_by_label("Place of service").select_option("12")
    page.get_by_label("Rendering provider").select_option(index=1)
    page.locator(".formbar").get_by_role("button", name="Save as draft").click()
    expect(page.locator("#notices")).to_contain_text("is saved as a draft")
    assert person.path.endswith("/edit")


def submit(person: Person) -> str:
    """Change a number, submit; returns the address of the case, which is submitted at once."""
    page = person.page
    expect(page.get_by_label("Line 2 code")).to_have_value("H2014")
    page.get_by_label("Line 1 units requested").fill("400")
    page.get_by_role("button", name="Submit 278").click()
    page.wait_for_url("**/authorizations/*")
    expect(page.get_by_label("Summary")).to_contain_text(SENT)
    return person.path


def see_fewer_units_approved(person: Person) -> None:
    """Without a reload: the payer approves one line as asked and the other with half its units."""
    page = person.page
    expect(page.get_by_label("Summary")).to_contain_text("Approved", timeout=60_000)
    lines = page.get_by_role("table", name="Lines of")
    expect(lines.get_by_role("row").filter(has_text="H2019")).to_contain_text("400 of 400 left")
    expect(lines.get_by_role("row").filter(has_text="H2014")).to_contain_text("80 fewer than asked")
    expect(page.locator("main")).to_contain_text("Review shortfall")
    expect(page.locator(".timeline")).to_contain_text("confirmed it received the request")


def read_the_bytes(person: Person, case: str) -> None:
    """What went out and what came in, raw beside words."""
    page = person.page
    page.get_by_role("link", name="278 request", exact=True).click()
    expect(page.get_by_role("table", name="Raw segments")).to_contain_text("SV1*HC:H2014**UN*160")
    page.get_by_role("link", name="278 response", exact=True).click()
    expect(page.get_by_role("table", name="Raw segments")).to_contain_text("Modified (A6)")
    person.go(case)


def post_claim(person: Person, case: str) -> None:
    """A claim moves the meter by its units and says why this line was drawn."""
    page = person.page
    page.get_by_role("link", name="Post a claim").click()
    page.get_by_label("Claim number").fill("C-1001")
    page.get_by_label("Line 1 code").fill("H2019")
    first_day = page.get_by_label("Line 1 day of service")
    if not first_day.input_value():
        first_day.fill(page.evaluate("new Date().toLocaleDateString('en-CA', {timeZone: 'America/New_York'})"))
    page.get_by_label("Line 1 how many billed").fill("12")
    page.get_by_role("button", name="Post the claim").click()
    expect(page.locator("main")).to_contain_text("Only cover for this service on this date")
    person.go(f"{case}?tab=utilization")
    expect(page.locator("main")).to_contain_text("12 of 400 units used (3 %), 388 left")


def void_claim(person: Person, case: str) -> None:
    """The units return, and both entries stay visible."""
    page = person.page
    page.get_by_role("link", name="C-1001, 1").click()
    page.get_by_role("link", name="Void").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("A void is for good")
    dialog.get_by_role("button", name="Void").click()
    expect(page.locator("main")).to_contain_text("Voided")
    person.go(f"{case}?tab=utilization")
    expect(page.locator("main")).to_contain_text("0 of 400 units used (0 %), 400 left")
    expect(page.locator("main")).to_contain_text("Voided: 12 drawn, 12 given back")
