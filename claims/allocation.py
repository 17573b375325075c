"""Which service line does each claim line of a member draw from: the one answer, computed from nothing.

Pure and deterministic: the result depends on the content of covers, charges and openings, never on the order
in which they arrive nor on a surrogate key. Posting a claim, taking a decision and Recalculate all use this
function, so the ledger can always be compared with it (requirements D36 to D38, D43; design section 6).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from authorizations.decisions import Basis
from claims.caps import Cap
from claims.matching import Charge, Cover, DuplicateVerdict, Refusal, Rule, refusal, refuse, takes_kind

NOTHING = Decimal(0)
NO_FACTS: Mapping[str, str] = {}
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


class Draw(NamedTuple):
    """`units` of a charge counted against a line; `over` of them are beyond what the line or one of its caps
    allows."""

    claim_line_id: UUID
    line_id: UUID
    units: Decimal
    over: Decimal = NOTHING


class Room(NamedTuple):
    """How many units still fit (None: any number) on a day, and which cap says so (None: the total)."""

    left: Decimal | None
    cap: Cap | None
    day: date

    @property
    def facts(self) -> dict[str, str]:
        """The limit in figures: the total, or the cap with its period."""
        if self.cap is None:
            return {"limit": "total"}
        first, last = self.cap.span(self.day)
        return {"limit": self.cap.period.value, "from": first.isoformat(), "to": last.isoformat()}

    def holds(self, units: Decimal) -> bool:
        """Whether `units` fit."""
        return self.left is None or units <= self.left

    def excess(self, units: Decimal) -> Decimal:
        """How many of `units` are too many."""
        return NOTHING if self.left is None else max(NOTHING, units - max(NOTHING, self.left))


class Weighed(NamedTuple):
    """A candidate, and the room it had when the charge's turn came."""

    cover: Cover
    room: Room


