"""Text that would run stands in every field of the house, and a real browser reads its pages: nothing runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.attack.rows import text_columns, write_everywhere
from tests.cast import House
from tests.web.stage import furnish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

SHOWN_APPS = frozenset({"members", "payers", "providers", "authorizations", "claims"})
TEXT = "k{0}z\"'><img src=x onerror=alert({0})><script>alert({0})</script>"
INJECTED = "document.querySelectorAll('img, [onerror], [onload], script:not([src])').length"


def stain(house: House) -> int:
    """The text into every column that takes it; how many did."""
    return sum(
        write_everywhere(house, model, field, TEXT.format(number))
        for model, field, number in text_columns()
        if model._meta.app_label in SHOWN_APPS
    )


def addresses(ids: dict[str, Any]) -> list[str]:
    """Pages that show most of what is stored."""
    approved, member = f"/authorizations/{ids['approved_id']}", f"/members/{ids['member_id']}"
    parts = [f"{approved}?tab={part}" for part in ("utilization", "claims", "communication", "documents")]
    cases = [approved, *parts, f"/authorizations/{ids['denied_id']}", f"/authorizations/{ids['authorization_id']}/edit"]
    lists = ["/", "/authorizations", "/authorizations/views", "/queue", "/claims", "/members", "/notices"]
    setting_up = ["/configuration/payers", "/configuration/providers", "/configuration/playbooks"]
    return [*lists, *cases, member, f"{member}/covered", f"/claims/{ids['claim_id']}", *setting_up]


def test_what_is_stored_does_not_run_in_a_browser(people: Any, houses: dict[str, House]) -> None:
    pages = addresses(furnish(houses["north"], "north").ids)
    assert stain(houses["north"]) > 30
    supervisor = people("supervisor")
    asked: list[str] = []

    def hear(dialog: Any) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    supervisor.page.on("dialog", hear)
    read = 0
    for path in pages:
        supervisor.go(path)
        assert supervisor.page.evaluate(INJECTED) == 0, path
        read += "<img src=x" in supervisor.page.inner_text("body")
    assert asked == []
    assert supervisor.complaints == []
    assert read > 8, "the control: the text is there to be read"


def test_the_browser_notices_what_runs(people: Any, houses: dict[str, House]) -> None:
    """A canary: an injected element is counted, and the policy stops its script aloud."""
    clinician = people("clinician")
    clinician.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
    assert clinician.page.evaluate(INJECTED) == 1
    clinician.page.wait_for_timeout(300)
    assert any("policy violated" in words for words in clinician.complaints)
