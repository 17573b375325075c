"""Recalling what the payer has not read: where the case goes, and what can no longer be recalled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from authorizations.errors import NotAllowed, Stale
from authorizations.models import Authorization, Submission
from authorizations.services import mark_submitted, take_back_mark
from authorizations.states import ExchangeState, Purpose, Status
from authorizations.transitions import recall, submit
from edi.exchange import send_submission
from edi.models import Interchange
from outbox.delivery import claim_due
from outbox.models import OutboxMessage
from outbox.tasks import Later
from tests.authorizations.cases import (
    APPROVAL,
    PEND,
    RETURN,
    again,
    heard,
    in_status,
    opened,
    submitted,
)
from tests.cast import NOW, House, make_coverage, make_member

UNSENT_278 = [ExchangeState.TO_SEND, ExchangeState.NOT_DELIVERED]


def recalled(house: House, submission: Submission, **fields: object) -> Submission:
    return recall(submission.id, actor=house.actor(), now=NOW, **fields)  # type: ignore[arg-type]


def in_state(submission: Submission, state: str) -> Submission:
    Submission.objects.filter(id=submission.id).update(exchange_state=state)
    submission.refresh_from_db()
    return submission


@pytest.mark.parametrize("state", UNSENT_278)
def test_first_request_becomes_a_draft_again(in_north: House, state: ExchangeState) -> None:
    submission = in_state(submitted(in_north), state)
    recalled(in_north, submission, reason="wrong code")
    row, taken = again(submission.authorization), Submission.objects.get(id=submission.id)
    assert (row.status, row.next_action, row.returned) == (Status.DRAFT, "Complete and submit", False)
    assert (taken.exchange_state, taken.outcome, taken.waiting_on) == ("withdrawn", "none", "nobody")
    assert taken.problem == "Recalled: wrong code"
    assert AuditEvent.objects.filter(action="submission.recalled", authorization_id=row.id).exists()


def test_manual_request_that_nobody_submitted_yet_is_recalled_and_submitted_anew(in_north: House) -> None:
    submission = submitted(in_north, coverage=make_coverage(make_member(), in_north.manual))
    mark_submitted(submission.id, submitted_at=NOW, actor=in_north.actor(), now=NOW)
    with pytest.raises(NotAllowed, match="The payer has it"):
        recalled(in_north, submission)
    take_back_mark(submission.id, actor=in_north.actor(), now=NOW)
    recalled(in_north, submission)
    second = submit(submission.authorization_id, actor=in_north.actor(), now=NOW)
    assert (second.number, again(submission.authorization).status) == (2, Status.SUBMITTED)


def test_unsent_answer_leaves_its_case_pended_and_the_pend_to_us(in_north: House) -> None:
    first = submitted(in_north)
    heard(in_north, first, PEND)
    Submission.objects.filter(id=first.id).update(waiting_on="payer", next_action="Wait for the payer")
    Authorization.objects.filter(id=first.authorization_id).update(status=Status.SUBMITTED)
    answer = in_state(opened(again(first.authorization), Purpose.ANSWER, parent=first), "to_send")
    recalled(in_north, answer)
    row = again(first.authorization)
    assert (row.status, row.waiting_on, row.next_action) == (Status.PENDED, "us", "Answer the payer")


@pytest.mark.parametrize("purpose", [Purpose.REVISE, Purpose.EXTEND, Purpose.CANCEL])
def test_unsent_change_leaves_the_case_as_it_is(in_north: House, purpose: Purpose) -> None:
    case = in_status(in_north, Status.APPROVED)
    change = in_state(opened(case, purpose), "to_send")
    recalled(in_north, change)
    assert again(case).status == Status.APPROVED
    assert Submission.objects.get(id=change.id).exchange_state == "withdrawn"


@pytest.mark.parametrize("state", ["sent", "acknowledged", "submitted", "failed"])
def test_what_the_payer_may_have_read_is_not_recalled(in_north: House, state: str) -> None:
    submission = in_state(submitted(in_north), state)
    with pytest.raises(NotAllowed, match="The payer has it"):
        recalled(in_north, submission)
    assert again(submission.authorization).status == Status.SUBMITTED


@pytest.mark.parametrize("answer", [APPROVAL, PEND, RETURN])
def test_what_was_answered_is_not_recalled(in_north: House, answer: object) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, answer)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed, match="answered or withdrawn"):
        recalled(in_north, submission)


def test_what_is_being_sent_is_not_recalled(in_north: House) -> None:
    submission = submitted(in_north)
    OutboxMessage.objects.update(due_at=NOW - timedelta(days=3650))
    assert claim_due()
    with pytest.raises(NotAllowed, match="being sent"):
        recalled(in_north, submission)
    assert Submission.objects.get(id=submission.id).exchange_state == "to_send"


def test_recalling_what_somebody_changed_meanwhile_is_refused(in_north: House) -> None:
    submission = submitted(in_north)
    with pytest.raises(Stale):
        recalled(in_north, submission, version=again(submission.authorization).version - 1)


def test_request_of_another_organization_is_not_recalled(north: House, south: House) -> None:
    with south.scope():
        theirs = submitted(south)
    with north.scope(), pytest.raises(Submission.DoesNotExist):
        recalled(north, theirs)
    with south.scope():
        assert again(theirs.authorization).status == Status.SUBMITTED


def test_recalled_request_is_never_sent_though_its_bytes_were_frozen(transactional_db: None, north: House) -> None:
    with north.scope():
        submission = submitted(north)
    with pytest.raises(Later):
        send_submission(north.organization.id, submission.id, attempt=1, now=NOW)
    with north.scope():
        assert Interchange.objects.get(submission=submission).attempts == 1
        recalled(north, submission)
    send_submission(north.organization.id, submission.id, attempt=2, now=NOW)
    with north.scope():
        assert Interchange.objects.get(submission=submission).attempts == 1
        assert Submission.objects.get(id=submission.id).exchange_state == "withdrawn"
