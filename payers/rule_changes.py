"""Writes of what is dated or ordered in a program: its rules from day to day, and its review routes.

As in `services`: one transaction each, with its audit event; Refused and Stale as there.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from audit.actors import Actor
from audit.services import record
from payers.faults import route_faults, rules_faults
from payers.models import Program, ProgramRules, ReviewRoute
from payers.rules import takes_all_of
from payers.services import tidy, told_when_taken, write_changed, write_new
from tenancy.editing import Problem, Refused, as_text, insert, keep, locked, put

ONE_DAY = timedelta(days=1)
FIXED_ONCE_BEGUN = ("starts_on", "authorization_workflow")
"""What a correction cannot touch once the rules have begun: requests were made by it."""

SHIFT = 1000
"""Out of the way of every position while routes are numbered anew."""


# Rules -------------------------------------------------------------------------------------------------------


@transaction.atomic
def begin_rules(program_id: uuid.UUID, values: Mapping[str, Any], *, actor: Actor, now: datetime) -> ProgramRules:
    """Rules from a day on. Rules that hold on that day end the day before, and the new ones take over their end.

    A change of rules in force begins today at the earliest; days without rules may be filled whenever they are.
    """
    program = _locked_program(program_id)
    rules = ProgramRules(program=program, **tidy(values))
    rows = list(program.rules.order_by("starts_on"))
    standing = next((row for row in rows if rules.starts_on and row.covers(rules.starts_on)), None)
    problems = list(rules_faults(rules))
    if not problems:
        today = program.organization.today(now)
        problems = list(_split_faults(rules, standing, today) if standing else _overlaps(rules, rows))
    if problems:
        raise Refused(problems)
    data: dict[str, Any] = {"program": str(program.id), "from": as_text(rules.starts_on)}
    if standing is not None:
        data |= _split(standing, rules, actor=actor, now=now)
    with told_when_taken():
        insert(rules, who=actor.label, now=now)
    record("program_rules.begun", actor=actor, now=now, subject=("program_rules", rules.id), data=data)
    return rules


@transaction.atomic
def correct_rules(
    rules_id: uuid.UUID,
    values: Mapping[str, Any],
    *,
    version: int | None,
    understood: bool = False,
    actor: Actor,
    now: datetime,
) -> ProgramRules:
    """Mend what was typed wrong. Rules that have begun keep their first day and workflow.

    For those `understood` says that the person knows it holds for all their time. When rules that have not begun
    move, the rules before them end the day before.
    """
    program = _locked_program(ProgramRules.objects.get(id=rules_id).program_id)
    rules = locked(ProgramRules, rules_id, version=version)
    today = program.organization.today(now)
    first, last = rules.starts_on, rules.ends_on
    others = [row for row in program.rules.order_by("starts_on") if row.id != rules.id]
    before = next((row for row in others if row.ends_on == first - ONE_DAY), None)
    changes = put(rules, tidy(values))
    problems = [*rules_faults(rules), *_begun_faults(first, changes, understood, today)]
    moved = rules.starts_on != first and before is not None and first >= today
    if not problems and moved and before is not None:
        problems = list(_move_end(before, rules.starts_on))
    if not problems:
        problems = list(_overlaps(rules, others))
    if problems:
        raise Refused(problems)
    if not changes:
        return rules
    with told_when_taken():
        _save_apart(before if moved else None, rules, earlier=rules.starts_on < first, actor=actor, now=now)
    record("program_rules.corrected", actor=actor, now=now, subject=("program_rules", rules.id),
           data={"program": str(program.id), "changes": changes, "was": [as_text(first), as_text(last)]})  # fmt: skip
    return rules


def _locked_program(program_id: uuid.UUID) -> Program:
    """Everything dated or ordered in a program is changed under its lock."""
    return locked(Program, program_id, version=None)


def _split_faults(rules: ProgramRules, standing: ProgramRules, today: date) -> Iterator[Problem]:
    if rules.starts_on == standing.starts_on:
        yield Problem("starts_on", f"Rules begin on {_words(rules.starts_on)} already. Correct those instead.")
    elif rules.starts_on < today:
        yield Problem(
            "starts_on",
            f"Rules hold on {_words(rules.starts_on)}, and requests were made by them. A change begins today, "
            f"{_words(today)}, at the earliest; a mistake is mended by correcting them.",
        )
    elif standing.ends_on and rules.ends_on and rules.ends_on > standing.ends_on:
        yield Problem(
            "ends_on",
            f"The rules of that day end on {_words(standing.ends_on)}. Choose no later day, or leave it empty.",
        )


def _overlaps(rules: ProgramRules, others: Sequence[ProgramRules]) -> Iterator[Problem]:
    """Ranges of one program share no day."""
    for row in others:
        if row.covers(rules.starts_on):
            until = f"until {_words(row.ends_on)}" if row.ends_on else "without an end"
            yield Problem("starts_on", f"Rules from {_words(row.starts_on)} {until} hold on that day already.")
        elif rules.starts_on < row.starts_on and (rules.ends_on is None or row.starts_on <= rules.ends_on):
            yield Problem(
                "ends_on",
                f"These would run into the rules that begin on {_words(row.starts_on)}. "
                f"Give {_words(row.starts_on - ONE_DAY)} or an earlier day as the last one.",
            )
            return


def _split(standing: ProgramRules, rules: ProgramRules, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """End the standing rules the day before; the new ones run to their end. What differs, for the audit log."""
    ended = [as_text(standing.ends_on), as_text(rules.starts_on - ONE_DAY)]
    if rules.ends_on is None:
        rules.ends_on = standing.ends_on
    standing.ends_on = rules.starts_on - ONE_DAY
    keep(standing, who=actor.label, now=now)
    names = [field.name for field in ProgramRules._meta.local_fields if field.editable and not field.is_relation]
    ignored = {"id", "version", "changed_at", "changed_by", "starts_on", "ends_on"}
    changes = {
        name: [as_text(getattr(standing, name)), as_text(getattr(rules, name))]
        for name in names
        if name not in ignored and getattr(standing, name) != getattr(rules, name)
    }
    return {"ended": str(standing.id), "ended_on": ended, "changes": changes}


def _begun_faults(
    first: date, changes: Mapping[str, Sequence[str]], understood: bool, today: date
) -> Iterator[Problem]:
    if first >= today:
        if "starts_on" in changes and date.fromisoformat(changes["starts_on"][1]) < today:
            yield Problem("starts_on", f"Rules that have not begun may begin today, {_words(today)}, at the earliest.")
        return
    for name in FIXED_ONCE_BEGUN:
        if name in changes:
            yield Problem(name, "Requests were made by this, so it stays. Change it from a day on instead.")
    if changes and not understood:
        yield Problem("understood", f"Tick that this holds for all days since {_words(first)}.")


def _move_end(before: ProgramRules, starts_on: date) -> Iterator[Problem]:
    if starts_on <= before.starts_on:
        yield Problem("starts_on", f"The rules before these begin on {_words(before.starts_on)}: choose a later day.")
        return
    before.ends_on = starts_on - ONE_DAY


def _save_apart(
    before: ProgramRules | None, rules: ProgramRules, *, earlier: bool, actor: Actor, now: datetime
) -> None:
    """Save two neighbours in the order in which they never share a day."""
    for row in [before, rules] if earlier else [rules, before]:
        if row is not None:
            keep(row, who=actor.label, now=now)


def _words(day: date | None) -> str:
    return f"{day:%b} {day.day}, {day.year}" if day else ""


# Routes ------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_route(program_id: uuid.UUID, values: Mapping[str, Any], *, actor: Actor, now: datetime) -> ReviewRoute:
    """A route behind all others, but before one that would leave it nothing: the first that fits wins."""
    program = _locked_program(program_id)
    active, retired = _routes(program)
    route = ReviewRoute(program=program, position=_last(active, retired) + 1, **_capitals(values))
    name = f"for {route.conditions}"
    write_new(route, route_faults, "review_route", actor=actor, now=now, name=name, program=str(program.id))
    place = next((number for number, row in enumerate(active) if takes_all_of(row, route)), len(active))
    _number([*active[:place], route, *active[place:], *retired])
    return route


@transaction.atomic
def save_route(
    route_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> ReviewRoute:
    _locked_program(ReviewRoute.objects.get(id=route_id).program_id)
    route = locked(ReviewRoute, route_id, version=version)
    write_changed(route, _capitals(values), route_faults, "review_route", actor=actor, now=now)
    return route


@transaction.atomic
def move_route(route_id: uuid.UUID, *, up: bool, actor: Actor, now: datetime) -> ReviewRoute:
    """Ask this route before, or after, its neighbour. At the end of the list nothing moves."""
    program = _locked_program(ReviewRoute.objects.get(id=route_id).program_id)
    active, retired = _routes(program)
    place = next((number for number, row in enumerate(active) if row.id == route_id), None)
    if place is None:
        raise Refused([Problem("", "A retired route has no place in the order. Use it again first.")])
    target = place - 1 if up else place + 1
    if 0 <= target < len(active):
        active[place], active[target] = active[target], active[place]
        _number([*active, *retired])
        changes = {"position": [str(place + 1), str(target + 1)]}
        data = {"program": str(program.id), "name": f"for {active[target].conditions}", "changes": changes}
        record("review_route.moved", actor=actor, now=now, subject=("review_route", route_id), data=data)
    return ReviewRoute.objects.get(id=route_id)


@transaction.atomic
def switch_route(route_id: uuid.UUID, *, active: bool, actor: Actor, now: datetime) -> ReviewRoute:
    """Use a route no longer, or again: it then stands behind the others. Twice changes nothing."""
    program = _locked_program(ReviewRoute.objects.get(id=route_id).program_id)
    route = locked(ReviewRoute, route_id, version=None)
    if put(route, {"active": active}):
        keep(route, who=actor.label, now=now)
        rows, retired = _routes(program)
        others = [row for row in rows if row.id != route.id]
        _number([*others, route, *[row for row in retired if row.id != route.id]])
        action = "review_route.switched_on" if active else "review_route.switched_off"
        record(action, actor=actor, now=now, subject=("review_route", route.id),
               data={"program": str(program.id), "name": f"for {route.conditions}"})  # fmt: skip
    return ReviewRoute.objects.get(id=route_id)


def _routes(program: Program) -> tuple[list[ReviewRoute], list[ReviewRoute]]:
    rows = list(program.routes.order_by("position"))
    return [row for row in rows if row.active], [row for row in rows if not row.active]


def _last(*groups: Sequence[ReviewRoute]) -> int:
    return max((row.position for group in groups for row in group), default=0)


def _number(rows: Sequence[ReviewRoute]) -> None:
    """Give the rows the positions from 1 on, in two steps because no two may share one."""
    if not rows or all(row.position == number for number, row in enumerate(rows, start=1)):
        return
    ReviewRoute.objects.filter(id__in=[row.id for row in rows]).update(position=F("position") + SHIFT)
    for number, row in enumerate(rows, start=1):
        ReviewRoute.objects.filter(id=row.id).update(position=number)
        row.position = number


def _capitals(values: Mapping[str, Any]) -> dict[str, Any]:
    """Codes are written in capitals."""
    found = tidy(values)
    return found | {name: found[name].upper() for name in ("code_from", "code_to") if found.get(name)}
