"""The log of contacts with a payer: by telephone, fax, portal or e-mail, with whom, how long, and what comes next.

Written once beside the notes of the case; a correction is another entry (requirements R193).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.actors import Actor
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.handing import refuse_unless_settable, set_next_action
from authorizations.models import Authorization, Note
from authorizations.moving import tell

MOST_MINUTES = 600
LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Contact:
    """What is told of one contact. `next_action` with `next_at` becomes the next step of the case."""

    channel: str
    text: str
    spoken_with: str = ""
    reference: str = ""
    minutes: int | None = None
    next_action: str = ""
    next_at: datetime | None = None


@transaction.atomic
def log_contact(authorization_id: uuid.UUID, contact: Contact, *, actor: Actor, now: datetime) -> Note:
    """Write a contact down for good. Raises Refused with every problem named."""
    case: Authorization = Authorization.objects.get(id=authorization_id)
    problems = [*_faults(contact), *_next_faults(case, contact, now)]
    if problems:
        raise Refused(problems)
    note = Note(
        authorization=case,
        author=actor.label,
        author_id=actor.id,
        at=now,
        text=contact.text.strip()[:LONGEST_TEXT],
        channel=contact.channel,
        spoken_with=contact.spoken_with.strip()[:120],
        reference=contact.reference.strip()[:80],
        minutes=contact.minutes,
        next_action=contact.next_action.strip()[:120],
    )
    note.save(force_insert=True)
    if contact.next_action.strip() and contact.next_at is not None:
        set_next_action(case.id, contact.next_action, at=contact.next_at, actor=actor, now=now)
    tell(case, "contact.logged", actor=actor, now=now, note=str(note.id), channel=contact.channel)
    return note


def _faults(contact: Contact) -> Iterator[Problem]:
    if contact.channel not in Note.Channel:
        yield Problem("channel", "Choose how you were in contact.")
    if not contact.text.strip():
        yield Problem("text", "Say what was said.")
    if contact.channel == Note.Channel.PHONE and not contact.spoken_with.strip():
        yield Problem("spoken_with", "Say who was on the phone.")
    if contact.minutes is not None and not 0 <= contact.minutes <= MOST_MINUTES:
        yield Problem("minutes", f"Between 0 and {MOST_MINUTES} minutes.")


def _next_faults(case: Authorization, contact: Contact, now: datetime) -> Iterator[Problem]:
    if bool(contact.next_action.strip()) != (contact.next_at is not None):
        field = "next_on" if contact.next_action.strip() else "next_action"
        yield Problem(field, "Give both: what is done next, and on which day.")
    elif contact.next_at is not None:
        if contact.next_at < now:
            yield Problem("next_on", "This has passed: choose a later day.")
        try:
            refuse_unless_settable(case)
        except NotAllowed as reason:
            yield Problem("next_action", str(reason))
