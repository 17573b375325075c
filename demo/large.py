"""The large demonstration: one more organization, with 2,000 members, 5,000 authorizations and their claims over
eighteen months.

A few cases are made by the verbs at hours long past; the others are copies of them for other members and weeks (see
`copying`), and claims go through the service that posts many at once. The same day gives the same content. Each group
of members is one transaction, so a seed that was stopped goes on where it was.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from authorizations import services, transitions
from authorizations.asked import Asked, AskedLine
from authorizations.decisions import Answer, Basis, LineAnswer, LineOutcome
from authorizations.models import Authorization, LineVersion
from authorizations.models.choices import Priority, QuantityType
from authorizations.states import Status
from authorizations.terms import CodeTerms
from claims.services import NewClaim, PostedLine, post_claims
from demo.copying import Original, Wanted, copy_all, read_original
from demo.houses import FIRST_NAMES, LAST_NAMES, SEEDER, House, Plan
from members.models import Coverage, Member
from members.services import add_coverage, add_member
from tenancy.scoping import organization_scope

WEST = Plan(
    slug="west",
    name="Tamarack Home Health",
    time_zone="America/Denver",
    members=0,
    people={
        "specialist": "Vera Lindholm",
        "clinician": "Jonas Achebe",
        "biller": "Carla Munro",
        "scheduler": "Eli Vance",
        "supervisor": "Hana Petrov",
        "admin": "Walter Oyelaran",
        "edi": "Ida Strand",
    },
    clinicians=(("Jonas", "Achebe", "RN", "1093814006"), ("Mara", "Keel", "BCBA", "1205834009")),
    group_npi="1316942006",
    facility_npi="1427953009",
    first_mrn=700100,
)

HISTORY_WEEKS = 77
"""Eighteen months."""

WINDOW_WEEKS = 13
LEAD = timedelta(days=10)
"""A request is made so long before care begins."""

GROUP = 50
MOST_CLAIMS = 6


@dataclass(frozen=True, slots=True)
class Size:
    members: int
    authorizations: int


LARGE = Size(members=2000, authorizations=5000)


@dataclass(frozen=True, slots=True)
class Kind:
    """A case to make once: what is asked, and how far it goes. `granted` are the units of each line; 0 denies it."""

    program: str
    lines: tuple[tuple[str, int, str], ...]
    until: str  # draft, discarded, waiting, entered, pended, answered
    granted: tuple[int, ...] = ()
    diagnosis: str = "F84.0"
    urgent: bool = False
    answered_after: int = 3


U, V, D = QuantityType.UNITS, QuantityType.VISITS, QuantityType.DAYS
DECIDED: tuple[Kind, ...] = (
    Kind("portal", (("H2019", 480, U), ("H0032", 8, U)), "answered", (480, 8)),
    Kind("portal", (("H2019", 320, U), ("H2014", 160, U)), "answered", (240, 160), answered_after=5),
    Kind("portal", (("H2014", 240, U),), "answered", (240,), answered_after=2),
    Kind("portal", (("H2016", 60, D),), "answered", (45,), answered_after=8),
    Kind("portal", (("H2019", 400, U),), "answered", (400,), answered_after=1),
    Kind("portal", (("H2019", 240, U), ("H2014", 80, U)), "answered", (240, 0), answered_after=4),
    Kind("phone", (("T1019", 448, U),), "answered", (448,), "I69.351"),
    Kind("phone", (("T1019", 320, U), ("S5130", 96, U)), "answered", (320, 96), "Z74.1", answered_after=2),
    Kind("phone", (("G0299", 24, V), ("G0156", 240, U)), "answered", (24, 200), "I50.9", answered_after=6),
    Kind("phone", (("G0299", 36, V),), "answered", (36,), "E11.9", urgent=True, answered_after=1),
    Kind("phone", (("S5150", 200, U),), "answered", (200,), "Z74.1", answered_after=4),
    Kind("portal", (("H2019", 160, U),), "answered", (0,), answered_after=6),
    Kind("phone", (("T1019", 160, U),), "answered", (0,), "Z74.1", answered_after=7),
)
DENIED_SHARE = 0.07
UNDECIDED: tuple[Kind, ...] = (
    Kind("portal", (("H2019", 320, U), ("H0032", 4, U)), "waiting"),
    Kind("portal", (("H2019", 240, U),), "entered"),
    Kind("portal", (("H2014", 120, U),), "pended"),
    Kind("portal", (("H2019", 480, U),), "draft"),
    Kind("portal", (("H2014", 60, U),), "discarded"),
    Kind("phone", (("T1019", 448, U),), "waiting", (), "I69.351", urgent=True),
    Kind("phone", (("G0299", 24, V),), "entered", (), "I50.9"),
    Kind("phone", (("G0299", 12, V),), "pended", (), "I50.9", urgent=True),
    Kind("phone", (("T1019", 320, U), ("G0299", 20, V)), "draft", (), "I69.351"),
)
UNDECIDED_SHARE = 0.18
"""Of the latest case of each member."""


@dataclass(frozen=True, slots=True)
class Models:
    """The cases made by the verbs, by program: granted, denied, and not decided yet."""

    granted: dict[str, list[Original]]
    denied: dict[str, list[Original]]
    open: dict[str, list[Original]]


def fill(house: House, size: Size, *, now: datetime) -> Iterator[int]:
    """Make what is missing of the large organization; yields how many members stand after each group."""
    with organization_scope(house.organization.id):
        models = _models(house, now=now)
    originals = len(DECIDED) + len(UNDECIDED)
    people = size.members - originals
    counts = _spread(people, size.authorizations - originals)
    for first in range(0, people, GROUP):
        numbers = range(first, min(first + GROUP, people))
        with organization_scope(house.organization.id):
            if not Member.objects.filter(mrn=_mrn(house, numbers[-1])).exists():
                _group(house, models, {number: counts[number] for number in numbers}, now=now)
        yield originals + numbers[-1] + 1


def _spread(members: int, authorizations: int) -> list[int]:
    """So many cases for each member, as equal as can be, more for every other."""
    each, rest = divmod(authorizations, members)
    order = sorted(range(members), key=lambda number: number % 2)
    extra = set(order[:rest])
    return [each + (number in extra) for number in range(members)]


# Cases made by the verbs -------------------------------------------------------------------------------------


def _models(house: House, *, now: datetime) -> Models:
    found = Models({}, {}, {})
    for index, kind in enumerate((*DECIDED, *UNDECIDED)):
        decided = index < len(DECIDED)
        coverage = _person(house, f"model-{index}", 40 + index, kind.program, now=now)
        case = Authorization.objects.filter(member_id=coverage.member_id).first()
        at = now - (timedelta(weeks=HISTORY_WEEKS) if decided else timedelta(days=2 + index % 5))
        case = case or _make(house, kind, coverage, at)
        group = found.open if not decided else found.granted if any(kind.granted) else found.denied
        group.setdefault(kind.program, []).append(read_original(case))
    return found


def _make(house: House, kind: Kind, coverage: Coverage, at: datetime) -> Authorization:
    """The case through the verbs, each at its hour: asked, submitted, entered, answered."""
    actor, owner = house.actor("specialist"), house.memberships["specialist"]
    case = transitions.draft(_asked(house, kind, coverage, at), owner=owner, actor=actor, now=at)
    if kind.until == "discarded":
        return transitions.discard(case.id, actor=actor, now=at + timedelta(hours=1))
    if kind.until == "draft":
        return case
    sent_at = at + timedelta(minutes=35)
    submission = transitions.submit(case.id, actor=actor, now=sent_at, unchecked_reason="Roster checked this morning")
    if kind.until != "waiting":
        entered_at = at + timedelta(hours=3)
        services.mark_submitted(
            submission.id, portal_reference=f"55-{case.number[-6:]}", submitted_at=entered_at, actor=actor,
            now=entered_at,
        )  # fmt: skip
    if kind.until in ("pended", "answered"):
        answered_at = at + timedelta(days=kind.answered_after if kind.granted else 1, hours=4)
        answer = _answer(kind, case, house.organization.today(answered_at))
        transitions.record_answer(case.id, answer, submission_id=submission.id, actor=actor, now=answered_at)
    return Authorization.objects.get(id=case.id)


def _asked(house: House, kind: Kind, coverage: Coverage, at: datetime) -> Asked:
    starts_on = house.organization.today(at + LEAD)
    return Asked(
        coverage=coverage,
        lines=tuple(
            AskedLine((CodeTerms(code),), Decimal(units), counted, 15 if counted == U and code != "H0032" else None)
            for code, units, counted in kind.lines
        ),
        diagnoses=(kind.diagnosis,),
        starts_on=starts_on,
        ends_on=starts_on + timedelta(weeks=WINDOW_WEEKS, days=-1),
        priority=Priority.URGENT if kind.urgent else Priority.ROUTINE,
        place_of_service="12",
        requesting_provider=house.providers[0],
        rendering_provider=house.providers[1 + (kind.program == "portal")],
    )


def _answer(kind: Kind, case: Authorization, today: date) -> Answer:
    if not kind.granted:
        lines = tuple(
            LineAnswer(position, LineOutcome.PENDED, reasons=("0U",)) for position in range(1, len(kind.lines) + 1)
        )
        return Answer(lines=lines, decided_on=today, spoken_with="R. Sandoval")
    lines = tuple(
        LineAnswer(
            position,
            LineOutcome.APPROVED if units else LineOutcome.DENIED,
            quantity=Decimal(units) if units else None,
            basis=Basis.STATED,
            starts_on=case.starts_on if units else None,
            ends_on=case.ends_on if units else None,
            reasons=() if units else ("0C",),
        )
        for position, units in enumerate(kind.granted, start=1)
    )
    number = f"{case.payer.identifier[:2]}-{case.number[-6:]}" if any(kind.granted) else ""
    return Answer(lines=lines, certification_number=number, decided_on=today, spoken_with="R. Sandoval")


# Members, their copies and claims ----------------------------------------------------------------------------


def _group(house: House, models: Models, counts: dict[int, int], *, now: datetime) -> None:
    dice = random.Random(f"{house.plan.slug}-{min(counts)}")  # noqa: S311  (the same cases each time)
    wanted: list[Wanted] = []
    coverages = {}
    for number, count in counts.items():
        program = ("portal", "phone", "portal")[number % 3]
        coverages[number] = _person(house, _mrn(house, number), number, program, now=now)
        wanted += _history(models, coverages[number], count, dice, now=now)
    made = copy_all(wanted)
    by_member: dict[object, list[Authorization]] = {}
    for case in made:
        by_member.setdefault(case.member_id, []).append(case)
    versions = _versions(made)
    for coverage in coverages.values():
        claims = [
            claim
            for case in by_member.get(coverage.member_id, [])
            for claim in _claims(house, coverage, case, versions.get(case.id, []), dice, now=now)
        ]
        if claims:
            post_claims(coverage.member_id, claims, actor=house.actor("biller"), now=now)


def _history(models: Models, coverage: Coverage, count: int, dice: random.Random, *, now: datetime) -> Iterator[Wanted]:
    """The cases of one member, the latest first, each a window before the other; only the latest may be open."""
    program = _program_key(coverage)
    back = dice.randrange(WINDOW_WEEKS)
    for place in range(count):
        if place == 0 and dice.random() < UNDECIDED_SHARE:
            yield Wanted(dice.choice(models.open[program]), coverage, -dice.randrange(3))
            continue
        pool = models.denied if dice.random() < DENIED_SHARE else models.granted
        original = dice.choice(pool[program])
        ago = min(back + place * WINDOW_WEEKS + 2, HISTORY_WEEKS)
        yield Wanted(original, coverage, _weeks_since(original, now) - ago)


def _weeks_since(original: Original, now: datetime) -> int:
    return (now - original.authorization.created_at).days // 7


def _program_key(coverage: Coverage) -> str:
    return "portal" if "portal" in coverage.program.name else "phone"


def _versions(cases: Sequence[Authorization]) -> dict[object, list[LineVersion]]:
    found: dict[object, list[LineVersion]] = {}
    ids = [case.id for case in cases if case.status == Status.APPROVED]
    for version in LineVersion.objects.filter(authorization_id__in=ids).order_by("authorization_id", "line_id"):
        found.setdefault(version.authorization_id, []).append(version)
    return found


def _claims(
    house: House,
    coverage: Coverage,
    case: Authorization,
    versions: Sequence[LineVersion],
    dice: random.Random,
    *,
    now: datetime,
) -> Iterator[NewClaim]:
    """Claims over the window up to yesterday: most use what is approved as time passes, a few run out or go over."""
    yesterday = house.organization.today(now) - timedelta(days=1)
    for line, version in enumerate(versions, start=1):
        last = min(version.ends_on or yesterday, yesterday)
        span = (last - version.starts_on).days
        if version.quantity is None or span < 0:
            continue
        whole = ((version.ends_on or yesterday) - version.starts_on).days + 1
        pace = dice.choice((0.3, 0.6, 0.8, 0.9, 0.95, 1.0, 1.0, 1.06))
        units = int(float(version.quantity) * pace * (span + 1) / whole)
        count = min(MOST_CLAIMS, units, 1 + span // 10)
        for part in range(count):
            day = version.starts_on + timedelta(days=span * (part + 1) // count)
            share = units * (part + 1) // count - units * part // count
            yield NewClaim(
                number=f"W-{case.number[-6:]}-{line}{part + 1}",
                coverage=coverage,
                lines=(
                    PostedLine(
                        code=version.codes[0]["code"],
                        first_day=day,
                        quantity=Decimal(share),
                        quantity_type=version.quantity_type,
                        provider_id=case.rendering_provider_id,
                        place_of_service="12",
                    ),
                ),
                posted_at=min(now, now - timedelta(days=(yesterday - day).days)),
            )


def _mrn(house: House, number: int) -> str:
    return str(house.plan.first_mrn + number * 7)


def _person(house: House, mrn: str, number: int, program: str, *, now: datetime) -> Coverage:
    """A member with primary cover, found by record number or made."""
    standing = Coverage.objects.select_related("member", "payer", "program").filter(member__mrn=mrn, position=1).first()
    if standing is not None:
        return standing
    dice = random.Random(mrn)  # noqa: S311  (the same people each time)
    first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[number // len(FIRST_NAMES) % len(LAST_NAMES)]
    added_at = now - timedelta(weeks=HISTORY_WEEKS + 2)
    member = add_member(
        actor=SEEDER, now=added_at, mrn=mrn, first_name=first, last_name=last,
        birth_date=date(1950, 1, 1) + timedelta(days=dice.randrange(23000)), sex=dice.choice("FM"),
        address=f"{1 + number} Alder Street", city="Boulder", state="CO", postal_code="80301",
    )  # fmt: skip
    chosen = house.programs[program]
    return add_coverage(
        actor=SEEDER, now=added_at, member=member, payer=chosen.payer, program=chosen, starts_on=date(2024, 1, 1),
        member_number=f"{chosen.payer.identifier}{mrn.upper().replace('-', '')}",
    )  # fmt: skip
