"""Answering a payer that pended: a new submission whose parent is the pended one, on any pended submission."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from authorizations import queue
from authorizations.changes import Change, ChangedLine, amend
from authorizations.errors import NotAllowed, Refused, Stale
from authorizations.models import Submission
from authorizations.pends import Attachment, Reply
from authorizations.queue import QueueFilter
from authorizations.services import add_note, mark_submitted
from authorizations.states import Channel, Purpose, Status
from authorizations.transitions import recall, resubmit
from outbox.models import OutboxMessage
from tests.authorizations.cases import (
    APPROVAL,
    DENIAL,
    ENDS,
    HOLD,
    PEND,
    RETURN,
    again,
    heard,
    in_status,
    outcome_of,
    submitted,
)
from tests.cast import NOW, House, a_key, make_coverage, make_member

NEWS = Reply("The plan of care is attached.")


def pended(house: House) -> Submission:
    submission = submitted(house)
    heard(house, submission, PEND)
    return submission


def answered(house: House, submission: Submission, reply: Reply = NEWS, **how: object) -> Submission:
    return resubmit(submission.id, reply, actor=house.actor(), now=NOW, **how)  # type: ignore[arg-type]


def test_answer_goes_out_under_its_own_numbers_and_the_case_waits_for_the_payer(in_north: House) -> None:
    first = pended(in_north)
    answer = answered(in_north, first)
    row = again(first.authorization)
    assert (row.status, row.waiting_on, row.next_action) == (Status.SUBMITTED, "payer", "Wait for the payer")
    assert (answer.purpose, answer.parent_id, answer.channel, answer.owner_id) == (
        "answer",
        first.id,
        "278",
        row.owner_id,
    )
    assert answer.reference == answer.trace == f"{row.number}-2"
    assert answer.content["note_to_payer"] == "The plan of care is attached."
    assert answer.content["lines"] == first.content["lines"]
    assert (row.next_action_at, row.due_at) == (answer.next_action_at, answer.due_at)
    assert OutboxMessage.objects.filter(topic="submission.send", subject_id=answer.id).exists()
    assert AuditEvent.objects.filter(action="submission.answered_pend", authorization_id=row.id).count() == 1


def test_each_document_gets_a_control_number_of_its_own(in_north: House) -> None:
    papers = (Attachment("FX", "M1", "Chart notes"), Attachment("BM"))
    answer = answered(in_north, pended(in_north), Reply(attachments=papers))
    numbers = [each["control_number"] for each in answer.content["attachments"]]
    assert numbers == [f"{answer.reference}-D1", f"{answer.reference}-D2"]
    assert answer.content["attachments"][1]["report_type"] == "77"


@pytest.mark.parametrize(("answer", "status"), [(APPROVAL, "approved"), (DENIAL, "denied"), (PEND, "pended")])
def test_answer_to_a_first_request_is_read_in_its_row(in_north: House, answer: object, status: str) -> None:
    first = pended(in_north)
    second = answered(in_north, first)
    heard(in_north, second, answer)  # type: ignore[arg-type]
    assert again(first.authorization).status == status
    assert outcome_of(first) == outcome_of(second)


def test_second_pend_is_answered_too(in_north: House) -> None:
    first = pended(in_north)
    second = answered(in_north, first)
    heard(in_north, second, PEND)
    third = answered(in_north, first)
    assert (third.parent_id, third.number, again(first.authorization).status) == (second.id, 3, Status.SUBMITTED)
    heard(in_north, third, APPROVAL)
    assert {outcome_of(row) for row in (first, second, third)} == {"approved"}


def test_answer_that_came_back_unreviewed_is_sent_anew_from_pended(in_north: House) -> None:
    first = pended(in_north)
    heard(in_north, answered(in_north, first), RETURN)
    assert again(first.authorization).status == Status.PENDED
    again_sent = answered(in_north, first, Reply("Now with the order."))
    assert (again_sent.number, again(first.authorization).status) == (3, Status.SUBMITTED)


def test_pended_change_is_answered_and_the_approved_case_stays_approved(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    change = amend(
        case.id, Change((ChangedLine(1, ends_on=ENDS + timedelta(days=9)),)), actor=in_north.actor(), now=NOW
    )
    heard(in_north, change, PEND)
    answer = answered(in_north, change)
    assert (again(case).status, answer.parent_id) == (Status.APPROVED, change.id)
    heard(in_north, answer, APPROVAL)
    assert (again(case).status, outcome_of(change), again(case).cover_ends_on) == (
        Status.APPROVED,
        "approved",
        ENDS + timedelta(days=9),
    )


def test_nothing_new_is_sent_only_when_somebody_means_it(in_north: House) -> None:
    first = pended(in_north)
    with pytest.raises(Refused, match="Nothing was added"):
        answered(in_north, first, Reply())
    assert again(first.authorization).status == Status.PENDED
    assert answered(in_north, first, Reply(), confirmed=True).purpose == Purpose.ANSWER


def test_a_note_since_the_pend_is_something_new(in_north: House) -> None:
    first = pended(in_north)
    add_note(first.authorization_id, "Faxed the plan.", actor=in_north.actor(), now=NOW + timedelta(minutes=1))
    assert answered(in_north, first, Reply()).purpose == Purpose.ANSWER


def test_too_long_a_text_is_refused_beside_its_field(in_north: House) -> None:
    with pytest.raises(Refused) as refused:
        answered(in_north, pended(in_north), Reply("x" * 265))
    assert [problem.field for problem in refused.value.problems] == ["text"]


def test_what_the_payer_keeps_is_not_answered(in_north: House) -> None:
    first = submitted(in_north)
    heard(in_north, first, HOLD)
    with pytest.raises(NotAllowed, match="keeps the request"):
        answered(in_north, first)


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.APPROVED, Status.DENIED, Status.CANCELLED])
def test_what_is_not_pended_is_not_answered(in_north: House, status: Status) -> None:
    case = in_status(in_north, status)
    with pytest.raises(NotAllowed):
        answered(in_north, case.submissions.get())
    assert (again(case).status, case.submissions.count()) == (status, 1)


def test_one_answer_at_a_time(in_north: House) -> None:
    first = pended(in_north)
    answered(in_north, first)
    with pytest.raises(NotAllowed, match="on its way"):
        answered(in_north, first)


def test_pressed_twice_it_goes_once(in_north: House) -> None:
    first, key = pended(in_north), a_key()
    assert answered(in_north, first, key=key) == answered(in_north, first, key=key)
    assert first.authorization.submissions.count() == 2


def test_what_somebody_changed_meanwhile_is_not_answered(in_north: House) -> None:
    first = pended(in_north)
    with pytest.raises(Stale):
        answered(in_north, first, version=again(first.authorization).version - 1)


def test_payer_that_gave_no_number_is_called_and_gets_no_message(in_north: House) -> None:
    first = submitted(in_north)
    heard(in_north, first, PEND_WITHOUT_NUMBER)
    with pytest.raises(Refused, match="no number to refer to"):
        answered(in_north, first, channel=Channel.X12_278)
    answer = answered(in_north, first)
    assert (answer.channel, answer.exchange_state, answer.reference) == ("phone", "to_submit", "")


def test_manual_answer_stands_in_the_queue_in_place_of_its_pend(in_north: House) -> None:
    first = submitted(in_north, coverage=make_coverage(make_member(), in_north.manual))
    mark_submitted(first.id, submitted_at=NOW, actor=in_north.actor(), now=NOW)
    heard(in_north, first, PEND)
    answer = answered(in_north, first)
    assert (answer.channel, answer.exchange_state, answer.waiting_on) == ("portal", "to_submit", "us")
    assert [row.id for row in queue.waiting(QueueFilter())] == [answer.id]
    recall(answer.id, actor=in_north.actor(), now=NOW)
    assert [row.id for row in queue.waiting(QueueFilter())] == [first.id]
    assert (again(first.authorization).status, again(first.authorization).waiting_on) == (Status.PENDED, "us")


PEND_WITHOUT_NUMBER = type(PEND)(
    overall=PEND.overall, decided_on=PEND.decided_on, source_message_id=PEND.source_message_id
)
