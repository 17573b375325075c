"""Following every link, as somebody of the organization would with a lot of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client
from django.urls import Resolver404, resolve

from tests.attack.markup import Form, Markup
from tests.web.permissions import TABLE
from tests.web.stage import Stage, every_route
from tests.web.theatre import Theatre, undone

TOLD_APART = frozenset({"tab", "part", "state", "faults", "mine", "inactive", "ended"})
"""Parameters whose every value shows another part of a page; of the others one value is enough."""

ROUTES = {route.name: route for route in every_route()}


@dataclass
class Visited:
    """A page somebody was shown."""

    address: str
    route: str
    answer: Any
    markup: Markup

    @property
    def body(self) -> str:
        return str(self.answer.content.decode(errors="replace"))


@dataclass
class Walk:
    """Everything one person was shown, by address."""

    pages: dict[str, Visited] = field(default_factory=dict)

    @property
    def forms(self) -> dict[str, list[tuple[str, Form]]]:
        """Forms that write, by the route they are sent to, each with the address."""
        found: dict[str, list[tuple[str, Form]]] = {}
        for page in self.pages.values():
            for form in page.markup.forms:
                address = form.action or page.address
                if form.method == "POST":
                    found.setdefault(name_of(address), []).append((address, form))
        return found


def name_of(address: str) -> str:
    """The route an address of the product leads to; "" where there is none."""
    try:
        return str(resolve(urlsplit(address).path).view_name or "")
    except Resolver404:
        return ""


class Walks(dict[str, Walk]):
    """The walks of everybody of a house, each made when it is first asked for, and undone."""

    def __init__(self, made: Theatre, stage: Stage) -> None:
        super().__init__()
        self.made, self.stage = made, stage

    def __missing__(self, role: str) -> Walk:
        who = role if self.stage.slug == "north" else f"{self.stage.slug} {role}"
        with undone():
            self[role] = walk(self.made.client(who), role, self.stage)
        return self[role]


def walk(client: Client, role: str, stage: Stage, *, without: Collection[str] = ()) -> Walk:
    """Every page this role finds by links, and those of the permission table that it may open.

    Routes in `without` are left out.
    """
    wanted = {name for name, row in TABLE.items() if role in row.roles.split() and row.opens} - set(without)
    seeds = [route.path(stage.ids) for name, route in ROUTES.items() if name in wanted]
    found, waiting, visits = Walk(), ["/", *seeds], Counter[tuple[Any, ...]]()
    while waiting:
        address = waiting.pop(0)
        kind = _kind(address)
        if address in found.pages or visits[kind] >= _enough(*kind):
            continue
        visits[kind] += 1
        answer: Any = client.get(address)
        assert answer.status_code < 500, f"{role}: {address} failed"
        markup = Markup(answer.content.decode() if "html" in answer.headers.get("Content-Type", "") else "")
        found.pages[address] = Visited(address, name_of(address), answer, markup)
        waiting += _onward(address, markup, without)
    return found


def _kind(address: str) -> tuple[Any, ...]:
    """What makes a page worth a visit: its route, and what it was asked with."""
    parts = urlsplit(address)
    query = sorted((name, value if name in TOLD_APART else "") for name, value in parse_qsl(parts.query))
    return (name_of(address), *dict.fromkeys(query))


def _enough(name: str, *query: object) -> int:
    """How many objects of a kind of page are looked at: those with a page of their own differ by their state."""
    if not name.endswith("_detail"):
        return 1
    return 2 if query else 6


def _onward(address: str, markup: Markup, without: Collection[str]) -> list[str]:
    """The addresses of the product's own pages; of a library's and of signing out we stay away."""
    found = []
    for lead in markup.leads:
        target = complete(address, lead.address)
        if lead.method == "GET" and name_of(target) in TABLE and name_of(target) not in without:
            found.append(target)
    return found


def complete(page: str, address: str) -> str:
    """An address as the browser reads it on a page: "?tab=x" belongs to the page's path."""
    plain = address.partition("#")[0]
    return urlsplit(page).path + plain if plain.startswith("?") or not plain else plain
