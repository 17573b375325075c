"""Which authorization each claim line draws from, and what is said when it draws nothing (requirements D36 to
D45)."""

from dataclasses import replace
from datetime import time
from decimal import Decimal

import pytest

from authorizations.decisions import Basis
from authorizations.decisions import CapPeriod as Period
from claims.allocation import Allocation, Opening, Outcome, Reason, allocate
from claims.caps import Cap
from claims.matching import Charge, Cover, DuplicateVerdict, Hold, Rule
from tests.claims.cases import AETHER, PINE, charge, cover, day, drawn, key, pieces, terms

A, B, C = "PA-000001", "PA-000002", "PA-000003"


def only(allocation: Allocation) -> Outcome:
    (outcome,) = allocation.outcomes
    return outcome


def refusals(outcome: Outcome) -> dict[str, Rule]:
    return {refused.authorization_number: refused.rule for refused in outcome.refused}


def test_a_claim_draws_its_units_from_the_only_cover() -> None:
    outcome = only(allocate([cover(A)], [charge("C-1", "03-20", 40)]))
    assert outcome.reason is Reason.ONLY_COVER
    assert pieces(outcome) == [(A, "40", "0")]


@pytest.mark.parametrize(
    ("live", "used"),
    [([charge("C-1", "03-20", 40)], 40), ([charge("C-1", "03-20", 32)], 32), ([], 0)],
    ids=["posted", "replaced", "voided"],
)
def test_only_the_live_version_of_a_claim_draws(live: list[Charge], used: int) -> None:
    """Example 1: 40 units, replaced by 32, the replacement voided."""
    assert sum(draw.units for draw in allocate([cover(A)], live).draws) == used


class TestExampleTwo:
    """A ends 31 March with 5 units left, B ends 30 June with 80; 8 units of H2014 on 20 March."""

    covers = (cover(A, 5, ends="03-31", codes=("H2014",)), cover(B, 80, codes=("H2014",)))
    claimed = charge("C-1", "03-20", 8, code="H2014")

    def test_without_consent_to_split_the_whole_line_is_drawn_from_the_first_with_room(self) -> None:
        outcome = only(allocate(self.covers, [self.claimed]))
        assert outcome.reason is Reason.FIRST_WITH_ROOM
        assert pieces(outcome) == [(B, "8", "0")]
        (refused,) = outcome.refused
        assert (refused.authorization_number, refused.rule) == (A, Rule.NO_ROOM)
        assert refused.facts == {"left": "5", "asked": "8", "limit": "total"}

    def test_with_consent_the_line_is_split_over_both(self) -> None:
        outcome = only(allocate(self.covers, [replace(self.claimed, split_allowed=True)]))
        assert outcome.reason is Reason.SPLIT
        assert pieces(outcome) == [(A, "5", "0"), (B, "3", "0")]

    def test_consent_alone_does_not_split_what_the_first_holds(self) -> None:
        small = replace(self.claimed, units=Decimal(5), split_allowed=True)
        outcome = only(allocate(self.covers, [small]))
        assert (pieces(outcome), outcome.reason) == ([(A, "5", "0")], Reason.FIRST_IN_ORDER)

    def test_a_line_too_large_for_both_is_not_split_but_drawn_whole(self) -> None:
        large = replace(self.claimed, units=Decimal(86), split_allowed=True)
        assert drawn(allocate(self.covers, [large])) == {"C-1": [(A, "86", "81")]}


def test_a_month_cap_is_exceeded_though_the_total_has_room() -> None:
    """Example 7: 80 in total, 40 a month; 50 claimed in the first month are over by 10."""
    monthly = Cap(Period.MONTH, Decimal(40), day("01-01"))
    line = cover(A, 80, ends="02-28", caps=(monthly,))
    allocation = allocate([line], [charge(f"C-{number}", f"01-{10 + number}", 10) for number in range(1, 6)])
    assert drawn(allocation)["C-4"] == [(A, "10", "0")]
    assert drawn(allocation)["C-5"] == [(A, "10", "10")]
    assert allocation.outcomes[-1].facts == {"limit": "month", "from": "2026-01-01", "to": "2026-01-31"}


