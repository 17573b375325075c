"""Asking for other terms of an approved case: a change (amend), or more time for the same services (extend).

What is approved stays in force until the payer has answered. One change at a time; one that came back unreviewed
gives way to the next. The lines asked for are kept with the submission, so that the answer can make their versions.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from audit.actors import Actor
from authorizations.additional_units import grant_wish
from authorizations.asked import DECIMALS, Asked, AskedLine, faults, plain_number
from authorizations.channels import choose
from authorizations.effects import CHANGING
from authorizations.errors import NotAllowed, Problem, Refused
from authorizations.hearing import is_waiting
from authorizations.models import Authorization, ServiceLine, Submission
from authorizations.models.choices import QuantityType
from authorizations.moving import ask, first_result, keep_first, tell
from authorizations.recording import close_threads
from authorizations.services import lock_case, next_line_number, touch
from authorizations.standing import content_of, frozen_terms, terms_in_force, total
from authorizations.states import Channel, Purpose, Status, SubmissionOutcome
from authorizations.terms import LineTerms
from authorizations.versions import caps_as_rows, codes_as_rows
from authorizations.work import refresh_work

LONGEST_TIME = timedelta(days=3660)
"""Ten years: a last day beyond it is a slip of the hand."""

LONGEST_NOTE = 264
"""005010X217 guide, 2000E MSG01."""


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """What is asked of a line in force, by its number: a new total (None: as it stands) and a new last day."""

    number: int
    quantity: Decimal | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Everything a change asks for. `added` are services the case does not have, from `starts_on` of the change."""

    lines: tuple[ChangedLine, ...] = ()
    added: tuple[AskedLine, ...] = ()
    starts_on: date | None = None
    note: str = ""


@transaction.atomic
def amend(
    authorization_id: uuid.UUID,
    change: Change,
    *,
    actor: Actor,
    now: datetime,
    channel: Channel | None = None,
    version: int | None = None,
    key: str = "",
) -> Submission:
    """Ask for other totals, other last days or further services under the same number.

    The status stays as it is until the payer answers. The same `key` twice asks once. Raises NotAllowed unless the
    case is approved with something in force and no change is open, Stale, Refused.
    """
    how = _How(Purpose.REVISE, channel, version, key)
    return _change(authorization_id, change, how, actor=actor, now=now)


@transaction.atomic
def extend(
    authorization_id: uuid.UUID,
    change: Change,
    *,
    actor: Actor,
    now: datetime,
    channel: Channel | None = None,
    version: int | None = None,
    key: str = "",
) -> Submission:
    """Ask for the same services for longer, under the same number. Everything else as for `amend`."""
    how = _How(Purpose.EXTEND, channel, version, key)
    return _change(authorization_id, change, how, actor=actor, now=now)


def open_change(case: Authorization) -> Submission | None:
    """The change that waits for something, if any."""
    rows = case.submissions.filter(purpose__in=sorted(CHANGING)).order_by("-number")
    return next((row for row in rows if is_waiting(row)), None)


@dataclass(frozen=True, slots=True)
class _How:
    """What kind of change is asked, by which way, from which version of the case, under which key."""

    purpose: Purpose
    channel: Channel | None
    version: int | None
    key: str


def _change(authorization_id: uuid.UUID, change: Change, how: _How, *, actor: Actor, now: datetime) -> Submission:
    """Ask for it, in the transaction of the verb."""
    content = {"authorization": authorization_id, "change": change, "channel": how.channel}
    action = f"authorization.{how.purpose}"
    first = first_result(how.key, action, content)
    if first is not None:
        asked: Submission = Submission.objects.get(id=first)
        return asked
    case = lock_case(authorization_id, version=how.version)
    terms = terms_in_force(case)
    refuse_unless_changeable(case, terms)
    lines = _lines_asked(case, change, how.purpose, terms)
    _give_way(case, now=now)
    frozen = content_of(case, lines, note=_note(case, change, terms))
    way = choose(case, how.channel, now=now)
    submission = ask(case, how.purpose, way, content=frozen, actor=actor, now=now)
    grant_wish(case, actor=actor, now=now)
    touch(case, actor=actor, now=now)
    refresh_work(case)
    facts = {"submission": str(submission.id), "purpose": str(how.purpose)}
    tell(case, "authorization.change_asked", actor=actor, now=now, **facts)
    keep_first(how.key, action, content, submission.id, now=now)
    return submission


def refuse_unless_changeable(case: Authorization, terms: dict[uuid.UUID, LineTerms]) -> None:
    """Raise NotAllowed, with the reason, where nothing can be changed."""
    if case.status != Status.APPROVED:
        raise NotAllowed(f"{case.number} is {case.get_status_display().lower()}: only what is approved can be changed.")
    if not terms:
        raise NotAllowed(f"Nothing is in force under {case.number} that could be changed.")
    standing = open_change(case)
    if standing is not None and standing.outcome != SubmissionOutcome.RETURNED:
        raise NotAllowed(f"A change of {case.number} is open already: wait for its answer, or recall it.")
    if any(row.purpose == Purpose.CANCEL and is_waiting(row) for row in case.submissions.all()):
        raise NotAllowed(f"{case.number} is being cancelled: nothing more is asked of it.")


def _give_way(case: Authorization, *, now: datetime) -> None:
    """A change that came back unreviewed is replaced by the one that is asked now."""
    close_threads(case, CHANGING, now=now)


