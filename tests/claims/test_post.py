"""Posting, replacing and voiding claims against the database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from authorizations.errors import NotAllowed, Refused
from authorizations.models import LedgerEntry, Task
from authorizations.transitions import Opening
from claims.models import Claim, ClaimLine, ClaimVersion
from claims.services import PostedLine, post_claim, reallocate_member, replace_claim, void_claim
from payers.models import Workflow
from tests.cast import NOW, House, make_coverage, make_member, make_program
from tests.claims.stage import (
    WORKER,
    authorize,
    bill,
    change_terms,
    day,
    drawn_from,
    history,
    ledger_as_written,
    ledger_from_nothing,
    missing_entries,
    post,
    used,
)


def test_a_claim_draws_its_units_and_the_list_shows_what_is_left(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100))
    posting = post(in_north, bill("H2019", "03-20", 40))
    assert posting.changed
    assert drawn_from(posting.claim) == {case.number: "40"}
    case.refresh_from_db()
    assert [case.tight_used, case.tight_remaining, case.tight_remaining_milli] == [40, 60, 60_000]
    assert not case.exhausted


def test_void_returns_the_units_and_both_entries_stay(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 40))
    claim = post(in_north, bill("H2019", "03-20", 40)).claim
    case.refresh_from_db()
    assert case.exhausted
    void_claim(claim.id, reason="Billed twice", actor=in_north.actor("biller"), now=NOW)
    assert history(claim) == [40, -40]
    assert used(case) == 0
    case.refresh_from_db()
    assert [case.exhausted, case.tight_remaining] == [False, 40]


def test_a_replaced_and_then_voided_claim_leaves_every_draw_visible(in_north: House) -> None:
    """Worked example 1, with H2019 for the code: used goes 40, 32, 0."""
    case = authorize(in_north, ("H2019", 100))
    claim = post(in_north, bill("H2019", "03-20", 40)).claim
    assert used(case) == 40
    replace_claim(claim.id, lines=[bill("H2019", "03-20", 32)], actor=in_north.actor("biller"), now=NOW)
    assert used(case) == 32
    void_claim(claim.id, actor=in_north.actor("biller"), now=NOW)
    assert used(case) == 0
    assert history(claim) == [40, -40, 32, -32]
    reasons = LedgerEntry.objects.filter(claim_id=claim.id, quantity__lt=0).order_by("sequence")
    assert [entry.reason["reason"] for entry in reasons] == ["replaced", "voided"]
    assert list(claim.versions.order_by("number").values_list("frequency", flat=True)) == ["1", "7", "8"]


def test_the_reason_is_kept_beside_the_draw(in_north: House) -> None:
    """Worked example 2, with H2014: A ends 31 March with 5 left, B ends 30 June with 80; 8 units on 20 March."""
    first = authorize(in_north, ("H2014", 5), ends="03-31")
    second = authorize(in_north, ("H2014", 80))
    claim = post(in_north, bill("H2014", "03-20", 8)).claim
    assert drawn_from(claim) == {second.number: "8"}
    entry = LedgerEntry.objects.get(claim_id=claim.id)
    assert entry.reason["reason"] == "first_with_room"
    assert entry.reason["refused"] == [
        {
            "authorization": first.number,
            "line": 1,
            "rule": "no_room",
            "facts": {"left": "5.000", "asked": "8.000", "limit": "total"},
        }
    ]


def test_the_same_claim_again_changes_nothing(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100))
    first = post(in_north, bill("H2019 HN GT", "03-20", 8), number="C-88214")
    again = post(in_north, bill("H2019 GT HN", "03-20", "8.000"), number=" C-88214 ")
    assert (again.changed, again.claim.id) == (False, first.claim.id)
    assert used(case) == 8
    assert ClaimVersion.objects.filter(claim=first.claim).count() == 1


def test_the_same_number_with_other_content_is_refused(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100))
    post(in_north, bill("H2019", "03-20", 8), number="C-88214")
    with pytest.raises(Refused, match="C-88214 was posted before"):
        post(in_north, bill("H2019", "03-20", 9), number="C-88214")
    other = make_coverage(make_member(), in_north.electronic)
    with pytest.raises(Refused):
        post(in_north, bill("H2019", "03-20", 8), number="C-88214", coverage=other)
    assert used(case) == 8


def test_two_payers_may_use_one_claim_number(in_north: House) -> None:
    post(in_north, bill("H2019", "03-20"), number="C-1")
    other = make_coverage(in_north.member, make_program(_second_payer(), "Basic", Workflow.MANUAL_PENDING), position=2)
    assert post(in_north, bill("H2019", "03-20"), number="C-1", coverage=other).changed


def _second_payer() -> Any:
    from payers.models import Payer

    payer = Payer(name="Pine Valley", identifier="PINE")
    payer.save()
    return payer


def test_a_voided_number_may_be_billed_anew_and_the_void_stays(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100))
    claim = post(in_north, bill("H2019", "03-20", 8), number="C-1").claim
    void_claim(claim.id, actor=in_north.actor("biller"), now=NOW)
    assert not void_claim(claim.id, actor=in_north.actor("biller"), now=NOW).changed
    with pytest.raises(NotAllowed, match="C-1 is voided"):
        replace_claim(claim.id, lines=[bill("H2019", "03-20", 4)], actor=in_north.actor("biller"), now=NOW)
    again = post(in_north, bill("H2019", "03-20", 8), number="C-1")
    assert again.claim.id != claim.id
    assert used(case) == 8


def test_a_replacement_with_equal_content_changes_nothing(in_north: House) -> None:
    authorize(in_north, ("H2019", 100))
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    posting = replace_claim(claim.id, lines=[bill("H2019", "03-20", 8)], actor=in_north.actor("biller"), now=NOW)
    assert (posting.changed, history(claim)) == (False, [8])


def test_an_earlier_service_that_arrives_late_takes_its_turn(in_north: House) -> None:
    """A has 10 and ends first. The later service had drawn from it; the earlier one now comes before."""
    first = authorize(in_north, ("H2019", 10), ends="03-31")
    second = authorize(in_north, ("H2019", 80))
    late = post(in_north, bill("H2019", "03-20", 8)).claim
    early = post(in_north, bill("H2019", "03-10", 8)).claim
    assert (drawn_from(early), drawn_from(late)) == ({first.number: "8"}, {second.number: "8"})
    assert history(late) == [8, -8, 8]
    reversal = LedgerEntry.objects.get(claim_id=late.id, quantity=-8)
    assert (reversal.reason["reason"], reversal.reason["now"]["reason"]) == ("allocated_anew", "first_with_room")
    for case, expected in ((first, 8), (second, 8)):
        case.refresh_from_db()
        assert case.tight_used == expected


def test_a_billed_line_beyond_what_is_approved_is_over_and_asks_a_person(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 5))
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    entry = LedgerEntry.objects.get(claim_id=claim.id)
    assert [entry.quantity, entry.over, entry.reason["facts"]] == [8, 3, {"limit": "total"}]
    task = Task.objects.get(authorization=case, kind="units.over")
    assert task.words == "Drawn 3 beyond what is approved: ask for more, or correct the claim"
    case.refresh_from_db()
    assert [case.tight_remaining, case.exhausted, case.next_action] == [-3, True, task.words]
    void_claim(claim.id, actor=in_north.actor("biller"), now=NOW)
    task.refresh_from_db()
    assert task.closed_at is not None
    case.refresh_from_db()
    assert case.next_action == ""


def test_more_approved_units_take_the_flag_away(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 5))
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    change_terms(case, quantity=Decimal(20))
    reallocate_member(in_north.member.id, actor=WORKER, now=NOW)
    assert history(claim) == [8, -8, 8]
    assert sum(LedgerEntry.objects.filter(claim_id=claim.id).values_list("over", flat=True)) == 0
    assert not Task.objects.filter(authorization=case, closed_at=None).exists()


def test_fewer_approved_units_make_a_draw_over(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 20))
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    change_terms(case, quantity=Decimal(5))
    reallocate_member(in_north.member.id, actor=WORKER, now=NOW)
    assert LedgerEntry.objects.filter(claim_id=claim.id).latest("sequence").over == 3
    case.refresh_from_db()
    assert case.tight_remaining == -3


def test_allocating_again_writes_nothing(in_north: House) -> None:
    authorize(in_north, ("H2019", 5))
    post(in_north, bill("H2019", "03-20", 8), bill("T1019", "03-21", 4))
    void_claim(post(in_north, bill("H2019", "03-22", 8)).claim.id, actor=WORKER, now=NOW)
    reallocate_member(in_north.member.id, actor=WORKER, now=NOW)
    events = AuditEvent.objects.count()
    assert reallocate_member(in_north.member.id, actor=WORKER, now=NOW).entries == []
    assert AuditEvent.objects.count() == events
    assert missing_entries(in_north.member.id) == []


def test_service_after_cover_is_cut_is_given_back_and_earlier_service_stays(in_north: House) -> None:
    case = authorize(in_north, ("H2019", 100))
    before = post(in_north, bill("H2019", "03-31", 8)).claim
    after = post(in_north, bill("H2019", "04-01", 8)).claim
    change_terms(case, ends_on=day("03-31"))
    reallocate_member(in_north.member.id, actor=WORKER, now=NOW)
    assert (drawn_from(before), drawn_from(after)) == ({case.number: "8"}, {})
    reversal = LedgerEntry.objects.get(claim_id=after.id, quantity=-8)
    assert reversal.reason["now"]["reason"] == "outside"


def test_a_claim_that_came_before_its_approval_draws_when_it_is_approved(in_north: House) -> None:
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    assert drawn_from(claim) == {}
    case = authorize(in_north, ("H2019", 100))
    reallocate_member(in_north.member.id, actor=WORKER, now=NOW)
    assert drawn_from(claim) == {case.number: "8"}


def test_units_used_before_we_counted_stand_in_the_ledger_once(in_north: House) -> None:
    opening = Opening(1, Decimal(95), day("02-01"), "Letter of Feb 1")
    case = authorize(in_north, ("H2019", 100), openings=[opening])
    for _ in range(2):
        reallocate_member(in_north.member.id, actor=WORKER, now=NOW)
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    entries = LedgerEntry.objects.filter(authorization=case).order_by("sequence")
    assert [[row.kind, row.quantity, row.over] for row in entries] == [["opening", 95, 0], ["draw", 8, 3]]
    assert entries[0].service_date == day("02-01")
    assert drawn_from(claim) == {case.number: "8"}
    assert ledger_as_written(in_north.member.id) == ledger_from_nothing(in_north.member.id)


def test_a_pool_is_drawn_by_each_of_its_codes(in_north: House) -> None:
    case = authorize(in_north, ("H2019,H0032", 10))
    post(in_north, bill("H2019", "03-20", 6), bill("H0032", "03-20", 6))
    assert used(case) == 12
    assert LedgerEntry.objects.filter(authorization=case).latest("sequence").over == 2


def test_the_ledger_of_a_member_is_numbered_without_gap(in_north: House) -> None:
    authorize(in_north, ("H2019", 100))
    claims = [post(in_north, bill("H2019", f"03-{10 + at}", 8)).claim for at in range(3)]
    void_claim(claims[1].id, actor=in_north.actor("biller"), now=NOW)
    assert list(LedgerEntry.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3, 4]


def test_the_ledger_cannot_be_rewritten(in_north: House) -> None:
    authorize(in_north, ("H2019", 100))
    post(in_north, bill("H2019", "03-20", 8))
    with pytest.raises(DatabaseError), transaction.atomic():
        LedgerEntry.objects.update(quantity=1)


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        (bill("H2019", "03-20", 0), "lines-1.quantity", "more than 0"),
        (bill("H2019", "03-20", -1), "lines-1.quantity", "more than 0"),
        (bill("H2019", "03-20", "NaN"), "lines-1.quantity", "more than 0"),
        (bill("H2019", "03-20", "1.5"), "lines-1.quantity", "Units are whole numbers"),
        (bill("H2019", "03-20", "1.125", quantity_type="hours"), "lines-1.quantity", "2 decimal places"),
        (bill("H2019", "03-20", "1e9"), "lines-1.quantity", "more than can be counted"),
        (bill("H2019", "03-20", to="03-19"), "lines-1.last_day", "before the first"),
        (bill("H2019 HNX", "03-20"), "lines-1.modifiers", "HNX is no modifier"),
        (bill("H2019 HN GT U1 U2 U3", "03-20"), "lines-1.modifiers", "At most 4"),
        (bill("h2019", "03-20"), "lines-1.code", "as billed"),
    ],
)
def test_a_line_that_means_nothing_is_refused_with_its_field(
    in_north: House, line: PostedLine, field: str, says: str
) -> None:
    with pytest.raises(Refused) as refused:
        post(in_north, line)
    assert says in refused.value.by_field()[field][0]
    assert not Claim.objects.exists()


@pytest.mark.parametrize(("number", "says"), [("", "Enter the claim number"), ("9" * 81, "at most 80")])
def test_a_claim_needs_a_number_and_a_line(in_north: House, number: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        post_claim(number=number, coverage=in_north.coverage, lines=[], actor=WORKER, now=NOW)
    with pytest.raises(Refused, match="at least one line"):
        post_claim(number="C-1", coverage=in_north.coverage, lines=[], actor=WORKER, now=NOW)


def test_hours_may_be_broken_in_quarters(in_north: House) -> None:
    posting = post(in_north, bill("H2019", "03-20", "1.25", quantity_type="hours"))
    assert ClaimLine.objects.get(claim=posting.claim).quantity == Decimal("1.25")


def test_each_write_leaves_one_event(in_north: House) -> None:
    authorize(in_north, ("H2019", 100))
    claim = post(in_north, bill("H2019", "03-20", 8)).claim
    biller = in_north.actor("biller")
    replace_claim(claim.id, lines=[bill("H2019", "03-20", 4)], actor=biller, now=NOW)
    void_claim(claim.id, actor=biller, now=NOW)
    events = AuditEvent.objects.filter(subject_id=claim.id).order_by("id")
    assert [event.action for event in events] == ["claim.posted", "claim.replaced", "claim.voided"]
    assert {event.actor_label for event in events} == {biller.label}
    assert {event.member_id for event in events} == {in_north.member.id}


def test_posting_takes_at_most_twelve_statements(in_north: House) -> None:
    authorize(in_north, ("H2019", 400), ("T1019", 100))
    authorize(in_north, ("H2019", 400), starts="02-01")
    post(in_north, bill("H2019", "03-01", 4))
    with CaptureQueriesContext(connection) as statements:
        post(in_north, bill("H2019", "03-20", 8), bill("T1019", "03-20", 8))
    assert len(statements) <= 12, "\n".join(each["sql"][:150] for each in statements)
