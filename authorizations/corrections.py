"""How a case stood before an answer came, kept with the decision, and put back when a person entered it wrongly.

Nothing is deleted: the wrong decision, its words and the versions it made stay, and stop counting once another
decision supersedes them. Used by `transitions.correct_decision`, inside its transaction and locks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Model

from audit.actors import Actor
from authorizations.errors import NotAllowed
from authorizations.hearing import is_waiting
from authorizations.models import Authorization, Decision, ServiceLine, Submission
from authorizations.moving import SEND
from authorizations.states import ExchangeState, Purpose
from outbox.delivery import enqueue

ANSWERED = (
    "certification_number", "certification_key", "administrative_number", "number_missing_reason", "decided_on",
    "partly_approved", "modified", "not_required", "returned", "to_acknowledge", "unverified",
)  # fmt: skip
"""What an answer copies onto a case."""

TRAVELLED = (
    "outcome", "exchange_state", "waiting_on", "next_action", "next_action_at", "due_at", "due_rule", "answered_at",
)  # fmt: skip
"""What an answer changes of a submission."""


def standing(authorization: Authorization) -> dict[str, Any]:
    """The case as it stands, as JSON keeps it: its status, what was answered, and how far each submission came."""
    return {
        "status": str(authorization.status),
        "case": _kept(authorization, ANSWERED),
        "submissions": {str(row.id): _kept(row, TRAVELLED) for row in authorization.submissions.all()},
    }


def refuse_unless_correctable(authorization: Authorization, wrong: Decision) -> None:
    """Raise NotAllowed, with the reason, unless the decision was entered by hand and nothing came after it."""
    if wrong.source_message_id is not None:
        raise NotAllowed("This is what the payer sent: a message cannot be corrected by hand.")
    if Decision.objects.filter(supersedes=wrong).exists():
        raise NotAllowed("This entry was corrected already.")
    if not wrong.applied or not wrong.before:
        raise NotAllowed("This entry changed nothing, so there is nothing to correct.")
    if Decision.standing.filter(authorization=authorization, number__gt=wrong.number, applied=True).exists():
        raise NotAllowed("The payer has answered again since: the earlier entry stays as it is.")
    since = [row for row in authorization.submissions.all() if str(row.id) not in wrong.before["submissions"]]
    if any(is_waiting(row) for row in since):
        raise NotAllowed("Something was asked of the payer since. Recall it, or wait for its answer, first.")


def put_back(authorization: Authorization, wrong: Decision, *, actor: Actor, now: datetime) -> None:
    """Make case and submissions say what they said before a wrong decision. The caller sets the status and saves."""
    _restore(authorization, wrong.before["case"])
    for row in authorization.submissions.filter(id__in=wrong.before["submissions"]):
        kept = wrong.before["submissions"][str(row.id)]
        if _went_on(row, kept):
            continue
        _restore(row, kept)
        row.save(update_fields=TRAVELLED)
        if row.exchange_state == ExchangeState.TO_SEND:
            # Its message found the request answered and was done with it.
            enqueue(SEND, row.id, now=now)
    tasks = authorization.tasks.filter(closed_at=None, facts__decision=str(wrong.id))
    tasks.update(closed_at=now, closed_by=actor.label)
    _added_lines(wrong).update(removed_at=now)


def _went_on(row: Submission, kept: dict[str, Any]) -> bool:
    """Whether something asked has moved by itself since: sent, marked, recalled or sent another way."""
    if row.exchange_state == ExchangeState.WITHDRAWN:
        return bool(row.outcome == kept["outcome"])
    return row.exchange_state not in (kept["exchange_state"], ExchangeState.ANSWERED)


def wrote_versions(wrong: Decision) -> bool:
    """Whether a wrong decision let anything be used, so that units must follow its correction."""
    return bool(wrong.line_versions.exists())


def _added_lines(wrong: Decision) -> Any:
    """Lines the case has only because of this decision."""
    first_asked = wrong.authorization.submissions.filter(purpose__in=[Purpose.INITIAL, Purpose.EXISTING])
    contents = first_asked.values_list("content", flat=True)
    asked = {line["number"] for content in contents for line in content.get("lines", [])}
    made = wrong.line_versions.filter(number=1).exclude(line__number__in=asked)
    return ServiceLine.objects.filter(id__in=made.values("line_id"))


def _kept(row: Model, names: Iterable[str]) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(json.dumps({name: getattr(row, name) for name in names}, default=str))
    return kept


def _restore(row: Authorization | Submission, kept: dict[str, Any]) -> None:
    for name, value in kept.items():
        field: Any = row._meta.get_field(name)
        setattr(row, name, field.to_python(value))
