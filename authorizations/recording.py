"""Writes an answer down, and what its effect does to lines, submissions and flags.

Used by `transitions.record_answer`, inside its transaction and locks; the status itself moves there.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from audit.actors import Actor
from authorizations.asked import AskedLine, lines_of, plain_number
from authorizations.corrections import standing
from authorizations.deadlines import END_OF_DAY
from authorizations.decisions import Answer, Basis, LineOutcome
from authorizations.effects import Cover, Effect, Note
from authorizations.explanations import NOTE_WORDS
from authorizations.hearing import Heard, Said, is_waiting
from authorizations.models import Authorization, Decision, LineDecision, LineVersion, ServiceLine, Submission
from authorizations.services import next_line_number, write_codes
from authorizations.states import DECIDED, FINAL_OUTCOMES, UNSENT, ExchangeState, Purpose, SubmissionOutcome, WaitingOn
from authorizations.terms import CodeTerms, cut
from authorizations.versions import caps_as_rows, codes_as_rows, write_version
from authorizations.work import calendar_of, next_morning, open_task
from members.services import identifier_key
from tenancy.services import request_hash

NEXT_ACTION: dict[Note, str] = {
    Note.CALL_PAYER: "Call the payer",
    Note.HELD: "Wait for the payer",
    Note.NOT_TAKEN_AGAIN: "Decide what to do instead",
}


def content_hash(answer: Answer, submission: Submission | None) -> str:
    """One text for one content: what was said about what, whichever message carried it."""
    said = asdict(answer) | {"source_message_id": None}
    return request_hash({"answer": said, "submission": submission.id if submission else None})


@dataclass(frozen=True, slots=True)
class Correction:
    """What a corrected answer stands for: the decision that was entered wrongly, and why."""

    wrong: Decision
    reason: str


def write_decision(
    heard: Heard,
    effect: Effect,
    *,
    digest: str,
    actor: Actor,
    now: datetime,
    correction: Correction | None = None,
) -> Decision:
    """The answer as it was said. Lines the payer adds become lines of the case only when it is applied."""
    answer, authorization = heard.answer, heard.authorization
    last = authorization.decisions.aggregate(last=Max("number"))["last"]
    decision = Decision(
        authorization=authorization,
        submission=heard.target or heard.submission,
        number=(last or 0) + 1,
        column=heard.reading.column,
        applied=effect.applied,
        source_message_id=answer.source_message_id,
        recorded_by=actor.label,
        recorded_by_id=actor.id,
        recorded_at=now,
        decided_on=answer.decided_on,
        final_word=answer.final_word,
        certification_number=_number(heard),
        administrative_number=answer.administrative_number,
        reasons=list(answer.reasons or (answer.overall.reasons if answer.overall else ())),
        message=answer.message,
        problem=(answer.problem or "")[:200],
        facts=_plain(answer),
        content_hash=digest,
        before=standing(authorization),
        supersedes=correction.wrong if correction else None,
        superseded_reason=correction.reason[:200] if correction else "",
    )
    decision.save(force_insert=True)
    return decision


def write_lines(heard: Heard, effect: Effect, decision: Decision, *, now: datetime) -> list[LineVersion]:
    """The word on each line, and the versions that come into force by it."""
    made = []
    for said in heard.said:
        line = said.line
        if line is None and effect.applied and said.grants:
            line = _add_line(heard.authorization, said)
        if line is None:
            continue
        _write_word(decision, line, said)
        if _is_followed(said, effect.cover) and said.terms is not None:
            made.append(write_version(line, said.terms, decision=decision, now=now))
    if effect.cover is Cover.END:
        made += _end_cover(heard, decision, now=now)
    return made


def settle_submissions(heard: Heard, effect: Effect, *, now: datetime) -> None:
    """What the answer makes of the submission it answers, of the thread around it, and of an inquiry."""
    target = heard.target
    if heard.submission is not None and heard.submission.purpose == Purpose.INQUIRY:
        _close(heard.submission, SubmissionOutcome.OVERTAKEN, now=now)
    if target is None:
        return
    if effect.outcome is not None:
        for row in _elders(heard.thread, target):
            _settle(row, effect, heard, now=now)
    elif effect.waiting_on is not None and is_waiting(target):
        target.waiting_on = effect.waiting_on
        target.next_action = NOTE_WORDS[effect.note]
        target.next_action_at = next_morning(heard.authorization.organization, now)
        target.save()
    if effect.overtakes or effect.outcome in FINAL_OUTCOMES:
        close_all(_juniors(heard.thread, target), now=now)
    if effect.outcome is not None:
        close_all(_inquiries_answered(heard), now=now)


def leave_to(thread: Iterable[Submission], answer: Submission) -> None:
    """The payer has our answer before it: nothing is done about the pend itself until it speaks again."""
    for row in thread:
        if row.id != answer.id and is_waiting(row):
            row.waiting_on, row.next_action, row.next_action_at = WaitingOn.PAYER, NEXT_ACTION[Note.HELD], None
            row.due_at, row.due_rule = None, ""
            row.save()


def close_all(rows: Iterable[Submission], *, now: datetime) -> None:
    """Nothing is expected of these any more: what was not sent is withdrawn, what was sent is overtaken."""
    for row in rows:
        if is_waiting(row):
            _close(row, SubmissionOutcome.OVERTAKEN, now=now)


def close_threads(authorization: Authorization, purposes: Collection[str], *, now: datetime) -> None:
    """What was asked for these purposes gives way to what is asked now, and with it every answer to its pends."""
    asked: dict[uuid.UUID, Submission] = {}
    for row in authorization.submissions.order_by("number"):
        if row.purpose in purposes or (row.purpose == Purpose.ANSWER and row.parent_id in asked):
            asked[row.id] = row
    close_all(asked.values(), now=now)


def copy_answer(heard: Heard, effect: Effect) -> None:
    """What the payer said last, onto the case; the caller saves."""
    row, answer = heard.authorization, heard.answer
    number = _number(heard)
    if number:
        row.certification_number, row.certification_key = number, identifier_key(number)
        row.number_missing_reason = ""
    elif answer.number_missing_reason:
        row.number_missing_reason = answer.number_missing_reason[:200]
    row.administrative_number = _administrative_number(answer) or row.administrative_number
    if effect.status in DECIDED or (effect.cover is not Cover.KEEP and effect.outcome not in _UNDECIDED):
        row.decided_on = answer.decided_on or heard.day
    row.not_required = effect.note is Note.NOT_REQUIRED if effect.status else row.not_required
    row.returned = effect.outcome is SubmissionOutcome.RETURNED and effect.status is not None


def mark_partly(authorization: Authorization) -> None:
    """Whether a line is missing from what was approved, or any term differs from what was asked; the caller saves."""
    in_force: dict[Any, LineVersion] = {}
    for version in LineVersion.standing.filter(authorization=authorization).order_by("number"):
        in_force[version.line_id] = version
    words = {row.line_id: row.outcome for row in _applied_words(authorization)}
    lines = lines_of(authorization)
    covered = {line_id for line_id, version in in_force.items() if version.outcome in _STANDING}
    free = {line.id for line in lines if words.get(line.id) == LineOutcome.NOT_REQUIRED}
    authorization.partly_approved = bool(covered) and any(line.id not in covered | free for line in lines)
    authorization.modified = any(
        in_force[line.id].outcome == LineOutcome.MODIFIED or line.added_by_payer for line in lines if line.id in covered
    )


def open_tasks(heard: Heard, effect: Effect, decision: Decision, *, now: datetime) -> None:
    """What a person must look at because of this answer."""
    authorization = heard.authorization
    facts = {"decision": str(decision.id)}

    def ask(kind: str, words: str, **more: str) -> None:
        told = not effect.applied  # of an answer that was followed there is a notice already
        open_task(authorization, kind, words, now=now, submission=heard.target, facts=facts | more, told=told)

    if effect.task:
        ask(effect.note, NOTE_WORDS[effect.note], note=effect.note, column=heard.reading.column)
    if not effect.applied or effect.cover not in (Cover.GRANT, Cover.REVISE):
        return
    granted = [said for said in heard.said if said.grants and said.terms]
    if any(said.terms and said.terms.basis is Basis.UNKNOWN for said in granted):
        ask("unknown_quantity", "Approved without a quantity: ask the payer how much")
    shortfall = _shortfall(heard)
    if shortfall and effect.status is not None:
        ask("shortfall", f"Review shortfall: {shortfall}")
    missing = any(said.terms and not said.terms.certification_number for said in granted)
    if missing and not heard.answer.number_missing_reason:
        ask("number_missing", "Approved without a number: ask the payer for it")


_UNDECIDED = (SubmissionOutcome.PENDED, SubmissionOutcome.RETURNED)
_STANDING = (LineOutcome.APPROVED, LineOutcome.MODIFIED)


def _is_followed(said: Said, cover: Cover) -> bool:
    """Whether this cover follows the word on this line."""
    if said.grants:
        return cover in (Cover.GRANT, Cover.REVISE, Cover.TAKE_BACK)
    changes = said.standing is not None and said.terms is not None and said.terms.ends_on != said.standing.ends_on
    return said.takes and changes and cover in (Cover.REVISE, Cover.TAKE_BACK)


def _end_cover(heard: Heard, decision: Decision, *, now: datetime) -> list[LineVersion]:
    """Every line still usable on the day of the answer ends the day before."""
    lines = {line.id: line for line in lines_of(heard.authorization)}
    return [
        write_version(lines[line_id], cut(terms, heard.day, LineOutcome.CANCELLED), decision=decision, now=now)
        for line_id, terms in heard.in_force.items()
        if line_id in lines and terms.holds_on_or_after(heard.day)
    ]


def _add_line(authorization: Authorization, said: Said) -> ServiceLine:
    """A line the case did not have: one that a change asked for, or one the payer approved without being asked."""
    answer, asked = said.answer, said.proposed
    line = ServiceLine(
        authorization=authorization,
        number=answer.line_number or next_line_number(authorization),
        quantity_type=asked.quantity_type if asked else answer.quantity_type or "units",
        quantity=asked.quantity if asked else None,
        unit_minutes=asked.unit_minutes if asked else None,
        added_by_payer=asked is None,
    )
    line.save(force_insert=True)
    code = CodeTerms(answer.code, answer.code_system or "HCPCS", answer.modifiers or ())
    write_codes(line, AskedLine(codes=asked.codes, caps=asked.caps) if asked else AskedLine(codes=(code,)))
    return line


def _write_word(decision: Decision, line: ServiceLine, said: Said) -> None:
    answer = said.answer
    codes = (CodeTerms(answer.code, answer.code_system or "HCPCS", answer.modifiers or ()),) if answer.code else ()
    LineDecision(
        decision=decision,
        line=line,
        outcome=answer.outcome,
        quantity_type=answer.quantity_type,
        quantity=answer.quantity,
        basis=answer.basis or "",
        codes=codes_as_rows(codes),
        caps=caps_as_rows(answer.caps),
        starts_on=answer.starts_on,
        ends_on=answer.ends_on,
        certification_number=answer.certification_number,
        administrative_number=answer.administrative_number,
        provider_id=said.terms.provider_id if said.terms and answer.provider else None,
        provider_named=answer.provider.name[:120] if answer.provider else "",
        reasons=list(answer.reasons),
        follow_up=answer.follow_up or "",
        message=answer.message,
        facts=_plain(answer),
    ).save(force_insert=True)


def _settle(row: Submission, effect: Effect, heard: Heard, *, now: datetime) -> None:
    """The outcome of a submission, and who moves next on it."""
    assert effect.outcome is not None
    row.outcome = effect.outcome
    row.waiting_on = effect.waiting_on or row.waiting_on
    row.exchange_state = ExchangeState.ANSWERED
    row.answered_at = now
    if effect.outcome in FINAL_OUTCOMES:
        row.next_action, row.next_action_at = "", None
    elif effect.waiting_on is not WaitingOn.PAYER:
        row.next_action = NEXT_ACTION.get(effect.note, _default_action(effect))
        row.next_action_at = next_morning(heard.authorization.organization, now)
        row.due_at, row.due_rule = _answer_by(heard)
    else:
        row.next_action = NEXT_ACTION[Note.HELD]
    row.save()


def _answer_by(heard: Heard) -> tuple[datetime | None, str]:
    """By when the payer wants what it asks for, where it says so."""
    wanted = heard.answer.answer_by
    if wanted is None:
        return None, ""
    return calendar_of(heard.authorization.organization).at(wanted, END_OF_DAY), "the day the payer named"


def _default_action(effect: Effect) -> str:
    return "Fix and resend" if effect.outcome is SubmissionOutcome.RETURNED else "Answer the payer"


def _close(row: Submission, outcome: SubmissionOutcome, *, now: datetime) -> None:
    """End a submission that nobody waits for any more."""
    if row.exchange_state in UNSENT:
        row.exchange_state = ExchangeState.WITHDRAWN
    row.outcome, row.waiting_on = outcome, WaitingOn.NOBODY
    row.next_action, row.next_action_at = "", None
    row.save()


def _elders(thread: Iterable[Submission], target: Submission) -> list[Submission]:
    """The submission answered, and the pended ones before it that it speaks for."""
    return [row for row in thread if row.id == target.id or (row.number < target.number and is_waiting(row))]


def _juniors(thread: Iterable[Submission], target: Submission) -> list[Submission]:
    return [row for row in thread if row.number > target.number]


def _inquiries_answered(heard: Heard) -> list[Submission]:
    """How the request stands was asked, and the payer has now said it: unless the question was about something else."""
    asked = {row.id for row in heard.thread}
    others = [row for row in heard.authorization.submissions.all() if row.id not in asked and is_waiting(row)]
    return others if all(row.purpose == Purpose.INQUIRY for row in others) else []


def _applied_words(authorization: Authorization) -> Iterable[LineDecision]:
    rows = LineDecision.standing.filter(decision__authorization=authorization, decision__applied=True)
    ordered: Iterable[LineDecision] = rows.order_by("decision__number")
    return ordered


def _number(heard: Heard) -> str:
    """The number of the case: the payer's for the whole, else that of the first line approved with one."""
    answer = heard.answer
    of_lines = [said.answer.certification_number for said in heard.said if said.grants]
    overall = answer.overall.certification_number if answer.overall else ""
    return answer.certification_number or overall or next((number for number in of_lines if number), "")


def _administrative_number(answer: Answer) -> str:
    overall = answer.overall.administrative_number if answer.overall else ""
    of_lines = [line.administrative_number for line in answer.lines]
    return answer.administrative_number or overall or next((number for number in of_lines if number), "")


def _shortfall(heard: Heard) -> str:
    """Which lines got less than was asked: "40 of 80 units of H2019"."""
    short = []
    for said in heard.said:
        line, terms = said.line, said.terms
        if line is None or line.quantity is None or not said.grants or terms is None or terms.quantity is None:
            continue
        if terms.quantity_type == line.quantity_type and terms.quantity < line.quantity:
            codes = " / ".join(code.words for code in line.codes.all())
            kind = line.get_quantity_type_display()
            short.append(f"{plain_number(terms.quantity)} of {plain_number(line.quantity)} {kind} of {codes}")
    return ", ".join(short)


def _plain(value: Any) -> dict[str, Any]:
    """A dataclass as JSON keeps it."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(value), default=str))
    return plain
