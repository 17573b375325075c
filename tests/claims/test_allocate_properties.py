"""What holds of every allocation, for whatever covers and claims (Hypothesis, no database)."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from authorizations.decisions import Basis, CapPeriod
from claims.allocation import Allocation, Opening, allocate
from claims.caps import Cap
from claims.matching import Charge, Cover, DuplicateVerdict, Hold, Terms, refusal
from tests.claims.cases import AETHER, PINE, day, key, services

CODES = ("H2019", "H2014", "H0032")
FIRST = day("03-01")
World = tuple[list[Cover], list[Charge], list[Opening]]

days = st.integers(0, 60).map(lambda offset: FIRST + timedelta(days=offset))
amounts = st.integers(1, 24).map(Decimal)
code_sets = st.lists(st.sampled_from([*CODES, "H2019 HN"]), min_size=1, max_size=3, unique=True)


@st.composite
def versions(draw: st.DrawFn) -> tuple[Terms, ...]:
    """One to three versions: the first holds from the beginning, later ones from a day of their own."""
    found = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        starts = draw(days)
        found.append(
            Terms(
                number=number,
                starts_on=starts,
                ends_on=starts + timedelta(days=draw(st.integers(-1, 50))),
                services=services(*draw(code_sets)),
                in_force_from=None if number == 1 else starts,
                place=draw(st.sampled_from([None, "12"])),
                certification_number=draw(st.sampled_from(["", "0042", "0043"])),
            )
        )
    return tuple(found)


@st.composite
def covers(draw: st.DrawFn, position: int) -> Cover:
    basis = draw(st.sampled_from([Basis.STATED, Basis.STATED, Basis.UNLIMITED, Basis.UNKNOWN]))
    periods = draw(st.lists(st.sampled_from(CapPeriod), max_size=2, unique=True))
    cap_amount, prorate = draw(amounts), draw(st.booleans())
    return Cover(
        line_id=key(f"line {position}"),
        authorization_id=key(f"authorization {position // 2}"),
        authorization_number=f"PA-{position // 2:06}",
        line_number=position % 2 + 1,
        payer_id=draw(st.sampled_from([AETHER, AETHER, PINE])),
        quantity_type="units",
        versions=draw(versions()),
        basis=basis,
        quantity=draw(st.integers(0, 60).map(Decimal)) if basis is Basis.STATED else None,
        caps=tuple(Cap(period, cap_amount, FIRST, week_start=7, prorate=prorate) for period in periods),
    )


@st.composite
def charges(draw: st.DrawFn, position: int) -> Charge:
    first = draw(days)
    return Charge(
        claim_line_id=key(f"claim line {position}"),
        claim_id=key(f"claim {position // 2}"),
        claim_number=f"C-{position // 2:03}",
        line_number=position % 2 + 1,
        payer_id=AETHER if position // 2 % 3 else PINE,
        code=draw(st.sampled_from(CODES)),
        first_day=first,
        last_day=first + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 9]))),
        units=draw(amounts),
        quantity_type="units",
        modifiers=draw(st.sampled_from([frozenset(), frozenset({"HN"})])),
        place=draw(st.sampled_from([None, "11", "12"])),
        billed=draw(st.sampled_from([True, True, False])),
        billed_number=draw(st.sampled_from(["", "", "0042", "9999"])),
        pinned_line_id=draw(st.sampled_from([None, None, key("line 0"), key("line 3")])),
        split_allowed=draw(st.booleans()),
        duplicate_verdict=draw(st.sampled_from([None, None, *DuplicateVerdict])),
        hold=draw(st.sampled_from([None, None, None, *Hold])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    some_covers = [draw(covers(position)) for position in range(draw(st.integers(0, 6)))]
    some_charges = [draw(charges(position)) for position in range(draw(st.integers(0, 14)))]
    openings = [Opening(cover.line_id, draw(amounts)) for cover in some_covers if draw(st.booleans())]
    return some_covers, some_charges, openings


def by_name(world: World, allocation: Allocation) -> dict[tuple[object, ...], object]:
    """The whole result without a surrogate key."""
    lines = {cover.line_id: (cover.authorization_number, cover.line_number) for cover in world[0]}
    return {
        (outcome.charge.payer_id, outcome.charge.claim_number, outcome.charge.line_number): (
            [(lines[draw.line_id], draw.units, draw.over) for draw in outcome.draws],
            outcome.reason,
            outcome.facts,
            [(lines[miss.line_id], miss.rule, miss.facts) for miss in outcome.refused],
            outcome.number_refused,
            outcome.pin_refused,
        )
        for outcome in allocation.outcomes
    }


def renamed(world: World) -> World:
    """The same world under other surrogate keys, which sort in another order."""
    some_covers, some_charges, openings = world
    lines: dict[UUID, UUID] = defaultdict(uuid4)
    return (
        [replace(cover, line_id=lines[cover.line_id], authorization_id=uuid4()) for cover in some_covers],
        [
            replace(
                charge,
                claim_line_id=uuid4(),
                claim_id=uuid4(),
                pinned_line_id=lines[charge.pinned_line_id] if charge.pinned_line_id else None,
            )
            for charge in some_charges
        ],
        [replace(opening, line_id=lines[opening.line_id]) for opening in openings],
    )


@settings(max_examples=300, deadline=None)
@given(world=worlds(), shuffle=st.integers(0, 2**32))
def test_the_order_of_arrival_and_surrogate_keys_change_nothing(world: World, shuffle: int) -> None:
    expected = by_name(world, allocate(*world))
    other = renamed(world)
    mixer = random.Random(shuffle)
    for part in other:
        mixer.shuffle(part)
    assert by_name(other, allocate(*other)) == expected


@settings(max_examples=300, deadline=None)
@given(world=worlds())
def test_every_charge_is_drawn_whole_or_not_at_all_and_from_a_cover_that_holds_it(world: World) -> None:
    lines = {cover.line_id: cover for cover in world[0]}
    for outcome in allocate(*world).outcomes:
        charge = outcome.charge
        assert sum(draw.units for draw in outcome.draws) in (0, charge.units)
        assert len(outcome.draws) <= 1 or charge.split_allowed
        assert not (outcome.draws and charge.hold)
        for draw in outcome.draws:
            assert refusal(lines[draw.line_id], charge) is None
            assert draw.over == 0 or charge.billed
        if not outcome.draws and not charge.hold and outcome.reason != "duplicate" and charge.billed:
            assert all(refusal(line, charge) is not None for line in lines.values())


@settings(max_examples=300, deadline=None)
@given(world=worlds())
def test_what_is_over_in_a_line_without_caps_is_what_was_used_above_its_total(world: World) -> None:
    some_covers = [replace(cover, caps=()) for cover in world[0]]
    used: dict[UUID, Decimal] = defaultdict(Decimal)
    over: dict[UUID, Decimal] = defaultdict(Decimal)
    for draw in allocate(some_covers, world[1]).draws:
        used[draw.line_id] += draw.units
        over[draw.line_id] += draw.over
    for cover in some_covers:
        limit = used[cover.line_id] if cover.quantity is None else cover.quantity
        assert over[cover.line_id] == max(Decimal(0), used[cover.line_id] - limit)


@settings(max_examples=300, deadline=None)
@given(world=worlds())
def test_no_period_holds_more_than_its_cap_unless_flagged(world: World) -> None:
    charge_of = {charge.claim_line_id: charge for charge in world[1]}
    filled: dict[Any, Decimal] = defaultdict(Decimal)
    flagged: dict[Any, Decimal] = defaultdict(Decimal)
    lines = {cover.line_id: cover for cover in world[0]}
    for draw in allocate(*world).draws:
        first: date = charge_of[draw.claim_line_id].first_day
        for cap in lines[draw.line_id].caps:
            period = (draw.line_id, cap, cap.span(first), cap.allowance(first))
            filled[period] += draw.units
            flagged[period] += draw.over
    for period, units in filled.items():
        assert units - flagged[period] <= period[-1]