class Outcome(NamedTuple):
    """What became of one charge, and why.

    `weighed` are the candidates in their order, `shelf` all covers of the member. `number_refused` and
    `pin_refused` are flags: the claim names a number, or a person a line, that does not cover the charge, so
    it was matched as if they had named none.
    """

    charge: Charge
    draws: tuple[Draw, ...]
    reason: Reason
    facts: Mapping[str, str] = NO_FACTS
    weighed: tuple[Weighed, ...] = ()
    shelf: tuple[Cover, ...] = ()
    number_refused: bool = False
    pin_refused: bool = False

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Of every line not drawn from, the rule that refused it. Worked out when asked: few outcomes are."""
        drawn = {draw.line_id for draw in self.draws}
        passed = (
            _passed_over(cover, self.weighed[0].cover, room, self.charge)
            for cover, room in self.weighed
            if cover.line_id not in drawn
        )
        weighed = {cover.line_id for cover, _ in self.weighed}
        others = (cover for cover in self.shelf if cover.line_id not in weighed)
        return *passed, *(refusal(cover, self.charge) or _set_aside(cover, self.charge) for cover in others)


@dataclass(frozen=True, slots=True)
class Allocation:
    """The outcomes of all charges, in the order in which they were processed."""

    outcomes: tuple[Outcome, ...]

    @property
    def draws(self) -> tuple[Draw, ...]:
        """Every draw, in the order of processing."""
        return tuple(draw for outcome in self.outcomes for draw in outcome.draws)


def allocate(covers: Iterable[Cover], charges: Iterable[Charge], openings: Iterable[Opening] = ()) -> Allocation:
    """Draw every charge from the covers, in the order and by the rules of the design's section 6.

    `covers` are all lines of one member that are or were in force, `charges` its live claim lines, `openings`
    the opening balances.
    """
    shelf = _Shelf(covers)
    balances = {cover.line_id: _Balance(cover) for cover in shelf.covers}
    for opening in openings:
        if opening.line_id in balances:
            balances[opening.line_id].used += opening.units
    cases = sorted((_case(charge, shelf) for charge in charges), key=_order)
    drawn: dict[_Content, Charge] = {}
    return Allocation(tuple(_settle(case, balances, drawn) for case in cases))


class _Balance:
    """What has been drawn from one line so far: in total, and in each period of each cap."""

    def __init__(self, cover: Cover) -> None:
        self.cover = cover
        self.used = NOTHING
        self._by_period: dict[tuple[int, date], Decimal] = {}

    def room(self, day: date) -> Room:
        """The tightest of total and caps for a service that begins on `day`; of equals the total, then the
        first cap."""
        left = None if self.cover.quantity is None else self.cover.quantity - self.used
        tightest: Cap | None = None
        for position, cap in enumerate(self.cover.caps):
            free = cap.allowance(day) - self._by_period.get((position, cap.span(day)[0]), NOTHING)
            if left is None or free < left:
                left, tightest = free, cap
        return Room(left, tightest, day)

    def draw(self, charge: Charge, units: Decimal, room: Room) -> Draw:
        """Count `units` and say how many of them `room` does not hold."""
        over = room.excess(units)
        self.used += units
        for position, cap in enumerate(self.cover.caps):
            key = (position, cap.span(charge.first_day)[0])
            self._by_period[key] = self._by_period.get(key, NOTHING) + units
        return Draw(charge.claim_line_id, self.cover.line_id, units, over)


class _Shelf:
    """The covers in the order of our numbers; remembers which of them take what kind of charge."""

    def __init__(self, covers: Iterable[Cover]) -> None:
        self.covers = tuple(sorted(covers, key=_our_number))
        self._by_kind: dict[tuple[object, ...], tuple[Cover, ...]] = {}

    def holding(self, charge: Charge) -> list[Cover]:
        """The covers that hold the charge. Whatever the day, most covers do not take its kind."""
        taking = self._by_kind.get(charge.kind)
        if taking is None:
            taking = tuple(cover for cover in self.covers if takes_kind(cover, charge))
            self._by_kind[charge.kind] = taking
        return [cover for cover in taking if _holds(cover, charge)]


def _holds(cover: Cover, charge: Charge) -> bool:
    """Whether a cover that takes the kind of the charge holds it: with one version only its days are left to ask."""
    if len(cover.versions) > 1 or cover.basis is Basis.UNKNOWN:
        return refusal(cover, charge) is None
    terms = cover.versions[0]
    return terms.starts_on <= charge.first_day and charge.last_day <= terms.closes_on


class _Case(NamedTuple):
    """A charge with the lines it may draw from, in the order of D36: those named, else those pinned, else all."""

    charge: Charge
    candidates: tuple[Cover, ...]
    shelf: tuple[Cover, ...]
    named: bool
    pinned: bool


def _case(charge: Charge, shelf: _Shelf) -> _Case:
    holding = shelf.holding(charge)
    named = [cover for cover in holding if _is_named(cover, charge)]
    candidates = named or holding
    pinned = [cover for cover in candidates if cover.line_id == charge.pinned_line_id]
    candidates = pinned or candidates
    if len(candidates) > 1:
        candidates.sort(key=lambda cover: _preference(cover, charge.first_day))
    return _Case(charge, tuple(candidates), shelf.covers, bool(named), bool(pinned))


def _is_named(cover: Cover, charge: Charge) -> bool:
    return bool(charge.billed_number) and cover.answers_to(charge.billed_number, charge.first_day)


def _our_number(cover: Cover) -> tuple[int, str, int]:
    """Numbers grow longer when they run out of digits, so length comes before text."""
    return len(cover.authorization_number), cover.authorization_number, cover.line_number


def _preference(cover: Cover, day: date) -> tuple[bool, date, date, tuple[int, str, int]]:
    """Candidates in the order of D36: one code before a pool, earliest end, earliest start, lowest number of
    ours."""
    terms = cover.terms_on(day)
    return len(terms.services) > 1, terms.closes_on, terms.starts_on, _our_number(cover)


def _order(case: _Case) -> tuple[object, ...]:
    """Order of processing. The payer comes last: two payers' claims may share a number but never a cover."""
    charge = case.charge
    rank = 0 if case.named else 1 if case.pinned else 2
    at = charge.at or time.min
    return rank, charge.first_day, at, charge.claim_number, charge.line_number, charge.payer_id.int


def _settle(case: _Case, balances: Mapping[UUID, _Balance], drawn: dict[_Content, Charge]) -> Outcome:
    charge = case.charge
    if charge.hold is not None:
        return Outcome(charge, (), Reason(charge.hold.value))
    if charge.duplicate_verdict is DuplicateVerdict.DUPLICATE:
        return Outcome(charge, (), Reason.DUPLICATE)
    content = _content(charge)
    twin = drawn.get(content)
    undecided = charge.duplicate_verdict is None
    if undecided and twin is not None and twin.claim_number != charge.claim_number:
        facts = {"claim": twin.claim_number, "line": str(twin.line_number)}
        return Outcome(charge, (), Reason.DUPLICATE, facts)
    if not case.candidates:
        return _uncovered(case)
    outcome = _draw(case, [balances[cover.line_id] for cover in case.candidates])
    if undecided and outcome.draws:
        drawn.setdefault(content, charge)
    return outcome


def _content(charge: Charge) -> _Content:
    """What makes two lines under different claim numbers duplicates of each other (requirements D43)."""
    people = (charge.payer_id, charge.provider_id)
    days = (charge.first_day, charge.last_day)
    return *people, charge.code, charge.modifiers, *days, charge.units, charge.quantity_type


