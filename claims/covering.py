"""Would a service be covered, by which line, and how much is left? Asked before it, answered as its claim would be.

Pure: the answer is what `allocate` gives to a charge posted last on that day, so that it cannot differ from what the
claim will draw (requirements D36, D37). It says what is counted, never that anything will be paid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from claims.allocation import NOTHING, Allocation, Opening, Outcome, Reason, Room, allocate
from claims.caps import Cap
from claims.explanations import record_of, refusals, why
from claims.matching import Charge, Cover, DuplicateVerdict

LAST = "\U0010ffff"
"""A claim number behind every other: what is asked about comes after what was served that day."""

ASKED = UUID(int=0)
ONE = Decimal(1)
UNITS = "units"


@dataclass(frozen=True, slots=True)
class Question:
    """A service to come. Without `units` one is asked for; without `quantity_type` what its covers count.

    A provider or place that is not told contradicts no cover, as on a claim.
    """

    payer_id: UUID
    program_id: UUID | None
    code: str
    on: date
    modifiers: frozenset[str] = frozenset()
    units: Decimal | None = None
    quantity_type: str = ""
    provider_id: UUID | None = None
    place: str | None = None


class Allowance(NamedTuple):
    """One cap of a line in the period that holds the day: how much of it is used. Both days included."""

    cap: Cap
    first: date
    last: date
    used: Decimal
    allowed: Decimal

    @property
    def left(self) -> Decimal:
        return max(NOTHING, self.allowed - self.used)


@dataclass(frozen=True, slots=True)
class Held:
    """A line that covers the service: `left` over its whole life (None without a limit), `room` when its turn comes."""

    cover: Cover
    left: Decimal | None
    room: Room
    allowances: tuple[Allowance, ...] = ()
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Covering:
    """The answer: the line that would be drawn from, those that also cover the service, and why not the others.

    `displaced` units of services already counted later would no longer fit if this one came first.
    """

    question: Question
    drawn: Held | None
    candidates: tuple[Held, ...]
    outcome: Outcome
    displaced: Decimal = NOTHING

    @property
    def reason(self) -> Reason:
        return self.outcome.reason

    @property
    def record(self) -> dict[str, Any]:
        """As `claims.explanations` puts it in words, and as it may be kept."""
        return record_of(self.outcome)

    @property
    def why(self) -> str:
        """One sentence: why this line, or why none."""
        return why(self.record)

    @property
    def refusals(self) -> list[str]:
        """For every other line of the member, why it would not be drawn from."""
        return refusals(self.record)


def ask(
    question: Question, covers: Sequence[Cover], charges: Sequence[Charge], openings: Iterable[Opening] = ()
) -> Covering:
    """What a claim for the service would draw from, beside everything that is counted already."""
    openings = tuple(openings)
    kind = question.quantity_type or _kind(question, covers)
    wanted = _charge(question, kind)
    standing = allocate(covers, charges, openings)
    then = allocate(covers, [*charges, wanted], openings)
    outcome = next(each for each in then.outcomes if each.charge is wanted)
    used = _used(standing, openings)
    held = tuple(_held(cover, room, question.on, used, standing) for cover, room in outcome.weighed)
    drawn = {draw.line_id for draw in outcome.draws}
    first = next((each for each in held if each.cover.line_id in drawn), None)
    return Covering(question, first, held, outcome, _displaced(standing, then))


def _kind(question: Question, covers: Sequence[Cover]) -> str:
    """What the covers of the code count: units where any does."""
    kinds = {
        cover.quantity_type
        for cover in covers
        if any(service.code == question.code for terms in cover.versions for service in terms.services)
    }
    return UNITS if not kinds or UNITS in kinds else min(kinds)


def _charge(question: Question, kind: str) -> Charge:
    return Charge(
        claim_line_id=ASKED,
        claim_id=ASKED,
        claim_number=LAST,
        line_number=1,
        payer_id=question.payer_id,
        program_id=question.program_id,
        code=question.code,
        modifiers=question.modifiers,
        first_day=question.on,
        last_day=question.on,
        at=time.max,
        units=question.units or ONE,
        quantity_type=kind,
        provider_id=question.provider_id,
        place=question.place or None,
        billed=False,
        duplicate_verdict=DuplicateVerdict.DISTINCT,
    )


def _used(standing: Allocation, openings: Iterable[Opening]) -> dict[UUID, Decimal]:
    used: dict[UUID, Decimal] = defaultdict(Decimal)
    for draw in standing.draws:
        used[draw.line_id] += draw.units
    for opening in openings:
        used[opening.line_id] += opening.units
    return used


def _held(cover: Cover, room: Room, on: date, used: dict[UUID, Decimal], standing: Allocation) -> Held:
    left = None if cover.quantity is None else max(NOTHING, cover.quantity - used[cover.line_id])
    allowances = tuple(_allowance(cap, cover, on, standing) for cap in cover.caps)
    return Held(cover, left, room, allowances, cover.terms_on(on).ends_on)


def _allowance(cap: Cap, cover: Cover, on: date, standing: Allocation) -> Allowance:
    first, last = cap.span(on)
    used = sum(
        (
            draw.units
            for outcome in standing.outcomes
            for draw in outcome.draws
            if draw.line_id == cover.line_id and first <= outcome.charge.first_day <= last
        ),
        NOTHING,
    )
    return Allowance(cap, first, last, used, cap.allowance(on))


def _displaced(standing: Allocation, then: Allocation) -> Decimal:
    """How many units that fit today would be over, or undrawn, with this service before them."""
    fits = {outcome.charge.claim_line_id: _within(outcome) for outcome in then.outcomes}
    lost = (_within(outcome) - fits[outcome.charge.claim_line_id] for outcome in standing.outcomes)
    return sum((units for units in lost if units > 0), NOTHING)


def _within(outcome: Outcome) -> Decimal:
    return sum((draw.units - draw.over for draw in outcome.draws), NOTHING)
