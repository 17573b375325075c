"""What allocation is given of a member: every term of every version, every line of every live claim, every choice."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from authorizations.decisions import Basis, CapPeriod, CapTerms, LineOutcome
from authorizations.models import Authorization, LedgerEntry, OpeningBalance, ServiceLine
from claims import queries
from claims.caps import Cap
from claims.matching import Charge, Cover, DuplicateVerdict, Hold, Service
from claims.models import Choice, Claim, ClaimLine, ClaimVersion
from claims.services import reallocate_member, replace_claim, void_claim
from payers.models import ProgramRules
from tenancy.ids import uuid7
from tests.cast import NOW, House, make_coverage, make_member
from tests.claims.stage import WORKER, authorize, bill, change_terms, code_terms, day, post, used


def cover_of(house: House) -> Cover:
    (line,) = queries.lines_in_force(house.member.id)
    return line.cover


def charge_of(house: House) -> Charge:
    (charge,) = queries.live_charges(house.member.id)
    return charge


def choose(claim: Claim, kind: Choice.Kind, **fields: Any) -> None:
    choice = Choice(claim=claim, line_number=1, kind=kind, chosen_at=NOW, chosen_by="Biller", **fields)
    choice.save(force_insert=True)


def test_a_line_is_read_with_all_its_terms(in_north: House) -> None:
    case = authorize(in_north, ("H2019 HN,H0032", 100), number="AUTH-1")
    Authorization.objects.filter(id=case.id).update(place_of_service="12")
    change_terms(case, certification_number="AUTH-1-A", provider_id=in_north.clinician.id)
    cover = cover_of(in_north)
    assert (cover.authorization_number, cover.line_number) == (case.number, 1)
    assert (cover.payer_id, cover.program_id) == (in_north.payer.id, in_north.electronic.id)
    assert (cover.basis, cover.quantity, cover.quantity_type) == (Basis.STATED, Decimal(100), "units")
    first, second = cover.versions
    assert (first.starts_on, first.ends_on) == (day("01-01"), day("06-30"))
    assert first.services == {Service("H2019", frozenset({"HN"})), Service("H0032")}
    assert (first.place, first.provider_id) == ("12", None)
    assert (second.provider_id, second.certification_number) == (in_north.clinician.id, "AUTH-1-A")
    assert cover.answers_to("AUTH-1", day("03-01"))
    assert cover.answers_to("AUTH-1-A", day("03-01"))
    assert not cover.answers_to("AUTH-2", day("03-01"))


def test_another_code_holds_from_its_day_and_the_first_before_it(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100))
    change_terms(case, codes=(code_terms("H2014"),), starts_on=day("04-01"), quantity=Decimal(40))
    cover = cover_of(in_north)
    assert cover.terms_on(day("03-31")).services == {Service("H2019")}
    assert cover.terms_on(day("04-01")).services == {Service("H2014")}
    assert cover.quantity == 40


@pytest.mark.parametrize(("of_program", "counted_from"), [(None, 7), (1, 1)])
def test_a_cap_follows_the_rules_of_the_program_and_the_organization(
    in_north: House, of_program: int | None, counted_from: int
) -> None:
    rules = ProgramRules.objects.get(program=in_north.electronic)
    rules.week_start, rules.prorate_partial_periods, rules.empty_modifiers_cover_any = of_program, True, False
    rules.save()
    case = authorize(in_north, ("H2019", 100))
    caps = (CapTerms(CapPeriod.WEEK, Decimal(12)),)
    change_terms(case, caps=caps, starts_on=day("02-01"), ends_on=day("05-31"))
    cover = cover_of(in_north)
    assert cover.caps == (
        Cap(CapPeriod.WEEK, Decimal(12), day("01-01"), day("05-31"), week_start=counted_from, prorate=True),
    )
    assert not cover.no_modifiers_is_any


def test_the_rules_are_those_of_the_day_the_version_begins(in_north: House) -> None:
    """Until 31 January and from 1 March modifiers count strictly; between them no rule stands."""
    rules = ProgramRules.objects.get(program=in_north.electronic)
    rules.ends_on, rules.empty_modifiers_cover_any = day("01-31"), False
    rules.save()
    later = {"authorization_workflow": rules.authorization_workflow, "empty_modifiers_cover_any": False}
    ProgramRules(program=in_north.electronic, starts_on=day("03-01"), **later).save()
    case = authorize(in_north, ("H2019", 100), starts="01-31")
    assert not cover_of(in_north).no_modifiers_is_any
    change_terms(case, starts_on=day("02-01"))
    assert cover_of(in_north).no_modifiers_is_any
    change_terms(case, starts_on=day("03-01"))
    assert not cover_of(in_north).no_modifiers_is_any


def test_a_line_for_which_nothing_is_required_is_not_drawn_from(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100))
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    change_terms(case, outcome=LineOutcome.NOT_REQUIRED)
    assert queries.lines_in_force(in_north.member.id) == []
    reallocate_member(in_north.member.id, actor=WORKER, now=NOW)
    assert used(case) == 0
    assert LedgerEntry.objects.filter(claim_id=claim.id).latest("sequence").reason["now"]["reason"] == "no_cover"
    case.refresh_from_db()
    assert case.tight_used == 0


def test_the_latest_opening_balance_counts(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100))
    line = ServiceLine.objects.get(authorization=case)
    for hours, quantity in ((0, 30), (1, 25)):
        balance = OpeningBalance(line=line, quantity=quantity, as_of=day(f"02-0{hours + 1}"), evidence="letter")
        balance.recorded_by, balance.recorded_at = "Specialist", NOW + timedelta(hours=hours)
        balance.save(force_insert=True)
    (read,) = queries.lines_in_force(in_north.member.id)
    assert read.opening is not None
    assert (read.opening.units, read.opening_day) == (Decimal(25), day("02-02"))


def test_a_billed_line_is_read_as_it_was_billed(in_north: House) -> None:
    line = bill("H2019 HN GT", "03-20", "1.25", "03-21", quantity_type="hours", billed_number="0042")
    line = replace(line, billed=False, provider_id=in_north.clinician.id)
    line = replace(line, place_of_service="12", service_time=time(9, 30))
    claim = post(in_north, line, number="C-1").claim
    charge = charge_of(in_north)
    assert (charge.claim_id, charge.claim_number, charge.line_number) == (claim.id, "C-1", 1)
    assert (charge.payer_id, charge.program_id) == (in_north.payer.id, in_north.electronic.id)
    assert (charge.code, charge.modifiers) == ("H2019", frozenset({"HN", "GT"}))
    assert (charge.first_day, charge.last_day, charge.at) == (day("03-20"), day("03-21"), time(9, 30))
    assert (charge.units, charge.quantity_type) == (Decimal("1.25"), "hours")
    assert (charge.provider_id, charge.place) == (in_north.clinician.id, "12")
    assert (charge.billed, charge.billed_number, charge.hold) == (False, "0042", None)
    assert (charge.pinned_line_id, charge.split_allowed, charge.duplicate_verdict) == (None, False, None)


def test_only_the_last_version_of_a_live_claim_is_read(in_north: House) -> None:
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    gone = post(in_north, bill("H2019", "03-21", 8)).claim
    elsewhere = make_coverage(make_member(), in_north.electronic)
    post(in_north, bill("H2019", "03-22", 8), coverage=elsewhere)
    replace_claim(claim.id, lines=[bill("H2019", "03-20", 5)], actor=WORKER, now=NOW)
    void_claim(gone.id, actor=WORKER, now=NOW)
    assert charge_of(in_north).units == 5


def test_a_void_that_repeats_the_lines_draws_nothing_either(in_north: House) -> None:
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    void_claim(claim.id, actor=WORKER, now=NOW)
    line = ClaimLine.objects.get(claim=claim)
    line.pk, line.version = uuid7(), ClaimVersion.objects.get(claim=claim, frequency="8")
    line.save(force_insert=True)
    assert queries.live_charges(in_north.member.id) == []


def test_a_parked_claim_is_held(in_north: House) -> None:
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    Claim.objects.filter(id=claim.id).update(state=Claim.State.PARKED)
    assert charge_of(in_north).hold is Hold.PARKED


def test_choices_are_read_the_latest_of_a_kind_counts(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100), ("H0032", 8))
    pinned = ServiceLine.objects.filter(authorization=case).order_by("number")
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    choose(claim, Choice.Kind.PIN, service_line=pinned[0])
    choose(claim, Choice.Kind.PIN, service_line=pinned[1])
    choose(claim, Choice.Kind.SPLIT)
    choose(claim, Choice.Kind.DUPLICATE)
    charge = charge_of(in_north)
    assert (charge.pinned_line_id, charge.split_allowed) == (pinned[1].id, True)
    assert charge.duplicate_verdict is DuplicateVerdict.DUPLICATE
    choose(claim, Choice.Kind.NOT_DUPLICATE)
    assert charge_of(in_north).duplicate_verdict is DuplicateVerdict.DISTINCT
    for kind in (Choice.Kind.PIN, Choice.Kind.SPLIT, Choice.Kind.NOT_DUPLICATE):
        choose(claim, kind, withdrawn=True)
    charge = charge_of(in_north)
    assert (charge.pinned_line_id, charge.split_allowed, charge.duplicate_verdict) == (None, False, None)


def test_a_choice_outlives_the_replacement_of_its_claim(in_north: House) -> None:
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    choose(claim, Choice.Kind.SPLIT)
    replace_claim(claim.id, lines=[bill("H2019", "03-20", 5)], actor=WORKER, now=NOW)
    assert charge_of(in_north).split_allowed
