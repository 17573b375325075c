"""The whole product for a browser: web, worker, beat and payer simulator as processes, over the suite's database."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from devkit import processes, stack
from devkit.browser import find_chromium
from devkit.machine import LOOPBACK, free_port
from devkit.supervisor import Supervisor
from payers.models import TradingPartner
from tests.cast import PASSWORD, House

ON_VIOLATION = """
document.addEventListener('securitypolicyviolation', (event) =>
  console.error('policy violated: ' + event.violatedDirective + ' by ' + event.blockedURI));
"""
NOT_OURS = ("Failed to load resource",)
"""The browser says so beside every answer of 400 and more, which tests ask for on purpose."""


@dataclass(frozen=True)
class Product:
    """Where the running product and its payer listen."""

    address: str
    simulator: str


@pytest.fixture(scope="module")
def product(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """All four processes, once for the module: what they know of a test is only its database."""
    directory = tmp_path_factory.mktemp("product")
    web_port, payer_port = free_port(), free_port()
    environment = os.environ | {
        "GREENLIGHT_DATA_DIR": str(directory),
        "STATIC_ROOT": str(directory / "static"),
        "STATIC_MANIFEST": "false",
    }
    supervisor = Supervisor(directory, directory, say=lambda _: None)
    try:
        supervisor.run(stack.manage_program("collectstatic", environment, "--noinput", "-v0"))
        payer = supervisor.start(processes.simulator(payer_port, environment, directory / "payer"))
        web = supervisor.start(processes.web(web_port, environment))
        supervisor.start(processes.worker(environment))
        supervisor.start(processes.beat(environment, directory / "beat"))
        found = Product(f"http://{LOOPBACK}:{web_port}", f"http://{LOOPBACK}:{payer_port}")
        supervisor.wait_until(lambda: answers(f"{found.simulator}/health"), seconds=60, what="payer", needs=[payer])
        supervisor.wait_until(lambda: answers(f"{found.address}/health/ready"), seconds=90, what="web", needs=[web])
        yield found
    finally:
        supervisor.stop()


def answers(address: str) -> bool:
    with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(address, timeout=5) as reply:
        return bool(reply.status == 200)
    return False


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The driver keeps an event loop in this thread, which Django would take for asynchronous code: hence the word."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as player:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        opened = player.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def houses(transactional_db: None, product: Product, north: House, south: House) -> dict[str, House]:
    """Both organizations, their partners pointing at the payer that runs."""
    for house in (north, south):
        with house.scope():
            TradingPartner.objects.update(endpoint_url=f"{product.simulator}/x12")
    return {"north": north, "south": south}


@dataclass
class Person:
    """Somebody at a browser. `complaints` is what the browser complained about: policy violations and script errors."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> int:
        """Open an address of the product; returns the answer's status."""
        reply = self.page.goto(f"{self.address}{path}")
        return reply.status if reply else 0

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.address)

    def barriers(self) -> list[str]:
        """What axe finds wrong with the page as it stands."""
        found = Axe().run(self.page, options={"resultTypes": ["violations"]})
        return [
            f"{each['id']}: {node['html'][:120]}" for each in found.response["violations"] for node in each["nodes"]
        ]


@pytest.fixture
def people(browser: Browser, product: Product, houses: dict[str, House]) -> Iterator[Any]:
    """`people("specialist", "north")`: that person, signed in through the form, in a browser of their own."""
    contexts = []

    def arrive(role: str, slug: str = "north", width: int = 1366) -> Person:
        context = browser.new_context(viewport={"width": width, "height": 768})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.add_init_script(ON_VIOLATION)
        person = Person(page, product.address)
        page.on("pageerror", lambda error: person.complaints.append(str(error)))
        page.on("console", lambda message: _hear(person, message.type, message.text))
        person.go("/")
        page.get_by_label("Work e-mail").fill(f"{role}@{slug}.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{product.address}/")
        return person

    yield arrive
    for context in contexts:
        context.close()


def _hear(person: Person, kind: str, text: str) -> None:
    if kind == "error" and not text.startswith(NOT_OURS):
        person.complaints.append(text)
