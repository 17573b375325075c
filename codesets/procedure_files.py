"""An organization's own procedure codes from a CSV file, such as the CPT codes it holds a licence for.

A code is found by itself; an empty cell leaves what stands. Codes of the shared set are not taken: they are there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from codesets.folding import fold, plain_code
from codesets.models import Code, OrganizationProcedure
from codesets.queries import every, own_procedures
from codesets.services import faults, put_procedure
from imports.csv_import import Column, Fault, Row, day, one_of
from imports.services import Effect, ImportKind, Plan, Step
from tenancy.editing import as_text

CODE = re.compile(r"[A-Z0-9][0-9]{3}[A-Z0-9]")
UNITS = {
    "units": "units", "unit": "units", "visits": "visits", "visit": "visits", "sessions": "visits",
    "session": "visits", "hours": "hours", "hour": "hours", "days": "days", "day": "days",
}  # fmt: skip
LONGEST_UNIT = 24 * 60


def code(cell: str) -> str:
    """Five characters in capitals. Raises ValueError for what cannot be a procedure code."""
    value = plain_code(cell)
    if not CODE.fullmatch(value):
        raise ValueError("A procedure code has five characters, such as 12345 or 1234T.")
    return value


def minutes(cell: str) -> int:
    """The length of a unit. Raises ValueError for what is no number of minutes of a day."""
    if not (cell.isascii() and cell.strip().isdigit()) or not 1 <= int(cell) <= LONGEST_UNIT:
        raise ValueError("Write the minutes of a unit as a number, such as 15.")
    return int(cell)


COLUMNS = (
    Column("code", "Code", also=("cpt", "cpt code", "procedure code", "procedure"), required=True, read=code),
    Column("words", "Description", also=("short description", "words", "descriptor"), required=True),
    Column(
        "quantity_type", "Counted in", also=("unit", "unit type"), read=one_of(UNITS),
        hint="units, visits, hours or days; else units",
    ),
    Column("unit_minutes", "Minutes of a unit", also=("minutes", "unit minutes"), read=minutes, hint="such as 15"),
    Column("service_type", "Service type", also=("default service type",), hint="the code of X12, such as MH or 42"),
    Column("starts_on", "First day", also=("effective", "effective date", "start date"), read=day),
    Column("ends_on", "Last day", also=("end date", "termination date"), read=day),
)  # fmt: skip
LABELS = {column.name: column.label for column in COLUMNS}
ATTESTATION = (
    "We hold a licence for the codes and descriptions in this file that covers their use here by everybody who signs "
    "in for our organization."
)


def plan(rows: Sequence[Row], today: date) -> Plan:
    """What each line would do to the procedure of its code."""
    standing = {row.code: row for row in own_procedures()}
    shared = set(Code.objects.filter(system="HCPCS").values_list("code", flat=True))
    kinds = {row.code for row in every("SERVICE", today)}
    found, lines = Plan(), dict[str, int]()
    for row in rows:
        given = {name: value for name, value in row.values.items() if value is not None}
        wrong = _faults(row.line, given, standing.get(given["code"]), shared, kinds)
        if given["code"] in lines:
            wrong.append(Fault(row.line, "", f"Line {lines[given['code']]} is about the same code."))
        if wrong:
            found.faults += wrong
            continue
        lines[given["code"]] = row.line
        found.steps.append(_step(row.line, given, standing.get(given["code"])))
    return found


def _faults(
    line: int, given: Mapping[str, Any], now: OrganizationProcedure | None, shared: set[str], kinds: set[str]
) -> list[Fault]:
    found = []
    if given["code"] in shared:
        found.append(Fault(line, LABELS["code"], f"{given['code']} is in the shared HCPCS set already."))
    if given.get("service_type") and given["service_type"] not in kinds:
        found.append(Fault(line, LABELS["service_type"], f"“{given['service_type'][:10]}” is no service type."))
    for problem in faults(_as_left(now, given)):
        found.append(Fault(line, LABELS[problem.field], problem.message))
    return found


def _as_left(now: OrganizationProcedure | None, given: Mapping[str, Any]) -> OrganizationProcedure:
    """The row as the line would leave it, not stored."""
    before = {name: getattr(now, name) for name in LABELS} if now else {"quantity_type": "units"}
    return OrganizationProcedure(**{**before, **given, "words_key": fold(given["words"])})


def _step(line: int, given: Mapping[str, Any], now: OrganizationProcedure | None) -> Step:
    values = given if now else {"quantity_type": "units", **given}
    changes = tuple(
        (LABELS[name], as_text(getattr(now, name)), as_text(value))
        for name, value in values.items()
        if now and getattr(now, name) != value
    )
    effect = Effect.NEW if now is None else Effect.CHANGED if changes else Effect.UNCHANGED
    return Step(line, effect, f"{given['code']} {given['words']}", partial(put_procedure, values), changes)


PROCEDURES = ImportKind(
    name="procedures", title="Procedure codes", columns=COLUMNS, plan=plan, key="A procedure is found by its code.",
    one="procedure code", many="procedure codes", attestation=ATTESTATION,
)  # fmt: skip