def test_a_service_must_pass_the_total_and_each_cap() -> None:
    weekly = Cap(Period.WEEK, Decimal(10), day("01-01"), week_start=7)
    daily = Cap(Period.DAY, Decimal(4), day("01-01"))
    covers = [cover(A, 100, ends="03-31", caps=(weekly, daily)), cover(B, 100)]
    claims = [charge("C-1", "01-05", 4), charge("C-2", "01-05", 1), charge("C-3", "01-06", 4)]
    claims += [charge("C-4", "01-07", 3), charge("C-5", "01-11", 4)]
    assert {claim: where[0][0] for claim, where in drawn(allocate(covers, claims)).items()} == {
        "C-1": A,
        "C-2": B,  # the day is full
        "C-3": A,
        "C-4": B,  # 2 left of the week
        "C-5": A,  # Sunday begins another week
    }


def test_a_range_counts_in_the_period_of_its_first_day() -> None:
    weekly = Cap(Period.WEEK, Decimal(10), day("01-01"), week_start=7)
    claims = [charge("C-1", "01-09", 10, to="01-12"), charge("C-2", "01-12", 10)]
    assert drawn(allocate([cover(A, caps=(weekly,))], claims)) == {
        "C-1": [(A, "10", "0")],
        "C-2": [(A, "10", "0")],
    }


@pytest.mark.parametrize(
    ("others", "rule"),
    [
        (cover(B, codes=("H2019", "H0032"), ends="02-28"), Rule.POOL),
        (cover(B, ends="07-31"), Rule.ENDS_LATER),
        (cover(B, starts="01-15"), Rule.STARTS_LATER),
        (cover(B), Rule.HIGHER_NUMBER),
    ],
)
def test_candidates_come_in_the_order_of_d36(others: Cover, rule: Rule) -> None:
    outcome = only(allocate([others, cover(A)], [charge("C-1", "02-20")]))
    assert outcome.reason is Reason.FIRST_IN_ORDER
    assert outcome.draws[0].line_id == key(f"{A}/1")
    assert refusals(outcome) == {B: rule}


def test_numbers_that_grew_a_digit_still_come_in_order() -> None:
    outcome = only(allocate([cover("PA-1000000"), cover("PA-999999")], [charge("C-1", "02-20")]))
    assert outcome.draws[0].line_id == key("PA-999999/1")


def test_two_lines_of_one_authorization_come_by_line_number() -> None:
    lines = [cover(A, line_number=2), cover(A, line_number=1)]
    assert drawn(allocate(lines, [charge("C-1", "02-20")])) == {"C-1": [(A, "8", "0")]}


def test_the_order_of_a_candidate_is_that_of_its_terms_on_the_service_date() -> None:
    """B was extended in April to end after A; on a day in March it still ended before."""
    extended = replace(cover(B), versions=(terms(1, ends="05-31"), terms(2, ends="12-31", in_force_from=day("04-01"))))
    claims = [charge("C-1", "03-20"), charge("C-2", "04-20")]
    assert drawn(allocate([cover(A), extended], claims)) == {"C-1": [(B, "8", "0")], "C-2": [(A, "8", "0")]}


def test_a_line_billed_with_a_valid_number_draws_from_it_before_earlier_services() -> None:
    covers = [cover(A, 10, ends="03-31", certification_number="0042"), cover(B, 80)]
    claims = [charge("C-1", "01-05", 8), charge("C-2", "03-20", 8, billed_number="0042")]
    allocation = allocate(covers, claims)
    assert drawn(allocation) == {"C-2": [(A, "8", "0")], "C-1": [(B, "8", "0")]}
    assert allocation.outcomes[0].reason is Reason.BILLED_NUMBER
    assert refusals(allocation.outcomes[0]) == {B: Rule.NOT_THE_BILLED_NUMBER}


