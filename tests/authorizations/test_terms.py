"""The terms an answer makes: how much, of what, from when, until when."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from authorizations.decisions import Basis, CapPeriod, CapTerms, LineAnswer, LineOutcome
from authorizations.terms import AskedTerms, CodeTerms, LineTerms, cut, granted, same_terms

JAN, MAR_END, JUN_END = date(2026, 1, 1), date(2026, 3, 31), date(2026, 6, 30)
MAR = date(2026, 3, 1)
WEEKLY = CapTerms(CapPeriod.WEEK, Decimal(10))
ASKED = AskedTerms(
    codes=(CodeTerms("H2019", modifiers=("HO",)),),
    quantity_type="units",
    quantity=Decimal(80),
    starts_on=JAN,
    ends_on=MAR_END,
    unit_minutes=15,
    caps=(WEEKLY,),
)
APPROVED = LineAnswer(1, LineOutcome.APPROVED)
STANDING = granted(APPROVED, ASKED, None, day=JAN)


def test_approved_without_a_quantity_is_as_requested() -> None:
    assert (STANDING.quantity, STANDING.basis, STANDING.caps) == (Decimal(80), Basis.AS_REQUESTED, (WEEKLY,))
    assert (STANDING.starts_on, STANDING.ends_on, STANDING.unit_minutes) == (JAN, MAR_END, 15)


def test_quantity_of_the_payer_is_taken_even_when_it_is_more_than_asked() -> None:
    more = granted(replace(APPROVED, quantity=Decimal(100)), ASKED, None, day=JAN)
    assert (more.quantity, more.basis, more.caps) == (Decimal(100), Basis.STATED, ())


def test_modified_without_a_quantity_is_unknown_and_not_the_request() -> None:
    terms = granted(LineAnswer(1, LineOutcome.MODIFIED, ends_on=JUN_END), ASKED, None, day=JAN)
    assert (terms.quantity, terms.basis, terms.ends_on) == (None, Basis.UNKNOWN, JUN_END)


def test_modified_dates_leave_the_quantity_in_force() -> None:
    terms = granted(LineAnswer(1, LineOutcome.MODIFIED, ends_on=JUN_END), ASKED, STANDING, day=MAR)
    assert (terms.quantity, terms.starts_on, terms.ends_on) == (Decimal(80), JAN, JUN_END)
    assert granted(LineAnswer(1, LineOutcome.MODIFIED), ASKED, STANDING, day=MAR).basis is Basis.UNKNOWN


def test_unlimited_has_no_quantity() -> None:
    terms = granted(replace(APPROVED, basis=Basis.UNLIMITED, quantity=Decimal(9)), ASKED, None, day=JAN)
    assert (terms.quantity, terms.basis, terms.caps) == (None, Basis.UNLIMITED, ())


def test_approval_of_a_later_message_without_a_quantity_leaves_what_stands() -> None:
    reduced = replace(STANDING, quantity=Decimal(40), basis=Basis.STATED)
    assert granted(APPROVED, ASKED, reduced, day=MAR).quantity == Decimal(40)
    as_requested = replace(APPROVED, basis=Basis.AS_REQUESTED)
    assert granted(as_requested, ASKED, reduced, day=MAR).quantity == Decimal(80)


def test_other_code_holds_from_its_date_so_that_earlier_services_keep_theirs() -> None:
    terms = granted(LineAnswer(1, LineOutcome.APPROVED, code="H2014"), ASKED, STANDING, day=MAR)
    assert (terms.codes, terms.starts_on) == ((CodeTerms("H2014"),), MAR)
    first = granted(LineAnswer(1, LineOutcome.APPROVED, code="H2014"), ASKED, None, day=MAR)
    assert first.starts_on == JAN


def test_same_code_keeps_its_modifiers_unless_the_payer_names_others() -> None:
    same = granted(LineAnswer(1, LineOutcome.APPROVED, code="H2019"), ASKED, None, day=JAN)
    assert same.codes == ASKED.codes
    bare = granted(LineAnswer(1, LineOutcome.APPROVED, modifiers=()), ASKED, None, day=JAN)
    assert bare.codes == (CodeTerms("H2019"),)


def test_code_of_a_pool_leaves_the_pool() -> None:
    pool = replace(ASKED, codes=(CodeTerms("H2019"), CodeTerms("H2014")))
    assert granted(LineAnswer(1, LineOutcome.APPROVED, code="H2014"), pool, None, day=JAN).codes == pool.codes


def test_number_dates_and_provider_of_the_payer_win() -> None:
    provider = UUID(int=7)
    answer = replace(APPROVED, certification_number="A7", starts_on=MAR, ends_on=JUN_END)
    terms = granted(answer, ASKED, STANDING, day=JAN, provider_id=provider)
    assert (terms.certification_number, terms.starts_on, terms.ends_on) == ("A7", MAR, JUN_END)
    assert terms.provider_id == provider


def test_cut_ends_cover_the_day_before() -> None:
    ended = cut(STANDING, MAR, LineOutcome.CANCELLED)
    assert (ended.starts_on, ended.ends_on, ended.quantity) == (JAN, date(2026, 2, 28), Decimal(80))
    assert not ended.holds_on_or_after(MAR)
    assert ended.holds_on_or_after(date(2026, 2, 28))


def test_cut_after_the_end_lengthens_nothing() -> None:
    assert cut(STANDING, date(2026, 7, 1), LineOutcome.CANCELLED).ends_on == MAR_END
    endless = replace(STANDING, ends_on=None)
    assert cut(endless, MAR, LineOutcome.CANCELLED).ends_on == date(2026, 2, 28)


def test_cut_before_the_beginning_leaves_no_day() -> None:
    ended = cut(STANDING, JAN, LineOutcome.DENIED)
    assert ended.is_empty
    assert (ended.starts_on, ended.ends_on) == (JAN, date(2025, 12, 31))
    assert not ended.holds_on_or_after(date(2025, 1, 1))


def test_cut_of_a_later_version_leaves_the_days_before_it_to_older_ones() -> None:
    extension: LineTerms = replace(STANDING, starts_on=date(2026, 4, 1), ends_on=JUN_END)
    ended = cut(extension, MAR, LineOutcome.CANCELLED)
    assert (ended.starts_on, ended.is_empty) == (MAR, True)


def test_how_we_know_a_quantity_makes_no_other_terms() -> None:
    assert same_terms(STANDING, replace(STANDING, basis=Basis.STATED, outcome=LineOutcome.MODIFIED))
    assert not same_terms(STANDING, replace(STANDING, quantity=Decimal(79)))
    assert not same_terms(STANDING, replace(STANDING, certification_number="B2"))
    assert not same_terms(STANDING, replace(STANDING, basis=Basis.UNLIMITED))
