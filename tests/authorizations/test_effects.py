"""What an answer does: every cell of the table, and every rule under it.

`EXPECTED` is the table of the design once more, written from its words and not from the code.
"""

from dataclasses import replace
from itertools import product

import pytest

from authorizations.decisions import Column, FollowUp
from authorizations.effects import ANSWER_ROW, INITIAL_ROW, TABLE, Cover, Note, Reading, effect, row_of
from authorizations.states import FINAL_OUTCOMES, PAIRS, Purpose, Status, SubmissionOutcome, WaitingOn

P, C, S, OUT, W = Purpose, Column, Status, SubmissionOutcome, WaitingOn

A, D, PE, H, R, X, N, U = (
    C.APPROVES,
    C.DENIES,
    C.PENDS,
    C.HELD,
    C.RETURNS,
    C.CANCELS,
    C.NOT_REQUIRED,
    C.UNKNOWN,
)
UNCHANGED = None
TASK = "task"
QUIET = ""

# (status after, outcome of the submission, cover, waiting on, task)
Cell = tuple[Status | None, SubmissionOutcome | None, Cover, WaitingOn | None, str]

LOOK: Cell = (UNCHANGED, None, Cover.KEEP, W.US, TASK)
PENDED: Cell = (S.PENDED, OUT.PENDED, Cover.GRANT, W.US, QUIET)
PENDED_HELD: Cell = (S.PENDED, OUT.PENDED, Cover.KEEP, W.PAYER, QUIET)
APPROVED: Cell = (S.APPROVED, OUT.APPROVED, Cover.GRANT, W.NOBODY, QUIET)
DENIED: Cell = (S.DENIED, OUT.REFUSED, Cover.KEEP, W.NOBODY, QUIET)
CLOSED: Cell = (S.CANCELLED, OUT.CANCELLED, Cover.END, W.NOBODY, QUIET)
NOT_REQUIRED: Cell = (S.APPROVED, OUT.APPROVED, Cover.KEEP, W.NOBODY, QUIET)
CANCEL_GRANTED: Cell = (S.CANCELLED, OUT.APPROVED, Cover.END, W.NOBODY, QUIET)
WAITING: Cell = (UNCHANGED, OUT.PENDED, Cover.KEEP, W.PAYER, QUIET)
CHANGE: dict[Column, Cell] = {
    A: (UNCHANGED, OUT.APPROVED, Cover.GRANT, W.NOBODY, QUIET),
    D: (UNCHANGED, OUT.REFUSED, Cover.KEEP, W.NOBODY, QUIET),
    PE: (UNCHANGED, OUT.PENDED, Cover.GRANT, W.US, QUIET),
    H: WAITING,
    R: (UNCHANGED, OUT.RETURNED, Cover.KEEP, W.US, QUIET),
    X: (UNCHANGED, OUT.CANCELLED, Cover.KEEP, W.NOBODY, TASK),
    N: LOOK,
    U: LOOK,
}

# The status in which each row is ordinarily read.
STANDING = {
    P.INITIAL: S.SUBMITTED,
    P.ANSWER: S.SUBMITTED,
    P.REVISE: S.APPROVED,
    P.EXTEND: S.APPROVED,
    P.CANCEL: S.APPROVED,
    P.APPEAL: S.DENIED,
    P.EXISTING: S.SUBMITTED,
}

