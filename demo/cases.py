"""Authorizations of the demonstration, in every status, each made by the verbs a person would use."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from authorizations import services, transitions
from authorizations.asked import Asked, AskedLine
from authorizations.decisions import Answer, Basis, CapPeriod, CapTerms, LineAnswer, LineOutcome
from authorizations.models import Authorization
from authorizations.models.choices import Priority, QuantityType
from authorizations.states import ExchangeState, Status
from authorizations.terms import CodeTerms
from demo.houses import House
from members.models import Coverage
from tenancy.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Case:
    """One authorization to make: for whom, what, when (days from today), how far it goes.

    Codes joined by "+" share one total, of which `weekly` is asked for at most. `used` is the share of the first line's
    approved units that claims draw, `weekly` how many of it a week may have; the payer simulator answers by code.
    """

    program: str
    lines: tuple[tuple[str, int], ...]
    starts: int = -30
    days: int = 90
    until: str = "submitted"  # draft, discarded, submitted, entered (in a portal), answered (by a person)
    used: float = 0.0
    diagnosis: str = "F84.0"
    place: str = "12"
    urgent: bool = False
    approved: tuple[int, ...] = ()
    weekly: int = 0
    drafted_days_ago: int = 0


BEHAVIORAL = (("H2019", 480), ("H0032", 8))
TWO_LINES = (("H2019", 320), ("H2014", 160))

NORTH_CASES: tuple[Case, ...] = (
    # Approved electronically: comfortable, low, out, over; ending soon; yet to begin; over.
    Case("medicaid", BEHAVIORAL, -60, 90, used=0.92),
    Case("medicaid", TWO_LINES, -40, 90, used=0.4),
    Case("advantage", (("G0156", 240),), -50, 120, used=0.5, diagnosis="I69.351"),
    Case("medicaid", (("H2019", 400),), -80, 90, used=1.02),
    Case("medicaid", (("H2019", 200),), -85, 90, used=1.0),
    Case("medicaid", TWO_LINES, -70, 90, used=0.75),
    Case("advantage", (("T1021", 60),), -20, 120, used=0.2, diagnosis="I69.351"),
    Case("medicaid", BEHAVIORAL, -20, 90, used=0.25),
    Case("medicaid", (("H2014", 240),), -66, 90, used=0.85),
    Case("medicaid", BEHAVIORAL, -76, 90, used=0.6),
    Case("advantage", (("E0601", 3),), 3, 90, diagnosis="G47.33"),
    Case("medicaid", BEHAVIORAL, 12, 90),
    Case("medicaid", (("H2019", 360),), -100, 90, used=0.9),
    Case("medicaid", (("H2019", 360),), -120, 90, used=0.7),
    Case("medicaid", (("H2016", 60),), -30, 90, used=0.3),
    Case("advantage", (("G0156", 160),), -15, 120, used=0.1, diagnosis="Z74.1"),
    Case("medicaid", TWO_LINES, -10, 90, used=0.05),
    Case("medicaid", BEHAVIORAL, -45, 90, used=0.55),
    Case("medicaid", (("H2019", 520), ("H2014", 120)), -33, 90, used=0.35),
    Case("medicaid", (("H0031", 2),), -5, 90),
    # Denied, pended, closed by the payer.
    Case("medicaid", (("T1019", 240),), -8, 90),
    Case("medicaid", (("T1019", 448),), -12, 90),
    Case("advantage", (("T1019", 160),), -3, 120, diagnosis="Z74.1"),
    Case("medicaid", (("T1020", 30),), -3, 90),
    Case("medicaid", (("G0299", 24),), 2, 90, diagnosis="E11.9"),
    Case("advantage", (("G0299", 36),), 4, 120, diagnosis="I50.9"),
    Case("medicaid", (("G0299", 12),), 7, 90, diagnosis="I50.9", urgent=True),
    Case("advantage", (("G0300", 20),), 5, 120, diagnosis="I50.9"),
    Case("medicaid", (("H2015", 40),), 3, 90),
    Case("medicaid", (("S5170", 60),), 1, 90, diagnosis="Z74.1"),
    # Waiting for the payer, refused on the way, returned to be fixed.
    Case("medicaid", (("T2004", 20),), 2, 90, diagnosis="Z74.1"),
    Case("advantage", (("T2004", 10),), 3, 120, diagnosis="I69.351", urgent=True),
    Case("medicaid", (("T2004", 30),), 6, 90),
    Case("medicaid", (("T2001", 8),), 4, 90),
    Case("medicaid", (("S5135", 40),), 5, 90),
    Case("advantage", (("S5140", 10),), 5, 120, diagnosis="I69.351"),
    # By hand: to be entered, entered, answered.
    Case("portal", (("H0032", 6),), 7, 90),
    Case("portal", (("H2019", 320), ("H0032", 4)), 14, 90),
    Case("phone", (("T1019", 448),), 4, 180, diagnosis="I69.351", urgent=True),
    Case("portal", (("H2019", 240),), 5, 90, until="entered"),
    Case("phone", (("G0299", 24),), 6, 180, until="entered", diagnosis="I50.9"),
    Case("portal", (("H2019", 480), ("H0032", 6)), -21, 90, until="answered", used=0.3, approved=(400, 6), weekly=60),
    Case("portal", (("H2019", 320),), -72, 90, until="answered", used=0.8, approved=(320,)),
    Case("phone", (("T1019", 160),), -64, 90, until="answered", used=0.93, diagnosis="Z74.1", approved=(160,)),
    Case("phone", (("T1019", 320),), -30, 180, until="answered", used=0.2, diagnosis="Z74.1", approved=(320,)),
    Case("portal", (("H2014", 200),), -83, 90, until="answered", used=0.7, approved=(200,)),
    Case("portal", (("H2019", 160),), -5, 90, until="answered", approved=(0,)),
    # Drafts, and drafts that were given up.
    Case("medicaid", BEHAVIORAL, 5, 90, until="draft"),
    Case("medicaid", (("H2019+H2014", 480), ("H0031", 2)), 8, 90, until="draft", weekly=40),
    Case(
        "phone",
        (("T1019", 448), ("G0299", 20)),
        4,
        180,
        until="draft",
        diagnosis="I69.351",
        urgent=True,
        drafted_days_ago=4,
    ),
    Case("advantage", (("G0156", 120), ("E0431", 3)), 10, 120, until="draft", diagnosis="I69.351"),
    Case("medicaid", (("H2019", 120),), 5, 90, until="discarded"),
    Case("portal", (("H2014", 60),), 5, 90, until="discarded"),
    # More that is simply fine.
    Case("medicaid", BEHAVIORAL, -25, 90, used=0.28),
    Case("medicaid", (("H2019", 440),), -35, 90, used=0.33),
    Case("advantage", (("T1021", 48),), -60, 120, used=0.5, diagnosis="I50.9"),
    Case("medicaid", TWO_LINES, -28, 90, used=0.3),
    Case("medicaid", (("H2019", 360), ("H0032", 6)), -18, 90, used=0.15),
    Case("advantage", (("G0156", 200),), -44, 120, used=0.4, diagnosis="Z74.1"),
    Case("medicaid", (("H2019", 240),), -62, 90, used=0.65),
)
SOUTH_CASES: tuple[Case, ...] = (
    Case("medicaid", BEHAVIORAL, -50, 90, used=0.5),
    Case("medicaid", TWO_LINES, -30, 90, used=0.3),
    Case("advantage", (("G0156", 120),), -20, 120, used=0.2, diagnosis="I69.351"),
    Case("medicaid", (("H2019", 200),), -80, 90, used=0.95),
    Case("medicaid", (("T1019", 240),), -4, 90),
    Case("medicaid", (("G0299", 24),), 3, 90, diagnosis="E11.9"),
    Case("medicaid", (("T2004", 20),), 2, 90),
    Case("portal", (("H2019", 160),), 6, 90),
    Case("phone", (("T1019", 100),), -20, 180, until="answered", used=0.3, diagnosis="Z74.1", approved=(100,)),
    Case("medicaid", BEHAVIORAL, 9, 90, until="draft"),
    Case("portal", (("H2014", 80),), 5, 90, until="draft"),
    Case("medicaid", (("H2019", 60),), 5, 90, until="discarded"),
)
CASES = {"north": NORTH_CASES, "south": SOUTH_CASES}


def make(house: House, *, now: datetime) -> Iterator[tuple[Case, uuid.UUID]]:
    """Every case of a house, one after the other, each taken as far as it goes without the payer."""
    turns: dict[str, int] = {}
    for index, case in enumerate(CASES[house.plan.slug]):
        turn = turns.get(case.program, 0)
        turns[case.program] = turn + 1
        coverages = house.coverages[case.program]
        yield case, _make(house, case, coverages[turn % len(coverages)], f"demo-{house.plan.slug}-{index}", now=now)


def _make(house: House, case: Case, coverage: Coverage, key: str, *, now: datetime) -> uuid.UUID:
    standing = IdempotencyKey.objects.filter(key=key).first()
    actor = house.actor("specialist")
    if standing is None:
        asked = asked_for(house, case, coverage, house.organization.today(now))
        owner = house.memberships["specialist"]
        drafted_at = now - timedelta(days=case.drafted_days_ago)
        authorization_id = transitions.draft(asked, owner=owner, actor=actor, now=drafted_at, key=key).id
    else:
        authorization_id = standing.result_id
    authorization = Authorization.objects.get(id=authorization_id)
    if authorization.status == Status.DRAFT and not authorization.submissions.exists():
        if case.until == "discarded":
            transitions.discard(authorization.id, actor=actor, now=now)
        elif case.until != "draft":
            transitions.submit(authorization.id, actor=actor, now=now, key=f"{key}-submit")
    if case.until in ("entered", "answered"):
        answer_by_hand(house, case, authorization, now=now)
    return authorization_id


def asked_for(house: House, case: Case, coverage: Coverage, today: date) -> Asked:
    starts_on = today + timedelta(days=case.starts)
    clinician = house.providers[1 + case.starts % (len(house.providers) - 1)]
    return Asked(
        coverage=coverage,
        lines=tuple(_line(codes, Decimal(quantity), case.weekly) for codes, quantity in case.lines),
        diagnoses=(case.diagnosis,),
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=case.days - 1),
        priority=Priority.URGENT if case.urgent else Priority.ROUTINE,
        place_of_service=case.place,
        requesting_provider=house.providers[0],
        rendering_provider=clinician,
        retro_reason="Care began before the payer was asked" if case.starts < 0 else "",
    )


def _line(codes: str, quantity: Decimal, weekly: int) -> AskedLine:
    code = codes.split("+")[0]
    by_visit = code in {"G0299", "G0300", "T1021", "T2004", "T2001", "H0031"}
    by_day = code in {"H2016", "T1020"}
    kind = QuantityType.VISITS if by_visit else QuantityType.DAYS if by_day else QuantityType.UNITS
    timed = code in {"H2019", "H2014", "T1019", "G0156", "H2015", "S5135"}
    caps = (CapTerms(CapPeriod.WEEK, Decimal(weekly)),) if weekly and "+" in codes else ()
    terms = tuple(CodeTerms(each) for each in codes.split("+"))
    return AskedLine(terms, quantity, kind, 15 if timed else None, caps)


def answer_by_hand(house: House, case: Case, authorization: Authorization, *, now: datetime) -> None:
    """What staff do in the portal or on the telephone, and the answer they type in."""
    actor = house.actor("specialist")
    submission = authorization.submissions.get()
    if submission.exchange_state == ExchangeState.TO_SUBMIT:
        reference = f"55-{authorization.number[-4:]}"
        services.mark_submitted(submission.id, portal_reference=reference, submitted_at=now, actor=actor, now=now)
    authorization.refresh_from_db()
    if case.until == "answered" and authorization.status == Status.SUBMITTED:
        answer = _answer(case, authorization, house.organization.today(now))
        transitions.record_answer(authorization.id, answer, submission_id=submission.id, actor=actor, now=now)


def _answer(case: Case, authorization: Authorization, today: date) -> Answer:
    number = f"{authorization.payer.identifier[:2]}-{authorization.number[-6:]}"
    lines = tuple(
        LineAnswer(
            position,
            LineOutcome.APPROVED if units else LineOutcome.DENIED,
            quantity=Decimal(units),
            basis=Basis.STATED,
            caps=(CapTerms(CapPeriod.WEEK, Decimal(case.weekly)),) if case.weekly and position == 1 else (),
            starts_on=authorization.starts_on if units else None,
            ends_on=authorization.ends_on if units else None,
            reasons=() if units else ("0C",),
        )
        for position, units in enumerate(case.approved, start=1)
    )
    granted = any(case.approved)
    return Answer(lines=lines, certification_number=number if granted else "", decided_on=today, spoken_with="M. Reyes")
