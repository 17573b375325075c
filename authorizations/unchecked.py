"""A request that goes out without a fresh check of eligibility carries why."""

from __future__ import annotations

from datetime import datetime

from audit.actors import Actor
from authorizations.models import Authorization, Note
from authorizations.moving import tell
from members.checking import doubts


def note_unchecked(authorization: Authorization, reason: str, *, actor: Actor, now: datetime) -> None:
    """Keep the reason as a note of the case, where the check is wanting at all."""
    standing, _ = doubts(authorization.coverage, authorization.organization.today(now))
    if standing.is_sound:
        return
    text = f"Sent without a fresh eligibility check. {standing.words} Why: {reason.strip()}"
    note = Note(authorization=authorization, author=actor.label, author_id=actor.id, at=now, text=text)
    note.save(force_insert=True)
    found = standing.found.value if standing.found else ""
    tell(authorization, "authorization.unchecked", actor=actor, now=now, note=str(note.id), found=found,
         freshness=standing.freshness.value)  # fmt: skip
