"""What a payer said, in the words of the domain: read from a 278 or recorded by a person.

An `Answer` carries facts, no consequences: `effects` says what they do to a case. Terms that are None or
empty were not said. Rules for the roll-up: design, "Authorization, submission, decision"; 005010X217
guide, 2000E and 2000F HCR and AAA.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class LineOutcome(StrEnum):
    """What the payer decided about one service line."""

    APPROVED = "approved"
    MODIFIED = "modified"
    DENIED = "denied"
    PENDED = "pended"
    CONTACT_PAYER = "contact_payer"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    NOT_REQUIRED = "not_required"
    UNDECIDED = "undecided"


class Basis(StrEnum):
    """Where an approved quantity comes from. Unknown: approved, but nobody said how much."""

    STATED = "stated"
    AS_REQUESTED = "as_requested"
    DERIVED = "derived"
    UNLIMITED = "unlimited"
    UNKNOWN = "unknown"


class CapPeriod(StrEnum):
    """The span within which a cap holds."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    AUTHORIZATION_MONTH = "authorization_month"


class FollowUp(StrEnum):
    """What the payer wants done about a request it did not review."""

    FIX_AND_RESEND = "fix_and_resend"
    RESEND_UNCHANGED = "resend_unchanged"
    NOT_TAKEN_AGAIN = "not_taken_again"
    HELD = "held"


