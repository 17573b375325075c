"""What is asked of a payer: the content of a draft, its rules of form, and its frozen copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from authorizations.decisions import CapTerms
from authorizations.errors import Problem
from authorizations.models import Authorization, ServiceLine
from authorizations.models.choices import Priority, QuantityType, RequestCategory
from authorizations.terms import CodeTerms
from members.models import Coverage
from providers.models import Facility, Provider

MOST_MODIFIERS = 4
MOST_DIAGNOSES = 12
"""005010X217 guide: SV101 carries four modifiers, the event's HI twelve diagnoses."""

DECIMALS = {QuantityType.HOURS: 2, QuantityType.MONEY: 2}
"""Quantity types that may be broken, and how finely; all others are whole."""

LARGEST = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One service line: one code with its own units, or several that share one total."""

    codes: tuple[CodeTerms, ...]
    quantity: Decimal | None = None
    quantity_type: str = QuantityType.UNITS
    unit_minutes: int | None = None
    caps: tuple[CapTerms, ...] = ()


@dataclass(frozen=True, slots=True)
class Waived:
    """A document the playbook asks for that this request does without, and why."""

    item: str
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The whole content of a draft, as a form or an import gives it.

    The coverage names member, payer and program. A draft may lack anything else; `submit` insists.
    """

    coverage: Coverage
    lines: tuple[AskedLine, ...] = ()
    diagnoses: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    priority: str = Priority.ROUTINE
    request_category: str = RequestCategory.HEALTH_SERVICES
    service_type: str = ""
    place_of_service: str = ""
    requesting_provider: Provider | None = None
    rendering_provider: Provider | None = None
    facility: Facility | None = None
    admission_on: date | None = None
    admission_days: int | None = None
    note_to_payer: str = ""
    retro_reason: str = ""
    waived: tuple[Waived, ...] = ()


def faults(asked: Asked) -> list[Problem]:
    """What even a draft may not say: amounts and dates that mean nothing, things named twice."""
    found = [*_date_faults(asked), *_diagnosis_faults(asked.diagnoses), *_repeated_codes(asked)]
    for number, line in enumerate(asked.lines, start=1):
        found += _line_faults(f"lines-{number}", line)
    return found


def freeze(authorization: Authorization) -> dict[str, Any]:
    """The request as it stands, to be kept on a submission: text and ids only, lines in their order.

    People, providers and cover are kept as ids: a correction there reaches the next message.
    """
    return {
        "member": str(authorization.member_id),
        "coverage": str(authorization.coverage_id),
        "program": str(authorization.program_id),
        "requesting_provider": _text(authorization.requesting_provider_id),
        "rendering_provider": _text(authorization.rendering_provider_id),
        "facility": _text(authorization.facility_id),
        "starts_on": _text(authorization.starts_on),
        "ends_on": _text(authorization.ends_on),
        "admission_on": _text(authorization.admission_on),
        "admission_days": authorization.admission_days,
        "priority": authorization.priority,
        "request_category": authorization.request_category,
        "service_type": authorization.service_type,
        "place_of_service": authorization.place_of_service,
        "note_to_payer": authorization.note_to_payer,
        "diagnoses": [
            {"system": row.system, "code": row.code}
            for row in authorization.diagnoses.filter(removed_at=None).order_by("position")
        ],
        "lines": [frozen_line(line) for line in lines_of(authorization)],
    }


def lines_of(authorization: Authorization) -> list[ServiceLine]:
    """The lines that stand, in their order, with codes and caps at hand."""
    rows = authorization.lines.filter(removed_at=None).order_by("number")
    return list(rows.prefetch_related("codes", "caps"))


def frozen_line(line: ServiceLine) -> dict[str, Any]:
    """One line as text and ids."""
    return {
        "line": str(line.id),
        "number": line.number,
        "quantity": plain_number(line.quantity),
        "quantity_type": line.quantity_type,
        "unit_minutes": line.unit_minutes,
        "pooled": line.pooled,
        "codes": [
            {"system": code.system, "code": code.code, "modifiers": list(code.modifiers)}
            for code in sorted(line.codes.all(), key=lambda code: code.position)
        ],
        "caps": [{"period": cap.period, "quantity": plain_number(cap.quantity)} for cap in line.caps.all()],
    }


def plain_number(value: Decimal | None) -> str:
    """A quantity as text without trailing zeros or exponent; '' for none."""
    return "" if value is None else f"{value.normalize():f}"


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _date_faults(asked: Asked) -> Iterator[Problem]:
    if asked.starts_on and asked.ends_on and asked.ends_on < asked.starts_on:
        yield Problem("ends_on", "The last day is before the first day.")


def _diagnosis_faults(codes: tuple[str, ...]) -> Iterator[Problem]:
    if len(codes) > MOST_DIAGNOSES:
        yield Problem("diagnoses", f"At most {MOST_DIAGNOSES} diagnoses fit into a request.")
    for code, times in Counter(codes).items():
        if times > 1:
            yield Problem("diagnoses", f"{code} is named twice.")


def _repeated_codes(asked: Asked) -> Iterator[Problem]:
    """Two lines with one code could not be told apart in an answer or by a claim."""
    seen: dict[tuple[str, frozenset[str]], int] = {}
    for number, line in enumerate(asked.lines, start=1):
        for code in line.codes:
            key = (code.code, frozenset(code.modifiers))
            if key in seen:
                words = " ".join([code.code, *code.modifiers])
                yield Problem(f"lines-{number}.codes", f"{words} is already on line {seen[key]}.")
            seen.setdefault(key, number)


def _line_faults(field: str, line: AskedLine) -> Iterator[Problem]:
    if not line.codes:
        yield Problem(f"{field}.codes", "Choose a service code.")
    for code in line.codes:
        if len(code.modifiers) > MOST_MODIFIERS:
            yield Problem(f"{field}.codes", f"{code.code} has more than {MOST_MODIFIERS} modifiers.")
        if any(len(modifier) != 2 for modifier in code.modifiers):
            yield Problem(f"{field}.codes", f"A modifier of {code.code} does not have two characters.")
    if line.quantity_type not in QuantityType:
        yield Problem(f"{field}.quantity", "This kind of quantity is not known.")
    elif line.quantity is not None:
        yield from quantity_faults(f"{field}.quantity", line.quantity, line.quantity_type)
    for cap in line.caps:
        yield from quantity_faults(f"{field}.caps", cap.quantity, line.quantity_type)


def quantity_faults(field: str, quantity: Decimal, quantity_type: str) -> Iterator[Problem]:
    """What no amount of this kind may be: nothing, endless, or broken where only whole ones are counted."""
    words = QuantityType(quantity_type).label
    places = DECIMALS.get(QuantityType(quantity_type), 0)
    if not quantity.is_finite() or quantity <= 0:
        yield Problem(field, f"Ask for more than 0 {words}.")
    elif quantity >= LARGEST:
        yield Problem(field, f"Ask for fewer than {LARGEST:,} {words}.")
    elif quantity != round(quantity, places):
        kind = "whole" if places == 0 else f"given to at most {places} decimals"
        yield Problem(field, f"The number of {words} must be {kind}.")
