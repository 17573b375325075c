"""An answer placed in its case: which submission it answers, which lines it speaks of, what they would become.

Reads only; `recording` writes what `effects` makes of it. "Thread" is a submission with the answers to its pends.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from authorizations.asked import lines_of as standing_lines
from authorizations.decisions import APPROVING as APPROVING_OUTCOMES
from authorizations.decisions import (
    Answer,
    CapPeriod,
    CapTerms,
    CaseLine,
    Column,
    FollowUp,
    LineAnswer,
    LineOutcome,
    column,
    lines_of,
    speaks_before,
)
from authorizations.effects import CHANGING, FIRST_ASKED, UNREVIEWED, Reading, row_of
from authorizations.models import Authorization, Decision, LineDecision, LineVersion, ServiceLine, Submission
from authorizations.states import ExchangeState, Purpose, Status, SubmissionOutcome, is_open
from authorizations.terms import AskedTerms, CodeTerms, LineTerms, changed, cut, granted, same_terms
from authorizations.versions import terms_of
from providers.models import Provider

REFUSING_OUTCOMES = frozenset({LineOutcome.DENIED, LineOutcome.CANCELLED})


@dataclass(frozen=True, slots=True)
class Said:
    """One line of an answer beside our line (None: the payer adds it), what stands, and what it would become.

    `terms` is None where the word neither grants nor takes anything. `proposed` is what a change asked for on a line
    that the case does not have yet.
    """

    answer: LineAnswer
    line: ServiceLine | None
    standing: LineTerms | None
    terms: LineTerms | None
    proposed: AskedTerms | None = None

    @property
    def grants(self) -> bool:
        return self.terms is not None and self.answer.outcome in APPROVING_OUTCOMES

    @property
    def takes(self) -> bool:
        return self.terms is not None and self.answer.outcome in REFUSING_OUTCOMES


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer with everything of its case that its effect depends on.

    `target` is the submission the effect acts on; for an inquiry that is another one than was answered.
    `day` is the payer's date from which a change of cover holds.
    """

    authorization: Authorization
    answer: Answer
    submission: Submission | None
    target: Submission | None
    thread: tuple[Submission, ...]
    said: tuple[Said, ...]
    in_force: dict[uuid.UUID, LineTerms]
    day: date
    reading: Reading


class Case:
    """The submissions and lines of one locked authorization, read once.

    `without` are decisions about to be superseded: nothing of them counts.
    """

    def __init__(self, authorization: Authorization, *, without: Sequence[uuid.UUID] = ()) -> None:
        self.authorization = authorization
        self.without = without
        self.submissions: list[Submission] = list(authorization.submissions.order_by("number"))
        self.lines = standing_lines(authorization)
        self._by_id = {row.id: row for row in self.submissions}
        versions = LineVersion.standing.filter(authorization=authorization).exclude(decision_id__in=without)
        self.in_force = {version.line_id: terms_of(version) for version in versions.order_by("number")}

    def find(self, submission_id: uuid.UUID | None) -> Submission | None:
        """The submission named. For a word that names none: the last thing asked about what has waited longest, else
        the last request for the case itself."""
        if submission_id is not None:
            return self.submission(submission_id)
        oldest = self.oldest_open()
        if oldest is not None:
            return next(row for row in reversed(self.thread(oldest)) if is_waiting(row))
        first_asked = [row for row in self.submissions if Purpose(row.purpose) in FIRST_ASKED]
        return first_asked[-1] if first_asked else None

    def submission(self, submission_id: uuid.UUID) -> Submission:
        """One of the case. Raises KeyError for another."""
        return self._by_id[submission_id]

    def oldest_open(self) -> Submission | None:
        """What has waited longest, inquiries apart."""
        return next((row for row in self.submissions if is_waiting(row) and row.purpose != Purpose.INQUIRY), None)

    def root(self, submission: Submission) -> Submission:
        """What was asked at first: an answer to a pend belongs to it."""
        while submission.purpose == Purpose.ANSWER and submission.parent_id in self._by_id:
            submission = self._by_id[submission.parent_id]
        return submission

    def thread(self, submission: Submission) -> tuple[Submission, ...]:
        """Everything asked about the same thing, the oldest first."""
        root = self.root(submission)
        return tuple(row for row in self.submissions if self.root(row).id == root.id)