def test_a_billed_number_without_room_is_still_drawn_from_and_over() -> None:
    covers = [cover(A, 5, certification_number="0042"), cover(B, 80)]
    outcome = only(allocate(covers, [charge("C-1", "03-20", 8, billed_number="0042")]))
    assert pieces(outcome) == [(A, "8", "3")]


def test_a_number_that_is_not_valid_on_the_date_is_flagged_and_the_line_matched() -> None:
    covers = [cover(A, ends="03-31", certification_number="0042"), cover(B)]
    outcome = only(allocate(covers, [charge("C-1", "04-02", billed_number="0042")]))
    assert outcome.number_refused
    assert outcome.draws[0].line_id == key(f"{B}/1")
    assert not only(allocate(covers, [charge("C-1", "03-02", billed_number="0042")])).number_refused


def test_a_line_pinned_by_a_person_draws_there_after_the_billed_numbers() -> None:
    covers = [cover(A, 10, ends="03-31", certification_number="0042"), cover(B, 80)]
    claims = [
        charge("C-1", "01-05", 8),
        charge("C-2", "03-20", 8, pinned_line_id=key(f"{A}/1")),
        charge("C-3", "03-21", 8, pinned_line_id=key(f"{A}/1"), billed_number="0042"),
    ]
    allocation = allocate(covers, claims)
    assert drawn(allocation) == {"C-3": [(A, "8", "0")], "C-2": [(A, "8", "6")], "C-1": [(B, "8", "0")]}
    assert [outcome.reason for outcome in allocation.outcomes][1] is Reason.PINNED
    assert refusals(allocation.outcomes[1]) == {B: Rule.NOT_THE_PINNED_LINE}


def test_a_pin_on_a_line_that_does_not_cover_is_flagged_and_the_line_matched() -> None:
    covers = [cover(A, ends="03-31"), cover(B)]
    outcome = only(allocate(covers, [charge("C-1", "04-02", pinned_line_id=key(f"{A}/1"))]))
    assert outcome.pin_refused
    assert outcome.draws[0].line_id == key(f"{B}/1")


def test_services_are_drawn_by_date_time_claim_number_and_line() -> None:
    claims = [
        charge("C-9", "03-19"),
        charge("C-3", "03-20", at=time(8)),
        charge("C-1", "03-20", at=time(9)),
        charge("C-2", "03-20", at=time(9), line_number=1),
        charge("C-2", "03-20", at=time(9), line_number=2, code="H0032"),
        charge("C-0", "03-21"),
    ]
    allocation = allocate([cover(A, codes=("H2019", "H0032"))], list(reversed(claims)))
    assert [outcome.charge for outcome in allocation.outcomes] == claims


def test_a_claims_second_line_is_drawn_before_the_next_claims_first() -> None:
    claims = [charge("C-2", "03-20", 5, line_number=1), charge("C-1", "03-20", 6, line_number=2)]
    assert [outcome.charge.claim_number for outcome in allocate([cover(A)], claims).outcomes] == ["C-1", "C-2"]


def test_of_limits_reached_together_the_total_is_named() -> None:
    monthly = Cap(Period.MONTH, Decimal(5), day("01-01"))
    assert only(allocate([cover(A, 5, caps=(monthly,))], [charge("C-1", "03-20", 8)])).facts == {"limit": "total"}


def test_a_billed_line_that_finds_no_room_is_drawn_whole_from_the_first_and_over() -> None:
    covers = [cover(A, 5, ends="03-31"), cover(B, 6)]
    outcome = only(allocate(covers, [charge("C-1", "03-20", 8)]))
    assert outcome.reason is Reason.NONE_HAS_ROOM
    assert pieces(outcome) == [(A, "8", "3")]
    assert refusals(outcome) == {B: Rule.NO_ROOM}
    assert outcome.facts == {"limit": "total"}


