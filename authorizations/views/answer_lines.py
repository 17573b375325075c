"""What was asked, line by line, beside the answer that is typed in; and slips of the hand that are asked about.

A slip is no error. It is named beside its field with what was typed, and one tick says that it is right.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from authorizations.asked import frozen_line, lines_of
from authorizations.decisions import Basis, CapPeriod, CapTerms, LineAnswer
from authorizations.models import Authorization, Submission
from authorizations.models.choices import QuantityType
from authorizations.queries import balances
from codesets.queries import words_of
from members.services import identifier_key
from web import wording

FAR_DAYS = 180
"""A day so far from the one asked for is more likely another year typed by mistake."""

SHORTEST_NUMBER = 4
TENFOLD = 10


@dataclass(frozen=True, slots=True)
class AskedOfLine:
    """One line as it was asked for. `stands` is what is in force of it (None: nothing, or no quantity).

    `line_id` is None for a line that a change asks to add.
    """

    number: int
    line_id: uuid.UUID | None
    label: str
    words: str
    quantity: Decimal | None
    quantity_type: str
    starts_on: date | None
    ends_on: date | None
    caps: tuple[CapTerms, ...] = ()
    stands: Decimal | None = None

    @property
    def unit_words(self) -> str:
        return str(QuantityType(self.quantity_type).label)

    def is_met_by(self, answer: LineAnswer) -> bool:
        """Whether an approval gives exactly what was asked."""
        asked = (self.quantity, self.starts_on, self.ends_on, self.caps)
        given = (answer.quantity, answer.starts_on, answer.ends_on, answer.caps)
        plain = not answer.code and answer.modifiers is None and answer.provider is None
        return asked == given and plain and answer.basis is Basis.STATED


@dataclass(frozen=True, slots=True)
class Slip:
    """Something typed that is probably wrong: `key` holds the value, so that another value is asked about anew."""

    key: str
    field_id: str
    text: str
    right: str


def asked_lines(case: Authorization, submission: Submission | None) -> list[AskedOfLine]:
    """The lines an answer speaks of: those the submission asked for, as it asked, else all that stand."""
    content: Mapping[str, Any] = submission.content if submission else {}
    standing = {line.number: line for line in lines_of(case)}
    frozen = content.get("lines") or [frozen_line(line) for line in standing.values()]
    found = {balance.line_id: balance for balance in balances([case.id])}
    codes = words_of("HCPCS", [line["codes"][0]["code"] for line in frozen if line["codes"]])
    starts_on, ends_on = _day(content.get("starts_on")) or case.starts_on, _day(content.get("ends_on")) or case.ends_on
    rows = []
    for line in frozen:
        ours = standing.get(line["number"])
        if ours is None and line.get("line"):
            continue
        first = line["codes"][0]["code"] if line["codes"] else ""
        balance = found.get(ours.id) if ours else None
        rows.append(
            AskedOfLine(
                number=line["number"],
                line_id=ours.id if ours else None,
                label=" / ".join(" ".join([code["code"], *code["modifiers"]]) for code in line["codes"]),
                words=codes.get(first, ""),
                quantity=Decimal(line["quantity"]) if line["quantity"] else None,
                quantity_type=line["quantity_type"],
                starts_on=_day(line.get("starts_on")) or starts_on,
                ends_on=_day(line.get("ends_on")) or ends_on,
                caps=tuple(CapTerms(CapPeriod(cap["period"]), Decimal(cap["quantity"])) for cap in line["caps"]),
                stands=balance.approved if balance else None,
            )
        )
    return rows


def slips(
    rows: Sequence[tuple[AskedOfLine, Mapping[str, Any], str]],
    given: Mapping[str, Any],
    case: Authorization,
    submission: Submission | None,
    today: date,
) -> list[Slip]:
    """What to ask about before it is kept. `rows`: each approved line, its cleaned fields and their prefix."""
    found = []
    for asked, typed, prefix in rows:
        found += [*_units(asked, typed, prefix), *_code(asked, typed, prefix), *_far(asked, typed, prefix, today)]
        found += odd_number(case, typed.get("number", ""), f"id_{prefix}-number")
    if rows:
        whole = rows[0][0]
        found += [*_far(whole, given, "", today), *odd_number(case, given.get("number", ""), "id_number")]
    return [*found, *_early(case, submission, given.get("decided_on"), today)]


def _units(asked: AskedOfLine, typed: Mapping[str, Any], prefix: str) -> Iterator[Slip]:
    quantity, base = typed.get("quantity"), asked.quantity if asked.quantity is not None else asked.stands
    if quantity is None or base is None or typed.get("how_much"):
        return
    if quantity > base or quantity * TENFOLD == base:
        amount = wording.quantity(quantity)
        text = f"You typed {amount}, requested was {wording.quantity(base)}."
        yield Slip(f"{prefix}-quantity:{amount}", f"id_{prefix}-quantity", text, f"{amount} is right")


def _code(asked: AskedOfLine, typed: Mapping[str, Any], prefix: str) -> Iterator[Slip]:
    """Another code than the one asked for is rare, and changes what claims may draw."""
    code = typed.get("code", "")
    if code and code not in re.findall(r"[A-Z0-9]+", asked.label):
        text = f"You typed {code}, requested was {asked.label}."
        yield Slip(f"{prefix}-code:{code}", f"id_{prefix}-code", text, f"{code} is right")


def _far(asked: AskedOfLine, typed: Mapping[str, Any], prefix: str, today: date) -> Iterator[Slip]:
    """A first or last day of another year than the one asked for."""
    pairs = (("starts_on", asked.starts_on, "first"), ("ends_on", asked.ends_on, "last"))
    for name, wanted, which in pairs:
        day = typed.get(name)
        if day is None or wanted is None or day.year == wanted.year or abs((day - wanted).days) <= FAR_DAYS:
            continue
        words = f"{day:%b} {day.day}, {day.year}"
        text = f"The {which} day typed is {words}; requested was {wanted:%b} {wanted.day}, {wanted.year}."
        field = f"{prefix}-{name}" if prefix else name
        yield Slip(f"{field}:{day.isoformat()}", f"id_{field}", text, f"{words} is right")


def odd_number(case: Authorization, number: str, field_id: str) -> Iterator[Slip]:
    """What is odd about a payer's number; the case may be one that is not stored."""
    if not number:
        return
    why = _oddity(case, number)
    if why:
        yield Slip(f"{field_id.removeprefix('id_')}:{number}", field_id, why, f"{number} is right")


