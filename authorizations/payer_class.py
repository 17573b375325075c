"""In which class a payer handles a request: asked as urgent, it may be worked as routine, and the other way about."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from audit.actors import Actor
from authorizations.errors import NotAllowed
from authorizations.hearing import is_waiting
from authorizations.models import Submission
from authorizations.models.choices import Priority
from authorizations.moving import tell
from authorizations.services import lock_submission
from authorizations.states import SubmissionOutcome
from authorizations.work import as_handled


@transaction.atomic
def note_class(submission_id: uuid.UUID, handled_as: Priority, *, actor: Actor, now: datetime) -> Submission:
    """Keep the payer's class beside ours, with the clocks it runs by (requirements D68).

    The answer stays due by the class it was asked in; both are shown. The class asked for takes the note away. Raises
    NotAllowed where the payer has decided, or no clock runs yet.
    """
    submission = lock_submission(submission_id)
    if not is_waiting(submission) or submission.outcome != SubmissionOutcome.NONE or not submission.clocks:
        raise NotAllowed("The payer has answered this, or has not got it yet.")
    kept = {name: value for name, value in submission.clocks.items() if name != "handled"}
    urgent = handled_as == Priority.URGENT
    if urgent != kept["urgent"]:
        said = {"urgent": urgent, "at": now.isoformat(), "by": actor.label}
        received_at = datetime.fromisoformat(kept["latest_at"])
        kept["handled"] = as_handled(submission, submission.authorization, said, received_at=received_at)
    submission.clocks = kept
    submission.save(update_fields=["clocks"])
    tell(
        submission.authorization,
        "submission.class_noted",
        actor=actor,
        now=now,
        submission=str(submission.id),
        handled_as=str(handled_as),
    )
    return submission
