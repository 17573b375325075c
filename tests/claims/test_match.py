"""Which rule keeps a claim line from drawing on an authorization (requirements D19 to D28, D36 step 2,
D45)."""

from dataclasses import replace
from decimal import Decimal

import pytest

from authorizations.decisions import Basis
from claims.matching import Cover, Rule, refusal
from tests.claims.cases import PINE, charge, cover, day, key, services, terms


def rule_of(a_cover: Cover, **changes: object) -> Rule | None:
    against = refusal(a_cover, replace(charge("C-1", "03-20"), **changes))  # type: ignore[arg-type]
    return against.rule if against else None


def test_a_line_of_the_same_payer_code_and_day_is_a_candidate() -> None:
    assert rule_of(cover()) is None


def test_another_payers_authorization_is_never_drawn_from() -> None:
    assert rule_of(cover(), payer_id=PINE) is Rule.PAYER


def test_another_program_of_the_same_payer_is_refused_only_where_both_are_known() -> None:
    medicaid, medicare = key("Medicaid"), key("Medicare")
    assert rule_of(cover(program_id=medicaid), program_id=medicare) is Rule.PROGRAM
    assert rule_of(cover(program_id=medicaid), program_id=medicaid) is None
    assert rule_of(cover(program_id=medicaid)) is None
    assert rule_of(cover(), program_id=medicare) is None


def test_another_code_is_refused_and_the_approved_one_is_named() -> None:
    against = refusal(cover(codes=("H2019", "H0032")), charge("C-1", "03-20", code="T1019"))
    assert against is not None
    assert (against.rule, against.facts) == (Rule.CODE, {"expected": "H0032, H2019"})


def test_modifiers_are_compared_as_sets() -> None:
    approved = cover(codes=("H2019 HN GT",))
    assert rule_of(approved, modifiers=frozenset(["GT", "HN"])) is None
    assert rule_of(approved, modifiers=frozenset({"HN"})) is Rule.MODIFIERS
    assert rule_of(approved, modifiers=frozenset({"HN", "GT", "U1"})) is Rule.MODIFIERS


def test_a_line_approved_without_modifiers_takes_any_unless_the_payer_says_otherwise() -> None:
    assert rule_of(cover(), modifiers=frozenset({"HN"})) is None
    strict = cover(no_modifiers_is_any=False)
    assert rule_of(strict, modifiers=frozenset({"HN"})) is Rule.MODIFIERS
    assert rule_of(strict) is None


def test_each_code_of_a_pool_has_its_own_modifiers() -> None:
    pool = cover(codes=("H2019 HN", "H2019 HO", "H0032"))
    assert rule_of(pool, modifiers=frozenset({"HO"})) is None
    assert rule_of(pool, code="H0032", modifiers=frozenset({"HO"})) is None
    against = refusal(pool, charge("C-1", "03-20", modifiers=frozenset({"U1"})))
    assert against is not None
    assert (against.rule, against.facts) == (Rule.MODIFIERS, {"expected": "H2019 HN, H2019 HO"})


def test_another_provider_is_refused_only_where_both_are_known() -> None:
    approved = cover(provider_id=key("Reyes"))
    assert rule_of(approved, provider_id=key("Okafor")) is Rule.PROVIDER
    assert rule_of(approved, provider_id=key("Reyes")) is None
    assert rule_of(approved) is None
    assert rule_of(cover(), provider_id=key("Okafor")) is None


def test_place_of_service_is_exact_but_for_the_two_telehealth_codes() -> None:
    assert rule_of(cover(place="12"), place="11") is Rule.PLACE
    assert rule_of(cover(place="12"), place="12") is None
    assert rule_of(cover(place="02"), place="10") is None
    assert rule_of(cover(place="02"), place="12") is Rule.PLACE


def test_hours_are_never_drawn_from_units() -> None:
    assert rule_of(cover(), quantity_type="hours") is Rule.QUANTITY_TYPE


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        ("02-28", {"days": "1", "side": "before", "edge": "2026-03-01"}),
        ("03-01", None),
        ("03-31", None),
        ("04-01", {"days": "1", "side": "after", "edge": "2026-03-31"}),
        ("04-10", {"days": "10", "side": "after", "edge": "2026-03-31"}),
    ],
)
def test_the_last_day_is_included_and_a_day_outside_is_counted(on: str, expected: dict[str, str] | None) -> None:
    against = refusal(cover(starts="03-01", ends="03-31"), charge("C-1", on))
    assert (None if against is None else (against.rule, against.facts)) == (
        None if expected is None else (Rule.OUTSIDE, expected)
    )


