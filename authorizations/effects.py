"""What does this answer to this submission do? The table of the design, section 5, as data.

The same word from a payer means different things by what was asked: "not certified" denies a first
request, leaves an approved case alone when a change was asked, and takes cover back when nobody asked.
`TABLE` holds one row for each purpose; `effect` applies the rules that stand under the table. Nothing here
writes.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from authorizations.decisions import Column, FollowUp
from authorizations.states import FINAL_OUTCOMES, Purpose, Status, SubmissionOutcome, WaitingOn


class Cover(StrEnum):
    """What happens to the line versions in force.

    GRANT: approved lines get the terms of the answer. END: every line ends the day before the answer's date.
    REVISE and TAKE_BACK: approved lines get the new terms, refused or cancelled lines end the day before.
    """

    KEEP = "keep"
    GRANT = "grant"
    END = "end"
    REVISE = "revise"
    TAKE_BACK = "take_back"


class Note(StrEnum):
    """Which sentence the timeline and the notices say about the answer."""

    APPROVED = "approved"
    DENIED = "denied"
    PENDED = "pended"
    CALL_PAYER = "call_payer"
    HELD = "held"
    RETURNED = "returned"
    NOT_TAKEN_AGAIN = "not_taken_again"
    CANCELLED_BY_PAYER = "cancelled_by_payer"
    NOT_REQUIRED = "not_required"
    CHANGE_APPROVED = "change_approved"
    CHANGE_REFUSED = "change_refused"
    CHANGE_PENDED = "change_pended"
    CHANGE_RETURNED = "change_returned"
    CHANGE_WITHDRAWN_BY_PAYER = "change_withdrawn_by_payer"
    CANCEL_GRANTED = "cancel_granted"
    CANCEL_REFUSED = "cancel_refused"
    CANCEL_PENDED = "cancel_pended"
    CANCEL_RETURNED = "cancel_returned"
    APPEAL_WON = "appeal_won"
    APPEAL_UPHELD = "appeal_upheld"
    APPEAL_PENDED = "appeal_pended"
    APPEAL_RETURNED = "appeal_returned"
    APPEAL_CLOSED = "appeal_closed"
    APPROVED_AFTER_DENIAL = "approved_after_denial"
    PAYER_REVISES = "payer_revises"
    TAKEN_BACK = "taken_back"
    SAME_TERMS = "same_terms"
    UNEXPECTED = "unexpected"
    NOT_APPLIED = "not_applied"
    LATE = "late"
    OLDER = "older"
    INQUIRY_RETURNED = "inquiry_returned"
    UNREADABLE = "unreadable"
    ENTRY_WITHDRAWN = "entry_withdrawn"


@dataclass(frozen=True, slots=True)
class Effect:
    """The consequences of an answer.

    None leaves a thing as it is. `task` asks a person to look. `applied` False keeps the decision as history
    that changes nothing. `overtakes` closes the younger answer that was still open. `waiting_on` is who moves
    next on the submission.
    """

    note: Note
    status: Status | None = None
    outcome: SubmissionOutcome | None = None
    cover: Cover = Cover.KEEP
    waiting_on: WaitingOn | None = None
    task: bool = False
    applied: bool = True
    overtakes: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the effect of an answer depends on.

    `purpose` is the row, as `row_of` gives it; INQUIRY where no submission is open or the inquiry itself was
    returned. `outcome` is what the submission had come to before the answer. The column of a submission that
    is open comes from every line it asked about, that of a later message from the lines it names.
    `answer_open`: a younger answer to the same pended submission is still open. `other_terms`: the answer
    changes a line in force, or adds one. `still_covered`: after a take-back a version in force ends on or
    after its date. `older`: what stands was said later. `call_payer`: a line says so instead of a decision.
    """

    purpose: Purpose
    column: Column
    status: Status
    outcome: SubmissionOutcome = SubmissionOutcome.NONE
    answer_open: bool = False
    other_terms: bool = True
    still_covered: bool = False
    older: bool = False
    follow_up: FollowUp | None = None
    call_payer: bool = False