def root_of(submission: Submission) -> Submission:
    """What was asked at first, without the rest of its case: an answer to a pend goes back to it."""
    while submission.purpose == Purpose.ANSWER and submission.parent is not None:
        submission = submission.parent
    return submission


def is_waiting(submission: Submission) -> bool:
    """Whether a submission still waits for something."""
    return is_open(SubmissionOutcome(submission.outcome), ExchangeState(submission.exchange_state))


def hear(
    authorization: Authorization,
    answer: Answer,
    submission_id: uuid.UUID | None,
    *,
    today: date,
    without: Sequence[uuid.UUID] = (),
) -> Heard:
    """Place an answer in a locked case, as if the decisions `without` had never been.

    Raises KeyError when the submission is not one of the case's.
    """
    case = Case(authorization, without=without)
    submission = case.find(submission_id)
    inquiry = submission is not None and submission.purpose == Purpose.INQUIRY
    target = case.oldest_open() if inquiry else submission
    thread = case.thread(target) if target else ()
    day = answer.effective_on or _asked_day(target, thread) or answer.decided_on or today
    asked = _asked_numbers(case, thread)
    answers = lines_of(answer, asked if answer.overall else ())
    said = tuple(_said(case, thread, line, day) for line in answers)
    reads_as = _column(case, target, thread, asked, said, answer)
    return Heard(
        authorization=authorization,
        answer=answer,
        submission=submission,
        target=target,
        thread=thread,
        said=said,
        in_force=case.in_force,
        day=day,
        reading=_reading(case, target, thread, said, answer, day, reads_as, inquiry),
    )


def _reading(
    case: Case,
    target: Submission | None,
    thread: Sequence[Submission],
    said: Sequence[Said],
    answer: Answer,
    day: date,
    reads_as: Column,
    inquiry: bool,
) -> Reading:
    first = Purpose(thread[0].purpose) if thread else None
    purpose = row_of(Purpose(target.purpose), first) if target else Purpose.INITIAL
    if inquiry and (target is None or reads_as in UNREVIEWED):
        purpose = Purpose.INQUIRY
    follow_ups = {line.answer.follow_up for line in said if line.answer.outcome is LineOutcome.RETURNED}
    return Reading(
        purpose=purpose,
        column=reads_as,
        status=Status(case.authorization.status),
        outcome=_outcome(target),
        answer_open=target is not None and _answer_open(thread, target),
        other_terms=_changes_anything(said),
        still_covered=_still_covered(case, said, day),
        older=_is_older(case, target, thread, answer),
        follow_up=FollowUp.NOT_TAKEN_AGAIN if FollowUp.NOT_TAKEN_AGAIN in follow_ups else None,
        call_payer=any(line.answer.outcome is LineOutcome.CONTACT_PAYER for line in said),
    )


def _outcome(target: Submission | None) -> SubmissionOutcome:
    """What the submission had come to; nobody waits for one that was withdrawn or never made."""
    if target is None or target.exchange_state == ExchangeState.WITHDRAWN:
        return SubmissionOutcome.OVERTAKEN
    return SubmissionOutcome(target.outcome)


def _asked_day(target: Submission | None, thread: Sequence[Submission]) -> date | None:
    """The day from which an open cancellation was asked for."""
    if target is None or not is_waiting(target) or thread[0].purpose != Purpose.CANCEL:
        return None
    text = thread[0].content.get("effective_on")
    return date.fromisoformat(text) if text else None


def _asked_numbers(case: Case, thread: Sequence[Submission]) -> list[int]:
    """The lines the thread asks about: those of its frozen content that stand or that it asks to add, else all."""
    asks_for_change = bool(thread) and Purpose(thread[0].purpose) in CHANGING
    frozen = {line["number"] for line in (thread[0].content.get("lines", []) if thread else [])}
    added = {line.number for line in case.lines if line.added_by_payer}
    numbers = [line.number for line in case.lines if asks_for_change or not line.added_by_payer]
    found = [number for number in numbers if number in frozen]
    if asks_for_change:
        found += sorted(frozen - {line.number for line in case.lines})
    return found or [number for number in numbers if number not in added]


