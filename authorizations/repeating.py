"""Why something was asked of a payer that it was asked already."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from audit.actors import Actor
from authorizations.models import Authorization, Note
from authorizations.moving import tell


@transaction.atomic
def note_repeated(
    authorization_id: uuid.UUID, numbers: Sequence[str], reason: str, *, actor: Actor, now: datetime
) -> Note:
    """Keep the reason as a note of the case that asks once more; `numbers` are those that asked before."""
    authorization: Authorization = Authorization.objects.get(id=authorization_id)
    named = ", ".join(dict.fromkeys(numbers))
    text = f"Asked once more, beside {named}. Why: {reason.strip()}"
    note = Note(authorization=authorization, author=actor.label, author_id=actor.id, at=now, text=text)
    note.save(force_insert=True)
    tell(authorization, "authorization.repeated", actor=actor, now=now, note=str(note.id), beside=named)
    return note