def test_a_line_already_over_is_over_by_all_that_follows() -> None:
    claims = [charge("C-1", "03-20", 8), charge("C-2", "03-21", 4)]
    assert drawn(allocate([cover(A, 5)], claims)) == {"C-1": [(A, "8", "3")], "C-2": [(A, "4", "4")]}


def test_a_charge_that_is_not_billed_never_draws_too_much() -> None:
    outcome = only(allocate([cover(A, 5)], [charge("C-1", "03-20", 8, billed=False)]))
    assert (outcome.draws, outcome.reason) == ((), Reason.NO_ROOM)
    assert refusals(outcome) == {A: Rule.NO_ROOM}
    assert drawn(allocate([cover(A, 8)], [charge("C-1", "03-20", 8, billed=False)])) == {"C-1": [(A, "8", "0")]}


def test_an_unlimited_line_always_has_room() -> None:
    line = cover(A, None, basis=Basis.UNLIMITED)
    assert drawn(allocate([line], [charge("C-1", "03-20", 5000)])) == {"C-1": [(A, "5000", "0")]}


def test_units_used_before_we_counted_take_their_room() -> None:
    opening = Opening(key(f"{A}/1"), Decimal(95))
    assert drawn(allocate([cover(A)], [charge("C-1", "03-20", 8)], [opening])) == {"C-1": [(A, "8", "3")]}


def test_a_pool_is_shared_and_drawn_after_a_line_of_its_own() -> None:
    pool = cover(B, 10, codes=("H2019", "H0032"), ends="03-31")
    claims = [charge("C-1", "03-01", 6), charge("C-2", "03-02", 6), charge("C-3", "03-03", 6, code="H0032")]
    assert drawn(allocate([pool, cover(A, 8)], claims)) == {
        "C-1": [(A, "6", "0")],
        "C-2": [(B, "6", "0")],
        "C-3": [(B, "6", "2")],
    }


class TestDuplicates:
    """Equal member, payer, provider, code, modifiers, date, units and unit under another claim number
    (D43)."""

    first = charge("C-1", "03-20")
    second = charge("C-2", "03-20")

    def test_they_draw_once_until_a_person_decides(self) -> None:
        allocation = allocate([cover(A)], [self.second, self.first])
        assert drawn(allocation) == {"C-1": [(A, "8", "0")], "C-2": []}
        assert allocation.outcomes[1].reason is Reason.DUPLICATE
        assert allocation.outcomes[1].facts == {"claim": "C-1", "line": "1"}

    def test_a_line_found_distinct_draws(self) -> None:
        distinct = replace(self.second, duplicate_verdict=DuplicateVerdict.DISTINCT)
        assert drawn(allocate([cover(A)], [self.first, distinct])) == {
            "C-1": [(A, "8", "0")],
            "C-2": [(A, "8", "0")],
        }

    def test_a_line_found_distinct_makes_no_duplicate_of_the_other(self) -> None:
        distinct = replace(self.first, duplicate_verdict=DuplicateVerdict.DISTINCT)
        assert drawn(allocate([cover(A)], [distinct, self.second]))["C-2"] == [(A, "8", "0")]

    def test_a_line_found_a_duplicate_draws_nothing(self) -> None:
        twin = replace(self.second, duplicate_verdict=DuplicateVerdict.DUPLICATE)
        assert drawn(allocate([cover(A)], [twin])) == {"C-2": []}

    def test_equal_lines_of_one_claim_are_not_duplicates(self) -> None:
        again = charge("C-1", "03-20", line_number=2)
        assert [draw.units for draw in allocate([cover(A)], [self.first, again]).draws] == [8, 8]

    def test_the_one_that_draws_is_the_one_that_can(self) -> None:
        elsewhere = replace(self.first, place="11")
        assert drawn(allocate([cover(A, place="12")], [elsewhere, replace(self.second, place="12")])) == {
            "C-1": [],
            "C-2": [(A, "8", "0")],
        }

    def test_a_charge_that_did_not_draw_makes_no_duplicate_of_the_billed_one(self) -> None:
        waiting = replace(self.first, billed=False)
        assert drawn(allocate([cover(A, 5)], [waiting, self.second])) == {"C-1": [], "C-2": [(A, "8", "3")]}

    @pytest.mark.parametrize(
        "other", [{"units": Decimal(7)}, {"modifiers": frozenset({"HN"})}, {"provider_id": key("Reyes")}]
    )
    def test_lines_that_differ_are_not_duplicates(self, other: dict[str, object]) -> None:
        different = replace(self.second, **other)  # type: ignore[arg-type]
        assert all(outcome.draws for outcome in allocate([cover(A)], [self.first, different]).outcomes)


