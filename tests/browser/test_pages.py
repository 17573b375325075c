"""Every page there is, as a person with every right sees it: open to everybody, never wider than its window. The way
in, and the keyboard: what it reaches, what it walks, and how it is switched off.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Error

from accounts.models import Membership
from accounts.services import assign_role
from tests.authorizations.cases import drafted
from tests.browser.conftest import Person
from tests.cast import NOW, House
from tests.web.permissions import TABLE
from tests.web.stage import every_route, furnish
from tests.web.theatre import everything

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]

WIDE: Any = {"width": 1366, "height": 768}
WIDTHS = {"a phone": 360, "twice the size": 683}
"""Windows narrower than most: 683 is what 1366 becomes at 200 % zoom (WCAG 1.4.4, 1.4.10)."""

MORE = {
    "authorization_list": [
        "?status=pended&expiring=14",
        "?column=requested&column=used&column=answer&column=follow_up",
    ],
    "authorization_detail": ["?tab=utilization", "?tab=claims", "?tab=communication", "?tab=documents"],
}
"""Other faces of a page."""

PARTS = frozenset({"authorization_status"})
"""Parts that an open page asks for; nobody opens them."""


def test_every_page_is_open_to_everybody_and_fits_its_window(people: Any, houses: dict[str, House]) -> None:
    north = houses["north"]
    stage = furnish(north, "north")
    with north.scope():
        place = Membership.objects.get(id=north.memberships["specialist"].id)
        assign_role(place.id, everything(north), actor=north.actor("admin"), now=NOW)
    person = people("specialist")
    wrong: dict[str, list[str]] = {}
    seen = 0
    for name, path in pages(stage.ids):
        found = look(person, path)
        seen += found is not None
        if found:
            wrong[f"{name} {path}"] = found
    assert wrong == {}, "\n".join(f"{page}: {each}" for page, found in wrong.items() for each in found)
    assert seen > 80, f"only {seen} pages were looked at"
    assert person.complaints == []


def pages(ids: dict[str, Any]) -> list[tuple[str, str]]:
    """The address of every page that can be opened, and of its other faces."""
    found = []
    for route in every_route():
        row = TABLE.get(route.name)
        if row is None or row.get != 200 or route.name in PARTS:
            continue
        path = route.path(ids)
        found += [(route.name, path + more) for more in ["", *MORE.get(route.name, [])]]
    approved = f"/authorizations/{ids['approved_id']}"
    found += [("approved", approved + more) for more in ["", "?tab=utilization", "?tab=claims"]]
    return [*found, ("not found", "/authorizations/00000000-0000-7000-8000-000000000000")]


def look(person: Person, path: str) -> list[str] | None:
    """What is wrong with a page; None where it is a file."""
    person.page.set_viewport_size(WIDE)
    try:
        person.go(path)
    except Error:  # the browser saves it instead of showing it
        return None
    found = person.barriers()
    for words, width in WIDTHS.items():
        person.page.set_viewport_size({"width": width, "height": 768})
        wide = int(person.page.evaluate("document.documentElement.scrollWidth"))
        if wide > width:
            found.append(f"{wide} wide on {words}: {person.page.evaluate(WIDEST)}")
    return found


WIDEST = """
[...document.querySelectorAll('main *, header *, footer *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('svg'))
  .slice(-1).map(e => e.outerHTML.slice(0, 160)).join('')
"""


def test_sign_in_is_open_to_everybody(people: Any, houses: dict[str, House]) -> None:
    specialist = people("specialist")
    specialist.page.locator(".me > summary").click()
    specialist.page.get_by_role("button", name="Sign out").click()
    specialist.page.wait_for_url("**/account/sign-in/**")
    assert specialist.barriers() == []


def test_the_keyboard_alone_reaches_search_new_and_the_way_out_of_a_dialog(
    people: Any, houses: dict[str, House]
) -> None:
    with houses["north"].scope():
        draft = drafted(houses["north"])
    specialist = people("specialist")
    specialist.go("/authorizations")
    specialist.page.keyboard.press("/")
    assert specialist.page.evaluate("document.activeElement.id") == "search"
    specialist.page.keyboard.press("Escape")
    specialist.go(f"/authorizations/{draft.id}")
    link = specialist.page.get_by_role("link", name="Discard …")
    link.focus()
    specialist.page.keyboard.press("Enter")
    dialog = specialist.page.get_by_role("dialog")
    dialog.wait_for()
    specialist.page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert link.evaluate("element => element === document.activeElement")

    specialist.page.keyboard.press("?")
    dialog.wait_for()
    specialist.page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")


def test_letters_walk_and_open_the_rows_and_edit_and_can_be_switched_off(people: Any, houses: dict[str, House]) -> None:
    with houses["north"].scope():
        first, second = drafted(houses["north"]), drafted(houses["north"])
    specialist = people("specialist")
    page = specialist.page
    specialist.go("/authorizations")
    for key, number in (("j", first.number), ("j", second.number), ("j", second.number), ("k", first.number)):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.textContent") == number
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/authorizations/{first.id}")
    specialist.go("/authorizations?status=draft&sort=age")
    page.get_by_role("row").filter(has_text=second.number).get_by_text("Harborline North").click()
    page.wait_for_url(f"**/authorizations/{second.id}")
    page.go_back()
    page.wait_for_url("**/authorizations?status=draft&sort=age")
    specialist.go("/authorizations")
    page.locator("#search").focus()
    page.keyboard.type("je")
    assert page.locator("#search").input_value() == "je"
    page.get_by_label("Select every row of this page").check()
    assert page.get_by_text("2 selected").is_visible()
    tab = page.get_by_role("link", name="Needs us")
    tab.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**waiting=us**")
    page.wait_for_function("document.activeElement.textContent.startsWith('Needs us')")
    specialist.go("/authorizations")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.wait_for_url(f"**/authorizations/{first.id}/edit")
    specialist.go("/keyboard")
    page.get_by_role("button", name="Switch them off").click()
    page.get_by_role("button", name="Switch them on").wait_for()
    specialist.go("/authorizations")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body")
    assert specialist.complaints == []
