"""Every main page: no violation of the content policy, nothing axe objects to, no sideways scroll on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from authorizations.decisions import LineOutcome
from authorizations.states import Status
from tests.authorizations.cases import drafted, heard, in_status, message, said, submitted, units
from tests.browser.conftest import Person
from tests.cast import House
from tests.claims.stage import bill, post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

PHONE = 360


def furnish(house: House) -> dict[str, str]:
    """A case in each state a page can show, and the addresses of the pages."""
    with house.scope():
        draft = drafted(house, units("H0032", 8))
        asked = submitted(house, units("H2019", 480), units("H2014", 80))
        answer = message(said(1, LineOutcome.MODIFIED, 360), said(2, LineOutcome.DENIED), source_message_id=None)
        heard(house, asked, answer)
        claim = post(house, bill("H2019", "11-24", 300), number="C-1").claim
        pended = in_status(house, Status.PENDED)
    case = f"/authorizations/{asked.authorization_id}"
    return {
        "home": "/",
        "list": "/authorizations",
        "nothing matches": "/authorizations?status=pended&expiring=14",
        "case": case,
        "utilization": f"{case}?tab=utilization",
        "claims of it": f"{case}?tab=claims",
        "communication": f"{case}?tab=communication",
        "documents": f"{case}?tab=documents",
        "pended": f"/authorizations/{pended.id}",
        "choose a member": "/authorizations/new",
        "new request": f"/members/{house.member.id}/authorizations/new",
        "edit": f"/authorizations/{draft.id}/edit",
        "discard": f"/authorizations/{draft.id}/discard",
        "members": "/members",
        "member": f"/members/{house.member.id}",
        "claims": "/claims",
        "claim": f"/claims/{claim.id}",
        "new claim": f"/claims/new?member={house.member.id}",
        "exchange": "/exchange",
        "not found": "/authorizations/00000000-0000-7000-8000-000000000000",
    }


def test_main_pages_are_open_to_everybody_and_keep_the_policy(people: Any, houses: dict[str, House]) -> None:
    pages = furnish(houses["north"])
    specialist = people("specialist")
    found = {name: barriers(specialist, path) for name, path in pages.items()}
    assert {name: each for name, each in found.items() if each} == {}
    assert specialist.complaints == []


def test_nothing_scrolls_sideways_on_a_phone(people: Any, houses: dict[str, House]) -> None:
    pages = furnish(houses["north"])
    specialist = people("specialist", width=PHONE)
    wide = [name for name, path in pages.items() if width(specialist, path) > PHONE]
    assert wide == []


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


def barriers(person: Person, path: str) -> list[str]:
    person.go(path)
    return person.barriers()


def width(person: Person, path: str) -> int:
    person.go(path)
    return int(person.page.evaluate("document.documentElement.scrollWidth"))
