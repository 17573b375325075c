"""Appeal, reconsideration and peer-to-peer; and asking where something stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit.models import AuditEvent
from authorizations.appeals import Appeal, appeal, inquire
from authorizations.decisions import Answer, LineOutcome
from authorizations.errors import NotAllowed, Refused, Stale
from authorizations.models import Authorization, Submission
from authorizations.states import AppealLevel, Channel, Status
from payers.models import ProgramRules
from tests.authorizations.cases import (
    APPROVAL,
    CLOSURE,
    DENIAL,
    NOT_REQUIRED,
    PEND,
    RETURN,
    again,
    heard,
    in_force,
    in_status,
    message,
    open_tasks,
    outcome_of,
    said,
    submitted,
)
from tests.cast import NOW, TODAY, House, a_key

NEED = "The need is documented."
PLAIN = Appeal(AppealLevel.APPEAL, NEED)
LAST_DAY = TODAY + timedelta(days=30)


def appealed(house: House, case: Authorization, wanted: Appeal = PLAIN, **how: Any) -> Submission:
    return appeal(case.id, wanted, **{"actor": house.actor(), "now": NOW, **how})


def denied(house: House) -> Authorization:
    """Denied with a number of the denial, to which a message can refer."""
    submission = submitted(house)
    heard(house, submission, message(overall=said(None, LineOutcome.DENIED), administrative_number="ADM-7"))
    return again(submission.authorization)


def test_the_denial_stands_until_the_answer(in_north: House) -> None:
    case = denied(in_north)
    asked = appealed(in_north, case)
    row = again(case)
    assert (row.status, row.next_action) == (Status.DENIED, "Appeal: wait for the payer")
    assert (asked.purpose, asked.appeal_level, asked.channel, asked.content["note_to_payer"]) == (
        "appeal",
        "appeal",
        "278",
        NEED,
    )
    event = AuditEvent.objects.get(action="authorization.appealed", authorization_id=case.id)
    assert event.data["level"] == "appeal"


@pytest.mark.parametrize(
    ("answer", "status", "outcome", "tasks"),
    [
        (APPROVAL, Status.APPROVED, "approved", set()),
        (DENIAL, Status.DENIED, "refused", set()),
        (PEND, Status.DENIED, "pended", set()),
        (RETURN, Status.DENIED, "returned", {"appeal_returned"}),
        (CLOSURE, Status.DENIED, "cancelled", {"appeal_closed"}),
        (NOT_REQUIRED, Status.APPROVED, "approved", set()),
    ],
)
def test_each_answer_is_read_in_the_row_of_an_appeal(
    in_north: House, answer: Answer, status: Status, outcome: str, tasks: set[str]
) -> None:
    case = denied(in_north)
    asked = appealed(in_north, case)
    heard(in_north, asked, answer)
    assert (again(case).status, outcome_of(asked), open_tasks(case)) == (status, outcome, tasks)


def test_a_won_appeal_lets_what_was_asked_be_used(in_north: House) -> None:
    case = denied(in_north)
    heard(in_north, appealed(in_north, case), APPROVAL)
    assert [version.quantity for version in in_force(case).values()] == [Decimal(80), Decimal(40)]


def test_only_the_denied_lines_of_an_approved_case_are_appealed(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, message(said(1, LineOutcome.APPROVED, 80), said(2, LineOutcome.DENIED)))
    case = again(submission.authorization)
    asked = appealed(in_north, case)
    assert [line["number"] for line in asked.content["lines"]] == [2]
    heard(in_north, asked, APPROVAL)
    assert {number: version.quantity for number, version in in_force(case).items()} == {1: 80, 2: 40}
    assert (again(case).status, again(case).partly_approved) == (Status.APPROVED, False)


def test_cover_taken_back_is_restored_by_a_won_appeal(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    heard(in_north, submission, message(said(2, LineOutcome.DENIED), effective_on=TODAY, final_word=True))
    case = again(submission.authorization)
    heard(in_north, appealed(in_north, case), APPROVAL)
    assert {version.ends_on for version in in_force(case).values()} == {case.ends_on}


def test_a_peer_to_peer_is_a_call_at_its_hour(in_north: House) -> None:
    slot = datetime(2026, 11, 25, 19, 30, tzinfo=UTC)
    wanted = Appeal(AppealLevel.PEER_TO_PEER, NEED, LAST_DAY, slot, "Renée Okafor")
    asked = appealed(in_north, denied(in_north), wanted)
    assert (asked.channel, asked.exchange_state, asked.next_action_at) == ("phone", "to_submit", slot)
    assert asked.next_action == "Peer-to-peer: Renée Okafor calls the payer"
    assert asked.content["appeal"] == {
        "deadline": LAST_DAY.isoformat(),
        "slot": slot.isoformat(),
        "clinician": "Renée Okafor",
    }


def test_an_appeal_on_paper_is_due_by_the_day_the_letter_names(in_north: House) -> None:
    wanted = Appeal(AppealLevel.RECONSIDERATION, NEED, LAST_DAY)
    asked = appealed(in_north, denied(in_north), wanted, channel=Channel.FAX)
    assert asked.due_at is not None
    local = asked.due_at.astimezone(in_north.organization.zone)
    assert (local.date(), asked.due_rule) == (LAST_DAY, "the last day the payer takes it")


@pytest.mark.parametrize(
    ("level", "days"), [(AppealLevel.APPEAL, 60), (AppealLevel.RECONSIDERATION, 60), (AppealLevel.PEER_TO_PEER, 14)]
)
def test_without_a_day_in_the_letter_the_rules_of_the_program_count(
    in_north: House, level: AppealLevel, days: int
) -> None:
    ProgramRules.objects.filter(program=in_north.electronic).update(appeal_days=60, peer_to_peer_days=14)
    case = denied(in_north)
    asked = appealed(in_north, case, Appeal(level, NEED, clinician="Renée Okafor"))
    assert case.decided_on is not None
    assert asked.content["appeal"]["deadline"] == (case.decided_on + timedelta(days=days)).isoformat()


def test_a_window_that_has_passed_is_left_to_the_person(in_north: House) -> None:
    ProgramRules.objects.filter(program=in_north.electronic).update(appeal_days=1)
    case = denied(in_north)
    Authorization.objects.filter(id=case.id).update(decided_on=TODAY - timedelta(days=9))
    assert appealed(in_north, case).content["appeal"]["deadline"] == ""


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (Appeal(AppealLevel.APPEAL, " "), "reason"),
        (Appeal(AppealLevel.APPEAL, "x" * 265), "reason"),
        (Appeal(AppealLevel.APPEAL, NEED, TODAY - timedelta(days=1)), "deadline"),
        (Appeal(AppealLevel.PEER_TO_PEER, NEED), "clinician"),
    ],
)
def test_what_is_missing_or_too_late_is_named(in_north: House, wanted: Appeal, field: str) -> None:
    case = denied(in_north)
    with pytest.raises(Refused) as refused:
        appealed(in_north, case, wanted)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert case.submissions.count() == 1


def test_one_appeal_at_a_time(in_north: House) -> None:
    case = denied(in_north)
    first = appealed(in_north, case)
    with pytest.raises(NotAllowed, match="open already"):
        appealed(in_north, case)
    heard(in_north, first, DENIAL)
    assert appealed(in_north, case).number == 3


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SUBMITTED, Status.PENDED, Status.APPROVED, Status.CANCELLED])
def test_without_a_denial_there_is_nothing_to_appeal(in_north: House, status: Status) -> None:
    case = in_status(in_north, status)
    before = case.submissions.count()
    with pytest.raises(NotAllowed, match="nothing to appeal"):
        appealed(in_north, case)
    assert case.submissions.count() == before


def test_pressed_twice_it_goes_once(in_north: House) -> None:
    case, key = denied(in_north), a_key()
    assert appealed(in_north, case, key=key) == appealed(in_north, case, key=key)
    assert case.submissions.count() == 2


def test_what_somebody_changed_meanwhile_is_not_appealed(in_north: House) -> None:
    case = denied(in_north)
    with pytest.raises(Stale):
        appealed(in_north, case, version=again(case).version - 1)


# Asking where it stands --------------------------------------------------------------------------------------


def asked_where(house: House, case: Authorization, **how: Any) -> Submission:
    return inquire(case.id, **{"channel": Channel.PHONE, "actor": house.actor(), "now": NOW, **how})


def test_a_question_waits_in_the_queue_and_changes_nothing(in_north: House) -> None:
    case = in_status(in_north, Status.PENDED)
    asked = asked_where(in_north, case)
    assert (again(case).status, asked.channel, asked.exchange_state) == (Status.PENDED, "phone", "to_submit")
    assert asked.next_action == "Status asked: call the payer"
    assert asked_where(in_north, case) == asked


def test_its_answer_is_that_of_what_has_waited_longest(in_north: House) -> None:
    case = in_status(in_north, Status.PENDED)
    asked = asked_where(in_north, case)
    heard(in_north, asked, APPROVAL)
    assert (again(case).status, outcome_of(asked)) == (Status.APPROVED, "overtaken")


def test_nothing_open_is_nothing_to_ask_about(in_north: House) -> None:
    for status in (Status.DRAFT, Status.APPROVED, Status.DENIED):
        with pytest.raises(NotAllowed, match="Nothing is open"):
            asked_where(in_north, in_status(in_north, status))


def test_a_question_never_goes_as_a_message(in_north: House) -> None:
    with pytest.raises(Refused, match="portal, phone or fax"):
        asked_where(in_north, in_status(in_north, Status.PENDED), channel=Channel.X12_278)