def test_an_open_end_holds_every_later_day() -> None:
    assert rule_of(cover(ends=None), first_day=day("12-31"), last_day=day("12-31")) is None


def test_a_range_that_is_covered_in_part_is_to_be_split() -> None:
    against = refusal(cover(ends="03-31"), charge("C-1", "03-30", to="04-02"))
    assert against is not None
    assert (against.rule, against.facts) == (Rule.PARTLY, {"held": "2", "days": "4"})


def test_a_line_approved_without_a_quantity_cannot_be_drawn_from() -> None:
    assert rule_of(cover(quantity=None, basis=Basis.UNKNOWN)) is Rule.UNKNOWN_QUANTITY
    assert rule_of(cover(quantity=None, basis=Basis.UNLIMITED)) is None


def test_terms_are_those_of_the_version_on_the_service_date() -> None:
    """The line took H2019 in March; from 1 April it takes H2014 instead."""
    line = replace(
        cover(),
        versions=(terms(1), terms(2, in_force_from=day("04-01"), services=services("H2014"))),
    )
    assert rule_of(line) is None
    assert rule_of(line, first_day=day("04-01"), last_day=day("04-01")) is Rule.CODE
    assert rule_of(line, first_day=day("04-01"), last_day=day("04-01"), code="H2014") is None
    assert rule_of(line, first_day=day("03-31"), last_day=day("04-01")) is Rule.PARTLY


def test_service_before_a_cancellation_stays_covered() -> None:
    """Cancelled as of 1 April: that version ends the day before."""
    line = replace(cover(), versions=(terms(1), terms(2, ends="03-31", in_force_from=day("04-01"))))
    assert rule_of(line, first_day=day("03-31"), last_day=day("03-31")) is None
    against = refusal(line, charge("C-1", "04-05"))
    assert against is not None
    assert (against.rule, against.facts["days"]) == (Rule.OUTSIDE, "5")


def test_a_range_across_an_extension_is_covered_by_both_versions() -> None:
    line = replace(
        cover(ends="03-31"),
        versions=(terms(1, ends="03-31"), terms(2, ends="06-30", in_force_from=day("04-01"))),
    )
    assert rule_of(line, first_day=day("03-30"), last_day=day("04-02")) is None


def test_days_before_the_first_version_are_read_by_it() -> None:
    """A retro approval decided on 1 May for services since January, changed to another code on 1 June."""
    changed = terms(2, in_force_from=day("06-01"), services=services("H2014"))
    line = replace(cover(), versions=(terms(1, in_force_from=day("05-01")), changed))
    assert rule_of(line) is None


@pytest.mark.parametrize(("basis", "quantity"), [(Basis.STATED, None), (Basis.UNLIMITED, 5), (Basis.UNKNOWN, 5)])
def test_a_quantity_stands_only_beside_a_basis_that_has_one(basis: Basis, quantity: int | None) -> None:
    with pytest.raises(ValueError, match="basis"):
        cover(quantity=quantity, basis=basis)


def test_versions_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="ascending"):
        replace(cover(), versions=(terms(2), terms(1)))


def test_a_line_answers_to_the_payers_number_of_the_day_and_to_the_authorizations() -> None:
    line = replace(
        cover(numbers=frozenset({"AUTH-9"})),
        versions=(
            terms(1, certification_number="0042"),
            terms(2, certification_number="0043", in_force_from=day("04-01")),
        ),
    )
    assert line.answers_to("AUTH-9", day("03-20"))
    assert line.answers_to("0042", day("03-20"))
    assert not line.answers_to("0043", day("03-20"))
    assert line.answers_to("0043", day("04-01"))
    assert not line.answers_to("42", day("03-20"))


def test_nothing_approved_is_zero_and_not_unknown() -> None:
    assert cover(quantity=0).quantity == Decimal(0)
    assert rule_of(cover(quantity=0)) is None
