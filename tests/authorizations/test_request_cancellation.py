"""Asking a payer to cancel: what changes at once, what only with its answer, and what it never learns."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from authorizations.cancelling import request_cancellation, what_stands
from authorizations.changes import Change, ChangedLine, amend
from authorizations.errors import NotAllowed, Refused, Stale
from authorizations.models import Submission
from authorizations.renewing import renew
from authorizations.states import Channel, Status
from outbox.delivery import claim_due
from outbox.models import OutboxMessage
from tests.authorizations.cases import (
    APPROVAL,
    CLOSURE,
    DENIAL,
    ENDS,
    NOT_REQUIRED,
    RETURN,
    again,
    heard,
    in_force,
    in_status,
    open_tasks,
    outcome_of,
    submitted,
)
from tests.cast import NOW, TODAY, House, a_key, make_coverage, make_member

DAY = TODAY + timedelta(days=10)
AFTER = ENDS + timedelta(days=1)


def cancelled(house: House, case: Any, on: date = DAY, **how: Any) -> Any:
    return request_cancellation(
        case.id, **{"reason": "Moved away.", "effective_on": on, "actor": house.actor(), "now": NOW, **how}
    )


def test_status_stays_until_the_payer_agrees(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    asked = cancelled(in_north, case)
    row = again(case)
    assert (row.status, row.next_action) == (Status.APPROVED, "Cancel requested: wait for the payer")
    assert (asked.purpose, asked.channel, asked.content["reason"]) == ("cancel", "278", "Moved away.")
    event = AuditEvent.objects.get(action="authorization.cancellation_requested", authorization_id=case.id)
    assert (event.data["effective_on"], "Moved" in str(event.data)) == (DAY.isoformat(), False)
    heard(in_north, asked, CLOSURE)
    assert again(case).status == Status.CANCELLED


@pytest.mark.parametrize("answer", [CLOSURE, APPROVAL])
def test_a_day_to_come_ends_cover_the_day_before(in_north: House, answer: Any) -> None:
    case = in_status(in_north, Status.APPROVED)
    heard(in_north, cancelled(in_north, case), answer)
    assert {version.ends_on for version in in_force(case).values()} == {DAY - timedelta(days=1)}


def test_the_day_the_payer_names_wins_over_the_one_we_asked_for(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    heard(in_north, cancelled(in_north, case), replace(CLOSURE, effective_on=TODAY))
    assert {version.ends_on for version in in_force(case).values()} == {TODAY - timedelta(days=1)}


def test_refused_cancellation_leaves_cover_and_a_task(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    asked = cancelled(in_north, case)
    heard(in_north, asked, DENIAL)
    assert (again(case).status, outcome_of(asked), open_tasks(case)) == (
        Status.APPROVED,
        "refused",
        {"cancel_refused"},
    )
    assert {version.ends_on for version in in_force(case).values()} == {ENDS}
    assert cancelled(in_north, case).id != asked.id


def test_what_the_payer_never_read_is_taken_back_and_discarded(in_north: House) -> None:
    submission = submitted(in_north)
    assert cancelled(in_north, submission.authorization) is None
    row = again(submission.authorization)
    assert (row.status, row.submissions.count()) == (Status.CANCELLED, 1)
    assert Submission.objects.get(id=submission.id).exchange_state == "withdrawn"


def test_what_is_being_sent_is_not_taken_back(in_north: House) -> None:
    submission = submitted(in_north)
    OutboxMessage.objects.update(due_at=NOW - timedelta(days=3650))
    assert claim_due()
    with pytest.raises(NotAllowed, match="being sent"):
        cancelled(in_north, submission.authorization)
    assert again(submission.authorization).status == Status.SUBMITTED


def test_pended_case_is_cancelled_by_its_working_number(in_north: House) -> None:
    case = in_status(in_north, Status.PENDED)
    asked = cancelled(in_north, case)
    assert (again(case).status, asked.channel) == (Status.PENDED, "278")
    heard(in_north, asked, CLOSURE)
    assert (again(case).status, outcome_of(case.submissions.get(purpose="initial"))) == (Status.CANCELLED, "overtaken")


def test_without_a_number_the_payer_is_called_and_no_message_is_composed(in_north: House) -> None:
    submission = submitted(in_north)
    Submission.objects.filter(id=submission.id).update(exchange_state="sent")
    before = OutboxMessage.objects.count()
    asked = cancelled(in_north, submission.authorization)
    assert (asked.channel, asked.exchange_state, asked.next_action) == (
        "phone",
        "to_submit",
        "Cancel requested: call the payer",
    )
    assert OutboxMessage.objects.count() == before
    with pytest.raises(NotAllowed, match="nothing to cancel"):
        cancelled(in_north, in_status(in_north, Status.DENIED), channel=Channel.X12_278)


def test_manual_cancellation_stands_in_the_queue(in_north: House) -> None:
    submission = submitted(in_north, coverage=make_coverage(make_member(), in_north.manual))
    heard(in_north, submission, APPROVAL)
    asked = cancelled(in_north, submission.authorization, channel=Channel.FAX)
    assert (asked.channel, asked.exchange_state) == ("fax", "to_submit")


def test_second_request_is_the_first(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    first, second = cancelled(in_north, case), cancelled(in_north, case, on=TODAY)
    assert (first, case.submissions.filter(purpose="cancel").count()) == (second, 1)


def test_one_that_came_back_unreviewed_gives_way_to_the_next(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    first = cancelled(in_north, case)
    heard(in_north, first, RETURN)
    second = cancelled(in_north, case)
    assert (second.id != first.id, outcome_of(first)) == (True, "overtaken")


def test_pressed_twice_with_one_key_it_is_done_once(in_north: House) -> None:
    submission, key = submitted(in_north), a_key()
    assert cancelled(in_north, submission.authorization, key=key) is None
    assert cancelled(in_north, submission.authorization, key=key) is None


def test_open_change_and_renewal_are_named_and_the_change_is_withdrawn(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    how: dict[str, Any] = {"actor": in_north.actor(), "now": NOW}
    child = renew(case.id, owner=None, **how)
    change = amend(case.id, Change((ChangedLine(1, ends_on=DAY),)), **how)
    met = what_stands(again(case))
    assert (met.change, met.renewal) == (change, child)
    heard(in_north, cancelled(in_north, case), CLOSURE)
    assert Submission.objects.get(id=change.id).exchange_state == "withdrawn"
    assert again(child).status == Status.DRAFT


@pytest.mark.parametrize("status", [Status.DRAFT, Status.DENIED, Status.CANCELLED])
def test_nothing_is_cancelled_from_there(in_north: House, status: Status) -> None:
    case = in_status(in_north, status)
    with pytest.raises(NotAllowed):
        cancelled(in_north, case)
    assert again(case).status == status


def test_where_none_is_required_there_is_nothing_to_cancel(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, NOT_REQUIRED)
    with pytest.raises(NotAllowed, match="requires no authorization"):
        cancelled(in_north, submission.authorization)


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 201}, "reason"),
        ({"on": ENDS + timedelta(days=1)}, "effective_on"),
    ],
)
def test_what_is_missing_or_makes_no_sense_is_named(in_north: House, how: dict[str, Any], field: str) -> None:
    case = in_status(in_north, Status.APPROVED)
    with pytest.raises(Refused) as refused:
        cancelled(in_north, case, **how)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert case.submissions.count() == 1


def test_what_somebody_changed_meanwhile_is_not_cancelled(in_north: House) -> None:
    case = in_status(in_north, Status.PENDED)
    with pytest.raises(Stale):
        cancelled(in_north, case, version=again(case).version - 1)