class Column(StrEnum):
    """How the answer to a whole case reads: the columns of the table in `effects`."""

    APPROVES = "approves"
    DENIES = "denies"
    PENDS = "pends"
    HELD = "held"
    RETURNS = "returns"
    CANCELS = "cancels"
    NOT_REQUIRED = "not_required"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CapTerms:
    """At most `quantity` within each `period`."""

    period: CapPeriod
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class ProviderNamed:
    """A provider as the payer names it; whether we know it is found out when the answer is recorded."""

    name: str
    npi: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why the payer did not review: whose data, the payer's code, and what it wants done.

    `subject` is one of case, line, member, subscriber, requester, payer, provider.
    """

    subject: str
    code: str
    follow_up: FollowUp


@dataclass(frozen=True, slots=True)
class RequestedDocument:
    """One thing the payer wants to see before it decides."""

    kind: str
    text: str = ""
    code_system: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where to send documents, or whom to call."""

    name: str = ""
    phone: str = ""
    fax: str = ""
    email: str = ""
    url: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """The payer's word on one service line.

    `line_number` is our number of the line; None is a line the payer added (or, as `Answer.overall`, all
    lines not named). `modifiers` None means as asked; an empty tuple means none. `follow_up` only says
    something for a returned line.
    """

    line_number: int | None
    outcome: LineOutcome
    quantity: Decimal | None = None
    basis: Basis | None = None
    quantity_type: str = ""
    caps: tuple[CapTerms, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    certification_number: str = ""
    administrative_number: str = ""
    code_system: str = ""
    code: str = ""
    modifiers: tuple[str, ...] | None = None
    provider: ProviderNamed | None = None
    reasons: tuple[str, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    follow_up: FollowUp | None = None
    requested_documents: tuple[RequestedDocument, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One message or one telephone call: everything the payer said about a case at one time.

    `overall` is the payer's word for the case as a whole; it stands for every line that is not in `lines`,
    and for the outcome, dates and number a named line leaves out: the line beats the header. A message
    returned unreviewed has no lines and an `overall` that is returned.
    `decided_on` is the payer's date of the decision, else of the message. `effective_on` is the day from
    which a cancellation or a take-back holds. `final_word`: False when the payer announces more, None when
    not said. `problem` is set when the answer cannot be trusted to decide: an unknown outcome, a defective
    envelope.
    `source_message_id` is the inbound message it was read from; None when a person recorded it. Then `channel` is
    how it reached us (a word of `states.Channel`), `spoken_with` and `evidence` prove it. `answer_by` is the day by
    which the payer wants what it asks for.
    """

    lines: tuple[LineAnswer, ...] = ()
    overall: LineAnswer | None = None
    certification_number: str = ""
    administrative_number: str = ""
    decided_on: date | None = None
    effective_on: date | None = None
    final_word: bool | None = None
    reasons: tuple[str, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    requested_documents: tuple[RequestedDocument, ...] = ()
    contact: Contact | None = None
    message: str = ""
    problem: str | None = None
    source_message_id: UUID | None = None
    spoken_with: str = ""
    evidence: str = ""
    number_missing_reason: str = ""
    channel: str = ""
    answer_by: date | None = None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """The latest word on one line of a case, which is all the roll-up needs."""

    outcome: LineOutcome
    follow_up: FollowUp | None = None


APPROVING: frozenset[LineOutcome] = frozenset(
    {LineOutcome.APPROVED, LineOutcome.MODIFIED, LineOutcome.NOT_REQUIRED},
)
PENDING: frozenset[LineOutcome] = frozenset({LineOutcome.PENDED, LineOutcome.CONTACT_PAYER})


def lines_of(answer: Answer, asked: Iterable[int]) -> tuple[LineAnswer, ...]:
    """The answer line by line: one for each line number `asked`, then the lines the payer added.

    A line that says nothing takes the word for the whole case; without one it is undecided.
    """
    named = {line.line_number: line for line in answer.lines if line.line_number is not None}
    added = tuple(line for line in answer.lines if line.line_number is None)
    for number in asked:
        named.setdefault(number, LineAnswer(number, LineOutcome.UNDECIDED))
    ordered = tuple(named[number] for number in sorted(named)) + added
    if len(ordered) == 1 and answer.overall is not None:
        ordered = (_take_quantity(ordered[0], answer.overall),)
    return tuple(_complete(line, answer) for line in ordered)


def _take_quantity(only: LineAnswer, overall: LineAnswer) -> LineAnswer:
    """The quantity of the case is that of its only line, unless the line states its own."""
    if only.quantity is not None or overall.quantity is None:
        return only
    return replace(
        only,
        quantity=overall.quantity,
        basis=overall.basis,
        quantity_type=overall.quantity_type,
        caps=only.caps or overall.caps,
    )


def _complete(line: LineAnswer, answer: Answer) -> LineAnswer:
    """Fill what the line leaves out from the word for the whole case. Quantities are never shared out."""
    overall = answer.overall
    if overall is None:
        return replace(line, certification_number=line.certification_number or answer.certification_number)
    undecided = line.outcome is LineOutcome.UNDECIDED
    return replace(
        line,
        outcome=overall.outcome if undecided else line.outcome,
        basis=_basis_for_one_line(overall) if undecided and line.quantity is None else line.basis,
        reasons=line.reasons or overall.reasons,
        follow_up=overall.follow_up if undecided else line.follow_up,
        rejections=line.rejections or overall.rejections,
        starts_on=line.starts_on or overall.starts_on,
        ends_on=line.ends_on or overall.ends_on,
        certification_number=(line.certification_number or overall.certification_number or answer.certification_number),
        provider=line.provider or overall.provider,
    )


def _basis_for_one_line(overall: LineAnswer) -> Basis | None:
    """A quantity for the whole case says nothing of a line alone; as requested and unlimited do."""
    if overall.basis in (Basis.STATED, Basis.DERIVED):
        return Basis.UNKNOWN
    return overall.basis


def column(case_lines: Iterable[CaseLine]) -> Column:
    """How a case reads as a whole, from the latest word on every line of it.

    Any pend pends; else any approval approves; else a line nobody decided leaves it to a person; else all
    cancelled cancels; else any denial denies; else it was returned unreviewed, which is held when the payer
    keeps every returned line for a later answer.
    """
    lines = tuple(case_lines)
    outcomes = {line.outcome for line in lines}
    if outcomes & PENDING:
        return Column.PENDS
    if outcomes & APPROVING:
        return Column.NOT_REQUIRED if outcomes == {LineOutcome.NOT_REQUIRED} else Column.APPROVES
    if not outcomes or LineOutcome.UNDECIDED in outcomes:
        return Column.UNKNOWN
    if outcomes == {LineOutcome.CANCELLED}:
        return Column.CANCELS
    if LineOutcome.DENIED in outcomes:
        return Column.DENIES
    if outcomes != {LineOutcome.RETURNED}:
        return Column.UNKNOWN
    held = all(line.follow_up is FollowUp.HELD for line in lines)
    return Column.HELD if held else Column.RETURNS


def is_partial(case_lines: Iterable[CaseLine]) -> bool:
    """Approved, but not every line: one was denied, cancelled, returned or not decided."""
    outcomes = {line.outcome for line in case_lines}
    return bool(outcomes & APPROVING) and bool(outcomes - APPROVING - PENDING)


def is_modified(case_lines: Iterable[CaseLine]) -> bool:
    """Whether the payer approved other terms than asked on any line."""
    return any(line.outcome is LineOutcome.MODIFIED for line in case_lines)


def speaks_before(answer: Answer, decided_on: date | None, final_word: bool | None) -> bool:
    """Whether `answer` is older than a decision that stands with this payer's date and announcement.

    Order is by the payer's date, then "more will follow" before "final word"; where neither says anything,
    what arrives later is later.
    """
    if answer.decided_on and decided_on and answer.decided_on != decided_on:
        return answer.decided_on < decided_on
    return answer.final_word is False and final_word is True