EXPECTED: dict[Purpose, dict[Column, Cell]] = {
    P.INITIAL: {
        A: APPROVED,
        D: DENIED,
        PE: PENDED,
        H: PENDED_HELD,
        R: (S.DRAFT, OUT.RETURNED, Cover.KEEP, W.US, QUIET),
        X: CLOSED,
        N: NOT_REQUIRED,
        U: LOOK,
    },
    P.ANSWER: {
        A: APPROVED,
        D: DENIED,
        PE: PENDED,
        H: PENDED_HELD,
        R: (S.PENDED, OUT.RETURNED, Cover.KEEP, W.US, QUIET),
        X: CLOSED,
        N: NOT_REQUIRED,
        U: LOOK,
    },
    P.REVISE: CHANGE,
    P.EXTEND: CHANGE,
    P.CANCEL: {
        A: CANCEL_GRANTED,
        D: (UNCHANGED, OUT.REFUSED, Cover.KEEP, W.NOBODY, TASK),
        PE: (UNCHANGED, OUT.PENDED, Cover.KEEP, W.US, QUIET),
        H: WAITING,
        R: (UNCHANGED, OUT.RETURNED, Cover.KEEP, W.US, TASK),
        X: CANCEL_GRANTED,
        N: LOOK,
        U: LOOK,
    },
    P.APPEAL: {
        A: APPROVED,
        D: (UNCHANGED, OUT.REFUSED, Cover.KEEP, W.NOBODY, QUIET),
        PE: (UNCHANGED, OUT.PENDED, Cover.GRANT, W.US, QUIET),
        H: WAITING,
        R: (UNCHANGED, OUT.RETURNED, Cover.KEEP, W.US, TASK),
        X: (UNCHANGED, OUT.CANCELLED, Cover.KEEP, W.NOBODY, TASK),
        N: NOT_REQUIRED,
        U: LOOK,
    },
    P.EXISTING: {
        A: APPROVED,
        D: DENIED,
        PE: PENDED,
        H: PENDED_HELD,
        R: LOOK,
        X: LOOK,
        N: NOT_REQUIRED,
        U: LOOK,
    },
}

CELLS = [(purpose, column) for purpose in EXPECTED for column in Column]


def closed(purpose: Purpose, column: Column, status: Status = S.APPROVED, **more: object) -> Reading:
    """A later message: the submission it belongs to came to its end before."""
    outcome = {S.APPROVED: OUT.APPROVED, S.DENIED: OUT.REFUSED}.get(status, OUT.OVERTAKEN)
    return replace(Reading(purpose, column, status, outcome), **more)  # type: ignore[arg-type]


def test_table_here_and_in_the_code_have_the_same_cells() -> None:
    assert {(row, column) for row in TABLE for column in TABLE[row]} == set(CELLS)


@pytest.mark.parametrize(("purpose", "column"), CELLS)
def test_every_cell(purpose: Purpose, column: Column) -> None:
    found = effect(Reading(purpose, column, STANDING[purpose]))
    task = TASK if found.task else QUIET
    assert (found.status, found.outcome, found.cover, found.waiting_on, task) == EXPECTED[purpose][column]
    assert found.applied is (EXPECTED[purpose][column] is not LOOK)


@pytest.mark.parametrize(
    ("purpose", "column", "note"),
    [
        (P.REVISE, D, Note.CHANGE_REFUSED),
        (P.EXTEND, X, Note.CHANGE_WITHDRAWN_BY_PAYER),
        (P.CANCEL, D, Note.CANCEL_REFUSED),
        (P.APPEAL, D, Note.APPEAL_UPHELD),
        (P.APPEAL, X, Note.APPEAL_CLOSED),
        (P.INITIAL, R, Note.RETURNED),
        (P.INITIAL, X, Note.CANCELLED_BY_PAYER),
        (P.INITIAL, N, Note.NOT_REQUIRED),
    ],
)
def test_cells_say_what_happened(purpose: Purpose, column: Column, note: Note) -> None:
    assert effect(Reading(purpose, column, STANDING[purpose])).note is note


def every_reading() -> list[Reading]:
    either = (False, True)
    flags = list(product(either, either, either, either))
    return [
        Reading(purpose, column, status, outcome, *four)
        for purpose, column, status, outcome in product(Purpose, Column, Status, SubmissionOutcome)
        for four in flags
    ]


def test_no_answer_whatsoever_asks_for_a_change_of_status_that_is_not_allowed() -> None:
    for reading in every_reading():
        after = effect(reading).status
        assert after is None or after is reading.status or (reading.status, after) in PAIRS, reading


def test_what_is_not_applied_changes_neither_status_nor_cover() -> None:
    for reading in every_reading():
        found = effect(reading)
        if not found.applied:
            assert (found.status, found.cover, found.overtakes) == (None, Cover.KEEP, False), reading


def test_an_answer_nobody_can_read_changes_nothing_and_asks_a_person() -> None:
    for reading in every_reading():
        if reading.column is U:
            found = effect(reading)
            assert (found.note, found.task, found.outcome, found.applied) == (
                Note.UNREADABLE,
                True,
                None,
                False,
            )