def _said(case: Case, thread: Sequence[Submission], answer: LineAnswer, day: date) -> Said:
    line = _our_line(case, answer)
    standing = case.in_force.get(line.id) if line else None
    proposed = _proposed(case, thread, answer, day) if line is None else None
    if answer.outcome in REFUSING_OUTCOMES:
        terms = cut(standing, day, answer.outcome) if standing and _can_be_taken(standing, day) else None
    elif answer.outcome in APPROVING_OUTCOMES - {LineOutcome.NOT_REQUIRED}:
        asked = proposed or _asked_terms(case.authorization, thread, line, answer, day)
        base = changed(standing, asked) if standing and _asks_otherwise(thread, line, standing) else standing
        terms = granted(answer, asked, base, day=day, provider_id=_provider_id(answer))
    else:
        terms = None
    return Said(answer, line, standing, terms, proposed)


def _can_be_taken(standing: LineTerms, day: date) -> bool:
    """What was taken already can be taken again only from an earlier day."""
    return standing.outcome not in REFUSING_OUTCOMES or standing.holds_on_or_after(day)


def _proposed(case: Case, thread: Sequence[Submission], answer: LineAnswer, day: date) -> AskedTerms | None:
    """What an open change asks for on a line that the case does not have yet."""
    if answer.line_number is None or not thread or Purpose(thread[0].purpose) not in CHANGING:
        return None
    frozen = _frozen(thread, answer.line_number)
    return _terms_asked(case.authorization, thread, frozen, day) if frozen else None


def _asks_otherwise(thread: Sequence[Submission], line: ServiceLine | None, standing: LineTerms) -> bool:
    """Whether the thread asks for other terms of the line than stand: a change, or an appeal against what was taken."""
    if not thread or line is None or not is_waiting(thread[-1]) or _frozen(thread, line.number) is None:
        return False
    purpose = Purpose(thread[0].purpose)
    return purpose in CHANGING or (purpose is Purpose.APPEAL and standing.outcome in REFUSING_OUTCOMES)


def _frozen(thread: Sequence[Submission], number: int) -> dict[str, Any] | None:
    """A line as it was asked for at first."""
    lines: list[dict[str, Any]] = thread[0].content.get("lines", []) if thread else []
    return next((row for row in lines if row["number"] == number), None)


def _our_line(case: Case, answer: LineAnswer) -> ServiceLine | None:
    """Our line by its number; a line the payer added before, by its code."""
    if answer.line_number is not None:
        return next((line for line in case.lines if line.number == answer.line_number), None)
    for line in case.lines:
        if line.added_by_payer and any(code.code == answer.code for code in line.codes.all()):
            return line
    return None


def _asked_terms(
    authorization: Authorization, thread: Sequence[Submission], line: ServiceLine | None, answer: LineAnswer, day: date
) -> AskedTerms:
    """What was asked for the line, from the request as it was frozen; the payer's own line as it says it."""
    frozen = _frozen(thread, line.number) if line else None
    if frozen is not None:
        return _terms_asked(authorization, thread, frozen, day)
    starts_on, ends_on = _window(authorization, thread, {})
    added = CodeTerms(answer.code, answer.code_system or "HCPCS", answer.modifiers or ())
    return AskedTerms((added,), answer.quantity_type or "units", None, starts_on or day, ends_on)


def _terms_asked(
    authorization: Authorization, thread: Sequence[Submission], frozen: dict[str, Any], day: date
) -> AskedTerms:
    starts_on, ends_on = _window(authorization, thread, frozen)
    return AskedTerms(
        codes=tuple(CodeTerms(row["code"], row["system"], tuple(row["modifiers"])) for row in frozen["codes"]),
        quantity_type=frozen["quantity_type"],
        quantity=Decimal(frozen["quantity"]) if frozen["quantity"] else None,
        starts_on=starts_on or day,
        ends_on=ends_on,
        unit_minutes=frozen["unit_minutes"],
        caps=tuple(CapTerms(CapPeriod(cap["period"]), Decimal(cap["quantity"])) for cap in frozen["caps"]),
    )


