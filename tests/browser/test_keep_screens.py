"""Pictures of every page at both widths, as the first role that may open it sees them. Written on demand only:

    GREENLIGHT_SCREENS=1 python3 dev.py test tests/browser/test_keep_screens.py

That every page opens, fits its window and has no barrier is held by `test_pages`.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Error

from tests.browser.conftest import Person
from tests.browser.test_count_clicks import furnish as add_work
from tests.browser.test_pages import pages
from tests.cast import House
from tests.web.permissions import EVERYBODY, TABLE
from tests.web.stage import furnish

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
    pytest.mark.skipif(not os.environ.get("GREENLIGHT_SCREENS"), reason="GREENLIGHT_SCREENS=1 writes them"),
]

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
WIDTHS = (1366, 360)
TALLEST = 2000
COLOURS = 32
MOST_BYTES = 8_000_000


def test_every_page_has_its_pictures(people: Any, houses: dict[str, House]) -> None:
    north = houses["north"]
    ids = furnish(north, "north").ids
    add_work(north)
    known: dict[str, Person] = {}
    wanted = [(f"home-{role}", "/", role) for role in EVERYBODY.split()]
    for name, path in pages(ids):
        role = TABLE[name].roles.split()[0] if name in TABLE else "specialist"
        wanted.append((file_name(name, path), path, role))
    for name, path, role in wanted:
        if role not in known:
            known[role] = people(role)
        keep(known[role], path, name)
    FOLDER.mkdir(exist_ok=True)
    taken = sorted(FOLDER.glob("*.png"))
    assert len(taken) > 150, f"only {len(taken)} pictures"
    assert sum(each.stat().st_size for each in taken) < MOST_BYTES
    assert [person.complaints for person in known.values() if person.complaints] == []


def file_name(name: str, path: str) -> str:
    """ "authorization_detail" and "…?tab=claims" as "authorization_detail-claims"."""
    face = re.sub(r"[^a-z0-9]+", "-", path.partition("?")[2].lower().replace("tab=", "")).strip("-")
    return f"{name.replace(' ', '_')}{f'-{face[:40]}' if face else ''}"


def keep(person: Person, path: str, name: str) -> None:
    """Both pictures of a page; none of a file, nor of a part of a page. The window is as tall as the page, so that what
    sticks to its foot does not cover the middle."""
    for width in WIDTHS:
        person.page.set_viewport_size({"width": width, "height": 768})
        try:
            person.go(path)
        except Error:
            return
        if not person.page.locator("main").count():
            return
        tall = int(person.page.evaluate("document.documentElement.scrollHeight"))
        person.page.set_viewport_size({"width": width, "height": max(768, min(tall, TALLEST))})
        shot = Image.open(io.BytesIO(person.page.screenshot())).convert("RGB")
        FOLDER.mkdir(exist_ok=True)
        shot.quantize(COLOURS, dither=Image.Dither.NONE).save(FOLDER / f"{name}-{width}.png", optimize=True)
