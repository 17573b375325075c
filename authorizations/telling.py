"""Who is told of an answer: its owner, and of an approval those who carry it into schedule, chart and billing.

Notices name the case by our number; what was decided about whom stands behind the sign-in.
"""

from __future__ import annotations

from datetime import datetime

from audit.actors import Actor, ActorKind
from authorizations.effects import Cover, Effect
from authorizations.hearing import Heard
from authorizations.models import Decision
from authorizations.states import Purpose, Status, SubmissionOutcome
from notices.audience import carriers
from notices.models import Kind
from notices.services import give_notice

WORDS = {
    SubmissionOutcome.APPROVED: "the payer approved",
    SubmissionOutcome.REFUSED: "the payer did not approve",
    SubmissionOutcome.PENDED: "the payer asks for more",
    SubmissionOutcome.RETURNED: "came back: fix and resend",
    SubmissionOutcome.CANCELLED: "closed by the payer",
}


def tell_answer(heard: Heard, found: Effect, decision: Decision, *, actor: Actor, now: datetime) -> None:
    """Notices of an answer that was followed; one that was only kept opens a task instead."""
    if not found.applied or (heard.target is not None and heard.target.purpose == Purpose.EXISTING):
        return
    case = heard.authorization
    words = WORDS.get(found.outcome) if found.outcome else "the payer changed what it said"
    besides = actor.id if actor.kind is ActorKind.USER else None
    if words is None:
        return
    if found.outcome is SubmissionOutcome.APPROVED and case.partly_approved:
        words = "the payer approved a part"
    kind = Kind.PENDED if found.outcome is SubmissionOutcome.PENDED else Kind.ANSWERED
    about, cause = case.subject, decision.id
    give_notice([case.owner_id], kind, f"{case.number}: {words}", about=about, cause=cause, now=now, besides=besides)
    if case.status == Status.APPROVED and found.cover in (Cover.GRANT, Cover.REVISE):
        said = f"{case.number} was approved: codes, units and dates for schedule, chart and billing"
        give_notice(carriers(), Kind.APPROVED, said, about=about, cause=cause, now=now, besides=besides)
