"""What a payer's answer does to a case in the database: the table of effects, lived through."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest

from audit.models import AuditEvent
from authorizations.decisions import Answer, Basis, CapPeriod, CapTerms, Column, FollowUp, LineOutcome, ProviderNamed
from authorizations.effects import TABLE, Cover, Note
from authorizations.errors import Refused, Stale
from authorizations.models import Authorization, Decision, LineDecision, LineVersion, Submission, Task
from authorizations.states import Purpose, Status, SubmissionOutcome
from authorizations.transitions import Recorded, record_answer
from outbox.models import OutboxMessage
from tests.authorizations.cases import (
    APPROVAL,
    CLOSURE,
    DENIAL,
    ENDS,
    HOLD,
    MESSAGE,
    NOT_REQUIRED,
    PEND,
    RETURN,
    RIDDLE,
    again,
    all_lines,
    drafted,
    heard,
    in_force,
    in_status,
    message,
    open_tasks,
    opened,
    outcome_of,
    said,
    submitted,
    units,
)
from tests.cast import NOW, TODAY, House

A, M, D, P = LineOutcome.APPROVED, LineOutcome.MODIFIED, LineOutcome.DENIED, LineOutcome.PENDED
ONE_DAY = timedelta(days=1)
MARCH = date(2027, 1, 5)

ANSWERS: dict[Column, Answer] = {
    Column.APPROVES: APPROVAL,
    Column.DENIES: DENIAL,
    Column.PENDS: PEND,
    Column.HELD: HOLD,
    Column.RETURNS: RETURN,
    Column.CANCELS: CLOSURE,
    Column.NOT_REQUIRED: NOT_REQUIRED,
    Column.UNKNOWN: RIDDLE,
}
STATUS_BEFORE = {
    Purpose.INITIAL: Status.SUBMITTED,
    Purpose.ANSWER: Status.PENDED,
    Purpose.REVISE: Status.APPROVED,
    Purpose.EXTEND: Status.APPROVED,
    Purpose.CANCEL: Status.APPROVED,
    Purpose.APPEAL: Status.DENIED,
    Purpose.EXISTING: Status.SUBMITTED,
}


def asked_for(house: House, purpose: Purpose) -> Submission:
    """An open submission of each purpose, on a case that stands where the purpose belongs."""
    case = in_status(house, STATUS_BEFORE[purpose])
    first: Submission = case.submissions.order_by("number")[0]
    if purpose is Purpose.INITIAL:
        return first
    if purpose is Purpose.EXISTING:
        Submission.objects.filter(id=first.id).update(purpose=purpose)
        return first
    return opened(case, purpose, parent=first if purpose is Purpose.ANSWER else None)


@pytest.mark.parametrize(("purpose", "column"), [(p, c) for p, c in product(TABLE, Column)])
def test_every_cell_on_the_database(in_north: House, purpose: Purpose, column: Column) -> None:
    submission = asked_for(in_north, purpose)
    before = again(submission.authorization)
    versions = LineVersion.objects.count()
    recorded = heard(in_north, submission, replace(ANSWERS[column], message="second word"))
    after, expected = again(before), TABLE[purpose][column]
    status = None if purpose is Purpose.APPEAL and after.status == before.status else expected.status
    assert recorded.decision.column == column
    assert recorded.effect == expected
    assert after.status == (status or before.status)
    assert outcome_of(submission) == (expected.outcome or SubmissionOutcome.NONE)
    changes_lines = (expected.cover is Cover.GRANT and column is Column.APPROVES) or (
        expected.cover is Cover.END and before.status == Status.APPROVED
    )
    assert (LineVersion.objects.count() > versions) is changes_lines
    assert (expected.note in open_tasks(after)) is expected.task
    assert AuditEvent.objects.filter(action="authorization.answer_recorded", data__note=expected.note).exists()


def test_approval_puts_lines_in_force(in_north: House) -> None:
    submission = submitted(in_north)
    answer = message(
        said(1, A, certification_number="L-1"),
        said(2, M, 24, basis=Basis.STATED, caps=(CapTerms(CapPeriod.WEEK, Decimal(6)),), ends_on=MARCH),
    )
    heard(in_north, submission, answer)
    first, second = in_force(submission.authorization).values()
    assert (first.quantity, first.basis, first.certification_number) == (Decimal(80), "as_requested", "L-1")
    assert (first.starts_on, first.ends_on, first.unit_minutes) == (TODAY, ENDS, 15)
    assert (second.quantity, second.basis, second.certification_number) == (Decimal(24), "stated", "HC-7001")
    assert (second.caps, second.ends_on) == ([{"period": "week", "quantity": "6"}], MARCH)
    row = again(submission.authorization)
    assert (row.status, row.modified, row.partly_approved) == (Status.APPROVED, True, False)
    assert (row.certification_number, row.certification_key) == ("HC-7001", "hc7001")
    assert (row.cover_starts_on, row.cover_ends_on, row.decided_on) == (TODAY, ENDS, date(2026, 11, 22))
    assert (row.tight_code, row.tight_approved, row.tight_remaining_milli) == ("H2019", Decimal(80), 80_000)


def test_approval_has_the_member_allocated_again(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    assert OutboxMessage.objects.get(topic="member.allocate").subject_id == in_north.member.id


def test_denial_draws_nothing_and_allocates_nothing(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, DENIAL)
    assert not LineVersion.objects.exists()
    assert not OutboxMessage.objects.filter(topic="member.allocate").exists()


def test_fewer_units_than_asked_ask_for_a_review(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, message(said(1, M, 40), said(2, A)))
    row = again(submission.authorization)
    assert row.next_action == "Review shortfall: 40 of 80 units of H2019"
    assert row.waiting_on == "us"


def test_more_units_than_asked_are_taken(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, message(said(1, M, 100), said(2, A)))
    assert in_force(submission.authorization)[1].quantity == 100
    assert "shortfall" not in open_tasks(submission.authorization)


def test_line_beats_header(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, replace(APPROVAL, lines=(said(2, D, reasons=("09",)),)))
    row = again(submission.authorization)
    assert (row.status, row.partly_approved) == (Status.APPROVED, True)
    assert set(in_force(row)) == {1}
    assert LineDecision.objects.get(line__number=2).reasons == ["09"]


def test_line_approved_beside_a_pend_can_be_used_at_once(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, message(said(1, A), said(2, P)))
    row = again(submission.authorization)
    assert (row.status, row.waiting_on) == (Status.PENDED, "us")
    assert set(in_force(row)) == {1}


def test_last_word_on_every_line_counts_not_the_last_message(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, message(said(1, A), said(2, P)))
    heard(in_north, submission, message(said(2, D), message="decided"))
    row = again(submission.authorization)
    assert (row.status, row.partly_approved) == (Status.APPROVED, True)


def test_line_the_payer_adds_means_modified_not_denied(in_north: House) -> None:
    submission = submitted(in_north, units("H2019"))
    heard(in_north, submission, message(said(1, D), said(None, A, 20, code="H2014")))
    row = again(submission.authorization)
    assert (row.status, row.partly_approved, row.modified) == (Status.APPROVED, True, True)
    added = row.lines.get(added_by_payer=True)
    assert (added.number, added.quantity, in_force(row)[2].quantity) == (2, None, Decimal(20))
    assert in_force(row)[2].codes == [{"system": "HCPCS", "code": "H2014", "modifiers": []}]


def test_added_line_named_again_is_not_added_twice(in_north: House) -> None:
    submission = submitted(in_north, units("H2019"))
    heard(in_north, submission, message(said(1, D), said(None, A, 20, code="H2014")))
    heard(in_north, submission, message(said(None, A, 30, code="H2014"), message="more"))
    row = again(submission.authorization)
    assert row.lines.filter(removed_at=None).count() == 2
    assert in_force(row)[2].quantity == 30


def test_line_nobody_asked_for_by_its_number_is_left_to_a_person(in_north: House) -> None:
    submission = submitted(in_north)
    recorded = heard(in_north, submission, message(said(7, A)))
    assert recorded.decision.column == Column.UNKNOWN
    assert again(submission.authorization).status == Status.SUBMITTED


def test_provider_the_payer_names_binds_when_it_is_ours(in_north: House) -> None:
    submission = submitted(in_north)
    ours = ProviderNamed("Okafor", in_north.clinician.npi)
    stranger = ProviderNamed("Nobody", "1999999984")
    heard(in_north, submission, message(said(1, A, provider=ours), said(2, A, provider=stranger)))
    versions = in_force(submission.authorization)
    assert (versions[1].provider_id, versions[2].provider_id) == (in_north.clinician.id, None)
    assert LineDecision.objects.get(line__number=2).provider_named == "Nobody"


def test_modified_without_a_quantity_is_not_usable_and_asks_for_a_call(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, message(said(1, M), said(2, A)))
    version = in_force(submission.authorization)[1]
    assert (version.quantity, version.basis) == (None, "unknown")
    assert "unknown_quantity" in open_tasks(submission.authorization)


def test_approval_without_a_number_asks_for_it(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, replace(APPROVAL, certification_number=""))
    assert "number_missing" in open_tasks(submission.authorization)


def test_same_content_twice_is_ignored(in_north: House) -> None:
    submission = submitted(in_north)
    first = heard(in_north, submission, APPROVAL)
    row = again(submission.authorization)
    second = heard(in_north, submission, replace(APPROVAL, source_message_id=row.id))
    assert (second.repeated, second.decision.id) == (True, first.decision.id)
    assert (Decision.objects.count(), LineVersion.objects.count(), again(row).version) == (1, 2, row.version)


def test_older_answer_is_kept_as_history(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    older = replace(DENIAL, decided_on=date(2026, 11, 20))
    recorded = heard(in_north, submission, older)
    assert recorded.effect is not None
    assert (recorded.effect.note, recorded.decision.applied) == (Note.OLDER, False)
    assert again(submission.authorization).status == Status.APPROVED
    assert not open_tasks(submission.authorization)


def test_announcement_of_the_same_day_is_older_than_the_final_word(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, replace(APPROVAL, final_word=True))
    recorded = heard(in_north, submission, replace(PEND, final_word=False))
    assert recorded.effect is not None
    assert recorded.effect.note is Note.OLDER


def test_later_approval_with_fewer_units_makes_a_new_version_and_a_review(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    heard(in_north, submission, message(said(1, M, 40), decided_on=TODAY))
    assert in_force(submission.authorization)[1].quantity == 40
    assert LineVersion.objects.filter(line__number=1).count() == 2
    assert LineVersion.objects.filter(line__number=2).count() == 1
    assert Note.PAYER_REVISES in open_tasks(submission.authorization)
    assert again(submission.authorization).tight_approved == 40


def test_later_approval_that_repeats_the_terms_changes_nothing(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    recorded = heard(in_north, submission, message(said(1, A, 80, basis=Basis.STATED), decided_on=TODAY))
    assert recorded.effect is not None
    assert (recorded.effect.note, recorded.decision.applied) == (Note.SAME_TERMS, False)
    assert LineVersion.objects.count() == 2


@pytest.mark.parametrize("outcome", [LineOutcome.DENIED, LineOutcome.CANCELLED])
def test_take_back_ends_cover_the_day_before_and_cancels_what_has_no_cover_left(
    in_north: House, outcome: LineOutcome
) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    heard(in_north, submission, all_lines(outcome, decided_on=TODAY, effective_on=MARCH))
    row = again(submission.authorization)
    assert (row.status, row.cover_ends_on) == (Status.CANCELLED, MARCH - ONE_DAY)
    assert {version.ends_on for version in in_force(row).values()} == {MARCH - ONE_DAY}
    assert {version.starts_on for version in in_force(row).values()} == {TODAY}
    assert Note.TAKEN_BACK in open_tasks(row)
    assert OutboxMessage.objects.filter(topic="member.allocate").count() == 2


def test_take_back_of_one_line_leaves_the_case_approved(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    heard(in_north, submission, message(said(1, D), decided_on=TODAY, effective_on=MARCH))
    row = again(submission.authorization)
    assert (row.status, row.partly_approved, row.cover_ends_on) == (Status.APPROVED, True, ENDS)
    assert in_force(row)[1].ends_on == MARCH - ONE_DAY
    assert LineVersion.objects.filter(line__number=2).count() == 1


def test_message_that_takes_one_line_and_revises_another_does_both(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    heard(in_north, submission, message(said(1, D), said(2, M, 10), decided_on=TODAY, effective_on=MARCH))
    versions = in_force(submission.authorization)
    assert (versions[1].ends_on, versions[2].quantity) == (MARCH - ONE_DAY, Decimal(10))


def test_take_back_of_what_ended_before_closes_the_case_and_leaves_its_lines(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    heard(in_north, submission, all_lines(D, decided_on=TODAY, effective_on=ENDS + 30 * ONE_DAY))
    assert again(submission.authorization).status == Status.CANCELLED
    assert LineVersion.objects.count() == 2


def test_answer_to_a_change_counts_though_the_approval_bears_a_later_date(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    revise = opened(case, Purpose.REVISE)
    heard(in_north, revise, message(said(1, M, 99), decided_on=date(2026, 11, 1)))
    assert in_force(case)[1].quantity == 99


def test_second_take_back_finds_nothing_to_take(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    taken = message(said(1, D), decided_on=TODAY, effective_on=MARCH)
    heard(in_north, submission, taken)
    heard(in_north, submission, replace(taken, message="once more", effective_on=MARCH + ONE_DAY))
    assert LineVersion.objects.filter(line__number=1).count() == 2


def test_take_back_from_an_earlier_day_takes_more(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, APPROVAL)
    taken = message(said(1, D), decided_on=TODAY, effective_on=MARCH)
    heard(in_north, submission, taken)
    heard(in_north, submission, replace(taken, message="from earlier on", effective_on=MARCH - 7 * ONE_DAY))
    assert in_force(submission.authorization)[1].ends_on == MARCH - 8 * ONE_DAY


def test_cancellation_with_a_future_date_cancels_now_and_covers_until_the_day_before(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    cancel = opened(case, Purpose.CANCEL)
    revise = opened(case, Purpose.REVISE)
    heard(in_north, cancel, replace(CLOSURE, effective_on=MARCH))
    row = again(case)
    assert (row.status, row.cover_ends_on, row.waiting_on) == (Status.CANCELLED, MARCH - ONE_DAY, "nobody")
    assert outcome_of(revise) == "overtaken"


def test_no_authorization_required_has_no_meter_and_never_expires(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, NOT_REQUIRED)
    row = again(submission.authorization)
    assert (row.status, row.not_required, row.tight_approved) == (Status.APPROVED, True, None)
    assert row.list_date == date(9999, 12, 31)
    assert not LineVersion.objects.exists()


def test_late_decision_on_the_first_request_overtakes_the_answer(in_north: House) -> None:
    answer, first = pended_and_answered(in_north)
    heard(in_north, first, replace(APPROVAL, decided_on=TODAY))
    assert again(first.authorization).status == Status.APPROVED
    assert (outcome_of(first), outcome_of(answer)) == ("approved", "overtaken")


def test_late_pend_of_the_first_request_is_only_recorded(in_north: House) -> None:
    answer, first = pended_and_answered(in_north)
    recorded = heard(in_north, first, replace(PEND, decided_on=TODAY, message="again"))
    assert not recorded.decision.applied
    assert (again(first.authorization).status, outcome_of(answer)) == (Status.SUBMITTED, "none")


def test_decided_answer_closes_the_pended_request_too(in_north: House) -> None:
    answer, first = pended_and_answered(in_north)
    heard(in_north, answer, replace(DENIAL, decided_on=TODAY))
    assert (outcome_of(first), outcome_of(answer)) == ("refused", "refused")
    assert again(first.authorization).next_action == ""


def pended_and_answered(house: House) -> tuple[Submission, Submission]:
    """A pended request whose answer is under way, as resubmit leaves it."""
    case = in_status(house, Status.PENDED)
    first = case.submissions.get()
    answer = opened(case, Purpose.ANSWER, parent=first)
    Authorization.objects.filter(id=case.id).update(status=Status.SUBMITTED)
    return answer, first


def test_word_that_names_no_request_is_heard_on_the_last_thing_asked(in_north: House) -> None:
    answer, first = pended_and_answered(in_north)
    again_pended = replace(PEND, decided_on=TODAY, source_message_id=None)
    record_answer(first.authorization_id, again_pended, actor=in_north.actor(), now=NOW)
    assert again(first.authorization).status == Status.PENDED
    assert outcome_of(answer) == "pended"


def test_answer_to_a_pended_change_leaves_the_case_approved(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    revise = opened(case, Purpose.REVISE)
    heard(in_north, revise, replace(PEND, decided_on=TODAY))
    answer = opened(case, Purpose.ANSWER, parent=revise)
    heard(in_north, answer, replace(DENIAL, decided_on=TODAY))
    assert again(case).status == Status.APPROVED
    assert (outcome_of(revise), outcome_of(answer)) == ("refused", "refused")
    assert LineVersion.objects.count() == 2


def test_refused_change_of_one_line_leaves_both_in_force(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    revise = opened(case, Purpose.REVISE)
    heard(in_north, revise, message(said(1, D), said(2, D), decided_on=TODAY))
    row = again(case)
    assert (row.partly_approved, LineVersion.objects.count()) == (False, 2)


def test_letter_nobody_asked_for_is_a_later_message(in_north: House) -> None:
    case = in_status(in_north, Status.APPROVED)
    letter = replace(all_lines(D, decided_on=TODAY, effective_on=MARCH), source_message_id=None)
    record_answer(case.id, letter, actor=in_north.actor(), now=NOW)
    assert again(case).status == Status.CANCELLED


def test_inquiry_is_read_as_an_answer_to_the_oldest_open_request(in_north: House) -> None:
    case = in_status(in_north, Status.SUBMITTED)
    inquiry = opened(case, Purpose.INQUIRY)
    heard(in_north, inquiry, APPROVAL)
    assert again(case).status == Status.APPROVED
    assert outcome_of(case.submissions.order_by("number")[0]) == "approved"
    assert outcome_of(inquiry) == "overtaken"


def test_answer_to_the_request_answers_the_question_how_it_stands(in_north: House) -> None:
    case = in_status(in_north, Status.SUBMITTED)
    inquiry = opened(case, Purpose.INQUIRY)
    heard(in_north, case.submissions.order_by("number")[0], APPROVAL)
    assert outcome_of(inquiry) == "overtaken"


def test_question_about_a_cancellation_waits_for_what_is_said_of_it(in_north: House) -> None:
    case = in_status(in_north, Status.PENDED)
    cancel, inquiry = opened(case, Purpose.CANCEL), opened(case, Purpose.INQUIRY)
    heard(in_north, case.submissions.order_by("number")[0], APPROVAL)
    assert (outcome_of(cancel), outcome_of(inquiry)) == ("none", "none")


def test_returned_inquiry_moves_nothing(in_north: House) -> None:
    case = in_status(in_north, Status.SUBMITTED)
    inquiry = opened(case, Purpose.INQUIRY)
    heard(in_north, inquiry, RETURN)
    assert again(case).status == Status.SUBMITTED
    assert outcome_of(case.submissions.order_by("number")[0]) == "none"


@pytest.mark.parametrize("status", [Status.DRAFT, Status.CANCELLED])
def test_answer_to_a_draft_or_a_cancelled_case_waits_for_a_person(in_north: House, status: Status) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, RETURN if status is Status.DRAFT else CLOSURE)
    recorded = heard(in_north, submission, replace(APPROVAL, decided_on=TODAY))
    row = again(submission.authorization)
    assert (row.status, recorded.decision.applied) == (status, False)
    assert Note.NOT_APPLIED in open_tasks(row)
    assert not LineVersion.objects.exists()


def test_draft_never_sent_keeps_a_letter_that_comes_for_it(in_north: House) -> None:
    row = drafted(in_north)
    record_answer(row.id, APPROVAL, actor=in_north.actor(), now=NOW)
    assert (again(row).status, Decision.objects.get().applied) == (Status.DRAFT, False)


def test_approval_after_a_denial_is_applied_and_looked_at(in_north: House) -> None:
    case = in_status(in_north, Status.DENIED)
    heard(in_north, case.submissions.get(), replace(APPROVAL, decided_on=TODAY))
    assert again(case).status == Status.APPROVED
    assert Note.APPROVED_AFTER_DENIAL in open_tasks(case)
    assert set(in_force(case)) == {1, 2}


def test_returned_request_comes_back_as_a_draft(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, RETURN)
    row = again(submission.authorization)
    assert (row.status, row.returned, row.waiting_on) == (Status.DRAFT, True, "us")


def test_held_request_waits_on_the_payer(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, HOLD)
    row = again(submission.authorization)
    assert (row.status, row.waiting_on, row.next_action) == (Status.PENDED, "payer", "Wait for the payer")


def test_payer_that_wants_a_call_gets_one(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, all_lines(LineOutcome.CONTACT_PAYER))
    row = again(submission.authorization)
    assert (row.status, row.next_action) == (Status.PENDED, "Call the payer")
    assert Note.CALL_PAYER in open_tasks(row)


def test_request_the_payer_will_not_take_again_says_so(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, all_lines(LineOutcome.RETURNED, follow_up=FollowUp.NOT_TAKEN_AGAIN))
    assert Submission.objects.get(id=submission.id).next_action == "Decide what to do instead"


def test_pend_keeps_the_payers_administrative_number_and_what_it_wants(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, PEND)
    row = again(submission.authorization)
    assert (row.administrative_number, row.decided_on) == ("ADM-1", None)
    assert row.next_action == "Answer the payer"


def by_hand(house: House, submission: Submission, answer: Answer, version: int | None = None) -> Recorded:
    return record_answer(
        submission.authorization_id, answer, submission_id=submission.id, actor=house.actor(), now=NOW, version=version
    )


def test_person_who_records_an_approval_gives_the_number_or_why_there_is_none(in_north: House) -> None:
    submission = submitted(in_north)
    bare = replace(APPROVAL, certification_number="", source_message_id=None)
    with pytest.raises(Refused) as refused:
        by_hand(in_north, submission, bare)
    assert list(refused.value.by_field()) == ["certification_number"]
    assert not Decision.objects.exists()
    by_hand(in_north, submission, replace(bare, number_missing_reason="The payer gave none by telephone"))
    row = again(submission.authorization)
    assert (row.status, row.number_missing_reason) == (Status.APPROVED, "The payer gave none by telephone")
    assert "number_missing" not in open_tasks(row)


def test_person_recording_on_what_somebody_changed_is_told(in_north: House) -> None:
    submission = submitted(in_north)
    version = again(submission.authorization).version
    by_hand(in_north, submission, replace(APPROVAL, source_message_id=None), version)
    with pytest.raises(Stale, match="Specialist North"):
        by_hand(in_north, submission, replace(DENIAL, source_message_id=None), version)
    assert again(submission.authorization).status == Status.APPROVED


def test_decision_names_its_source_and_keeps_every_fact(in_north: House) -> None:
    submission = submitted(in_north)
    recorded = heard(in_north, submission, replace(DENIAL, reasons=("09",), message="Not covered"))
    decision = Decision.objects.get(id=recorded.decision.id)
    assert (decision.source_message_id, decision.recorded_by) == (MESSAGE, "Specialist North")
    assert (decision.reasons, decision.message, decision.facts["message"]) == (["09"], "Not covered", "Not covered")
    event = AuditEvent.objects.get(action="authorization.answer_recorded")
    assert (event.data["before"], event.data["after"]) == ("submitted", "denied")


def test_one_open_task_of_a_kind_stands_for_all_its_causes(in_north: House) -> None:
    submission = submitted(in_north)
    heard(in_north, submission, RIDDLE)
    heard(in_north, submission, replace(RIDDLE, problem="HCR01 is QQ"))
    assert Task.objects.filter(kind=Note.UNREADABLE).count() == 1
