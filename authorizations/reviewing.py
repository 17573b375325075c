"""What people say of an answer after it came: other terms than asked are accepted or disputed (requirements D50), what
was recorded by hand is confirmed by a second person where the organization wants that (requirements N23).

Nothing here moves the status: a disputed approval stands until the payer says otherwise, a rejected entry until it is
corrected.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from authorizations.departures import Departure, departures
from authorizations.effects import Cover, Effect
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.models import Authorization, Decision, DecisionReview, Task
from authorizations.moving import tell
from authorizations.services import lock_case, touch
from authorizations.states import Channel, Purpose, Status
from authorizations.work import close_as_done, open_task, refresh_work
from tenancy.models import Organization
from tenancy.scoping import current_organization_id

OTHER_TERMS = "other_terms"
SHORTFALL = "shortfall"
DISPUTE = "dispute"
SECOND_LOOK = "second_look"
REJECTED = "entry_rejected"

FOLLOWS = {
    "call": "Call the payer about the disputed terms",
    "appeal": "Appeal the disputed terms",
    "amend": "Ask the payer to change the disputed terms",
}
"""What may follow from a dispute, as the task says it."""

LONGEST_REASON = 300
Verdict = DecisionReview.Verdict
OF_TERMS, OF_ENTRY = DecisionReview.Kind.TERMS, DecisionReview.Kind.ENTRY


def mark(authorization: Authorization, decision: Decision, found: Effect, *, now: datetime) -> None:
    """Whether an answer that was just followed wants a person's word; the caller saves. Opens the task that asks."""
    if authorization.status != Status.APPROVED:
        authorization.to_acknowledge = authorization.unverified = False
        return
    if found.cover not in (Cover.GRANT, Cover.REVISE):
        return
    submission = decision.submission
    existing = submission is not None and submission.purpose == Purpose.EXISTING
    differing = [] if existing or authorization.not_required else departures(authorization)
    authorization.to_acknowledge = bool(differing)
    # What comes from a file was looked at as a file. Whatever else no message brought, somebody typed.
    by_hand = decision.source_message_id is None and not (submission and submission.channel == Channel.IMPORT)
    authorization.unverified = by_hand and authorization.organization.second_look_required
    facts = {"decision": str(decision.id)}
    if authorization.unverified:
        words = f"Recorded by {decision.recorded_by}: a second person confirms it"
        open_task(authorization, SECOND_LOOK, words, now=now, submission=submission, facts=facts)
    short = authorization.tasks.filter(kind=SHORTFALL, closed_at=None).exists()
    if differing and not short:
        open_task(authorization, OTHER_TERMS, _asks(differing), now=now, submission=submission, facts=facts, told=False)


@transaction.atomic
def accept_terms(
    authorization_id: uuid.UUID, *, reason: str = "", version: int | None = None, actor: Actor, now: datetime
) -> DecisionReview:
    """What was approved is taken as it is. Raises NotAllowed where nothing waits for that, and Stale."""
    case, decision = _waiting_for_word(authorization_id, version)
    review = _write(case, decision, OF_TERMS, Verdict.ACCEPTED, reason, actor=actor, now=now)
    case.to_acknowledge = False
    _close(case, {SHORTFALL, OTHER_TERMS}, actor=actor, now=now)
    _finish(case, "authorization.terms_accepted", decision, actor=actor, now=now)
    return review


@transaction.atomic
def dispute_terms(
    authorization_id: uuid.UUID, *, reason: str, follow: str, version: int | None = None, actor: Actor, now: datetime
) -> DecisionReview:
    """What was approved is not what was needed: it stands, and a task says what is done about it (`FOLLOWS`).

    Raises NotAllowed where nothing waits for that, Stale, and Refused without a reason or for another follow-up.
    """
    case, decision = _waiting_for_word(authorization_id, version)
    problems = [] if reason.strip() else [Problem("reason", "Say what is wrong with it.")]
    if follow not in FOLLOWS:
        problems.append(Problem("follow", "Choose what is done about it."))
    if problems:
        raise Refused(problems)
    review = _write(case, decision, OF_TERMS, Verdict.DISPUTED, reason, actor=actor, now=now)
    case.to_acknowledge = False
    _close(case, {SHORTFALL, OTHER_TERMS}, actor=actor, now=now)
    open_task(case, DISPUTE, FOLLOWS[follow], now=now, facts={"decision": str(decision.id), "follow": follow})
    _finish(case, "authorization.terms_disputed", decision, follow=follow, actor=actor, now=now)
    return review


@transaction.atomic
def confirm_entry(decision_id: uuid.UUID, *, actor: Actor, now: datetime) -> DecisionReview:
    """A second person has compared what was recorded with its proof. Raises NotAllowed for the person who recorded."""
    case, decision = _unverified(decision_id, actor)
    review = _write(case, decision, OF_ENTRY, Verdict.CONFIRMED, "", actor=actor, now=now)
    case.unverified = False
    _close(case, {SECOND_LOOK}, actor=actor, now=now)
    _finish(case, "decision.confirmed", decision, actor=actor, now=now)
    return review


