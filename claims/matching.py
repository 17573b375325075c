"""Is this cover a candidate for this charge, and if not, which rule refused it?

Pure: no Django, no clock, no database. A *cover* is one service line of an authorization with the versions of
its terms; a *charge* is one live claim line. The rules are those of requirements D19 to D28 and D36 step 2.
Who wins among several candidates is decided in `allocation.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from authorizations.decisions import Basis
from claims.caps import Cap

# Telehealth is billed as 02 (elsewhere) or 10 (at home); payers approve one and accept the other
# (requirements D22).
EQUIVALENT_PLACES = (frozenset({"02", "10"}),)


class Rule(StrEnum):
    """Why a cover was not drawn from.

    The first group refuses it outright; the second says why another candidate came first.
    """

    PAYER = "payer"
    PROGRAM = "program"
    CODE = "code"
    MODIFIERS = "modifiers"
    PROVIDER = "provider"
    PLACE = "place"
    QUANTITY_TYPE = "quantity_type"
    OUTSIDE = "outside"
    PARTLY = "partly"
    UNKNOWN_QUANTITY = "unknown_quantity"

    NOT_THE_BILLED_NUMBER = "not_the_billed_number"
    NOT_THE_PINNED_LINE = "not_the_pinned_line"
    NO_ROOM = "no_room"
    POOL = "pool"
    ENDS_LATER = "ends_later"
    STARTS_LATER = "starts_later"
    HIGHER_NUMBER = "higher_number"


class DuplicateVerdict(StrEnum):
    """What a person said about a line that looks like one already billed (requirements D43)."""

    DUPLICATE = "duplicate"
    DISTINCT = "distinct"


class Hold(StrEnum):
    """A live line that draws nothing, whatever covers it: refused by the payer, or its original is not
    known."""

    DENIED = "denied"
    PARKED = "parked"


class Service(NamedTuple):
    """A code with its modifiers as a set. On a cover, no modifiers means any (or none, where the payer says
    so)."""

    code: str
    modifiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Terms:
    """What one version of a service line allows: services from `in_force_from` on are read by these terms.

    None means "no restriction" for provider and place, "open" for `ends_on`, "from the beginning"
    for `in_force_from`. Dates are local dates of service, `ends_on` is included.
    """

    number: int
    starts_on: date
    ends_on: date | None
    services: frozenset[Service]
    in_force_from: date | None = None
    provider_id: UUID | None = None
    place: str | None = None
    certification_number: str = ""

    @property
    def closes_on(self) -> date:
        """The last day of service, or the last day there is."""
        return self.ends_on or date.max


@dataclass(frozen=True, slots=True)
class Cover:
    """One service line that may be drawn from: `versions` ascending, quantity and caps those of the latest.

    `quantity` is in units of `quantity_type` and stands only beside a basis that has one. `numbers` are the
    payer's numbers that hold for the line in every version (the number of the whole authorization, our own
    number).
    """

    line_id: UUID
    authorization_id: UUID
    authorization_number: str
    line_number: int
    payer_id: UUID
    quantity_type: str
    versions: tuple[Terms, ...]
    basis: Basis
    quantity: Decimal | None = None
    caps: tuple[Cap, ...] = ()
    program_id: UUID | None = None
    numbers: frozenset[str] = frozenset()
    no_modifiers_is_any: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be read: no version, versions out of order, a quantity that its basis does not
        have."""
        order = [terms.number for terms in self.versions]
        if not order or order != sorted(set(order)):
            raise ValueError("versions of a cover are one or more, in ascending order")
        counted = self.basis not in (Basis.UNLIMITED, Basis.UNKNOWN)
        if counted != (self.quantity is not None):
            raise ValueError("a cover has a quantity exactly when its basis gives one")

    def terms_on(self, day: date) -> Terms:
        """The terms in force for a service on `day`; days before the first version are read by the first."""
        for terms in reversed(self.versions):
            if terms.in_force_from is None or terms.in_force_from <= day:
                return terms
        return self.versions[0]

    def answers_to(self, number: str, day: date) -> bool:
        """Whether a claim billed with `number` for a service on `day` names this line."""
        return number in self.numbers or number == self.terms_on(day).certification_number