@pytest.mark.parametrize(("hold", "reason"), [(Hold.DENIED, Reason.DENIED), (Hold.PARKED, Reason.PARKED)])
def test_denied_and_parked_lines_draw_nothing(hold: Hold, reason: Reason) -> None:
    outcome = only(allocate([cover(A)], [charge("C-1", "03-20", hold=hold)]))
    assert (outcome.draws, outcome.reason) == ((), reason)


@pytest.mark.parametrize(
    ("covers", "claimed", "reason", "facts"),
    [
        ([], charge("C-1", "03-20"), Reason.NO_COVER, {}),
        (
            [cover(A, payer_id=PINE)],
            charge("C-1", "03-20"),
            Reason.OTHER_PAYER,
            {"rule": "payer", "authorization": A},
        ),
        (
            [cover(A, codes=("H2014",)), cover(B, payer_id=PINE)],
            charge("C-1", "03-20"),
            Reason.NO_COVER_FOR_CODE,
            {"rule": "code", "authorization": A, "expected": "H2014"},
        ),
        (
            [cover(A, place="12"), cover(B, codes=("H2014",))],
            charge("C-1", "03-20", place="11"),
            Reason.MISMATCH,
            {"rule": "place", "authorization": A, "expected": "12"},
        ),
        (
            [cover(A, ends="02-28"), cover(B, ends="03-18"), cover(C, place="12")],
            charge("C-1", "03-20", place="11"),
            Reason.OUTSIDE,
            {"rule": "outside", "authorization": B, "days": "2", "side": "after", "edge": "2026-03-18"},
        ),
        (
            [cover(A, ends="03-31"), cover(B, starts="04-01")],
            charge("C-1", "03-30", to="04-03"),
            Reason.SPLIT_THIS_LINE,
            {"rule": "partly", "authorization": A, "held": "2", "days": "5"},
        ),
        (
            [cover(A, None, basis=Basis.UNKNOWN), cover(B, ends="02-28")],
            charge("C-1", "03-20"),
            Reason.UNKNOWN_QUANTITY,
            {"rule": "unknown_quantity", "authorization": A},
        ),
    ],
)
def test_a_line_that_draws_nothing_says_why_by_the_nearest_miss(
    covers: list[Cover], claimed: Charge, reason: Reason, facts: dict[str, str]
) -> None:
    outcome = only(allocate(covers, [claimed]))
    assert (outcome.draws, outcome.reason, outcome.facts) == ((), reason, facts)
    assert len(outcome.refused) == len(covers)


def test_each_payers_claim_draws_only_from_that_payer() -> None:
    """Secondary payers have authorizations of their own (D45), even where claim numbers are equal."""
    claims = [charge("C-1", "03-20", payer_id=PINE), charge("C-1", "03-20", payer_id=AETHER)]
    allocation = allocate([cover(A), cover(B, payer_id=PINE)], claims)
    assert [(outcome.charge.payer_id, outcome.draws[0].line_id) for outcome in allocation.outcomes] == [
        (payer, line)
        for payer, line in sorted([(PINE, key(f"{B}/1")), (AETHER, key(f"{A}/1"))], key=lambda pair: str(pair[0]))
    ]
