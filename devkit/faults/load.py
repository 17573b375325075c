"""People at work while everything breaks: they fill in forms, press the button, and press it again when no page comes.

A second press sends the same form, as a person does who does not know; the product must know.
"""

import http.client
import itertools
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from devkit.faults.browser import Browser, Page
from devkit.faults.history import History, Told

CODES = {
    "H2019": 6,
    "H2014": 3,
    "T1019": 1,  # denied
    "G0299": 1,  # pended for documents
    "T2018": 2,  # HTTP 500 the first time
    "T2019": 3,  # the reply is lost
    "T2020": 1,  # no reply within the deadline, the first time
    "T2024": 2,  # a web page instead of X12, the first time
    "T2010": 1,  # the same answer twice
    "T2011": 1,  # the same answer again under new numbers
    "E0601": 2,  # the answer waits to be fetched
    "T2003": 1,  # pended at once, approved later
    "T1005": 1,  # approved at once, taken back later
    "T2004": 1,  # never answered
    "T2005": 1,  # taken without a word
}
"""Service codes and how often: each is a scenario of the payer simulator (docs/simulator.md)."""

ROLES = ("specialist", "specialist", "supervisor", "biller", "biller")
"""The people of each house."""

PRESSES = 5
NO_PAGE = (OSError, http.client.HTTPException, LookupError)
_claims = itertools.count(1)


class Crowd:
    """All the people of a run, each in a thread of its own."""

    def __init__(self, port: int, houses: dict[str, Any], seed: int, say: Callable[[str], None]) -> None:
        self.history = History()
        self.stopping = threading.Event()
        self.people = [
            Person(self, port, house, role, random.Random(f"{seed}-{house['slug']}-{at}"), houses["password"], say)
            for house in houses["houses"]
            for at, role in enumerate(ROLES)
        ]

    def start(self) -> None:
        for person in self.people:
            person.start()

    def stop(self) -> None:
        """Whoever waits for a page is given it, or told that there is none."""
        self.stopping.set()
        for person in self.people:
            person.join()


class Person(threading.Thread):
    """One of them; `biller` posts claims, the others submit requests."""

    def __init__(
        self,
        crowd: Crowd,
        port: int,
        house: dict[str, Any],
        role: str,
        chance: random.Random,
        password: str,
        say: Callable[[str], None],
    ) -> None:
        super().__init__(name=f"{role}@{house['slug']}", daemon=True)
        self.crowd = crowd
        self.browser = Browser(port)
        self.house = house
        self.role = role
        self.chance = chance
        self.password = password
        self.say = say
        self.is_in = False

    def run(self) -> None:
        while not self.crowd.stopping.is_set():
            try:
                if not self.is_in:
                    self._sign_in()
                elif self.role == "biller":
                    self._post_claim()
                else:
                    self._submit()
            except NO_PAGE:
                # Nothing was asked for yet, so there is nothing to write down.
                self._pause(1.0)
            self._pause(self.chance.uniform(0.05, 0.5))

    def _sign_in(self) -> None:
        values = self.browser.get("/account/sign-in/").form("login")
        values |= {"login": f"{self.role}@{self.house['slug']}.example", "password": self.password}
        self.is_in = self.browser.post("/account/sign-in/", values).status == 302

    def _submit(self) -> None:
        address = f"/members/{self.chance.choice(self.house['members'])}/authorizations/new"
        values = self._form(address, "coverage")
        values |= {
            "do": "submit",
            "diagnoses": "F84.0",
            "place_of_service": "12",
            "rendering_provider": self.house["provider"],
            "lines-0-code": self.chance.choices(list(CODES), list(CODES.values()))[0],
            "lines-0-quantity": str(self.chance.randint(8, 80)),
        }
        self._press("submit", values["key"], address, values)

    def _post_claim(self) -> None:
        address = f"/claims/new?member={self.chance.choice(self.house['members'])}"
        values = self._form(address, "number")
        number = f"F-{self.house['slug']}-{next(_claims):05}"
        day = datetime.now(UTC).date() + timedelta(days=self.chance.randint(1, 60))
        values |= {
            "do": "post",
            "number": number,
            "lines-0-code": self.chance.choice(["H2019", "H2014", "E0601"]),
            "lines-0-first_day": day.isoformat(),
            "lines-0-quantity": str(self.chance.randint(1, 16)),
            "lines-0-quantity_type": "units",
        }
        self._press("claim", number, address, values)

    def _form(self, address: str, marker: str) -> dict[str, str]:
        page = self.browser.get(address)
        if page.status == 302:
            self.is_in = False
        return page.form(marker)

    def _press(self, kind: str, key: str, address: str, values: dict[str, str]) -> None:
        """Until a page comes, but not for ever."""
        for _ in range(PRESSES):
            told = self._told(kind, address, values)
            self.crowd.history.record(kind, key, told)
            if told is not Told.UNKNOWN:
                return
            self._pause(self.chance.uniform(0.5, 2.0))

    def _told(self, kind: str, address: str, values: dict[str, str]) -> Told:
        try:
            page = self.browser.post(address, values)
        except NO_PAGE:
            return Told.UNKNOWN
        if page.status >= 500:
            return Told.UNKNOWN
        if page.status == 302 and not page.location.startswith("/account/"):
            return Told.OK
        self.is_in = page.status != 302
        self.say(f"{self.name} was refused a {kind}: {page.status} {_reason(page)}")
        return Told.FAILED

    def _pause(self, seconds: float) -> None:
        self.crowd.stopping.wait(seconds)


def _reason(page: Page) -> str:
    """What a page says first of why not; all in it is invented."""
    marker = 'class="error-summary"' if 'class="error-summary"' in page.text else "<h1"
    return " ".join(page.text.partition(marker)[2][:300].split())
