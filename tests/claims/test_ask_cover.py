"""Would it be covered: the answer before a service is what the claim draws after it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authorizations.decisions import Basis, CapPeriod
from claims.allocation import Opening, Reason, allocate
from claims.caps import Cap
from claims.covering import Question, ask
from claims.matching import Cover, Rule
from tests.claims.cases import AETHER, PINE, charge, cover, day, key
from tests.claims.test_allocate_properties import CODES, FIRST, World, worlds


def question(on: str = "03-10", **changes: Any) -> Question:
    return Question(**{"payer_id": AETHER, "program_id": None, "code": "H2019", "on": day(on), **changes})


def test_the_answer_names_what_is_left_and_what_the_week_still_allows() -> None:
    weekly = Cap(CapPeriod.WEEK, Decimal(40), day("01-01"), week_start=7)
    held = cover("PA-000001", 100, caps=(weekly,))
    earlier = [charge("C-1", "03-09", 28), charge("C-2", "02-02", 10)]
    found = ask(question(units=Decimal(12)), [held], earlier, [Opening(held.line_id, Decimal(20))])
    assert found.drawn is not None
    assert (found.drawn.left, found.drawn.ends_on) == (Decimal(42), day("06-30"))
    (week,) = found.drawn.allowances
    assert (week.first, week.last, week.used, week.left) == (day("03-08"), day("03-14"), Decimal(28), Decimal(12))
    assert found.why == "Only cover for this service on this date."
    over = ask(question(units=Decimal(13)), [held], earlier)
    assert over.drawn is None
    assert over.reason is Reason.NO_ROOM
    assert over.refusals == ["PA-000001 line 1: has 12 of 13 in the week"]


@pytest.mark.parametrize(
    ("held", "asked", "rule"),
    [
        (cover(payer_id=PINE), {}, Rule.PAYER),
        (cover(codes=("H2014",)), {}, Rule.CODE),
        (cover(codes=("H2019 HN",)), {"modifiers": frozenset({"HO"})}, Rule.MODIFIERS),
        (cover(place="12"), {"place": "11"}, Rule.PLACE),
        (cover(provider_id=key("one")), {"provider_id": key("other")}, Rule.PROVIDER),
        (cover(ends="03-09"), {}, Rule.OUTSIDE),
        (cover(starts="03-11"), {}, Rule.OUTSIDE),
        (cover(quantity=None, basis=Basis.UNKNOWN), {}, Rule.UNKNOWN_QUANTITY),
        (cover(quantity=0), {}, Rule.NO_ROOM),
    ],
)
def test_every_line_looked_at_says_why_not(held: Cover, asked: dict[str, Any], rule: Rule) -> None:
    found = ask(question(**asked), [held], [])
    assert found.drawn is None
    assert [miss.rule for miss in found.outcome.refused] == [rule]
    assert len(found.refusals) == 1


def test_what_is_not_counted_in_units_is_asked_for_as_it_is_counted() -> None:
    hours = cover(quantity_type="hours", quantity=10)
    found = ask(question(), [hours], [])
    assert found.drawn is not None
    assert found.drawn.left == Decimal(10)
    visits = ask(question(quantity_type="visits"), [hours], [])
    assert visits.reason is Reason.MISMATCH


def test_a_service_before_others_that_are_counted_already_says_what_it_pushes_out() -> None:
    held = cover("PA-000001", 10)
    later = [charge("C-1", "05-01", 8)]
    found = ask(question(units=Decimal(5)), [held], later)
    assert found.drawn is not None
    assert (found.drawn.left, found.displaced) == (Decimal(2), Decimal(3))
    assert ask(question(units=Decimal(2)), [held], later).displaced == 0


@given(worlds(), st.integers(0, 60), st.integers(1, 24), st.sampled_from(CODES), st.sampled_from([None, "11", "12"]))
@settings(max_examples=150, deadline=None)
def test_the_answer_is_what_the_claim_draws(
    world: World, offset: int, units: int, code: str, place: str | None
) -> None:
    """A claim posted afterwards, last on its day, draws from the line that was named, or is over where none was."""
    covers, charges, openings = world
    asked = question(units=Decimal(units), code=code, place=place, quantity_type="units")
    asked = replace(asked, on=FIRST + timedelta(days=offset))
    found = ask(asked, covers, charges, openings)
    posted = charge(
        "Z-999", f"{asked.on:%m-%d}", units, code=code, place=place, at=found.outcome.charge.at, modifiers=frozenset()
    )
    posted = replace(posted, duplicate_verdict=found.outcome.charge.duplicate_verdict)
    became = allocate(covers, [*charges, posted], openings).outcomes
    drawn = next(outcome for outcome in became if outcome.charge is posted).draws
    if found.drawn is not None:
        assert [(draw.line_id, draw.units, draw.over) for draw in drawn] == [
            (found.drawn.cover.line_id, Decimal(units), Decimal(0))
        ]
        assert found.drawn.room.holds(Decimal(units))
    else:
        assert all(draw.over > 0 for draw in drawn)
        assert bool(drawn) == bool(found.candidates)
