"""A request whose lines go different ways becomes a draft for each way (design: one authorization has one route)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction

from accounts.models import Membership
from audit.actors import Actor
from authorizations.asked import Asked, AskedLine
from authorizations.errors import Problem, Refused
from authorizations.models import Authorization
from authorizations.services import save_draft
from authorizations.transitions import draft
from codesets.queries import by_code
from payers.models import Program, Workflow
from payers.rules import Route, Service, routes


@dataclass(frozen=True, slots=True)
class Way:
    """Lines that travel together: their numbers from 1, their codes in words. `free`: none needs an authorization."""

    route: Route
    numbers: tuple[int, ...]
    words: str

    @property
    def free(self) -> bool:
        return self.route.workflow == Workflow.NONE


@dataclass(frozen=True, slots=True)
class Ways:
    """How the lines of a request go out. `torn` are lines whose codes share a total but not a way."""

    ways: tuple[Way, ...]
    torn: tuple[int, ...] = ()

    @property
    def differ(self) -> bool:
        """Whether there is something to split, or a line to take off because it needs nothing."""
        return len(self.ways) > 1 or bool(self.torn)

    @property
    def asked(self) -> tuple[Way, ...]:
        """The ways that need a request."""
        return tuple(way for way in self.ways if not way.free)

    @property
    def can_split(self) -> bool:
        return not self.torn and len(self.ways) > 1 and bool(self.asked)


def ways_of(program: Program, lines: Sequence[Sequence[str]], service_type: str, place: str, on: date) -> Ways:
    """The ways of lines, each given by its codes, by the rules of the local day `on`. Lines without codes have none."""
    codes = [Service(code, service_type, place) for line in lines for code in line]
    found = iter(routes(program, codes, on))
    by_key: dict[tuple[str, str, str], tuple[Route, list[int]]] = {}
    torn = []
    for number, line in enumerate(lines, start=1):
        mine = [next(found) for _ in line]
        if len({_key(route) for route in mine}) > 1:
            torn.append(number)
        elif mine:
            by_key.setdefault(_key(mine[0]), (mine[0], []))[1].append(number)
    ways = tuple(
        Way(route, tuple(numbers), ", ".join(" and ".join(lines[number - 1]) for number in numbers))
        for route, numbers in by_key.values()
    )
    return Ways(ways, tuple(torn))


@transaction.atomic
def split(
    asked: Asked,
    *,
    owner: Membership | None,
    actor: Actor,
    now: datetime,
    standing: uuid.UUID | None = None,
    version: int | None = None,
    key: str = "",
) -> list[Authorization]:
    """A draft for each way the lines go; what needs no authorization is left off.

    The first takes the place of the draft `standing`, where there is one, and keeps its number. Raises Refused where
    there is nothing to split, and what saving a draft raises. The same `key` twice makes them once.
    """
    on = asked.coverage.organization.today(now)
    codes = [[code.code for code in line.codes] for line in asked.lines]
    found = ways_of(asked.coverage.program, codes, asked.service_type, asked.place_of_service, on)
    if not found.can_split:
        raise Refused([Problem("lines", "These lines go one way: there is nothing to split.")])
    parts = [_part(asked, way, on) for way in found.asked]
    made = []
    for number, part in enumerate(parts):
        if number == 0 and standing is not None:
            made.append(save_draft(standing, part, version=version, actor=actor, now=now))
        else:
            each = f"{key}-{number}" if key else ""
            made.append(draft(part, owner=owner, actor=actor, now=now, key=each))
    return made


def _part(asked: Asked, way: Way, on: date) -> Asked:
    """What travels this way. Where the kind of service was that of the first code, it is that of the part's first."""
    lines: tuple[AskedLine, ...] = tuple(asked.lines[number - 1] for number in way.numbers)
    firsts = [asked.lines[0].codes[0].code, lines[0].codes[0].code]
    known = by_code("HCPCS", firsts, on)
    kinds = [known[code].service_type if code in known else "" for code in firsts]
    kind = kinds[1] if asked.service_type == kinds[0] else asked.service_type
    return replace(asked, lines=lines, service_type=kind)


def _key(route: Route) -> tuple[str, str, str]:
    """Lines that need no authorization belong together, whoever would have reviewed them."""
    return (Workflow.NONE, "", "") if route.workflow == Workflow.NONE else route.key()