def _window(
    authorization: Authorization, thread: Sequence[Submission], frozen: dict[str, Any]
) -> tuple[date | None, date | None]:
    """The days asked for: those of the line where it has its own, else of the request."""
    content: dict[str, Any] = thread[0].content if thread else {}

    def day(name: str, asked: date | None) -> date | None:
        text = frozen.get(name) or content.get(name)
        return date.fromisoformat(text) if text else asked

    return day("starts_on", authorization.starts_on), day("ends_on", authorization.ends_on)


def _provider_id(answer: LineAnswer) -> uuid.UUID | None:
    """The provider the payer names, where it is one of ours."""
    if answer.provider is None or not answer.provider.npi:
        return None
    found: uuid.UUID | None = Provider.objects.filter(npi=answer.provider.npi).values_list("id", flat=True).first()
    return found


def _column(
    case: Case,
    target: Submission | None,
    thread: Sequence[Submission],
    asked: Sequence[int],
    said: Sequence[Said],
    answer: Answer,
) -> Column:
    """How the answer reads: an open request by every line it asked about, a later message by its own lines."""
    strange = [line for line in said if line.line is None and line.proposed is None]
    if answer.problem or any(line.answer.line_number is not None for line in strange):
        return Column.UNKNOWN
    words: dict[object, CaseLine] = {}
    if target is not None and is_waiting(target):
        words = {number: CaseLine(LineOutcome.UNDECIDED) for number in asked} | _said_before(case, thread)
    for position, line in enumerate(said):
        key: object = line.answer.line_number if line.proposed else ("added", position)
        key = line.line.number if line.line else key
        words[key] = CaseLine(line.answer.outcome, line.answer.follow_up)
    return column(words.values())


def _said_before(case: Case, thread: Sequence[Submission]) -> dict[object, CaseLine]:
    """The latest applied word on each line, said in this thread."""
    rows = (
        LineDecision.standing.filter(decision__submission__in=[row.id for row in thread], decision__applied=True)
        .exclude(decision_id__in=case.without)
        .order_by("decision__number")
    )
    number = {line.id: line.number for line in case.lines}
    return {
        number[row.line_id]: CaseLine(LineOutcome(row.outcome), FollowUp(row.follow_up) if row.follow_up else None)
        for row in rows
        if row.line_id in number
    }


def _answer_open(thread: Sequence[Submission], target: Submission) -> bool:
    """Whether a younger answer in the thread waits; a submission is younger when its number is higher."""
    return any(row.purpose == Purpose.ANSWER and row.number > target.number and is_waiting(row) for row in thread)


def _is_older(case: Case, target: Submission | None, thread: Sequence[Submission], answer: Answer) -> bool:
    """Whether something said later was applied already: in the thread while it is open, else in the case."""
    rows = Decision.standing.filter(authorization=case.authorization, applied=True).exclude(id__in=case.without)
    if target is not None and is_waiting(target):
        rows = rows.filter(submission__in=[row.id for row in thread])
    latest = rows.order_by("number").last()
    return latest is not None and speaks_before(answer, latest.decided_on, latest.final_word)


def _changes_anything(said: Sequence[Said]) -> bool:
    """Whether any line would get other terms than stand."""
    return any(
        line.terms is not None and (line.standing is None or not same_terms(line.terms, line.standing) or line.takes)
        for line in said
    )


def _still_covered(case: Case, said: Sequence[Said], day: date) -> bool:
    """Whether, with the answer followed, a line can still be used on `day` or later."""
    after = dict(case.in_force) | {line.line.id: line.terms for line in said if line.line and line.terms}
    added = [line.terms for line in said if line.line is None and line.terms]
    return any(terms.holds_on_or_after(day) for terms in [*after.values(), *added])