def _approved(note: Note, status: Status | None = None) -> Effect:
    """What was asked is granted, with the terms of the answer."""
    return Effect(note, status, SubmissionOutcome.APPROVED, Cover.GRANT, WaitingOn.NOBODY)


def _closed(note: Note, outcome: SubmissionOutcome, status: Status | None = None, cover: Cover = Cover.KEEP) -> Effect:
    """The submission has come to an end."""
    return Effect(note, status, outcome, cover, WaitingOn.NOBODY)


def _pended(note: Note, status: Status | None = None) -> Effect:
    """The payer wants something more; lines it approves beside the pend may be used."""
    return Effect(note, status, SubmissionOutcome.PENDED, Cover.GRANT, WaitingOn.US)


def _held(note: Note, status: Status | None = None) -> Effect:
    """The payer keeps the request and will answer: nothing to do for us."""
    return Effect(note, status, SubmissionOutcome.PENDED, Cover.KEEP, WaitingOn.PAYER)


def _returned(note: Note, status: Status | None = None) -> Effect:
    """The payer did not review: somebody has to mend something."""
    return Effect(note, status, SubmissionOutcome.RETURNED, Cover.KEEP, WaitingOn.US)


def _puzzle(note: Note = Note.UNEXPECTED) -> Effect:
    """No rule says what it means: nothing changes, a person looks."""
    return Effect(note, waiting_on=WaitingOn.US, task=True, applied=False)


def _with_task(effect: Effect) -> Effect:
    return replace(effect, task=True)


NOT_ANSWERED = Effect(Note.ENTRY_WITHDRAWN, applied=False)
"""A person recorded an answer that was never given: the case stands as it did before the entry."""

Row = dict[Column, Effect]

INITIAL_ROW: Row = {
    Column.APPROVES: _approved(Note.APPROVED, Status.APPROVED),
    Column.DENIES: _closed(Note.DENIED, SubmissionOutcome.REFUSED, Status.DENIED),
    Column.PENDS: _pended(Note.PENDED, Status.PENDED),
    Column.HELD: _held(Note.HELD, Status.PENDED),
    Column.RETURNS: _returned(Note.RETURNED, Status.DRAFT),
    Column.CANCELS: _closed(Note.CANCELLED_BY_PAYER, SubmissionOutcome.CANCELLED, Status.CANCELLED, Cover.END),
    Column.NOT_REQUIRED: _closed(Note.NOT_REQUIRED, SubmissionOutcome.APPROVED, Status.APPROVED),
    Column.UNKNOWN: _puzzle(Note.UNREADABLE),
}

ANSWER_ROW: Row = INITIAL_ROW | {Column.RETURNS: _returned(Note.RETURNED, Status.PENDED)}

CHANGE_ROW: Row = {
    Column.APPROVES: _approved(Note.CHANGE_APPROVED),
    Column.DENIES: _closed(Note.CHANGE_REFUSED, SubmissionOutcome.REFUSED),
    Column.PENDS: _pended(Note.CHANGE_PENDED),
    Column.HELD: _held(Note.CHANGE_PENDED),
    Column.RETURNS: _returned(Note.CHANGE_RETURNED),
    Column.CANCELS: _with_task(_closed(Note.CHANGE_WITHDRAWN_BY_PAYER, SubmissionOutcome.CANCELLED)),
    Column.NOT_REQUIRED: _puzzle(),
    Column.UNKNOWN: _puzzle(Note.UNREADABLE),
}

CANCEL_ROW: Row = {
    Column.APPROVES: _closed(Note.CANCEL_GRANTED, SubmissionOutcome.APPROVED, Status.CANCELLED, Cover.END),
    Column.DENIES: _with_task(_closed(Note.CANCEL_REFUSED, SubmissionOutcome.REFUSED)),
    Column.PENDS: replace(_pended(Note.CANCEL_PENDED), cover=Cover.KEEP),
    Column.HELD: _held(Note.CANCEL_PENDED),
    Column.RETURNS: _with_task(_returned(Note.CANCEL_RETURNED)),
    Column.CANCELS: _closed(Note.CANCEL_GRANTED, SubmissionOutcome.APPROVED, Status.CANCELLED, Cover.END),
    Column.NOT_REQUIRED: _puzzle(),
    Column.UNKNOWN: _puzzle(Note.UNREADABLE),
}

