"""What to ask about before an existing approval is kept: probable slips of the hand, and what stands already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from authorizations.coverings import Span, coverings
from authorizations.models import Authorization
from authorizations.views import going_out
from authorizations.views.answer_lines import FAR_DAYS, Slip, odd_number
from authorizations.views.existing_form import ExistingForm, ExistingLines
from members.models import Coverage
from web import wording

LONGEST = timedelta(days=400)
OLDEST = timedelta(days=730)
AS_GOOD_AS_UNLIMITED = Decimal(9999)
"""Old systems have such numbers where the payer set no limit."""


def slips(form: ExistingForm, lines: ExistingLines, today: date) -> list[Slip]:
    """Everything that is probably wrong in two valid forms, in the order of the page."""
    given = form.cleaned_data
    coverage: Coverage = given["coverage"]
    found = [*_dates(given["starts_on"], given["ends_on"], today), *_decided(given, today)]
    found += odd_number(_as_case(coverage), given["number"], "id_number")
    for line in lines.filled:
        found += _amounts(line.cleaned_data, str(line.prefix), line.cleaned_data["quantity_type"] or "units")
    return [*found, *_standing(coverage, lines, (given["starts_on"], given["ends_on"]), today)]


def _as_case(coverage: Coverage) -> Authorization:
    """A case that is not stored, to compare numbers with."""
    return Authorization(coverage=coverage, payer=coverage.payer, member_mrn=coverage.member.mrn)


def _dates(starts_on: date, ends_on: date, today: date) -> Iterator[Slip]:
    first, last = _words(starts_on), _words(ends_on)
    if ends_on < today:
        yield Slip(f"ends_on:{ends_on}", "id_ends_on", f"{last} has passed: it is kept as history.", f"{last} is right")
    elif ends_on - starts_on > LONGEST:
        days = wording.days((ends_on - starts_on).days + 1)
        yield Slip(f"ends_on:{ends_on}", "id_ends_on", f"From {first} to {last} is {days}.", f"{last} is right")
    if starts_on < today - OLDEST or starts_on > today + timedelta(days=FAR_DAYS):
        text = f"{first} is far from today. Check the year."
        yield Slip(f"starts_on:{starts_on}", "id_starts_on", text, f"{first} is right")


def _decided(given: dict[str, Any], today: date) -> Iterator[Slip]:
    decided_on: date | None = given.get("decided_on")
    if decided_on is not None and decided_on < today - OLDEST:
        words = _words(decided_on)
        text = f"{words} is {wording.days((today - decided_on).days)} ago. Check the year."
        yield Slip(f"decided_on:{decided_on}", "id_decided_on", text, f"{words} is right")


def _amounts(line: dict[str, Any], prefix: str, kind: str) -> Iterator[Slip]:
    quantity, used = line["quantity"], line["used"]
    if quantity is not None and quantity >= AS_GOOD_AS_UNLIMITED:
        amount = wording.quantity(quantity)
        text = f"{amount} {kind}: where the payer set no limit, choose “no limit” instead."
        yield Slip(f"{prefix}-quantity:{amount}", f"id_{prefix}-quantity", text, f"{amount} was approved")
    if quantity is not None and used is not None and used > quantity:
        amount = wording.quantity(used)
        text = f"{amount} used is more than the {wording.quantity(quantity)} approved."
        yield Slip(f"{prefix}-used:{amount}", f"id_{prefix}-used", text, f"{amount} is right")


def _standing(coverage: Coverage, lines: ExistingLines, span: tuple[date, date], today: date) -> Iterator[Slip]:
    """The same code asked for or covered in the same time, line by line."""
    labels: Sequence[tuple[str, str]] = [
        (str(line.prefix), " ".join([line.cleaned_data["code"], *line.cleaned_data["modifiers"]]))
        for line in lines.filled
    ]
    for prefix, label in labels:
        for found in coverings(coverage.member_id, None, [label], coverage, Span(*span)):
            text = going_out.met(found, None, today).words
            yield Slip(f"{prefix}-code:{text}"[:200], f"id_{prefix}-code", text, "It is another authorization")


def _words(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"