@transaction.atomic
def reject_entry(decision_id: uuid.UUID, *, reason: str, actor: Actor, now: datetime) -> DecisionReview:
    """What was recorded is not what its proof says: it stays unverified until it is corrected.

    Raises NotAllowed for the person who recorded it, Refused without a reason.
    """
    case, decision = _unverified(decision_id, actor)
    if not reason.strip():
        raise Refused([Problem("reason", "Say what is wrong with the entry.")])
    review = _write(case, decision, OF_ENTRY, Verdict.REJECTED, reason, actor=actor, now=now)
    _close(case, {SECOND_LOOK}, actor=actor, now=now)
    words = f"{actor.label} rejects what {decision.recorded_by} recorded: correct the entry"
    open_task(case, REJECTED, words, now=now, submission=decision.submission, facts={"decision": str(decision.id)})
    _finish(case, "decision.rejected", decision, actor=actor, now=now)
    return review


@transaction.atomic
def require_second_look(required: bool, *, actor: Actor, now: datetime) -> bool:
    """Whether a second person confirms what is recorded by hand from now on. False when it is so already."""
    organization = Organization.objects.select_for_update().get(id=current_organization_id())
    if organization.second_look_required == required:
        return False
    organization.second_look_required = required
    organization.save(update_fields=["second_look_required"])
    action = "organization.second_look_required" if required else "organization.second_look_optional"
    record(action, actor=actor, now=now, subject=("organization", organization.id))
    return True


def waits_for_word(case: Authorization, task: Task) -> bool:
    """Whether a task is done only by saying something of the answer: looking is not enough."""
    if task.kind in (SHORTFALL, OTHER_TERMS):
        return case.to_acknowledge
    return task.kind in (SECOND_LOOK, REJECTED) and case.unverified


def granting(authorization: Authorization) -> Decision | None:
    """The latest answer that let something be used and was not superseded."""
    rows = Decision.standing.filter(authorization=authorization, applied=True, line_versions__isnull=False)
    found: Decision | None = rows.order_by("-number").first()
    return found


def _asks(differing: Collection[Departure]) -> str:
    return f"Accept or dispute: {'; '.join(each.words for each in differing)}"


def _waiting_for_word(authorization_id: uuid.UUID, version: int | None) -> tuple[Authorization, Decision]:
    case = lock_case(authorization_id, version=version)
    decision = granting(case)
    if not case.to_acknowledge or decision is None:
        raise NotAllowed(f"{case.number}: somebody has accepted or disputed this already.")
    return case, decision


def _unverified(decision_id: uuid.UUID, actor: Actor) -> tuple[Authorization, Decision]:
    found: Decision = Decision.objects.get(id=decision_id)
    case = lock_case(found.authorization_id)
    if not case.unverified or granting(case) != found:
        raise NotAllowed(f"{case.number}: this entry does not wait for a second person any more.")
    if DecisionReview.objects.filter(decision=found, kind=OF_ENTRY).exists():
        raise NotAllowed(f"{case.number}: this entry was rejected: correct it.")
    if recorded_any(found, actor):
        raise NotAllowed(f"You recorded this answer of {case.number}: another person confirms it.")
    return case, found


def recorded_any(decision: Decision, actor: Actor) -> bool:
    """Whether a person recorded an answer, or an earlier one that nobody had confirmed when this one came on top: the
    word of the second person stands for all of it."""
    if actor.id is None:
        return False
    if decision.recorded_by_id == actor.id:
        return True
    if not decision.before.get("case", {}).get("unverified"):
        return False
    rows = Decision.standing.filter(authorization_id=decision.authorization_id, number__lt=decision.number)
    return rows.filter(applied=True, source_message_id=None, recorded_by_id=actor.id).exists()


def _write(
    case: Authorization, decision: Decision, kind: str, verdict: str, reason: str, *, actor: Actor, now: datetime
) -> DecisionReview:
    review = DecisionReview(
        authorization=case,
        decision=decision,
        kind=kind,
        verdict=verdict,
        reason=reason.strip()[:LONGEST_REASON],
        reviewed_by=actor.label,
        reviewed_by_id=actor.id,
        at=now,
    )
    review.save(force_insert=True)
    return review


def _close(case: Authorization, kinds: Collection[str], *, actor: Actor, now: datetime) -> None:
    """The word that was asked for is given."""
    for task in Task.objects.filter(authorization=case, kind__in=kinds, closed_at=None):
        close_as_done(task, actor=actor, now=now, because="review")


def _finish(case: Authorization, action: str, decision: Decision, *, actor: Actor, now: datetime, **data: str) -> None:
    touch(case, actor=actor, now=now)
    refresh_work(case)
    tell(case, action, actor=actor, now=now, decision=str(decision.id), **data)
