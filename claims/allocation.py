"""Which service line does each claim line of a member draw from: the one answer, computed from nothing.

Pure and deterministic: the result depends on the content of covers, charges and openings, never on the order
in which they arrive nor on a surrogate key. Posting a claim, taking a decision and Recalculate all use this
function, so the ledger can always be compared with it (requirements D36 to D38, D43; design section 6).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from claims.matching import Charge, Cover, DuplicateVerdict, Refusal, Rule, refusal, refuse

NOTHING = Decimal(0)
_Content = tuple[object, ...]


class Reason(StrEnum):
    """Why a charge drew where it did (first group), or why it did not draw (second group)."""

    BILLED_NUMBER = "billed_number"
    PINNED = "pinned"
    ONLY_COVER = "only_cover"
    FIRST_IN_ORDER = "first_in_order"
    FIRST_WITH_ROOM = "first_with_room"
    NONE_HAS_ROOM = "none_has_room"
    SPLIT = "split"

    DENIED = "denied"
    PARKED = "parked"
    DUPLICATE = "duplicate"
    NO_COVER = "no_cover"
    OTHER_PAYER = "other_payer"
    NO_COVER_FOR_CODE = "no_cover_for_code"
    MISMATCH = "mismatch"
    OUTSIDE = "outside"
    SPLIT_THIS_LINE = "split_this_line"
    UNKNOWN_QUANTITY = "unknown_quantity"
    NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True)
class Opening:
    """Units of a line used before we counted: the opening balance taken over from elsewhere (requirements
    D11)."""

    line_id: UUID
    units: Decimal


@dataclass(frozen=True, slots=True)
class Draw:
    """`units` of a charge counted against a line; `over` of them are beyond what the line or one of its caps
    allows."""

    claim_line_id: UUID
    line_id: UUID
    units: Decimal
    over: Decimal = NOTHING


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one charge, and why.

    `refused` says of every other line of the member by which rule it was not chosen. `number_refused` and
    `pin_refused` are flags: the claim names a number, or a person a line, that does not cover the charge, so
    it was matched as if they had named none.
    """

    charge: Charge
    draws: tuple[Draw, ...]
    reason: Reason
    facts: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[Refusal, ...] = ()
    number_refused: bool = False
    pin_refused: bool = False


@dataclass(frozen=True, slots=True)
class Allocation:
    """The outcomes of all charges, in the order in which they were processed."""

    outcomes: tuple[Outcome, ...]

    @property
    def draws(self) -> tuple[Draw, ...]:
        """Every draw, in the order of processing."""
        return tuple(draw for outcome in self.outcomes for draw in outcome.draws)


def allocate(
    covers: Iterable[Cover], charges: Iterable[Charge], openings: Iterable[Opening] = ()
) -> Allocation:
    """Draw every charge from the covers, in the order and by the rules of the design's section 6.

    `covers` are all lines of one member that are or were in force, `charges` its live claim lines, `openings`
    the opening balances.
    """
    shelf = sorted(covers, key=_our_number)
    balances = {cover.line_id: _Balance(cover) for cover in shelf}
    for opening in openings:
        if opening.line_id in balances:
            balances[opening.line_id].used += opening.units
    cases = sorted((_case(charge, shelf) for charge in charges), key=_order)
    drawn: dict[_Content, Charge] = {}
    return Allocation(tuple(_settle(case, balances, drawn) for case in cases))


@dataclass(frozen=True, slots=True)
class _Room:
    """How many units still fit (None: any number) and which limit says so."""

    left: Decimal | None
    facts: Mapping[str, str]

    def holds(self, units: Decimal) -> bool:
        return self.left is None or units <= self.left

    def excess(self, units: Decimal) -> Decimal:
        return NOTHING if self.left is None else max(NOTHING, units - max(NOTHING, self.left))


class _Balance:
    """What has been drawn from one line so far: in total, and in each period of each cap."""

    def __init__(self, cover: Cover) -> None:
        self.cover = cover
        self.used = NOTHING
        self._by_period: dict[tuple[int, date], Decimal] = {}

    def room(self, day: date) -> _Room:
        """The tightest of total and caps for a service that begins on `day`; of equals the total, then the
        first cap."""
        left = None if self.cover.quantity is None else self.cover.quantity - self.used
        facts: Mapping[str, str] = {"limit": "total"}
        for position, cap in enumerate(self.cover.caps):
            first, last = cap.span(day)
            free = cap.allowance(day) - self._by_period.get((position, first), NOTHING)
            if left is None or free < left:
                left = free
                facts = {"limit": cap.period, "from": first.isoformat(), "to": last.isoformat()}
        return _Room(left, facts)

    def draw(self, charge: Charge, units: Decimal) -> Draw:
        """Count `units` and say how many of them are too many."""
        over = self.room(charge.first_day).excess(units)
        self.used += units
        for position, cap in enumerate(self.cover.caps):
            key = (position, cap.span(charge.first_day)[0])
            self._by_period[key] = self._by_period.get(key, NOTHING) + units
        return Draw(charge.claim_line_id, self.cover.line_id, units, over)


