"""An answer that could not be matched, put onto its submission by a person.

Nothing is guessed here either: the person sees what the message and the request say side by side and what the answer
would do, and answers for it with a reason. The payer's word itself is read as if it had been matched.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.actors import Actor
from audit.services import record
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.models import Submission
from authorizations.models.submission import OPEN_OUTCOMES
from authorizations.services import add_note
from authorizations.transitions import Recorded
from edi.inbox import NUMBER_USED
from edi.models import Interchange, Message
from edi.reading import apply_answer
from edi.x12.envelope import read_envelopes
from edi.x12.outcome import Outcome, outcomes
from edi.x12.parts import Dependent, Subscriber
from edi.x12.review_request import GUIDE
from edi.x12.review_response import ReadResponse, read_response
from edi.x12.tokenizer import decode

MOST_OFFERED = 20


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer as it stands in a stored message. `position`: of its first segment in the interchange."""

    position: int
    read: ReadResponse
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing that the message and the request both name. `agrees` is None where one of them is silent; what is
    `private` is shown only to those who may see it.
    """

    label: str
    theirs: str
    ours: str
    agrees: bool | None
    private: bool = False


@transaction.atomic
def attach(
    message_id: uuid.UUID,
    submission_id: uuid.UUID,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    version: int | None = None,
) -> Recorded:
    """Follow a quarantined answer as the answer to this submission.

    Raises NotAllowed where the message is no answer in quarantine, or the submission was not sent to its partner or
    cannot take it; Refused without a reason; Stale when the case is not the `version` that was looked at.
    """
    message = Message.objects.select_for_update(of=("self",)).select_related("interchange").get(id=message_id)
    answered = answer_in(message)
    if answered is None:
        raise NotAllowed("This is no answer in quarantine any more: there is nothing to attach.")
    if not reason.strip():
        raise Refused([Problem("reason", "Say how you know that this answers the request.")])
    submission = sent_to(message.partner_id).filter(id=submission_id).first()
    if submission is None:
        raise NotAllowed("This request was never sent to the partner the answer came from.")
    message.submission = submission
    recorded = apply_answer(message, answered.outcome, answered.read, now=now, version=version)
    message.facts = {**message.facts, "attached": {"by": actor.label, "at": now.isoformat(), "reason": reason[:200]}}
    message.save(update_fields=["state", "problem", "submission", "facts"])
    add_note(submission.authorization_id, f"Attached the payer's answer by hand: {reason}", actor=actor, now=now)
    record(
        "message.attached",
        actor=actor,
        now=now,
        subject=("message", message.id),
        member_id=submission.authorization.member_id,
        authorization_id=submission.authorization_id,
        data={"submission": str(submission.id), "decision": str(recorded.decision.id), "state": message.state},
    )
    return recorded


def answer_in(message: Message) -> Answered | None:
    """The answer a quarantined message holds; None for one that was followed, and for anything that is no answer.

    An interchange put aside whole is offered only because its number was used before, and only with a single answer.
    """
    if message.state != Message.State.QUARANTINED or message.interchange.direction != Interchange.Direction.IN:
        return None
    found = list(_answers(message.interchange))
    if message.position == 0:
        return found[0] if message.problem == NUMBER_USED and len(found) == 1 else None
    return next((each for each in found if each.position == message.position), None)


def _answers(interchange: Interchange) -> Iterator[Answered]:
    partner = interchange.partner
    for content in read_envelopes(decode(bytes(interchange.body))).interchanges[:1]:
        ours = (partner.their_identifier, partner.our_identifier, partner.usage)
        if (content.sender, content.receiver, content.usage) != ours:
            return
        for each in content.sets:
            read = read_response(each) if (each.identifier, each.version) == ("278", GUIDE) else None
            if read is None or read.response is None:
                continue
            for index, outcome in enumerate(outcomes(read.response)):
                first = each.segments[0].position if index == 0 else read.response.events[index].position
                yield Answered(first, read, outcome)


def candidates(message: Message, answered: Answered, *, number: str = "") -> list[Submission]:
    """Requests sent to the partner that this may answer: of the case with this `number`, else those still open of the
    member it names. The latest first; a suggestion to a person, never a match.
    """
    rows = sent_to(message.partner_id)
    if number:
        rows = rows.filter(authorization__number=number.strip().upper())
    else:
        subscriber = answered.read.response.subscriber if answered.read.response else None
        theirs = subscriber.member_id if subscriber else ""
        if not theirs:
            return []
        cover = Q(authorization__coverage__member_number=theirs) | Q(authorization__coverage__subscriber_number=theirs)
        rows = rows.filter(OPEN_OUTCOMES, cover)
    return list(rows.order_by("-created_at", "-id")[:MOST_OFFERED])


def compared(answered: Answered, submission: Submission) -> list[Compared]:
    """What message and request say about who, which number and which services."""
    response, authorization = answered.read.response, submission.authorization
    assert response is not None, "an answer was read"
    patient = response.dependent or response.subscriber
    member, coverage = authorization.member, authorization.coverage
    numbers = [number for number in (coverage.member_number, coverage.subscriber_number) if number]
    names = f"{patient.name.first} {patient.name.last}".strip() if patient else ""
    theirs = response.subscriber.member_id if response.subscriber else ""
    born = patient.birth_date if patient else None
    traces = [each.number for each in answered.outcome.traces]
    codes = [line.procedure.code for line in answered.outcome.lines if line.procedure]
    asked = [code["code"] for line in submission.content["lines"] for code in line["codes"]]
    return [
        Compared("Member number", theirs, " or ".join(dict.fromkeys(numbers)), theirs in numbers if theirs else None),
        Compared("Patient", names, member.display_name, _same_name(patient, member.last_name)),
        Compared(
            "Date of birth",
            born.isoformat() if born else "",
            member.birth_date.isoformat(),
            born == member.birth_date if born else None,
            private=True,
        ),
        Compared("Our reference", response.reference, submission.reference, response.reference == submission.reference),
        Compared("Our trace", ", ".join(traces), submission.trace, submission.trace in traces if traces else None),
        Compared("Services", ", ".join(codes), ", ".join(asked), set(codes) <= set(asked) if codes else None),
    ]


def _same_name(patient: Subscriber | Dependent | None, ours: str) -> bool | None:
    """By the last name alone, without regard to case and signs: payers shorten first names."""
    if patient is None:
        return None
    theirs = patient.name.last
    return "".join(filter(str.isalnum, theirs.casefold())) == "".join(filter(str.isalnum, ours.casefold()))


def sent_to(partner_id: uuid.UUID) -> QuerySet[Submission]:
    """Only what was sent can be answered."""
    sent = Interchange.objects.filter(partner_id=partner_id, direction=Interchange.Direction.OUT)
    rows = Submission.objects.filter(partner_id=partner_id, id__in=sent.values("submission_id"))
    return rows.select_related("authorization__member", "authorization__coverage", "authorization__payer", "partner")