@dataclass(frozen=True, slots=True)
class Charge:
    """One live claim line. `claim_number` is that of the first version of its chain; units are positive.

    A provider or place that the claim does not tell is None and contradicts no cover. `billed` is
    False for a charge not yet sent to the payer: it never draws beyond what is approved.
    """

    claim_line_id: UUID
    claim_id: UUID
    claim_number: str
    line_number: int
    payer_id: UUID
    code: str
    first_day: date
    last_day: date
    units: Decimal
    quantity_type: str
    program_id: UUID | None = None
    modifiers: frozenset[str] = frozenset()
    at: time | None = None
    provider_id: UUID | None = None
    place: str | None = None
    billed: bool = True
    billed_number: str = ""
    pinned_line_id: UUID | None = None
    split_allowed: bool = False
    duplicate_verdict: DuplicateVerdict | None = None
    hold: Hold | None = None

    @property
    def kind(self) -> tuple[object, ...]:
        """All that is compared with a cover but the days."""
        contract = (self.payer_id, self.program_id, self.quantity_type)
        return *contract, self.code, self.modifiers, self.provider_id, self.place


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one cover was not drawn from. `facts` holds the figures of the rule as text, ready to be stored."""

    line_id: UUID
    authorization_number: str
    line_number: int
    rule: Rule
    facts: Mapping[str, str] = field(default_factory=dict)


def refuse(cover: Cover, rule: Rule, **facts: object) -> Refusal:
    """A refusal of `cover` by `rule`, its facts as text."""
    texts = {name: str(fact) for name, fact in facts.items()}
    return Refusal(cover.line_id, cover.authorization_number, cover.line_number, rule, texts)


def refusal(cover: Cover, charge: Charge) -> Refusal | None:
    """The rule that keeps `charge` from drawing on `cover`, or None where it is a candidate.

    Rules are asked in a fixed order (payer, code, modifiers, people and places, unit, dates, quantity), so
    that the cover refused by the latest rule is the nearest miss.
    """
    if (rule := _other_contract(cover, charge)) is not None:
        return refuse(cover, rule)
    spans = tuple(_spans(cover, charge.first_day, charge.last_day))
    fitting = [(first, last, terms) for first, last, terms in spans if mismatch(cover, terms, charge) is None]
    if not fitting:
        terms = spans[0][2]
        rule = mismatch(cover, terms, charge) or Rule.CODE
        return refuse(cover, rule, **_expected(rule, terms, charge))
    if cover.quantity_type != charge.quantity_type:
        return refuse(cover, Rule.QUANTITY_TYPE, expected=cover.quantity_type)
    days = (charge.last_day - charge.first_day).days + 1
    held = sum(_overlap(first, last, terms) for first, last, terms in fitting)
    if held == 0:
        return refuse(cover, Rule.OUTSIDE, **_distance(charge, [terms for _, _, terms in fitting]))
    if held < days:
        return refuse(cover, Rule.PARTLY, held=held, days=days)
    return refuse(cover, Rule.UNKNOWN_QUANTITY) if cover.basis is Basis.UNKNOWN else None


def takes_kind(cover: Cover, charge: Charge) -> bool:
    """Whether, leaving the days aside, some version of the cover takes such a charge: else it never will."""
    if cover.quantity_type != charge.quantity_type or _other_contract(cover, charge) is not None:
        return False
    return any(mismatch(cover, terms, charge) is None for terms in cover.versions)


def mismatch(cover: Cover, terms: Terms, charge: Charge) -> Rule | None:
    """The first rule but the dates by which `terms` do not hold for `charge`. Modifiers are compared as
    sets."""
    approved = [service.modifiers for service in terms.services if service.code == charge.code]
    if not approved:
        return Rule.CODE
    if charge.modifiers not in approved and not (cover.no_modifiers_is_any and frozenset() in approved):
        return Rule.MODIFIERS
    if _differ(terms.provider_id, charge.provider_id):
        return Rule.PROVIDER
    return None if _same_place(terms.place, charge.place) else Rule.PLACE


def _other_contract(cover: Cover, charge: Charge) -> Rule | None:
    """Each payer's claim draws only from that payer's authorization (requirements D45)."""
    if cover.payer_id != charge.payer_id:
        return Rule.PAYER
    return Rule.PROGRAM if _differ(cover.program_id, charge.program_id) else None


def _differ(allowed: UUID | None, told: UUID | None) -> bool:
    return allowed is not None and told is not None and allowed != told


def _same_place(allowed: str | None, told: str | None) -> bool:
    if not allowed or not told or allowed == told:
        return True
    return any(allowed in group and told in group for group in EQUIVALENT_PLACES)


def _spans(cover: Cover, first: date, last: date) -> Iterator[tuple[date, date, Terms]]:
    """Cut the days of a service where another version of the terms comes into force."""
    if len(cover.versions) == 1:
        yield first, last, cover.versions[0]
        return
    turns = {terms.in_force_from for terms in cover.versions if terms.in_force_from is not None}
    starts = [first, *sorted(turn for turn in turns if first < turn <= last)]
    for position, start in enumerate(starts):
        end = starts[position + 1] - timedelta(days=1) if position + 1 < len(starts) else last
        yield start, end, cover.terms_on(start)


def _overlap(first: date, last: date, terms: Terms) -> int:
    return max(0, (min(last, terms.closes_on) - max(first, terms.starts_on)).days + 1)


def _distance(charge: Charge, windows: list[Terms]) -> dict[str, object]:
    """How many days the nearest window is away, and on which side of it the service lies."""
    after = min((charge.first_day - terms.closes_on).days for terms in windows)
    before = min((terms.starts_on - charge.last_day).days for terms in windows)
    if after > 0:
        return {"days": after, "side": "after", "edge": max(terms.closes_on for terms in windows)}
    return {"days": before, "side": "before", "edge": min(terms.starts_on for terms in windows)}


def _expected(rule: Rule, terms: Terms, charge: Charge) -> dict[str, object]:
    """What the cover would have taken, where that may be shown without looking anything up."""
    if rule is Rule.CODE:
        return {"expected": ", ".join(sorted(_words(service) for service in terms.services))}
    if rule is Rule.MODIFIERS:
        same = [service for service in terms.services if service.code == charge.code]
        return {"expected": ", ".join(sorted(_words(service) for service in same))}
    return {"expected": terms.place} if rule is Rule.PLACE else {}


def _words(service: Service) -> str:
    return " ".join([service.code, *sorted(service.modifiers)])
