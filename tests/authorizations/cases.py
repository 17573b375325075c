"""Cases to stand on: what is asked, how far it came, and what a payer may say about it."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from authorizations.asked import Asked, AskedLine
from authorizations.decisions import Answer, FollowUp, LineAnswer, LineOutcome
from authorizations.models import Authorization, LineVersion, Submission
from authorizations.states import Purpose, Status, SubmissionOutcome
from authorizations.terms import CodeTerms
from authorizations.transitions import Recorded, draft, record_answer, submit
from tests.cast import NOW, TODAY, House

ENDS = date(2027, 2, 20)
MESSAGE = uuid.UUID(int=1)
"""An inbound message: answers that carry it were read, not recorded by a person."""


def units(code: str = "H2019", quantity: int | str = 80, *modifiers: str) -> AskedLine:
    return AskedLine((CodeTerms(code, modifiers=modifiers),), Decimal(quantity), unit_minutes=15)


def ask(house: House, *lines: AskedLine, **fields: Any) -> Asked:
    """A whole request: two codes with their own units, ninety days."""
    return Asked(
        **{
            "coverage": house.coverage,
            "lines": lines or (units(), units("H2014", 40)),
            "diagnoses": ("F84.0",),
            "starts_on": TODAY,
            "ends_on": ENDS,
            "place_of_service": "12",
            "rendering_provider": house.clinician,
            "requesting_provider": house.group,
            "facility": house.facility,
            **fields,
        }
    )


def drafted(house: House, *lines: AskedLine, **fields: Any) -> Authorization:
    owner = house.memberships["specialist"]
    return draft(ask(house, *lines, **fields), owner=owner, actor=house.actor(), now=NOW)


def submitted(house: House, *lines: AskedLine, **fields: Any) -> Submission:
    authorization = drafted(house, *lines, **fields)
    return submit(authorization.id, actor=house.actor(), now=NOW)


def heard(house: House, submission: Submission, answer: Answer) -> Recorded:
    """The answer recorded for the submission, as the exchange does it."""
    return record_answer(submission.authorization_id, answer, submission_id=submission.id, actor=house.actor(), now=NOW)


def said(number: int | None, outcome: LineOutcome, quantity: int | None = None, **fields: Any) -> LineAnswer:
    amount = None if quantity is None else Decimal(quantity)
    return LineAnswer(number, outcome, quantity=amount, **fields)


def message(*lines: LineAnswer, **fields: Any) -> Answer:
    """What a 278 said, dated the day before today."""
    return Answer(
        lines=lines,
        **{
            "decided_on": date(2026, 11, 22),
            "certification_number": "HC-7001",
            "source_message_id": MESSAGE,
            **fields,
        },
    )


def all_lines(outcome: LineOutcome, **fields: Any) -> Answer:
    """The same word on the whole case."""
    follow_up: FollowUp | None = fields.pop("follow_up", None)
    return message(overall=LineAnswer(None, outcome, follow_up=follow_up), **fields)


APPROVAL = all_lines(LineOutcome.APPROVED)
DENIAL = all_lines(LineOutcome.DENIED)
PEND = all_lines(LineOutcome.PENDED, administrative_number="ADM-1")
HOLD = all_lines(LineOutcome.RETURNED, follow_up=FollowUp.HELD)
RETURN = all_lines(LineOutcome.RETURNED, follow_up=FollowUp.FIX_AND_RESEND)
CLOSURE = all_lines(LineOutcome.CANCELLED)
NOT_REQUIRED = all_lines(LineOutcome.NOT_REQUIRED, certification_number="")
RIDDLE = message(problem="HCR01 is ZZ")


def in_status(house: House, status: Status) -> Authorization:
    """A case brought to a status by the verbs."""
    if status is Status.DRAFT:
        return drafted(house)
    submission = submitted(house)
    answers = {
        Status.APPROVED: APPROVAL,
        Status.DENIED: DENIAL,
        Status.PENDED: PEND,
        Status.CANCELLED: CLOSURE,
    }
    if status in answers:
        heard(house, submission, answers[status])
    return again(submission.authorization)


def opened(authorization: Authorization, purpose: Purpose, parent: Submission | None = None) -> Submission:
    """Something more asked of the payer. Its verb is not built yet, so the row is written as that verb will."""
    submission = Submission(
        authorization=authorization,
        number=authorization.submissions.count() + 1,
        purpose=purpose,
        channel="278",
        exchange_state="sent",
        parent=parent,
        created_at=NOW,
        created_by="Specialist North",
        content=authorization.submissions.order_by("number")[0].content,
    )
    submission.save()
    return submission


def again(authorization: Authorization) -> Authorization:
    """The row as it stands in the database."""
    fresh: Authorization = Authorization.objects.get(id=authorization.id)
    return fresh


def in_force(authorization: Authorization) -> dict[int, LineVersion]:
    """The latest version of each line by its number."""
    rows = LineVersion.objects.filter(authorization=authorization).select_related("line").order_by("number")
    return {row.line.number: row for row in rows}


def outcome_of(submission: Submission) -> SubmissionOutcome:
    return SubmissionOutcome(Submission.objects.get(id=submission.id).outcome)


def open_tasks(authorization: Authorization) -> set[str]:
    return set(authorization.tasks.filter(closed_at=None).values_list("kind", flat=True))