def _draw(case: _Case, candidates: Sequence[_Balance]) -> Outcome:
    """The first candidate with room wins; without one a billed line draws whole from the first, and is over."""
    charge = case.charge
    weighed = tuple(Weighed(balance.cover, balance.room(charge.first_day)) for balance in candidates)
    fitting = next((at for at, (_, room) in enumerate(weighed) if room.holds(charge.units)), None)
    if charge.split_allowed and fitting != 0 and _together(weighed, charge.units):
        return _outcome(case, Reason.SPLIT, _split(charge, candidates, weighed), weighed)
    if fitting is None and not charge.billed:
        return _outcome(case, Reason.NO_ROOM, (), weighed)
    winner = fitting or 0
    room = weighed[winner].room
    draw = candidates[winner].draw(charge, charge.units, room)
    return _outcome(case, _why(case, fitting), (draw,), weighed, room.facts if draw.over else None)


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


def _together(weighed: Sequence[Weighed], units: Decimal) -> bool:
    """Whether the candidates hold the charge between them."""
    lefts = [room.left for _, room in weighed]
    return None in lefts or sum(max(NOTHING, left) for left in lefts if left is not None) >= units


def _split(charge: Charge, candidates: Sequence[_Balance], weighed: Sequence[Weighed]) -> tuple[Draw, ...]:
    """Fill the candidates in their order: each number is billed on a line of its own (requirements D37)."""
    rest = charge.units
    draws: list[Draw] = []
    for balance, (_, room) in zip(candidates, weighed, strict=True):
        part = rest if room.left is None else min(rest, max(NOTHING, room.left))
        if part:
            draws.append(balance.draw(charge, part, room))
            rest -= part
    return tuple(draws)


def _outcome(
    case: _Case,
    reason: Reason,
    draws: tuple[Draw, ...] = (),
    weighed: tuple[Weighed, ...] = (),
    facts: Mapping[str, str] | None = None,
) -> Outcome:
    return Outcome(
        charge=case.charge,
        draws=draws,
        reason=reason,
        facts=facts or NO_FACTS,
        weighed=weighed,
        shelf=case.shelf,
        number_refused=bool(case.charge.billed_number) and not case.named,
        pin_refused=case.charge.pinned_line_id is not None and not case.pinned,
    )


def _passed_over(cover: Cover, first: Cover, room: Room, charge: Charge) -> Refusal:
    """Why a candidate was not the one: it lacks room, or the order of D36 puts it behind the first."""
    if not room.holds(charge.units):
        left = max(NOTHING, room.left or NOTHING)
        return refuse(cover, Rule.NO_ROOM, left=left, asked=charge.units, **room.facts)
    mine, other = (_preference(each, charge.first_day) for each in (cover, first))
    if mine[0] != other[0]:
        return refuse(cover, Rule.POOL)
    if mine[1] != other[1]:
        return refuse(cover, Rule.ENDS_LATER, ends=mine[1], earlier=other[1])
    if mine[2] != other[2]:
        return refuse(cover, Rule.STARTS_LATER, starts=mine[2], earlier=other[2])
    return refuse(cover, Rule.HIGHER_NUMBER)


def _set_aside(cover: Cover, charge: Charge) -> Refusal:
    """It holds the charge, but the claim names another number, or a person another line."""
    named = not charge.billed_number or _is_named(cover, charge)
    return refuse(cover, Rule.NOT_THE_PINNED_LINE if named else Rule.NOT_THE_BILLED_NUMBER)


UNCOVERED = {
    Rule.PAYER: Reason.OTHER_PAYER,
    Rule.PROGRAM: Reason.OTHER_PAYER,
    Rule.CODE: Reason.NO_COVER_FOR_CODE,
    Rule.OUTSIDE: Reason.OUTSIDE,
    Rule.PARTLY: Reason.SPLIT_THIS_LINE,
    Rule.UNKNOWN_QUANTITY: Reason.UNKNOWN_QUANTITY,
}


def _uncovered(case: _Case) -> Outcome:
    """No candidate: the nearest miss is the line refused by the latest rule, of those outside the nearest in days."""
    misses = [against for cover in case.shelf if (against := refusal(cover, case.charge))]
    if not misses:
        return _outcome(case, Reason.NO_COVER)
    rules = list(Rule)
    nearest = max(misses, key=lambda miss: (rules.index(miss.rule), -int(miss.facts.get("days", 0))))
    facts = {"rule": nearest.rule, "authorization": nearest.authorization_number, **nearest.facts}
    return _outcome(case, UNCOVERED.get(nearest.rule, Reason.MISMATCH), facts=facts)