@pytest.mark.parametrize("column", list(Column))
@pytest.mark.parametrize("purpose", [P.INITIAL, P.ANSWER, P.EXISTING])
def test_pended_case_is_read_as_an_answer_to_the_pend(purpose: Purpose, column: Column) -> None:
    found = effect(Reading(purpose, column, S.PENDED, OUT.PENDED))
    assert found == ANSWER_ROW[column]
    assert found.status is not S.DRAFT


@pytest.mark.parametrize("column", [A, N])
@pytest.mark.parametrize("purpose", [P.INITIAL, P.ANSWER, P.EXISTING, P.INQUIRY])
def test_approval_after_a_denial_is_applied_and_looked_at(purpose: Purpose, column: Column) -> None:
    found = effect(closed(purpose, column, S.DENIED))
    assert (found.status, found.cover, found.task) == (S.APPROVED, INITIAL_ROW[column].cover, True)


@pytest.mark.parametrize("column", [D, PE, H, R, X])
def test_anything_else_after_a_denial_is_only_recorded(column: Column) -> None:
    found = effect(closed(P.INITIAL, column, S.DENIED))
    assert (found.status, found.applied, found.task) == (None, False, False)


@pytest.mark.parametrize("column", [A, X, D])
def test_cancellation_of_a_denied_case_closes_and_never_approves(column: Column) -> None:
    found = effect(Reading(P.CANCEL, column, S.DENIED))
    assert (found.status, found.cover) == (None, Cover.KEEP)
    assert found.outcome in FINAL_OUTCOMES


@pytest.mark.parametrize(("purpose", "column"), [(p, c) for p in Purpose for c in Column if c is not U])
@pytest.mark.parametrize("status", [S.DRAFT, S.CANCELLED])
def test_on_drafts_and_cancelled_cases_everything_waits_for_a_person(
    purpose: Purpose, column: Column, status: Status
) -> None:
    found = effect(Reading(purpose, column, status, OUT.RETURNED))
    returned_inquiry = purpose is P.INQUIRY and column in (R, H)
    assert (found.applied, found.outcome, found.task) == (False, None, not returned_inquiry)


def test_later_approval_with_other_terms_revises_and_is_looked_at() -> None:
    found = effect(closed(P.INITIAL, A))
    assert (found.note, found.status, found.cover, found.task) == (
        Note.PAYER_REVISES,
        None,
        Cover.REVISE,
        True,
    )


def test_later_approval_with_the_terms_in_force_changes_nothing() -> None:
    found = effect(closed(P.INITIAL, A, other_terms=False))
    assert (found.note, found.applied, found.task) == (Note.SAME_TERMS, False, False)


@pytest.mark.parametrize("column", [D, X])
@pytest.mark.parametrize(("still_covered", "status"), [(True, None), (False, S.CANCELLED)])
def test_take_back_cancels_only_when_nothing_in_force_outlives_it(
    column: Column, still_covered: bool, status: Status | None
) -> None:
    found = effect(closed(P.INITIAL, column, still_covered=still_covered))
    assert (found.note, found.status, found.cover, found.task) == (
        Note.TAKEN_BACK,
        status,
        Cover.TAKE_BACK,
        True,
    )


@pytest.mark.parametrize("column", [PE, H, R, N])
@pytest.mark.parametrize("purpose", [P.INITIAL, P.ANSWER, P.EXISTING, P.REVISE, P.CANCEL, P.APPEAL])
def test_other_later_messages_of_an_approved_case_only_ask_a_person(purpose: Purpose, column: Column) -> None:
    found = effect(closed(purpose, column))
    assert (found.status, found.cover, found.task, found.applied) == (None, Cover.KEEP, True, False)


@pytest.mark.parametrize("purpose", [P.REVISE, P.EXTEND, P.APPEAL, P.CANCEL])
@pytest.mark.parametrize("outcome", [OUT.REFUSED, OUT.CANCELLED, OUT.OVERTAKEN])
def test_refusing_a_change_twice_takes_no_cover_back(purpose: Purpose, outcome: SubmissionOutcome) -> None:
    found = effect(closed(purpose, D, outcome=outcome))
    assert (found.cover, found.status, found.task) == (Cover.KEEP, None, True)


def test_late_yes_to_a_refused_cancellation_grants_nothing() -> None:
    assert effect(closed(P.CANCEL, A, outcome=OUT.REFUSED)).cover is Cover.KEEP


