"""A wrong entry: the right answer acts on the case as it stood before, and nothing else leads a status back."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import AuditEvent
from authorizations import queries
from authorizations.decisions import Answer, LineOutcome
from authorizations.errors import NotAllowed, Problem, Refused, Stale
from authorizations.models import Authorization, Decision, LineVersion, Submission, Task
from authorizations.services import add_note, note_exchange
from authorizations.states import Channel, ExchangeState, Purpose, Status, SubmissionOutcome
from authorizations.transitions import SEND, Recorded, correct_decision, recall, record_answer, record_existing
from claims.services import reallocate_member
from outbox.models import OutboxMessage
from tests.authorizations.cases import (
    ENDS,
    again,
    ask,
    in_force,
    message,
    open_tasks,
    opened,
    outcome_of,
    said,
    submitted,
    units,
)
from tests.cast import NOW, TODAY, House, a_key, make_coverage, make_member
from tests.claims.stage import bill, drawn_from, post, used

A, M, D, P, X = (
    LineOutcome.APPROVED, LineOutcome.MODIFIED, LineOutcome.DENIED, LineOutcome.PENDED, LineOutcome.CANCELLED,
)  # fmt: skip
LATER = NOW + timedelta(hours=1)


def typed(*lines: tuple[LineOutcome, int | None], number: str = "26N-0093", **fields: object) -> Answer:
    """What a person types: one word and quantity for each line."""
    words = tuple(said(position, outcome, quantity) for position, (outcome, quantity) in enumerate(lines, start=1))
    granted = any(outcome in (A, M) for outcome, _ in lines)
    plain = {"source_message_id": None, "certification_number": number if granted else "", "decided_on": TODAY}
    return message(*words, **(plain | {"channel": "portal"} | fields))


APPROVED = typed((A, 400))
RIGHT = typed((M, 40))
DENIED = typed((D, None), message="Not medically necessary")
PENDED = typed((P, None))
CLOSED = typed((X, None))


def by_hand(house: House, quantity: int = 40) -> Submission:
    """A request that waits to be entered in a portal."""
    coverage = make_coverage(make_member(), house.manual)
    return submitted(house, units(quantity=quantity), coverage=coverage)


def entered(house: House, submission: Submission, answer: Answer) -> Decision:
    return record_answer(
        submission.authorization_id, answer, submission_id=submission.id, actor=house.actor(), now=NOW
    ).decision


def corrected(house: House, wrong: Decision, answer: Answer | None, **fields: object) -> Recorded:
    values: dict[str, object] = {"reason": "typed one nought too many", "actor": house.actor(), "now": LATER} | fields
    return correct_decision(wrong.id, answer, **values)  # type: ignore[arg-type]


EVERY = {
    Status.APPROVED: APPROVED,
    Status.DENIED: DENIED,
    Status.PENDED: PENDED,
    Status.CANCELLED: CLOSED,
}


@pytest.mark.parametrize("wrong", list(EVERY))
@pytest.mark.parametrize("right", list(EVERY))
def test_right_answer_does_what_it_would_have_done(in_north: House, wrong: Status, right: Status) -> None:
    submission, other = by_hand(in_north), by_hand(in_north)
    first = entered(in_north, submission, EVERY[wrong])
    assert again(submission.authorization).status == wrong
    corrected(in_north, first, replace(EVERY[right], message="as it stands in the portal"))
    entered(in_north, other, EVERY[right])
    row, expected = again(submission.authorization), again(other.authorization)
    compared = (
        "status", "certification_number", "certification_key", "decided_on", "partly_approved", "modified",
        "not_required", "waiting_on", "cover_starts_on", "cover_ends_on", "tight_approved",
    )  # fmt: skip
    if right is not Status.DENIED:
        assert outcome_of(submission) == outcome_of(other)
    skipped = {"waiting_on"} if right in (Status.DENIED, Status.CANCELLED, Status.APPROVED) else set()
    for name in set(compared) - skipped:
        assert getattr(row, name) == getattr(expected, name), name


def test_units_follow_the_right_quantity_and_claims_are_allocated_anew(in_north: House) -> None:
    submission = by_hand(in_north)
    wrong = entered(in_north, submission, APPROVED)
    case = again(submission.authorization)
    claim = post(in_north, bill("H2019", "11-25", 60), number="C-1", coverage=case.coverage).claim
    assert (drawn_from(claim), case.tight_approved) == ({case.number: "60"}, Decimal(400))
    OutboxMessage.objects.all().delete()
    corrected(in_north, wrong, RIGHT)
    assert again(case).tight_approved == 40
    assert list(OutboxMessage.objects.values_list("topic", "subject_id")) == [("member.allocate", case.member_id)]
    reallocate_member(case.member_id, actor=in_north.actor(), now=LATER)
    assert again(case).tight_remaining == -20


def test_denial_instead_of_an_approval_gives_every_unit_back(in_north: House) -> None:
    submission = by_hand(in_north)
    wrong = entered(in_north, submission, APPROVED)
    case = again(submission.authorization)
    claim = post(in_north, bill("H2019", "11-25", 60), number="C-1", coverage=case.coverage).claim
    corrected(in_north, wrong, DENIED)
    reallocate_member(case.member_id, actor=in_north.actor(), now=LATER)
    assert drawn_from(claim) == {}
    assert used(case) == 0
    row = again(case)
    assert (row.status, row.certification_number, row.cover_ends_on) == (Status.DENIED, "", None)


def test_terms_of_the_wrong_entry_hold_for_no_day(in_north: House) -> None:
    submission = by_hand(in_north)
    wrong = entered(in_north, submission, APPROVED)
    case = again(submission.authorization)
    december = date(2026, 12, 1)
    right = replace(RIGHT, lines=(said(1, M, 40, starts_on=december),))
    corrected(in_north, wrong, right)
    claim = post(in_north, bill("H2019", "11-25", 8), number="C-1", coverage=case.coverage).claim
    assert drawn_from(claim) == {}
    assert again(case).cover_starts_on == december
    assert [balance.approved for balance in queries.balances([case.id])] == [Decimal(40)]


def test_wrong_entry_stays_with_who_made_it_and_why_it_was_wrong(in_north: House) -> None:
    submission = by_hand(in_north)
    wrong = entered(in_north, submission, APPROVED)
    right = corrected(in_north, wrong, RIGHT, actor=in_north.actor("supervisor")).decision
    assert (right.supersedes_id, right.superseded_reason) == (wrong.id, "typed one nought too many")
    assert Decision.objects.count() == 2
    assert list(Decision.standing.values_list("id", flat=True)) == [right.id]
    assert list(LineVersion.standing.values_list("decision_id", flat=True)) == [right.id]
    assert LineVersion.objects.count() == 2
    event = AuditEvent.objects.get(action="authorization.decision_corrected")
    assert (event.actor_label, event.data["superseded"]) == ("Supervisor North", str(wrong.id))
    assert "nought" not in str(event.data)


def test_billing_is_told_and_tasks_of_the_wrong_entry_are_closed(in_north: House) -> None:
    submission = by_hand(in_north)
    wrong = entered(in_north, submission, typed((M, 4)))
    assert open_tasks(submission.authorization) == {"shortfall"}
    corrected(in_north, wrong, typed((A, 40)))
    assert open_tasks(submission.authorization) == {"decision_corrected"}
    closed = Task.objects.get(kind="shortfall")
    assert (closed.closed_at, closed.closed_by) == (LATER, "Specialist North")


def test_entry_on_the_wrong_case_is_taken_off(in_north: House) -> None:
    submission = by_hand(in_north)
    before = again(submission.authorization)
    state = Submission.objects.get(id=submission.id)
    wrong = entered(in_north, submission, APPROVED)
    corrected(in_north, wrong, None, reason="belongs to another member")
    after, now = again(submission.authorization), Submission.objects.get(id=submission.id)
    same = ("status", "certification_number", "decided_on", "cover_ends_on", "tight_approved", "modified")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    travelled = ("outcome", "exchange_state", "waiting_on", "next_action", "next_action_at", "due_at", "answered_at")
    assert [getattr(now, name) for name in travelled] == [getattr(state, name) for name in travelled]
    assert not LineVersion.standing.exists()
    entered(in_north, submission, RIGHT)
    assert again(submission.authorization).status == Status.APPROVED


def test_same_answer_may_be_recorded_again_after_it_was_taken_off(in_north: House) -> None:
    submission = by_hand(in_north)
    corrected(in_north, entered(in_north, submission, APPROVED), None)
    second = record_answer(
        submission.authorization_id, APPROVED, submission_id=submission.id, actor=in_north.actor(), now=LATER
    )
    assert not second.repeated
    assert again(submission.authorization).status == Status.APPROVED


def test_correction_can_be_corrected(in_north: House) -> None:
    submission = by_hand(in_north)
    second = corrected(in_north, entered(in_north, submission, APPROVED), DENIED).decision
    corrected(in_north, second, RIGHT, reason="it was the other one")
    assert again(submission.authorization).status == Status.APPROVED
    assert in_force(submission.authorization)[1].quantity == 40


def test_request_answered_by_mistake_before_it_was_sent_is_sent_after_all(in_north: House) -> None:
    submission = submitted(in_north, units(quantity=40))
    wrong = entered(in_north, submission, APPROVED)
    OutboxMessage.objects.all().delete()
    corrected(in_north, wrong, None, reason="belongs to another member")
    assert Submission.objects.get(id=submission.id).exchange_state == ExchangeState.TO_SEND
    (message,) = OutboxMessage.objects.filter(topic=SEND)
    assert (message.subject_id, message.due_at) == (submission.id, LATER)


def sent_since(house: House, revision: Submission) -> None:
    note_exchange(revision.id, ExchangeState.SENT, actor=house.actor(), now=NOW)


def recalled_since(house: House, revision: Submission) -> None:
    recall(revision.id, actor=house.actor(), now=NOW)


@pytest.mark.parametrize(
    ("moved", "state"), [(sent_since, ExchangeState.SENT), (recalled_since, ExchangeState.WITHDRAWN)]
)
def test_what_moved_on_by_itself_since_the_wrong_entry_stays_where_it_came(
    in_north: House, moved: Callable[[House, Submission], None], state: ExchangeState
) -> None:
    submission = by_hand(in_north)
    entered(in_north, submission, RIGHT)
    revision = opened(again(submission.authorization), Purpose.REVISE)
    Submission.objects.filter(id=revision.id).update(exchange_state=ExchangeState.TO_SEND)
    wrong = entered(in_north, submission, typed((M, 30), effective_on=date(2026, 12, 1), channel="letter"))
    moved(in_north, revision)
    OutboxMessage.objects.all().delete()
    corrected(in_north, wrong, typed((M, 20), effective_on=date(2026, 12, 1), channel="letter"))
    assert Submission.objects.get(id=revision.id).exchange_state == state
    assert not OutboxMessage.objects.filter(topic=SEND).exists()


def test_letter_entered_wrongly_leaves_what_stood_before_it(in_north: House) -> None:
    submission = by_hand(in_north)
    entered(in_north, submission, RIGHT)
    letter = typed((X, None), effective_on=date(2026, 12, 1), channel="letter")
    wrong = record_answer(submission.authorization_id, letter, actor=in_north.actor(), now=NOW).decision
    assert again(submission.authorization).cover_ends_on == date(2026, 11, 30)
    other = typed((M, 30), effective_on=date(2026, 12, 1), number="26N-0093", channel="letter")
    corrected(in_north, wrong, other)
    row = again(submission.authorization)
    assert (row.status, row.cover_ends_on, row.tight_approved) == (Status.APPROVED, ENDS, Decimal(30))


def test_case_taken_over_can_be_corrected_but_not_unanswered(in_north: House) -> None:
    case = record_existing(
        ask(in_north, units(quantity=40)), APPROVED, channel=Channel.PHONE, owner=None, actor=in_north.actor(), now=NOW
    )
    wrong = Decision.objects.get(authorization=case)
    with pytest.raises(NotAllowed, match="correct it instead"):
        corrected(in_north, wrong, None)
    corrected(in_north, wrong, RIGHT)
    assert again(case).tight_approved == 40


# What is refused ---------------------------------------------------------------------------------------------


@contextmanager
def nothing_written(case: Authorization) -> Iterator[None]:
    before = (again(case).version, Decision.objects.count(), AuditEvent.objects.count())
    with pytest.raises((NotAllowed, Refused, Stale)):
        yield
    assert (again(case).version, Decision.objects.count(), AuditEvent.objects.count()) == before


def refused(house: House, wrong: Decision, answer: Answer | None = RIGHT, **fields: object) -> str:
    with nothing_written(wrong.authorization):
        try:
            corrected(house, wrong, answer, **fields)
        except (NotAllowed, Refused, Stale) as error:
            said_why = str(error)
            raise
    return said_why


def test_message_of_the_payer_is_not_corrected_by_hand(in_north: House) -> None:
    submission = by_hand(in_north)
    wrong = entered(in_north, submission, replace(APPROVED, source_message_id=uuid.uuid4()))
    assert "payer sent" in refused(in_north, wrong)


def test_only_the_latest_answer_is_corrected(in_north: House) -> None:
    submission = by_hand(in_north)
    wrong = entered(in_north, submission, PENDED)
    entered(in_north, submission, RIGHT)
    assert "answered again since" in refused(in_north, wrong, DENIED)


def test_entry_is_corrected_once(in_north: House) -> None:
    wrong = entered(in_north, by_hand(in_north), APPROVED)
    corrected(in_north, wrong, RIGHT)
    assert "corrected already" in refused(in_north, wrong, DENIED)


def test_what_was_asked_since_comes_first(in_north: House) -> None:
    submission = by_hand(in_north)
    wrong = entered(in_north, submission, APPROVED)
    opened(again(submission.authorization), Purpose.EXTEND)
    assert "asked of the payer since" in refused(in_north, wrong)


def test_correction_needs_a_reason_a_number_and_a_difference(in_north: House) -> None:
    wrong = entered(in_north, by_hand(in_north), APPROVED)
    assert "what was wrong" in refused(in_north, wrong, reason="  ")
    assert "payer's number" in refused(in_north, wrong, replace(RIGHT, certification_number=""))
    assert "Nothing differs" in refused(in_north, wrong, APPROVED)


def test_correcting_what_somebody_changed_meanwhile_is_refused(in_north: House) -> None:
    wrong = entered(in_north, by_hand(in_north), APPROVED)
    version = again(wrong.authorization).version
    corrected(in_north, wrong, RIGHT, actor=in_north.actor("supervisor"))
    latest = Decision.standing.get(authorization=wrong.authorization)
    assert "Supervisor North" in refused(in_north, latest, DENIED, version=version)


def test_entry_of_another_organization_is_not_found(north: House, south: House) -> None:
    with south.scope():
        wrong = entered(south, by_hand(south), APPROVED)
    with north.scope(), pytest.raises(Decision.DoesNotExist):
        corrected(north, wrong, RIGHT)
    with south.scope():
        assert not Decision.objects.exclude(supersedes=None).exists()


def test_same_key_corrects_once(in_north: House) -> None:
    wrong, key = entered(in_north, by_hand(in_north), APPROVED), a_key()
    first, second = (corrected(in_north, wrong, RIGHT, key=key) for _ in range(2))
    assert (first.decision.id, second.repeated) == (second.decision.id, True)


# The wall in the database --------------------------------------------------------------------------------------


def go_back(case: Authorization, status: Status) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE authorizations_authorization SET status = %s WHERE id = %s", [status, case.id])
        assert cursor.rowcount == 1


def supersede(wrong: Decision, number: int = 9, authorization: Authorization | None = None) -> None:
    """A superseding decision, written past the verbs as the runtime role may."""
    copy = Decision.objects.get(id=wrong.id)
    copy.id, copy.number, copy.supersedes_id = uuid.uuid4(), number, wrong.id
    if authorization is not None:
        copy.authorization = authorization
    copy.save(force_insert=True)


@pytest.fixture
def wrong(in_north: House) -> Decision:
    return entered(in_north, by_hand(in_north), APPROVED)


def test_status_never_goes_back_by_itself(wrong: Decision) -> None:
    for status in (Status.DENIED, Status.PENDED, Status.SUBMITTED, Status.DRAFT):
        with pytest.raises(IntegrityError, match="may not go from"), transaction.atomic():
            go_back(wrong.authorization, status)


def test_status_goes_back_beside_a_superseding_decision(wrong: Decision) -> None:
    supersede(wrong)
    go_back(wrong.authorization, Status.DENIED)
    assert again(wrong.authorization).status == Status.DENIED


def test_status_goes_back_beside_one_written_in_a_savepoint(wrong: Decision) -> None:
    with transaction.atomic():
        supersede(wrong)
    with transaction.atomic():
        go_back(wrong.authorization, Status.DENIED)
    assert again(wrong.authorization).status == Status.DENIED


def test_superseding_decision_that_was_undone_lets_nothing_go_back(wrong: Decision) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        supersede(wrong)
        raise ZeroDivisionError
    with pytest.raises(IntegrityError, match="may not go from"), transaction.atomic():
        go_back(wrong.authorization, Status.DENIED)


def test_superseding_decision_of_another_case_lets_nothing_go_back(in_north: House, wrong: Decision) -> None:
    other = entered(in_north, by_hand(in_north), APPROVED)
    supersede(other)
    with pytest.raises(IntegrityError, match="may not go from"), transaction.atomic():
        go_back(wrong.authorization, Status.DENIED)


def test_decision_that_supersedes_nothing_lets_nothing_go_back(in_north: House, wrong: Decision) -> None:
    add_note(wrong.authorization_id, "anything", actor=in_north.actor(), now=NOW)
    copy = Decision.objects.get(id=wrong.id)
    copy.id, copy.number = uuid.uuid4(), 9
    copy.save(force_insert=True)
    with pytest.raises(IntegrityError, match="may not go from"), transaction.atomic():
        go_back(wrong.authorization, Status.DENIED)


def test_correction_of_an_earlier_transaction_lets_nothing_go_back(transactional_db: None, north: House) -> None:
    with north.scope():
        wrong = entered(north, by_hand(north), APPROVED)
    with north.scope():
        corrected(north, wrong, RIGHT)
    with north.scope(), pytest.raises(IntegrityError, match="may not go from"):
        go_back(wrong.authorization, Status.DENIED)


def test_nobody_chooses_the_transaction_a_decision_was_written_in(in_north: House, wrong: Decision) -> None:
    table = Decision._meta.db_table
    columns = [field.column for field in Decision._meta.local_fields if field.column not in ("id", "number")]
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (id, number, written_in, {names}) "
            f"SELECT gen_random_uuid(), 9, '999999999'::xid8, {names} FROM {table} WHERE id = %s RETURNING written_in",
            [wrong.id],
        )
        written = str(cursor.fetchone()[0])
        cursor.execute("SELECT pg_current_xact_id()")
        assert written == str(cursor.fetchone()[0])
    with pytest.raises(Exception, match=r"permission denied|written once"), transaction.atomic():
        connection.cursor().execute(f"UPDATE {table} SET written_in = pg_current_xact_id()")


def test_entry_is_superseded_by_one_decision_alone(wrong: Decision) -> None:
    supersede(wrong)
    with pytest.raises(IntegrityError, match="one_correction_a_decision"), transaction.atomic():
        supersede(wrong, number=10)


def test_refusal_names_its_field(in_north: House, wrong: Decision) -> None:
    with pytest.raises(Refused) as error:
        corrected(in_north, wrong, RIGHT, reason="")
    assert error.value.problems == (Problem("reason", "Say what was wrong with the entry."),)
    assert outcome_of(wrong.submission or pytest.fail("no submission")) == SubmissionOutcome.APPROVED