def _oddity(case: Authorization, number: str) -> str:
    key = identifier_key(number)
    if key == identifier_key(case.number):
        return "This is our own number, not the payer's."
    known = {case.coverage.member_number, case.coverage.subscriber_number, case.member_mrn, case.administrative_number}
    if key in {identifier_key(each) for each in known if each}:
        return "This is a number of the member or the payer's working number, not that of an authorization."
    if not (number.isascii() and number.isprintable()):
        return "It holds a character that claims and 278s cannot carry."
    if len(key) < SHORTEST_NUMBER or not re.search(r"\d", number):
        return "This does not look like an authorization number."
    other = Authorization.objects.filter(payer_id=case.payer_id, certification_key=key).exclude(id=case.id).first()
    return f"{other.number} has this number of the same payer already." if other else ""


def _early(case: Authorization, submission: Submission | None, decided_on: date | None, today: date) -> Iterator[Slip]:
    """Decided before it was asked, or so long ago that the year is probably wrong."""
    if decided_on is None:
        return
    words = f"{decided_on:%b} {decided_on.day}, {decided_on.year}"
    asked_on = case.organization.today(submission.sent_at or submission.created_at) if submission else None
    if asked_on is not None and decided_on < asked_on:
        text = f"Decided on {words}, but it was submitted on {wording.day(asked_on, today)}."
        yield Slip(f"decided_on:{decided_on.isoformat()}", "id_decided_on", text, f"{words} is right")
    elif asked_on is None and (today - decided_on).days > FAR_DAYS:
        text = f"{words} is {wording.days((today - decided_on).days)} ago."
        yield Slip(f"decided_on:{decided_on.isoformat()}", "id_decided_on", text, f"{words} is right")


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