def test_late_cancelled_after_a_refused_cancellation_takes_the_cover_back() -> None:
    assert effect(closed(P.CANCEL, X, outcome=OUT.REFUSED)).cover is Cover.TAKE_BACK


@pytest.mark.parametrize("column", [A, D, X, N])
@pytest.mark.parametrize("status", [S.SUBMITTED, S.PENDED])
def test_late_decision_on_the_first_request_overtakes_the_open_answer(status: Status, column: Column) -> None:
    found = effect(Reading(P.INITIAL, column, status, OUT.PENDED, answer_open=True))
    assert found.overtakes
    assert found.status is INITIAL_ROW[column].status


@pytest.mark.parametrize("column", [PE, H, R])
def test_late_pend_or_return_of_the_first_request_is_only_recorded(column: Column) -> None:
    found = effect(Reading(P.INITIAL, column, S.SUBMITTED, OUT.PENDED, answer_open=True))
    assert (found.note, found.status, found.outcome, found.applied) == (Note.LATE, None, None, False)


def test_late_decision_on_a_pended_change_overtakes_its_answer() -> None:
    found = effect(Reading(P.REVISE, A, S.APPROVED, OUT.PENDED, answer_open=True))
    assert (found.overtakes, found.cover) == (True, Cover.GRANT)
    assert effect(Reading(P.REVISE, PE, S.APPROVED, OUT.PENDED, answer_open=True)).applied is False


def test_older_than_what_stands_is_history() -> None:
    for purpose, column in CELLS:
        if column is not U:
            found = effect(Reading(purpose, column, STANDING[purpose], older=True))
            assert (found.note, found.applied, found.outcome) == (Note.OLDER, False, None)


def test_message_for_a_request_that_was_replaced_asks_a_person() -> None:
    found = effect(Reading(P.INITIAL, A, S.SUBMITTED, OUT.OVERTAKEN))
    assert (found.status, found.task, found.applied) == (None, True, False)


def test_appeal_won_on_a_partly_approved_case_leaves_the_header() -> None:
    found = effect(Reading(P.APPEAL, A, S.APPROVED))
    assert (found.status, found.cover) == (None, Cover.GRANT)


@pytest.mark.parametrize("status", [S.SUBMITTED, S.PENDED])
def test_cancellation_asked_before_a_decision_can_be_granted(status: Status) -> None:
    assert effect(Reading(P.CANCEL, A, status)).status is S.CANCELLED
    assert effect(Reading(P.CANCEL, D, status)).status is None


def test_answer_to_a_pended_change_is_read_in_the_row_of_the_change() -> None:
    assert row_of(P.ANSWER, P.REVISE) is P.REVISE
    assert row_of(P.ANSWER, P.APPEAL) is P.APPEAL
    assert row_of(P.ANSWER, P.INITIAL) is P.ANSWER
    assert row_of(P.ANSWER, P.EXISTING) is P.ANSWER
    assert row_of(P.CANCEL, None) is P.CANCEL


def test_payer_that_wants_a_call_is_called() -> None:
    found = effect(Reading(P.INITIAL, PE, S.SUBMITTED, call_payer=True))
    assert (found.note, found.status, found.waiting_on, found.task) == (
        Note.CALL_PAYER,
        S.PENDED,
        W.US,
        True,
    )


def test_request_the_payer_will_not_take_again_says_so() -> None:
    found = effect(Reading(P.INITIAL, R, S.SUBMITTED, follow_up=FollowUp.NOT_TAKEN_AGAIN))
    assert (found.note, found.status) == (Note.NOT_TAKEN_AGAIN, S.DRAFT)


@pytest.mark.parametrize("column", [R, H])
@pytest.mark.parametrize("status", list(Status))
def test_returned_inquiry_is_a_note(status: Status, column: Column) -> None:
    found = effect(Reading(P.INQUIRY, column, status))
    assert (found.note, found.applied, found.task) == (Note.INQUIRY_RETURNED, False, False)


def test_inquiry_about_a_decided_case_is_a_later_message() -> None:
    assert effect(Reading(P.INQUIRY, A, S.APPROVED)).note is Note.PAYER_REVISES
    assert effect(Reading(P.INQUIRY, D, S.APPROVED)).note is Note.TAKEN_BACK
