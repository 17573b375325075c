"""Providers and facilities from a CSV file. An empty cell leaves what stands.

A provider is found by NPI, one without NPI by name; a facility by name.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from audit.actors import Actor
from imports import headings
from imports.csv_import import Column, Fault, Row, day, one_of
from imports.services import Effect, ImportKind, Plan, Step
from payers.services import fold
from providers import services
from providers.faults import facility_faults, npi_problem, provider_faults, taxonomy_problem
from providers.models import Facility, Provider
from tenancy.editing import Problem, as_text

KINDS = {
    "person": Provider.Kind.PERSON.value,
    "individual": Provider.Kind.PERSON.value,
    "1": Provider.Kind.PERSON.value,
    "group": Provider.Kind.GROUP.value,
    "organization": Provider.Kind.GROUP.value,
    "2": Provider.Kind.GROUP.value,
}


def number(cell: str) -> str:
    """An NPI without blanks and dashes. Raises ValueError for one whose check digit does not fit."""
    value = cell.replace(" ", "").replace("-", "")
    if npi_problem(value):
        raise ValueError(npi_problem(value))
    return value


def taxonomy(cell: str) -> str:
    """A taxonomy code. Raises ValueError for what cannot be one."""
    if taxonomy_problem(capitals(cell)):
        raise ValueError(taxonomy_problem(capitals(cell)))
    return capitals(cell)


def capitals(cell: str) -> str:
    return " ".join(cell.upper().split())


PROVIDER_COLUMNS = (
    Column("kind", "Kind", also=("type", "entity type"), read=one_of(KINDS), hint="person or group; else person"),
    Column(
        "name",
        "Last name or group",
        also=headings.PROVIDER_NAME,
        required=True,
    ),
    Column("first_name", "First name", also=headings.PROVIDER_FIRST_NAME),
    Column("credentials", "Credentials", also=("suffix", "title", "degree", "credential")),
    Column("npi", "NPI", also=("npi number", "provider npi"), read=number, hint="10 digits, check digit tested"),
    Column("taxonomy", "Taxonomy", also=("taxonomy code",), read=taxonomy, hint="such as 103K00000X"),
    Column("phone", "Phone", also=("tel", "telephone", "phone number")),
    Column("fax", "Fax", also=("fax number",)),
    Column(
        "active_from",
        "First day",
        also=headings.PROVIDER_ACTIVE_FROM,
        read=day,
    ),
    Column(
        "active_to",
        "Last day",
        also=headings.PROVIDER_ACTIVE_TO,
        read=day,
    ),
)
FACILITY_COLUMNS = (
    Column(
        "name",
        "Name",
        also=headings.FACILITY_NAME,
        required=True,
    ),
    Column("npi", "NPI", also=("npi number", "facility npi"), read=number),
    Column(
        "place_of_service",
        "Place of service",
        also=("pos", "pos code", "place of service code"),
        hint="two digits, such as 11",
    ),
    Column("address", "Address", also=("street", "street address", "address 1", "address line 1")),
    Column("city", "City"),
    Column("state", "State", read=capitals, hint="two letters"),
    Column("postal_code", "ZIP", also=("zip code", "postal code", "postcode")),
    Column(
        "active_from", "First day", also=("active from", "start", "start date", "eff date", "effective date"), read=day
    ),
    Column(
        "active_to",
        "Last day",
        also=headings.FACILITY_ACTIVE_TO,
        read=day,
    ),
)


@dataclass(frozen=True)
class _Subject:
    """What a plan needs to know about providers or about facilities. `keys` are tried in turn, the best first."""

    model: type[Provider] | type[Facility]
    columns: Sequence[Column]
    keys: Callable[[Mapping[str, Any]], list[str]]
    faults: Callable[[Any], Iterator[Problem]]
    write: Callable[..., None]

    @property
    def labels(self) -> dict[str, str]:
        return {column.name: column.label for column in self.columns}


def plan_providers(rows: Sequence[Row], today: date) -> Plan:
    return _plan(rows, _Subject(Provider, PROVIDER_COLUMNS, _provider_keys, provider_faults, _write_provider))


def plan_facilities(rows: Sequence[Row], today: date) -> Plan:
    return _plan(rows, _Subject(Facility, FACILITY_COLUMNS, _facility_keys, facility_faults, _write_facility))


def _provider_keys(values: Mapping[str, Any]) -> list[str]:
    """The NPI, then the name: a provider who stands without an NPI may get one by a file."""
    name = f"{fold(values['name'])}|{fold(values.get('first_name') or '')}"
    return [values["npi"], name] if values.get("npi") else [name]


def _facility_keys(values: Mapping[str, Any]) -> list[str]:
    return [fold(values["name"])]


def _plan(rows: Sequence[Row], subject: _Subject) -> Plan:
    """What each line would do to the one row it is about."""
    standing = {subject.keys(vars(row))[0]: row for row in subject.model.objects.all()}
    found, lines = Plan(), dict[str, int]()
    for row in rows:
        given = {name: value for name, value in row.values.items() if value is not None}
        keys = subject.keys(given)
        now = next((standing[key] for key in keys if key in standing), None)
        about = str(now.id) if now else keys[0]
        faults = list(_faults(row.line, now, given, subject))
        if about in lines:
            faults.append(Fault(row.line, "", f"Line {lines[about]} is about the same one."))
        if faults:
            found.faults += faults
        else:
            lines[about] = row.line
            found.steps.append(_step(row.line, now, given, subject))
    return found


def _as_left(now: Any, given: Mapping[str, Any], subject: _Subject) -> Any:
    """The row as the line would leave it, not stored."""
    before = {column.name: getattr(now, column.name) for column in subject.columns} if now else {}
    return subject.model(**{**before, **given})


def _faults(line: int, now: Any, given: Mapping[str, Any], subject: _Subject) -> Iterator[Fault]:
    for problem in subject.faults(_as_left(now, given, subject)):
        yield Fault(line, subject.labels.get(problem.field, ""), problem.message)


def _step(line: int, now: Any, given: Mapping[str, Any], subject: _Subject) -> Step:
    changes = tuple(
        (subject.labels[name], as_text(getattr(now, name)), as_text(value))
        for name, value in given.items()
        if now and getattr(now, name) != value
    )
    effect = Effect.NEW if now is None else Effect.CHANGED if changes else Effect.UNCHANGED
    write = partial(subject.write, now.id if now else None, given)
    return Step(line, effect, str(_as_left(now, given, subject)), write, changes)


def _write_provider(provider_id: uuid.UUID | None, values: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    if provider_id is None:
        services.add_provider(values, actor=actor, now=now)
    else:
        services.save_provider(provider_id, values, version=None, actor=actor, now=now)


def _write_facility(facility_id: uuid.UUID | None, values: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    if facility_id is None:
        services.add_facility(values, actor=actor, now=now)
    else:
        services.save_facility(facility_id, values, version=None, actor=actor, now=now)


PROVIDERS = ImportKind(
    name="providers", title="Providers", columns=PROVIDER_COLUMNS, plan=plan_providers,
    key="A provider is found by NPI, one without NPI by name.", one="provider", many="providers",
)  # fmt: skip
FACILITIES = ImportKind(
    name="facilities", title="Facilities", columns=FACILITY_COLUMNS, plan=plan_facilities,
    key="A facility is found by its name.", one="facility", many="facilities",
)  # fmt: skip