@dataclass(frozen=True, slots=True)
class _Case:
    """A charge with the lines it may draw from, in the order of D36, and the refusals of all others."""

    charge: Charge
    candidates: tuple[Cover, ...]
    refused: tuple[Refusal, ...]
    named: bool
    pinned: bool


def _case(charge: Charge, shelf: Sequence[Cover]) -> _Case:
    candidates: list[Cover] = []
    refused: list[Refusal] = []
    for cover in shelf:
        against = refusal(cover, charge)
        if against is None:
            candidates.append(cover)
        else:
            refused.append(against)
    named = [cover for cover in candidates if _is_named(cover, charge)]
    chosen = named or candidates
    pinned = [cover for cover in chosen if cover.line_id == charge.pinned_line_id]
    chosen = sorted(pinned or chosen, key=lambda cover: _preference(cover, charge.first_day))
    rule = Rule.NOT_THE_BILLED_NUMBER if named else Rule.NOT_THE_PINNED_LINE
    refused += [refuse(cover, rule) for cover in candidates if cover not in chosen]
    return _Case(charge, tuple(chosen), tuple(refused), bool(named), bool(pinned))


def _is_named(cover: Cover, charge: Charge) -> bool:
    return bool(charge.billed_number) and cover.answers_to(charge.billed_number, charge.first_day)


def _our_number(cover: Cover) -> tuple[int, str, int]:
    """Numbers grow longer when they run out of digits, so length comes before text."""
    return len(cover.authorization_number), cover.authorization_number, cover.line_number


def _preference(cover: Cover, day: date) -> tuple[bool, date, date, tuple[int, str, int]]:
    """Candidates in the order of D36: one code before a pool, earliest end, earliest start, lowest number of
    ours."""
    terms = cover.terms_on(day)
    return len(terms.codes) > 1, terms.closes_on, terms.starts_on, _our_number(cover)


def _order(case: _Case) -> tuple[object, ...]:
    """Order of processing. The payer comes last: two payers' claims may share a number but never a cover."""
    charge = case.charge
    rank = 0 if case.named else 1 if case.pinned else 2
    at = charge.at or time.min
    return rank, charge.first_day, at, charge.claim_number, charge.line_number, str(charge.payer_id)


def _settle(case: _Case, balances: Mapping[UUID, _Balance], drawn: dict[_Content, Charge]) -> Outcome:
    charge = case.charge
    if charge.hold is not None:
        return Outcome(charge, (), Reason(charge.hold.value))
    if charge.duplicate_verdict is DuplicateVerdict.DUPLICATE:
        return Outcome(charge, (), Reason.DUPLICATE)
    twin = drawn.get(_content(charge))
    undecided = charge.duplicate_verdict is None
    if undecided and twin is not None and twin.claim_number != charge.claim_number:
        facts = {"claim": twin.claim_number, "line": str(twin.line_number)}
        return Outcome(charge, (), Reason.DUPLICATE, facts)
    if not case.candidates:
        return _uncovered(case)
    outcome = _draw(case, [balances[cover.line_id] for cover in case.candidates])
    if undecided and outcome.draws:
        drawn.setdefault(_content(charge), charge)
    return outcome


def _content(charge: Charge) -> _Content:
    """What makes two lines under different claim numbers duplicates of each other (requirements D43)."""
    people = (charge.payer_id, charge.provider_id)
    days = (charge.first_day, charge.last_day)
    return *people, charge.code, charge.modifiers, *days, charge.units, charge.unit_type


