"""Amend and extend: what is approved stands until the answer, which is read in the row of a change."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit.models import AuditEvent
from authorizations.asked import AskedLine
from authorizations.cancelling import request_cancellation
from authorizations.changes import Change, ChangedLine, amend, extend
from authorizations.decisions import Answer, LineOutcome
from authorizations.errors import NotAllowed, Refused, Stale
from authorizations.models import Authorization, ServiceLine, Submission
from authorizations.pends import Reply
from authorizations.states import Channel, Status
from authorizations.terms import CodeTerms
from authorizations.transitions import correct_decision, recall, record_existing, resubmit
from tests.authorizations.cases import (
    APPROVAL,
    CLOSURE,
    DENIAL,
    ENDS,
    NOT_REQUIRED,
    PEND,
    RETURN,
    again,
    all_lines,
    ask,
    heard,
    in_force,
    in_status,
    message,
    open_tasks,
    outcome_of,
    said,
    submitted,
)
from tests.cast import NOW, TODAY, House, a_key, make_coverage, make_member

LATER = ENDS + timedelta(days=30)
MORE = Change((ChangedLine(1, Decimal(200)),))
FURTHER = Change(added=(AskedLine((CodeTerms("T1023"),), Decimal(4)),))


def approved(house: House) -> Authorization:
    return in_status(house, Status.APPROVED)


def changed(house: House, case: Authorization, change: Change = MORE, verb: Any = amend, **how: Any) -> Submission:
    made: Submission = verb(case.id, change, actor=house.actor(), now=NOW, **how)
    return made


def totals(case: Authorization) -> dict[int, Any]:
    return {number: version.quantity for number, version in in_force(case).items()}


def test_what_is_approved_stands_until_the_answer(in_north: House) -> None:
    case = approved(in_north)
    change = changed(in_north, case)
    row = again(case)
    assert (row.status, row.next_action, totals(case)) == (
        Status.APPROVED,
        "Change asked: wait for the payer",
        {1: Decimal(80), 2: Decimal(40)},
    )
    assert [line["number"] for line in change.content["lines"]] == [1]
    assert change.content["note_to_payer"] == "H2019: new total 200, now 80."
    assert (change.owner_id, change.due_at, change.parent_id) == (row.owner_id, row.due_at, None)
    assert AuditEvent.objects.filter(action="authorization.change_asked", authorization_id=case.id).count() == 1


def test_a_plain_yes_grants_what_was_asked(in_north: House) -> None:
    case = approved(in_north)
    heard(in_north, changed(in_north, case), APPROVAL)
    assert (totals(case), again(case).status) == ({1: Decimal(200), 2: Decimal(40)}, Status.APPROVED)


def test_the_payer_may_grant_less_than_asked(in_north: House) -> None:
    case = approved(in_north)
    heard(in_north, changed(in_north, case), message(said(1, LineOutcome.MODIFIED, 120)))
    assert totals(case) == {1: Decimal(120), 2: Decimal(40)}


@pytest.mark.parametrize(
    ("answer", "outcome", "tasks"),
    [
        (DENIAL, "refused", set()),
        (PEND, "pended", set()),
        (RETURN, "returned", set()),
        (CLOSURE, "cancelled", {"change_withdrawn_by_payer"}),
        (NOT_REQUIRED, "none", {"unexpected"}),
    ],
)
def test_no_other_answer_touches_what_stands(in_north: House, answer: Answer, outcome: str, tasks: set[str]) -> None:
    case = approved(in_north)
    change = changed(in_north, case)
    heard(in_north, change, answer)
    assert (outcome_of(change), totals(case), again(case).status, open_tasks(case)) == (
        outcome,
        {1: Decimal(80), 2: Decimal(40)},
        Status.APPROVED,
        tasks,
    )
    assert not again(case).partly_approved


def test_a_further_code_becomes_a_line_when_it_is_granted(in_north: House) -> None:
    case = approved(in_north)
    change = changed(in_north, case, FURTHER)
    assert ServiceLine.objects.filter(authorization=case).count() == 2
    heard(in_north, change, APPROVAL)
    line = ServiceLine.objects.get(authorization=case, number=3)
    assert (line.quantity, line.added_by_payer, [code.code for code in line.codes.all()]) == (
        Decimal(4),
        False,
        ["T1023"],
    )
    assert (totals(case)[3], in_force(case)[3].ends_on, again(case).modified) == (Decimal(4), ENDS, False)
    assert "T1023" in again(case).codes


def test_a_refused_further_code_leaves_no_line(in_north: House) -> None:
    case = approved(in_north)
    heard(in_north, changed(in_north, case, FURTHER), DENIAL)
    assert (ServiceLine.objects.filter(authorization=case).count(), again(case).partly_approved) == (2, False)


def test_a_line_granted_by_mistake_goes_with_its_correction(in_north: House) -> None:
    case = approved(in_north)
    change = changed(in_north, case, FURTHER, channel=Channel.PHONE)
    wrong = heard(in_north, change, all_lines(LineOutcome.APPROVED, source_message_id=None))
    right = all_lines(LineOutcome.DENIED, source_message_id=None)
    correct_decision(wrong.decision.id, right, reason="Wrong case.", actor=in_north.actor(), now=NOW)
    assert ServiceLine.objects.filter(authorization=case, removed_at=None).count() == 2
    assert outcome_of(change) == "refused"


def test_an_extension_lets_services_be_given_for_longer(in_north: House) -> None:
    case = approved(in_north)
    longer = Change((ChangedLine(1, ends_on=LATER), ChangedLine(2, ends_on=LATER)))
    extension = changed(in_north, case, longer, extend)
    assert (extension.purpose, extension.content["ends_on"]) == ("extend", LATER.isoformat())
    heard(in_north, extension, APPROVAL)
    assert {(version.starts_on, version.ends_on) for version in in_force(case).values()} == {(TODAY, LATER)}
    assert (again(case).cover_ends_on, totals(case)) == (LATER, {1: Decimal(80), 2: Decimal(40)})


@pytest.mark.parametrize(
    ("change", "verb", "field"),
    [
        (Change((ChangedLine(1, Decimal(80), ENDS),)), amend, ""),
        (Change((ChangedLine(1, Decimal(0)),)), amend, "lines-1.quantity"),
        (Change((ChangedLine(1, Decimal("1.5")),)), amend, "lines-1.quantity"),
        (Change((ChangedLine(9, Decimal(5)),)), amend, "lines-9"),
        (Change((ChangedLine(1, ends_on=TODAY - timedelta(days=1)),)), amend, "lines-1.ends_on"),
        (Change((ChangedLine(1, ends_on=date.max),)), amend, "lines-1.ends_on"),
        (Change(added=FURTHER.added, starts_on=date.min), amend, "added_from"),
        (Change((ChangedLine(1, ends_on=ENDS),)), extend, "lines-1.ends_on"),
        (Change((ChangedLine(1, Decimal(90)),)), extend, "lines-1.ends_on"),
        (Change(added=(AskedLine((CodeTerms("H2019"),), Decimal(4)),)), amend, "added.codes"),
        (Change(added=(AskedLine((CodeTerms("T1023"),)),)), amend, "added.quantity"),
    ],
)
def test_what_makes_no_sense_is_named(in_north: House, change: Change, verb: Any, field: str) -> None:
    case = approved(in_north)
    with pytest.raises(Refused) as refused:
        changed(in_north, case, change, verb)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert case.submissions.count() == 1


def test_one_change_at_a_time(in_north: House) -> None:
    case = approved(in_north)
    first = changed(in_north, case)
    with pytest.raises(NotAllowed, match="open already"):
        changed(in_north, case, Change((ChangedLine(1, ends_on=LATER),)), extend)
    recall(first.id, actor=in_north.actor(), now=NOW)
    assert changed(in_north, case).number == 3


def test_one_that_came_back_unreviewed_gives_way_to_the_next(in_north: House) -> None:
    case = approved(in_north)
    first = changed(in_north, case)
    heard(in_north, first, RETURN)
    second = changed(in_north, case)
    assert (outcome_of(first), outcome_of(second)) == ("overtaken", "none")


def test_every_answer_to_one_that_came_back_gives_way_with_it(in_north: House) -> None:
    """However often the payer pended it: an answer to an answer belongs to the same change."""
    case = approved(in_north)
    thread = [changed(in_north, case)]
    for _ in range(2):
        heard(in_north, thread[-1], PEND)
        thread.append(resubmit(thread[-1].id, Reply("The plan."), actor=in_north.actor(), now=NOW, confirmed=True))
    heard(in_north, thread[-1], RETURN)
    changed(in_north, case)
    assert [outcome_of(row) for row in thread] == ["overtaken"] * 3


def test_what_is_being_cancelled_is_not_changed(in_north: House) -> None:
    case = approved(in_north)
    request_cancellation(case.id, reason="Moved.", effective_on=TODAY, actor=in_north.actor(), now=NOW)
    with pytest.raises(NotAllowed, match="being cancelled"):
        changed(in_north, case)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.PENDED, Status.DENIED, Status.CANCELLED])
def test_only_what_is_approved_is_changed(in_north: House, status: Status) -> None:
    case = in_status(in_north, status)
    before = case.submissions.count()
    with pytest.raises(NotAllowed):
        changed(in_north, case)
    assert (again(case).status, case.submissions.count()) == (status, before)


def test_where_none_is_required_nothing_is_changed(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, NOT_REQUIRED)
    with pytest.raises(NotAllowed, match="Nothing is in force"):
        changed(in_north, submission.authorization)


def test_pressed_twice_it_is_asked_once(in_north: House) -> None:
    case, key = approved(in_north), a_key()
    assert changed(in_north, case, key=key) == changed(in_north, case, key=key)
    assert case.submissions.count() == 2


def test_what_somebody_changed_meanwhile_is_not_changed(in_north: House) -> None:
    case = approved(in_north)
    with pytest.raises(Stale):
        changed(in_north, case, version=again(case).version - 1)


def test_manual_change_stands_in_the_queue_without_a_message(in_north: House) -> None:
    first = submitted(in_north, coverage=make_coverage(make_member(), in_north.manual))
    heard(in_north, first, APPROVAL)
    change = changed(in_north, first.authorization)
    assert (change.channel, change.exchange_state, change.reference) == ("portal", "to_submit", "")
    assert change.next_action == "Change asked: enter it in the payer's portal"


def test_case_taken_over_goes_by_the_route_of_today(in_north: House) -> None:
    case = record_existing(ask(in_north), APPROVAL, channel=Channel.LETTER, owner=None, actor=in_north.actor(), now=NOW)
    change = changed(in_north, case)
    row = again(case)
    assert (change.channel, change.partner_id, row.partner_id) == ("278", in_north.partner.id, in_north.partner.id)
    assert (row.reviewer_name, row.submitted_at) == (in_north.payer.name, None)
