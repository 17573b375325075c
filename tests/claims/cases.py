"""Covers and charges in the fewest words, for the tests of the pure functions."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from authorizations.decisions import Basis
from claims.allocation import Allocation, Outcome
from claims.matching import Charge, Cover, Service, Terms

SPACE = UUID("6c3b2f2e-0000-4000-8000-000000000000")


def key(name: str) -> UUID:
    """The same name gives the same id."""
    return uuid5(SPACE, name)


AETHER = key("Aether Health")
PINE = key("Pine Valley Plan")


def day(text: str) -> date:
    """A day of 2026, as month-day."""
    return date.fromisoformat(f"2026-{text}")


def units(number: str | int | None) -> Decimal | None:
    return None if number is None else Decimal(str(number))


def services(*codes: str) -> frozenset[Service]:
    """Each code as it is written on a claim: "H2019 HN"."""
    split = [code.split() for code in codes]
    return frozenset(Service(words[0], frozenset(words[1:])) for words in split)


def terms(number: int = 1, starts: str = "01-01", ends: str | None = "06-30", **changes: Any) -> Terms:
    values: dict[str, Any] = {"services": services("H2019"), **changes}
    return Terms(number=number, starts_on=day(starts), ends_on=day(ends) if ends else None, **values)


def cover(
    name: str = "PA-000001",
    quantity: str | int | None = 100,
    starts: str = "01-01",
    ends: str | None = "06-30",
    codes: tuple[str, ...] = ("H2019",),
    **changes: Any,
) -> Cover:
    """An authorization with one line; its id follows from its number."""
    line_number = changes.pop("line_number", 1)
    in_terms = {"provider_id", "place", "certification_number"}
    of_terms = {each: changes.pop(each) for each in in_terms & set(changes)}
    values: dict[str, Any] = {
        "line_id": key(f"{name}/{line_number}"),
        "authorization_id": key(name),
        "authorization_number": name,
        "line_number": line_number,
        "payer_id": AETHER,
        "quantity_type": "units",
        "versions": (terms(1, starts, ends, services=services(*codes), **of_terms),),
        "basis": Basis.STATED,
        "quantity": units(quantity),
        **changes,
    }
    return Cover(**values)


def charge(claim: str, on: str, number: str | int = 8, to: str | None = None, **changes: Any) -> Charge:
    """One line of claim `claim`, served `on` (to `to`)."""
    line_number = changes.pop("line_number", 1)
    values: dict[str, Any] = {
        "claim_line_id": key(f"{claim}#{line_number}"),
        "claim_id": key(claim),
        "claim_number": claim,
        "line_number": line_number,
        "payer_id": AETHER,
        "code": "H2019",
        "first_day": day(on),
        "last_day": day(to or on),
        "units": Decimal(str(number)),
        "quantity_type": "units",
        **changes,
    }
    return Charge(**values)


NAMES = {
    key(f"PA-00000{number}/{line}"): f"PA-00000{number}" + ("" if line == 1 else f"/{line}")
    for number in range(1, 10)
    for line in range(1, 5)
}


def pieces(outcome: Outcome) -> list[tuple[str, str, str]]:
    """The lines a charge drew from: (authorization, units, over), by name instead of id."""
    return [(NAMES[draw.line_id], str(draw.units), str(draw.over)) for draw in outcome.draws]


def drawn(allocation: Allocation) -> dict[str, list[tuple[str, str, str]]]:
    """The pieces of each claim of one line, in the order of processing."""
    return {outcome.charge.claim_number: pieces(outcome) for outcome in allocation.outcomes}