APPEAL_ROW: Row = {
    Column.APPROVES: _approved(Note.APPEAL_WON, Status.APPROVED),
    Column.DENIES: _closed(Note.APPEAL_UPHELD, SubmissionOutcome.REFUSED),
    Column.PENDS: _pended(Note.APPEAL_PENDED),
    Column.HELD: _held(Note.APPEAL_PENDED),
    Column.RETURNS: _with_task(_returned(Note.APPEAL_RETURNED)),
    Column.CANCELS: _with_task(_closed(Note.APPEAL_CLOSED, SubmissionOutcome.CANCELLED)),
    Column.NOT_REQUIRED: _closed(Note.NOT_REQUIRED, SubmissionOutcome.APPROVED, Status.APPROVED),
    Column.UNKNOWN: _puzzle(Note.UNREADABLE),
}

EXISTING_ROW: Row = INITIAL_ROW | {Column.RETURNS: _puzzle(), Column.CANCELS: _puzzle()}

TABLE: dict[Purpose, Row] = {
    Purpose.INITIAL: INITIAL_ROW,
    Purpose.ANSWER: ANSWER_ROW,
    Purpose.REVISE: CHANGE_ROW,
    Purpose.EXTEND: CHANGE_ROW,
    Purpose.CANCEL: CANCEL_ROW,
    Purpose.APPEAL: APPEAL_ROW,
    Purpose.EXISTING: EXISTING_ROW,
}
"""Inquiry has no row: it is read in the row of the oldest open submission, else as a later message."""

FIRST_ASKED: frozenset[Purpose] = frozenset({Purpose.INITIAL, Purpose.ANSWER, Purpose.EXISTING})
"""Purposes that ask for the whole case; all others ask for a change of a decided one."""

CHANGING: frozenset[Purpose] = frozenset({Purpose.REVISE, Purpose.EXTEND})
"""Purposes that ask for other terms of lines in force, or for further lines."""

APPROVING: frozenset[Column] = frozenset({Column.APPROVES, Column.NOT_REQUIRED})
SETTLING: frozenset[Column] = APPROVING | {Column.DENIES, Column.CANCELS}
TAKING: frozenset[Column] = frozenset({Column.DENIES, Column.CANCELS})
UNREVIEWED: frozenset[Column] = frozenset({Column.RETURNS, Column.HELD})


def row_of(purpose: Purpose, parent: Purpose | None) -> Purpose:
    """The row an answer is read in: a pended change that was answered is still that change.

    `parent` is the purpose of the submission at the head of the chain of answers.
    """
    if purpose is Purpose.ANSWER and parent is not None and parent not in FIRST_ASKED:
        return parent
    return purpose


def effect(reading: Reading) -> Effect:
    """What the answer does, given what was asked, what stands and what else is open."""
    if reading.column is Column.UNKNOWN:
        return _puzzle(Note.UNREADABLE)
    if reading.older:
        return Effect(Note.OLDER, applied=False)
    if reading.purpose is Purpose.INQUIRY and reading.column in UNREVIEWED:
        return Effect(Note.INQUIRY_RETURNED, applied=False)
    if reading.status in (Status.DRAFT, Status.CANCELLED):
        return Effect(Note.NOT_APPLIED, task=True, applied=False)
    if reading.status is Status.DENIED:
        return _on_denied(reading)
    if reading.status is Status.APPROVED:
        return _on_approved(reading)
    return _on_open(reading)