def _draw(case: _Case, candidates: Sequence[_Balance]) -> Outcome:
    """The first candidate with room wins; without one a billed line draws whole from the first, and is
    over."""
    charge = case.charge
    rooms = [balance.room(charge.first_day) for balance in candidates]
    fitting = next((at for at, room in enumerate(rooms) if room.holds(charge.units)), None)
    if charge.split_allowed and fitting != 0 and _together(rooms, charge.units):
        return _split(case, candidates, rooms)
    if fitting is None and not charge.billed:
        short = [_short(balance.cover, room, charge) for balance, room in zip(candidates, rooms, strict=True)]
        return _outcome(case, (), Reason.NO_ROOM, short)
    winner = fitting or 0
    others = [
        _passed_over(balance.cover, candidates[winner].cover, room, charge)
        for at, (balance, room) in enumerate(zip(candidates, rooms, strict=True))
        if at != winner
    ]
    draw = candidates[winner].draw(charge, charge.units)
    facts = rooms[winner].facts if draw.over else {}
    return _outcome(case, (draw,), _why(case, fitting), others, facts)


def _why(case: _Case, fitting: int | None) -> Reason:
    if case.pinned:
        return Reason.PINNED
    if case.named:
        return Reason.BILLED_NUMBER
    if len(case.candidates) == 1:
        return Reason.ONLY_COVER
    if fitting is None:
        return Reason.NONE_HAS_ROOM
    return Reason.FIRST_WITH_ROOM if fitting else Reason.FIRST_IN_ORDER


def _together(rooms: Sequence[_Room], units: Decimal) -> bool:
    """Whether the candidates hold the charge between them."""
    lefts = [room.left for room in rooms]
    return None in lefts or sum(max(NOTHING, left) for left in lefts if left is not None) >= units


def _split(case: _Case, candidates: Sequence[_Balance], rooms: Sequence[_Room]) -> Outcome:
    """Fill the candidates in their order: each number is billed on a line of its own (requirements D37)."""
    charge, rest = case.charge, case.charge.units
    draws: list[Draw] = []
    others: list[Refusal] = []
    for balance, room in zip(candidates, rooms, strict=True):
        part = rest if room.left is None else min(rest, max(NOTHING, room.left))
        if part:
            draws.append(balance.draw(charge, part))
            rest -= part
        else:
            others.append(_passed_over(balance.cover, candidates[0].cover, room, charge))
    return _outcome(case, tuple(draws), Reason.SPLIT, others)


def _outcome(
    case: _Case,
    draws: tuple[Draw, ...],
    reason: Reason,
    others: Iterable[Refusal] = (),
    facts: Mapping[str, str] | None = None,
) -> Outcome:
    return Outcome(
        charge=case.charge,
        draws=draws,
        reason=reason,
        facts=facts or {},
        refused=(*others, *case.refused),
        number_refused=bool(case.charge.billed_number) and not case.named,
        pin_refused=case.charge.pinned_line_id is not None and not case.pinned,
    )


def _short(cover: Cover, room: _Room, charge: Charge) -> Refusal:
    return refuse(
        cover, Rule.NO_ROOM, left=max(NOTHING, room.left or NOTHING), asked=charge.units, **room.facts
    )


def _passed_over(cover: Cover, winner: Cover, room: _Room, charge: Charge) -> Refusal:
    """Why a candidate was not the one: it lacks room, or the order of D36 puts it behind the winner."""
    if not room.holds(charge.units):
        return _short(cover, room, charge)
    mine, first = (_preference(each, charge.first_day) for each in (cover, winner))
    if mine[0] != first[0]:
        return refuse(cover, Rule.POOL)
    if mine[1] != first[1]:
        return refuse(cover, Rule.ENDS_LATER, ends=mine[1], earlier=first[1])
    if mine[2] != first[2]:
        return refuse(cover, Rule.STARTS_LATER, starts=mine[2], earlier=first[2])
    return refuse(cover, Rule.HIGHER_NUMBER)


UNCOVERED = {
    Rule.PAYER: Reason.OTHER_PAYER,
    Rule.PROGRAM: Reason.OTHER_PAYER,
    Rule.CODE: Reason.NO_COVER_FOR_CODE,
    Rule.OUTSIDE: Reason.OUTSIDE,
    Rule.PARTLY: Reason.SPLIT_THIS_LINE,
    Rule.UNKNOWN_QUANTITY: Reason.UNKNOWN_QUANTITY,
}


def _uncovered(case: _Case) -> Outcome:
    """No candidate: the nearest miss is the line refused by the latest rule, of those outside the nearest in
    days."""
    if not case.refused:
        return _outcome(case, (), Reason.NO_COVER)
    rules = list(Rule)
    nearest = max(case.refused, key=lambda miss: (rules.index(miss.rule), -int(miss.facts.get("days", 0))))
    reason = UNCOVERED.get(nearest.rule, Reason.MISMATCH)
    facts = {"rule": nearest.rule, "authorization": nearest.authorization_number, **nearest.facts}
    return _outcome(case, (), reason, facts=facts)
