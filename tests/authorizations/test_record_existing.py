"""Taking over a decision that existed before we knew of the case."""

from dataclasses import replace
from decimal import Decimal

import pytest

from authorizations.decisions import Answer
from authorizations.errors import Refused
from authorizations.models import Authorization, OpeningBalance, Submission
from authorizations.states import Channel, Status
from authorizations.transitions import Opening, record_existing
from outbox.models import OutboxMessage
from tests.authorizations.cases import APPROVAL, DENIAL, PEND, RETURN, ask, in_force
from tests.cast import NOW, TODAY, House, a_key, make_coverage, make_member

LETTER = replace(APPROVAL, source_message_id=None)


def taken_over(house: House, answer: Answer = LETTER, *openings: Opening, key: str = "") -> Authorization:
    return record_existing(
        ask(house), answer, channel=Channel.LETTER, owner=None, actor=house.actor(), now=NOW, openings=openings, key=key
    )


def test_existing_approval_stands_without_a_278_or_a_clock(in_north: House) -> None:
    row = taken_over(in_north)
    assert (row.status, row.certification_number, row.tight_approved) == (Status.APPROVED, "HC-7001", Decimal(80))
    submission = Submission.objects.get()
    assert (submission.purpose, submission.channel, submission.exchange_state) == ("existing", "letter", "answered")
    assert (submission.due_at, submission.reference) == (None, "")
    assert set(OutboxMessage.objects.values_list("topic", flat=True)) == {"member.allocate"}
    assert set(in_force(row)) == {1, 2}


@pytest.mark.parametrize(("answer", "status"), [(DENIAL, Status.DENIED), (PEND, Status.PENDED)])
def test_case_denied_or_pended_elsewhere_is_taken_over_as_such(in_north: House, answer: Answer, status: Status) -> None:
    assert taken_over(in_north, answer).status == status


def test_units_used_before_are_kept_with_their_proof(in_north: House) -> None:
    taken_over(in_north, LETTER, Opening(1, Decimal(12), TODAY, "Statement of Nov 20"))
    opening = OpeningBalance.objects.get()
    assert (opening.line.number, opening.quantity, opening.evidence) == (1, Decimal(12), "Statement of Nov 20")


def test_units_used_of_a_line_that_is_not_there_are_refused_whole(in_north: House) -> None:
    with pytest.raises(Refused):
        taken_over(in_north, LETTER, Opening(3, Decimal(12), TODAY, "Statement"))
    assert not Authorization.objects.exists()


def test_what_is_no_decision_is_not_taken_over(in_north: House) -> None:
    with pytest.raises(Refused):
        taken_over(in_north, RETURN)
    assert not Authorization.objects.exists()


def test_taken_over_twice_with_one_key_is_one_case(in_north: House) -> None:
    key = a_key()
    assert taken_over(in_north, key=key).id == taken_over(in_north, key=key).id
    assert Authorization.objects.count() == 1


def test_program_that_needs_none_may_still_have_an_old_approval(in_north: House) -> None:
    free = make_coverage(make_member(), in_north.free)
    row = record_existing(
        ask(in_north, coverage=free), LETTER, channel=Channel.IMPORT, owner=None, actor=in_north.actor(), now=NOW
    )
    assert row.status == Status.APPROVED
