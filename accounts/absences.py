"""Who is away and who looks after their follow-ups meanwhile: announced, called off, and read day by day.

An owner stays the owner. The deputy of somebody who is away that day sees their follow-ups besides; where the deputy is
away too, the deputy's deputy does, so that nothing waits for an empty chair.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import Absence, Membership
from audit.actors import Actor
from audit.services import record
from tenancy.editing import Problem, Refused
from tenancy.models import Organization
from tenancy.scoping import current_organization_id

LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Covered:
    """Somebody whose follow-ups a person looks after today, and the last day of it."""

    membership_id: uuid.UUID
    name: str
    until: date


@transaction.atomic
def announce(
    membership_id: uuid.UUID, deputy_id: uuid.UUID, *, starts_on: date, ends_on: date, actor: Actor, now: datetime
) -> Absence:
    """Keep that a person is away from one day to another, both included, and who stands in.

    Raises Refused for oneself, for somebody who left, for days in the wrong order or gone by, for days that are
    announced already, where deputies would stand in for each other in a circle, and for a deputy whose role cannot
    work on the requests of whoever is away.
    """
    organization = Organization.objects.select_for_update(no_key=True).get(id=current_organization_id())
    people = {row.id: row for row in Membership.objects.select_related("user", "role").filter(active=True)}
    problems = list(_faults(people, membership_id, deputy_id, (starts_on, ends_on), organization.today(now)))
    if problems:
        raise Refused(problems)
    absence = Absence(
        membership_id=membership_id,
        deputy_id=deputy_id,
        starts_on=starts_on,
        ends_on=ends_on,
        announced_at=now,
        announced_by=actor.label,
    )
    absence.save(force_insert=True)
    data = {"deputy": str(deputy_id), "from": starts_on.isoformat(), "to": ends_on.isoformat()}
    record("absence.announced", actor=actor, now=now, subject=("membership", membership_id), data=data)
    return absence


@transaction.atomic
def call_off(absence_id: uuid.UUID, *, actor: Actor, now: datetime) -> Absence:
    """The person is here after all, or back earlier. Calling off twice changes nothing."""
    absence: Absence = Absence.objects.select_for_update().get(id=absence_id)
    if absence.called_off_at is None:
        absence.called_off_at, absence.called_off_by = now, actor.label
        absence.save(update_fields=["called_off_at", "called_off_by"])
        record("absence.called_off", actor=actor, now=now, subject=("membership", absence.membership_id))
    return absence


def covering(membership_id: uuid.UUID, today: date) -> list[uuid.UUID]:
    """Whose follow-ups this person looks after today, besides their own. One statement."""
    return [each.membership_id for each in covered_by(membership_id, today)]


def covered_by(membership_id: uuid.UUID, today: date) -> list[Covered]:
    """Everybody away today for whom this person stands in, directly or for a deputy who is away too."""
    away = {row.membership_id: row for row in _on(today)}
    found = []
    for absence in away.values():
        if absence.membership_id != membership_id and _end_of_chain(absence.membership_id, away) == membership_id:
            found.append(Covered(absence.membership_id, absence.membership.label, absence.ends_on))
    return found


def deputies(today: date) -> dict[uuid.UUID, uuid.UUID | None]:
    """Who looks after the follow-ups of each person away today; None where nobody does. One statement.

    Nobody does where the deputy has left, or where everybody in the chain is away.
    """
    away = {row.membership_id: row for row in _on(today)}
    return {membership_id: _end_of_chain(membership_id, away) for membership_id in away}


def away_on(today: date) -> dict[uuid.UUID, Absence]:
    """The absence of each person who is away that day, with both names. One statement."""
    return {row.membership_id: row for row in _on(today)}


def to_come(today: date, membership_id: uuid.UUID | None = None) -> list[Absence]:
    """Absences that stand and have not ended, the first to begin first: of everybody, or of one person."""
    rows = Absence.objects.filter(called_off_at=None, ends_on__gte=today)
    if membership_id is not None:
        rows = rows.filter(membership_id=membership_id)
    return list(rows.select_related("membership__user", "deputy__user").order_by("starts_on", "id"))


def deputy_is_away(absence: Absence) -> Absence | None:
    """An absence of the deputy that falls into this one: what comes to the deputy then goes on to theirs."""
    rows = Absence.objects.filter(
        membership_id=absence.deputy_id,
        called_off_at=None,
        starts_on__lte=absence.ends_on,
        ends_on__gte=absence.starts_on,
    )
    found: Absence | None = rows.select_related("deputy__user").order_by("starts_on").first()
    return found


def _on(today: date) -> list[Absence]:
    rows = Absence.objects.filter(called_off_at=None, starts_on__lte=today, ends_on__gte=today)
    return list(rows.select_related("membership__user", "deputy__user").order_by("starts_on", "id"))


def _end_of_chain(membership_id: uuid.UUID, away: dict[uuid.UUID, Absence]) -> uuid.UUID | None:
    """The first deputy who is here, following those who are away; None where there is none."""
    seen = {membership_id}
    deputy = away[membership_id].deputy
    while deputy.id in away:
        if deputy.id in seen:
            return None
        seen.add(deputy.id)
        deputy = away[deputy.id].deputy
    return deputy.id if deputy.active else None


def _faults(
    people: dict[uuid.UUID, Membership],
    membership_id: uuid.UUID,
    deputy_id: uuid.UUID,
    days: tuple[date, date],
    today: date,
) -> Iterator[Problem]:
    starts_on, ends_on = days
    if membership_id not in people:
        yield Problem("", "This person has no place here any more.")
    if deputy_id == membership_id:
        yield Problem("deputy", "Somebody else stands in: nobody is their own deputy.")
    elif deputy_id not in people:
        yield Problem("deputy", "Choose somebody who works here.")
    elif membership_id in people and people[membership_id].works_requests and not people[deputy_id].works_requests:
        yield Problem("deputy", "Their role does not work on requests: choose somebody whose role does.")
    if ends_on < starts_on:
        yield Problem("ends_on", "The last day is before the first.")
    elif ends_on < today:
        yield Problem("ends_on", "This has gone by: choose days to come.")
    elif (ends_on - starts_on).days > LONGEST_DAYS:
        yield Problem("ends_on", "This is longer than a year: close the place instead, or choose shorter days.")
    standing = list(Absence.objects.filter(called_off_at=None, starts_on__lte=ends_on, ends_on__gte=starts_on))
    if any(row.membership_id == membership_id for row in standing):
        yield Problem("starts_on", "Some of these days are announced already: call that absence off first.")
    if deputy_id != membership_id and _leads_to(deputy_id, membership_id, days, standing):
        named = [people[each].label if each in people else "somebody who left" for each in (deputy_id, membership_id)]
        words = "{} is away then, and their follow-ups come to {}: choose somebody else."
        yield Problem("deputy", words.format(*named))


def _leads_to(
    deputy_id: uuid.UUID, membership_id: uuid.UUID, days: tuple[date, date], standing: Iterable[Absence]
) -> bool:
    """Whether follow-ups given to the deputy would come back on some of the days: every absence then is walked."""
    rows = list(standing)
    reached, ways = set(), [(deputy_id, *days)]
    while ways:
        person, first, last = ways.pop()
        if person == membership_id:
            return True
        for row in rows:
            begins, ends = max(first, row.starts_on), min(last, row.ends_on)
            if row.membership_id == person and begins <= ends and (row.id, begins, ends) not in reached:
                reached.add((row.id, begins, ends))
                ways.append((row.deputy_id, begins, ends))
    return False
