"""How the word on every line of a case adds up."""

from datetime import date
from decimal import Decimal

import pytest

from authorizations.decisions import (
    Answer,
    Basis,
    CaseLine,
    Column,
    FollowUp,
    LineAnswer,
    LineOutcome,
    column,
    is_modified,
    is_partial,
    lines_of,
    speaks_before,
)

APPROVED = CaseLine(LineOutcome.APPROVED)
MODIFIED = CaseLine(LineOutcome.MODIFIED)
DENIED = CaseLine(LineOutcome.DENIED)
PENDED = CaseLine(LineOutcome.PENDED)
CONTACT = CaseLine(LineOutcome.CONTACT_PAYER)
CANCELLED = CaseLine(LineOutcome.CANCELLED)
NOT_REQUIRED = CaseLine(LineOutcome.NOT_REQUIRED)
UNDECIDED = CaseLine(LineOutcome.UNDECIDED)
HELD = CaseLine(LineOutcome.RETURNED, FollowUp.HELD)
RETURNED = CaseLine(LineOutcome.RETURNED, FollowUp.FIX_AND_RESEND)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([APPROVED, APPROVED], Column.APPROVES),
        ([APPROVED, DENIED], Column.APPROVES),
        ([MODIFIED, CANCELLED], Column.APPROVES),
        ([APPROVED, UNDECIDED], Column.APPROVES),
        ([APPROVED, RETURNED], Column.APPROVES),
        ([APPROVED, PENDED], Column.PENDS),
        ([DENIED, CONTACT], Column.PENDS),
        ([UNDECIDED, PENDED], Column.PENDS),
        ([NOT_REQUIRED, NOT_REQUIRED], Column.NOT_REQUIRED),
        ([NOT_REQUIRED, APPROVED], Column.APPROVES),
        ([NOT_REQUIRED, DENIED], Column.APPROVES),
        ([CANCELLED, CANCELLED], Column.CANCELS),
        ([CANCELLED, DENIED], Column.DENIES),
        ([DENIED, DENIED], Column.DENIES),
        ([DENIED, RETURNED], Column.DENIES),
        ([DENIED, UNDECIDED], Column.UNKNOWN),
        ([UNDECIDED], Column.UNKNOWN),
        ([], Column.UNKNOWN),
        ([CANCELLED, RETURNED], Column.UNKNOWN),
        ([HELD, HELD], Column.HELD),
        ([HELD, RETURNED], Column.RETURNS),
        ([RETURNED], Column.RETURNS),
    ],
)
def test_column_of_a_case(lines: list[CaseLine], expected: Column) -> None:
    assert column(lines) is expected


def test_partly_approved_means_a_line_is_missing_not_only_waiting() -> None:
    assert is_partial([APPROVED, DENIED])
    assert is_partial([APPROVED, UNDECIDED])
    assert not is_partial([APPROVED, PENDED])
    assert not is_partial([APPROVED, MODIFIED])
    assert not is_partial([DENIED, DENIED])


def test_modified_on_one_line_marks_the_case() -> None:
    assert is_modified([APPROVED, MODIFIED])
    assert not is_modified([APPROVED, DENIED])


def test_line_beats_header() -> None:
    answer = Answer(
        lines=(LineAnswer(1, LineOutcome.DENIED, reasons=("09",)),),
        overall=LineAnswer(None, LineOutcome.APPROVED, basis=Basis.AS_REQUESTED, certification_number="E7"),
    )
    first, second = lines_of(answer, [1, 2])
    assert (first.outcome, first.reasons, first.basis) == (LineOutcome.DENIED, ("09",), None)
    assert (second.outcome, second.basis) == (LineOutcome.APPROVED, Basis.AS_REQUESTED)
    assert second.certification_number == "E7"


def test_line_takes_dates_and_number_of_the_case_and_keeps_its_own() -> None:
    day = date(2026, 3, 1)
    answer = Answer(
        lines=(
            LineAnswer(1, LineOutcome.APPROVED, certification_number="L1", starts_on=date(2026, 2, 1)),
            LineAnswer(2, LineOutcome.APPROVED),
        ),
        overall=LineAnswer(None, LineOutcome.UNDECIDED, starts_on=day, ends_on=date(2026, 5, 1)),
        certification_number="CASE",
    )
    first, second = lines_of(answer, [1, 2])
    assert (first.certification_number, first.starts_on, first.ends_on) == (
        "L1",
        date(2026, 2, 1),
        date(2026, 5, 1),
    )
    assert (second.certification_number, second.starts_on) == ("CASE", day)


def test_line_nobody_speaks_of_is_undecided_and_an_added_line_comes_last() -> None:
    added = LineAnswer(None, LineOutcome.APPROVED, quantity=Decimal(20), code="H2014")
    answer = Answer(lines=(added, LineAnswer(1, LineOutcome.DENIED)))
    assert [(line.line_number, line.outcome) for line in lines_of(answer, [1, 2])] == [
        (1, LineOutcome.DENIED),
        (2, LineOutcome.UNDECIDED),
        (None, LineOutcome.APPROVED),
    ]


def test_quantity_of_the_case_is_not_given_to_each_line() -> None:
    overall = LineAnswer(None, LineOutcome.MODIFIED, quantity=Decimal(40), basis=Basis.STATED)
    line = lines_of(Answer(overall=overall), [1, 2])[0]
    assert (line.outcome, line.quantity, line.basis) == (LineOutcome.MODIFIED, None, Basis.UNKNOWN)


@pytest.mark.parametrize(
    ("decided_on", "final_word", "older"),
    [
        (date(2026, 2, 1), True, True),
        (date(2026, 2, 3), False, False),
        (date(2026, 2, 2), False, True),
        (date(2026, 2, 2), True, False),
        (date(2026, 2, 2), None, False),
        (None, True, False),
        (None, False, True),
    ],
)
def test_order_is_by_the_payers_date_then_more_to_follow_before_final(
    decided_on: date | None, final_word: bool | None, older: bool
) -> None:
    said = Answer(decided_on=decided_on, final_word=final_word)
    assert speaks_before(said, date(2026, 2, 2), True) is older


def test_quantity_of_the_case_is_that_of_its_only_line() -> None:
    overall = LineAnswer(None, LineOutcome.MODIFIED, quantity=Decimal(40), basis=Basis.STATED)
    line = lines_of(Answer(overall=overall), [1])[0]
    assert (line.quantity, line.basis) == (Decimal(40), Basis.STATED)
    own = Answer(lines=(LineAnswer(1, LineOutcome.MODIFIED, quantity=Decimal(8)),), overall=overall)
    assert lines_of(own, [1])[0].quantity == Decimal(8)