def _lines_asked(
    case: Authorization, change: Change, purpose: Purpose, terms: dict[uuid.UUID, LineTerms]
) -> list[dict[str, Any]]:
    """The frozen lines: those in force with what is asked of them, then the further ones."""
    standing = {line.number: line for line in case.lines.filter(removed_at=None).prefetch_related("codes", "caps")}
    problems: list[Problem] = []
    frozen = []
    for wanted in change.lines:
        line = standing.get(wanted.number)
        if line is None or line.id not in terms:
            problems.append(Problem(f"lines-{wanted.number}", "This line is not in force."))
            continue
        problems += _faults_of(wanted, terms[line.id], purpose)
        if _differs(wanted, terms[line.id]):
            frozen.append(_frozen_change(line, terms[line.id], wanted))
    problems += _added_faults(case, change, terms)
    if not frozen and not change.added and not problems:
        problems.append(Problem("", "Nothing differs from what is approved."))
    if problems:
        raise Refused(problems)
    return frozen + _frozen_added(case, change, terms)


def _differs(wanted: ChangedLine, stands: LineTerms) -> bool:
    other_total = wanted.quantity is not None and wanted.quantity != stands.quantity
    return other_total or (wanted.ends_on is not None and wanted.ends_on != stands.ends_on)


def _faults_of(wanted: ChangedLine, stands: LineTerms, purpose: Purpose) -> list[Problem]:
    field, found = f"lines-{wanted.number}", []
    if wanted.quantity is not None:
        places = DECIMALS.get(QuantityType(stands.quantity_type), 0)
        if not wanted.quantity.is_finite() or wanted.quantity <= 0 or wanted.quantity != round(wanted.quantity, places):
            found.append(Problem(f"{field}.quantity", "Give the new total, as a number above 0."))
    if wanted.ends_on is not None and wanted.ends_on < stands.starts_on:
        found.append(Problem(f"{field}.ends_on", "The last day is before the first day."))
    elif wanted.ends_on is not None and wanted.ends_on > stands.starts_on + LONGEST_TIME:
        found.append(Problem(f"{field}.ends_on", "This day is too far away."))
    elif purpose is Purpose.EXTEND and (
        wanted.ends_on is None or stands.ends_on is None or wanted.ends_on <= stands.ends_on
    ):
        found.append(Problem(f"{field}.ends_on", "An extension ends later than what is approved."))
    return found


def _added_faults(case: Authorization, change: Change, terms: dict[uuid.UUID, LineTerms]) -> list[Problem]:
    """Further services need all that a first request needs, and may not stand on the case already."""
    if not change.added:
        return []
    found = faults(Asked(coverage=case.coverage, lines=change.added))
    found += [Problem("added.quantity", "Say how many you ask for.") for line in change.added if line.quantity is None]
    first = min(each.starts_on for each in terms.values())
    if change.starts_on is not None and not first <= change.starts_on <= first + LONGEST_TIME:
        found.append(Problem("added_from", "Choose a day on which the other lines hold."))
    covered = {(code.code, frozenset(code.modifiers)) for each in terms.values() for code in each.codes}
    for line in change.added:
        for code in line.codes:
            if (code.code, frozenset(code.modifiers)) in covered:
                found.append(Problem("added.codes", f"{code.code} is approved: ask for a new total of its line."))
    return found


def _frozen_change(line: ServiceLine, stands: LineTerms, wanted: ChangedLine) -> dict[str, Any]:
    frozen = frozen_terms(line, stands)
    frozen |= {} if wanted.quantity is None else {"quantity": plain_number(wanted.quantity)}
    return frozen | ({} if wanted.ends_on is None else {"ends_on": wanted.ends_on.isoformat()})


def _frozen_added(case: Authorization, change: Change, terms: dict[uuid.UUID, LineTerms]) -> list[dict[str, Any]]:
    """The further services, numbered on; they end with what is in force."""
    starts_on = change.starts_on or min(each.starts_on for each in terms.values())
    ends = [each.ends_on for each in terms.values() if each.ends_on]
    ends += [line.ends_on for line in change.lines if line.ends_on]
    return [
        {
            "line": "",
            "number": number,
            "quantity": plain_number(line.quantity),
            "quantity_type": line.quantity_type,
            "unit_minutes": line.unit_minutes,
            "pooled": len(line.codes) > 1,
            "codes": codes_as_rows(line.codes),
            "caps": caps_as_rows(line.caps),
            "starts_on": starts_on.isoformat(),
            "ends_on": max(ends).isoformat() if ends else "",
        }
        for number, line in enumerate(change.added, start=next_line_number(case))
    ]


def _note(case: Authorization, change: Change, terms: dict[uuid.UUID, LineTerms]) -> str:
    """What the payer is told beside the lines: that totals are new totals, then the person's own words."""
    numbers = {line.id: line.number for line in case.lines.filter(removed_at=None)}
    wanted = {line.number: line for line in change.lines}
    said = []
    for line_id, stands in terms.items():
        asked = wanted.get(numbers.get(line_id, 0))
        if asked and asked.quantity is not None and asked.quantity != stands.quantity:
            said.append(f"{stands.codes[0].code}: new total {total(asked.quantity)}, now {total(stands.quantity)}.")
    return " ".join([*said, change.note.strip()]).strip()[:LONGEST_NOTE]


def lines_for(case: Authorization) -> Sequence[tuple[ServiceLine, LineTerms]]:
    """The lines that can be changed, with what is in force, in their order."""
    terms = terms_in_force(case)
    rows = case.lines.filter(removed_at=None).order_by("number").prefetch_related("codes", "caps")
    return [(line, terms[line.id]) for line in rows if line.id in terms]
