"""More units wanted by somebody who cares for the member but does not ask payers: a wish that the owner turns into an
amendment, or lets be.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from audit.actors import Actor
from authorizations.asked import plain_number
from authorizations.decisions import LineOutcome
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.models import Authorization, Note, ServiceLine, Task
from authorizations.moving import tell
from authorizations.services import lock_case, touch
from authorizations.standing import terms_in_force
from authorizations.states import Status
from authorizations.terms import LineTerms
from authorizations.work import close_as_done, open_task, refresh_work

MORE_UNITS = "more_units"
LONGEST_REASON = 1000
MOST = Decimal(1_000_000)


@transaction.atomic
def want_more(
    authorization_id: uuid.UUID, line_number: int, quantity: Decimal, reason: str, *, actor: Actor, now: datetime
) -> Task:
    """Ask the owner to ask for `quantity` more of a line. The reason is kept as a note, never in the task.

    What was wanted before and is still open is replaced: the latest wish counts. Raises NotAllowed where nothing is in
    force, and Refused for an amount or a line that cannot be meant.
    """
    case = lock_case(authorization_id)
    lines = lines_that_may_grow(case)
    line = next((each for each, _ in lines if each.number == line_number), None)
    problems = list(_faults(line, quantity, reason))
    if problems or line is None:
        raise Refused(problems)
    note = Note(authorization=case, author=actor.label, author_id=actor.id, at=now, text=reason.strip())
    note.save(force_insert=True)
    codes = " / ".join(code.words for code in line.codes.all())
    # The notice is told before the words of the task: it names no service.
    task = open_task(case, MORE_UNITS, f"{actor.label} asks for more", now=now)
    wanted = f"{plain_number(quantity)} more {line.get_quantity_type_display()} of {codes}"
    task.words = f"{actor.label} wants {wanted}"[:300]
    task.facts = {"line": line.number, "quantity": plain_number(quantity), "note": str(note.id)}
    task.save(update_fields=["words", "facts"])
    refresh_work(case)
    touch(case, actor=actor, now=now)
    tell(case, "authorization.more_units_wanted", actor=actor, now=now, line=line.number, quantity=str(quantity))
    return task


def lines_that_may_grow(case: Authorization) -> list[tuple[ServiceLine, LineTerms]]:
    """The lines in force whose total is counted, with their terms. Raises NotAllowed, with the reason, without any."""
    if case.status != Status.APPROVED:
        raise NotAllowed(f"{case.number} is {case.get_status_display().lower()}: more is asked of what is approved.")
    terms = terms_in_force(case)
    rows = case.lines.filter(removed_at=None).order_by("number").prefetch_related("codes")
    found = [(line, terms[line.id]) for line in rows if line.id in terms and _is_counted(terms[line.id])]
    if not found:
        raise NotAllowed(f"Nothing of {case.number} is counted, so there is nothing to ask more of.")
    return found


def _is_counted(terms: LineTerms) -> bool:
    return terms.quantity is not None and terms.outcome is not LineOutcome.NOT_REQUIRED


def wish_of(case: Authorization) -> Task | None:
    """What is wanted and not asked for yet."""
    found: Task | None = Task.objects.filter(authorization=case, kind=MORE_UNITS, closed_at=None).first()
    return found


@transaction.atomic
def grant_wish(case: Authorization, *, actor: Actor, now: datetime) -> None:
    """The payer was asked for a change: nobody needs to be reminded. The caller holds the lock of the case."""
    wish = wish_of(case)
    if wish is not None:
        close_as_done(wish, actor=actor, now=now, because="amendment")


def _faults(line: ServiceLine | None, quantity: Decimal, reason: str) -> Iterator[Problem]:
    if line is None:
        yield Problem("line", "Choose a line that is in force.")
    if not 0 < quantity <= MOST:
        yield Problem("quantity", f"Give a number above 0, at most {MOST:,}.")
    if not reason.strip():
        yield Problem("reason", "Say why: it is what the payer will be told.")
    elif len(reason.strip()) > LONGEST_REASON:
        yield Problem("reason", f"Say it in at most {LONGEST_REASON:,} characters.")
