"""The pages about people in a real browser: no barrier, no breach of the policy, a warning before signing out."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person, browser, houses, people, product
from tests.cast import PASSWORD, House

__all__ = ["browser", "houses", "people", "product"]
pytestmark = pytest.mark.browser

ADMINISTERED = (
    "/account/",
    "/account/people",
    "/account/people/invite",
    "/account/roles",
    "/account/roles/new",
    "/account/password/",
    "/account/second-step/",
    "/audit",
    "/audit?what=claim.voided",
)


@pytest.fixture(autouse=True)
def quick_hash() -> None:
    """The web process hashes as in production, so the people of the cast must too."""


def picture(person: Person, name: str) -> None:
    """Kept where GREENLIGHT_PICTURES says, for people to look at."""
    if folder := os.environ.get("GREENLIGHT_PICTURES"):
        person.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1366, 360])
def test_an_administrator_meets_no_barrier(people: Any, houses: dict[str, House], width: int) -> None:
    admin = people("admin", width=width)
    place = houses["north"].memberships["clinician"].id
    for path in (*ADMINISTERED, f"/account/people/{place}", f"/account/people/{place}/close"):
        assert admin.go(path) == 200, path
        picture(admin, f"{re.sub(r'[0-9a-f-]{36}', 'one', path).strip('/').replace('/', '-')}-{width}")
        assert admin.barriers() == [], path
        too_wide = admin.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not too_wide, f"{path} is wider than {width}"
    assert admin.complaints == []


@pytest.mark.parametrize("width", [1366, 360])
def test_a_person_sets_up_the_second_step(people: Any, width: int) -> None:
    dana = people("specialist", width=width)
    dana.go("/account/second-step/set-up/")
    dana.page.get_by_label("Password").fill(PASSWORD)
    picture(dana, f"confirm-{width}")
    dana.page.get_by_role("button", name="Go on").click()
    expect(dana.page.get_by_role("heading", name="Set up the second step")).to_be_visible()
    expect(dana.page.locator("img.qr")).to_be_visible()
    picture(dana, f"set-up-{width}")
    assert dana.barriers() == []
    assert dana.complaints == []


def test_who_is_about_to_be_signed_out_is_told_and_stays(people: Any) -> None:
    dana = people("specialist")
    dana.go("/members")
    strip = dana.page.locator("#session")
    expect(strip).to_be_hidden()
    # Two minutes before the end, as the page's own clock sees it.
    dana.page.clock.install()
    dana.page.reload()
    dana.page.clock.run_for(13 * 60 * 1000 + 30_000)
    expect(strip).to_be_visible()
    expect(strip).to_contain_text("You will be signed out in less than 2 minutes")
    picture(dana, "warning")
    assert dana.barriers() == []
    strip.get_by_role("button", name="Stay signed in").click()
    expect(strip).to_be_hidden()
    dana.page.clock.run_for(16 * 60 * 1000)
    expect(strip).to_contain_text("You are signed out")
    assert dana.complaints == []


def test_an_invitation_is_taken_in_a_browser(people: Any, browser: Any, product: Any) -> None:
    admin = people("admin")
    admin.go("/account/people/invite")
    admin.page.get_by_label("Work e-mail").fill("petra.halloran@north.example")
    admin.page.get_by_label("Role").select_option(label="Biller")
    admin.page.get_by_role("button", name="Send the invitation").click()
    link = re.search(r"/invitation/[\w.-]+", admin.page.locator(".link-text").inner_text())
    assert link
    picture(admin, "invited")
    assert admin.barriers() == []
    guest = browser.new_page(viewport={"width": 360, "height": 740})
    guest.goto(f"{product.address}{link[0]}")
    petra = Person(guest, product.address)
    picture(petra, "invitation-360")
    assert petra.barriers() == []
    guest.get_by_label("Your name").fill("Petra Halloran")
    guest.get_by_label("Password").fill("violets in the rain")
    guest.get_by_role("button", name="Join").click()
    expect(guest.get_by_role("heading", name="Sign in")).to_be_visible()
    picture(petra, "sign-in-360")
    assert petra.barriers() == []
    guest.close()