def _on_open(reading: Reading) -> Effect:
    """SUBMITTED or PENDED: the row of the purpose, unless the submission is closed or a change."""
    closed = reading.outcome in FINAL_OUTCOMES or reading.purpose is Purpose.INQUIRY
    if closed or reading.purpose in CHANGING:
        return _puzzle(Note.NOT_APPLIED)
    if reading.answer_open:
        return _on_answered(reading, _row(reading)[reading.column])
    return _refined(reading, _row(reading)[reading.column])


def _row(reading: Reading) -> Row:
    """The row of the purpose; a pended case never falls back to a draft."""
    if reading.status is Status.PENDED and reading.purpose in FIRST_ASKED:
        return ANSWER_ROW
    return TABLE[reading.purpose]


def _on_answered(reading: Reading, from_table: Effect) -> Effect:
    """A late word on a submission whose pend was already answered: only a settling one counts."""
    if reading.column in SETTLING and from_table.applied:
        return replace(from_table, overtakes=True)
    return Effect(Note.LATE, applied=False)


def _on_denied(reading: Reading) -> Effect:
    """An approval after a denial is taken, and looked at; an open appeal has its own row."""
    still_open = reading.outcome not in FINAL_OUTCOMES and reading.purpose in TABLE
    if reading.purpose is Purpose.APPEAL and still_open:
        if reading.answer_open:
            return _on_answered(reading, APPEAL_ROW[reading.column])
        return _refined(reading, APPEAL_ROW[reading.column])
    if reading.purpose is not Purpose.CANCEL and reading.column in APPROVING:
        granted = INITIAL_ROW[reading.column]
        return replace(granted, note=Note.APPROVED_AFTER_DENIAL, task=True, overtakes=reading.answer_open)
    outcome = TABLE[reading.purpose][reading.column].outcome if still_open else None
    return Effect(Note.NOT_APPLIED, outcome=outcome, applied=False)


def _on_approved(reading: Reading) -> Effect:
    """The row of an open change; everything else is a later message of a decided case."""
    is_change = reading.purpose in TABLE and reading.purpose not in FIRST_ASKED
    if not is_change or reading.outcome in FINAL_OUTCOMES:
        return _later(reading)
    from_table = TABLE[reading.purpose][reading.column]
    if reading.answer_open:
        from_table = _on_answered(reading, from_table)
    if from_table.status is Status.APPROVED:
        from_table = replace(from_table, status=None)
    return _refined(reading, from_table)


def _later(reading: Reading) -> Effect:
    """The payer writes again about an approved case: it revises, takes back, or puzzles."""
    if reading.column not in TAKING | {Column.APPROVES} or _speaks_of_a_refused_change(reading):
        return _puzzle()
    if not reading.other_terms:
        return Effect(Note.SAME_TERMS, applied=False)
    if reading.column is Column.APPROVES:
        return Effect(Note.PAYER_REVISES, cover=Cover.REVISE, task=True)
    status = None if reading.still_covered else Status.CANCELLED
    return Effect(Note.TAKEN_BACK, status, cover=Cover.TAKE_BACK, task=True)


def _speaks_of_a_refused_change(reading: Reading) -> bool:
    """A second no to a change that was never granted says nothing about the cover it left alone.

    Nor does a late yes to a cancellation grant units; only a late "cancelled" has one meaning.
    """
    if reading.purpose in FIRST_ASKED or reading.purpose is Purpose.INQUIRY:
        return False
    if reading.purpose is Purpose.CANCEL:
        return reading.column is not Column.CANCELS
    return reading.outcome is not SubmissionOutcome.APPROVED and reading.column in TAKING


def _refined(reading: Reading, from_table: Effect) -> Effect:
    """Two things a cell says differently by a detail of the answer."""
    if reading.column is Column.PENDS and reading.call_payer:
        return replace(from_table, note=Note.CALL_PAYER, task=True)
    if reading.column is Column.RETURNS and reading.follow_up is FollowUp.NOT_TAKEN_AGAIN:
        return replace(from_table, note=Note.NOT_TAKEN_AGAIN)
    return from_table
