"""Writes of the configuration: payers with their aliases, programs, partners, holidays, playbooks.

Each public function is one transaction inside an open organization scope, with its audit event that says what was
and what is; `actor` and `now` are passed in. Nothing is deleted: rows are switched off or end. Dated rules and routes
stand in `rule_changes`. All may raise Refused with every problem, and Stale when the row is not the version given.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q

from audit.actors import Actor
from audit.services import record
from outbox.delivery import enqueue
from payers.faults import partner_faults, payer_faults, playbook_faults, program_faults
from payers.models import Payer, PayerAlias, Playbook, PlaybookVersion, Program, TradingPartner
from tenancy.editing import Changes, EditedModel, Problem, Refused, as_text, insert, keep, locked, put
from tenancy.models import Holiday

PAYER_RENAMED = "payer.renamed"
PROGRAM_RENAMED = "program.renamed"
"""Topics of the outbox: who keeps a copy of the name reads them. The subject is the payer, and the program."""

E = TypeVar("E", bound=EditedModel)
Faults = Callable[[Any], Iterator[Problem]]

TAKEN = {
    "one_payer_an_identifier": Problem("identifier", "Another payer has this ID already."),
    "one_program_a_name": Problem("name", "This payer has a program of that name already."),
    "one_partner_an_address": Problem(
        "their_identifier", "A partner with these two IDs and this usage exists already: change that one."
    ),
    "one_payer_an_alias": Problem("alias", "Another payer goes by this already."),
    "one_playbook_a_program": Problem("program", "There is a playbook for this already: change that one."),
    "payers_programrules_no_overlap": Problem(
        "starts_on", "Somebody added rules for these days meanwhile. Look again."
    ),
}
"""What a person is told when the database refuses a second of what must be one, by the constraint's name."""

PLAYBOOK_CONTENT = (
    "owner", "portal_url", "login_hint", "phone", "fax", "hours", "say_first", "documents", "routine_turnaround",
    "urgent_turnaround", "validity", "evidence", "triggers", "field_order", "notes", "review_days",
)  # fmt: skip
"""What a version of a playbook keeps."""


def fold(text: str) -> str:
    """The form in which names are compared: one case, one space."""
    return " ".join(text.casefold().split())


# Payers ------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_payer(values: Mapping[str, Any], *, actor: Actor, now: datetime) -> Payer:
    payer = Payer(**tidy(values))
    write_new(payer, _payer_faults, "payer", actor=actor, now=now)
    return payer


@transaction.atomic
def save_payer(
    payer_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> Payer:
    payer = locked(Payer, payer_id, version=version)
    if "name" in write_changed(payer, values, _payer_faults, "payer", actor=actor, now=now):
        enqueue(PAYER_RENAMED, payer.id, now=now)
    return payer


@transaction.atomic
def switch_payer(payer_id: uuid.UUID, *, active: bool, actor: Actor, now: datetime) -> Payer:
    """Offer a payer in lists and for new coverage, or no longer. What is asked of it goes on."""
    return _switch(locked(Payer, payer_id, version=None), active, "payer", actor=actor, now=now)


@transaction.atomic
def add_alias(payer_id: uuid.UUID, text: str, *, actor: Actor, now: datetime) -> PayerAlias:
    """Another name or number for a payer. One name leads to one payer."""
    payer: Payer = Payer.objects.select_for_update().get(id=payer_id)
    alias = PayerAlias(payer=payer, alias=" ".join(text.split()), alias_key=fold(text))
    problems = list(_alias_faults(alias))
    if problems:
        raise Refused(problems)
    with told_when_taken():
        alias.save(force_insert=True)
    record("payer.alias_added", actor=actor, now=now, subject=("payer", payer.id), data={"alias": alias.alias})
    return alias


@transaction.atomic
def retire_alias(alias_id: uuid.UUID, *, actor: Actor, now: datetime) -> PayerAlias:
    """A payer no longer goes by this. Twice changes nothing."""
    alias: PayerAlias = PayerAlias.objects.select_for_update().get(id=alias_id)
    if alias.active:
        alias.active = False
        alias.save(update_fields=["active"])
        record(
            "payer.alias_retired", actor=actor, now=now, subject=("payer", alias.payer_id), data={"alias": alias.alias}
        )
    return alias


def _payer_faults(payer: Payer) -> Iterator[Problem]:
    """Two payers are told apart by ID and by name in any case: files and cards write them either way."""
    yield from payer_faults(payer)
    others = Payer.objects.exclude(id=payer.id)
    for other in others.filter(Q(identifier__iexact=payer.identifier) | Q(name__iexact=payer.name))[:2]:
        if other.identifier.lower() == payer.identifier.lower():
            yield TAKEN["one_payer_an_identifier"]
        if other.name.lower() == payer.name.lower():
            yield Problem("name", f"The payer with the ID {other.identifier} has this name already.")


def _alias_faults(alias: PayerAlias) -> Iterator[Problem]:
    if not alias.alias:
        yield Problem("alias", "Type the other name or number.")
        return
    if len(alias.alias) > 120:
        yield Problem("alias", f"A name takes at most 120 characters; this has {len(alias.alias)}.")
    for other in Payer.objects.all():
        if alias.alias_key in (fold(other.name), fold(other.identifier)):
            whose = "this payer's own name or ID" if other.id == alias.payer_id else f"the name or ID of {other.name}"
            yield Problem("alias", f"That is {whose}.")
    holder = PayerAlias.objects.filter(alias_key=alias.alias_key, active=True).first()
    if holder is not None and holder.payer_id == alias.payer_id:
        yield Problem("alias", "This payer goes by that already.")
    elif holder is not None:
        yield TAKEN["one_payer_an_alias"]


# Programs ----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_program(payer_id: uuid.UUID, name: str, *, actor: Actor, now: datetime) -> Program:
    """A line of business. It can be asked for once it has rules: see `rule_changes.begin_rules`."""
    program = Program(payer=Payer.objects.get(id=payer_id), name=name.strip())
    write_new(program, _program_faults, "program", actor=actor, now=now, payer=str(payer_id))
    return program


@transaction.atomic
def save_program(
    program_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> Program:
    program = locked(Program, program_id, version=version)
    if "name" in write_changed(program, values, _program_faults, "program", actor=actor, now=now):
        enqueue(PROGRAM_RENAMED, program.id, now=now)
    return program


def _program_faults(program: Program) -> Iterator[Problem]:
    """Programs of one payer are told apart whatever the case: a file finds them by name in any case."""
    yield from program_faults(program)
    if Program.objects.filter(payer_id=program.payer_id, name__iexact=program.name).exclude(id=program.id).exists():
        yield TAKEN["one_program_a_name"]


@transaction.atomic
def switch_program(program_id: uuid.UUID, *, active: bool, actor: Actor, now: datetime) -> Program:
    """Offer a program for new coverage, or no longer. What is asked of it goes on."""
    return _switch(locked(Program, program_id, version=None), active, "program", actor=actor, now=now)


# Trading partners --------------------------------------------------------------------------------------------


@transaction.atomic
def add_partner(values: Mapping[str, Any], *, actor: Actor, now: datetime) -> TradingPartner:
    """A new partner begins in test: going to production is a step of its own."""
    partner = TradingPartner(**tidy(values), usage=TradingPartner.Usage.TEST)
    write_new(partner, partner_faults, "trading_partner", actor=actor, now=now)
    return partner


@transaction.atomic
def save_partner(
    partner_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> TradingPartner:
    partner = locked(TradingPartner, partner_id, version=version)
    write_changed(partner, values, partner_faults, "trading_partner", actor=actor, now=now)
    return partner


@transaction.atomic
def switch_partner(partner_id: uuid.UUID, *, active: bool, actor: Actor, now: datetime) -> TradingPartner:
    """Send through a partner, or no longer: programs routed to one that is off cannot submit."""
    return _switch(locked(TradingPartner, partner_id, version=None), active, "trading_partner", actor=actor, now=now)


@transaction.atomic
def set_usage(partner_id: uuid.UUID, usage: str, *, actor: Actor, now: datetime) -> TradingPartner:
    """Say whether what is sent is real (P) or a test (T). What was sent stays sent."""
    partner = locked(TradingPartner, partner_id, version=None)
    write_changed(partner, {"usage": usage}, partner_faults, "trading_partner", actor=actor, now=now)
    return partner


# Holidays ----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_holiday(day: date | None, name: str, *, actor: Actor, now: datetime) -> Holiday:
    """A day without work. A day that was taken off is put back under the new name."""
    problems = [Problem("day", "Choose the day.")] if day is None else []
    problems += [] if name.strip() else [Problem("name", "Give it a name, such as Labor Day.")]
    standing = Holiday.objects.select_for_update().filter(day=day).first() if day else None
    if standing is not None and standing.active:
        problems.append(Problem("day", f"That day is {standing.name} already."))
    if problems or day is None:
        raise Refused(problems)
    holiday = standing or Holiday(day=day)
    holiday.name, holiday.active = name.strip()[:80], True
    holiday.save()
    _tell_holiday(holiday, "holiday.added", actor=actor, now=now)
    return holiday


@transaction.atomic
def switch_holiday(holiday_id: uuid.UUID, *, active: bool, actor: Actor, now: datetime) -> Holiday:
    """Make it a day of work, or a holiday again. Due times already set stay."""
    holiday: Holiday = Holiday.objects.select_for_update().get(id=holiday_id)
    if holiday.active != active:
        holiday.active = active
        holiday.save(update_fields=["active"])
        _tell_holiday(holiday, "holiday.put_back" if active else "holiday.taken_off", actor=actor, now=now)
    return holiday


def _tell_holiday(holiday: Holiday, action: str, *, actor: Actor, now: datetime) -> None:
    data = {"day": holiday.day.isoformat(), "name": holiday.name}
    record(action, actor=actor, now=now, subject=("holiday", holiday.id), data=data)


# Playbooks ---------------------------------------------------------------------------------------------------


@transaction.atomic
def add_playbook(
    payer_id: uuid.UUID, program_id: uuid.UUID | None, values: Mapping[str, Any], *, actor: Actor, now: datetime
) -> Playbook:
    """What is known about asking a program, or a whole payer. Who writes it has read it: it counts as reviewed."""
    program = Program.objects.get(id=program_id, payer_id=payer_id) if program_id else None
    playbook = Playbook(payer=Payer.objects.get(id=payer_id), program=program, **tidy(values))
    playbook.reviewed_on, playbook.reviewed_by = playbook.payer.organization.today(now), actor.label
    write_new(playbook, playbook_faults, "playbook", actor=actor, now=now)
    _write_version(playbook)
    return playbook


@transaction.atomic
def save_playbook(
    playbook_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> Playbook:
    """Change a playbook; what it said before stays as a version."""
    playbook = locked(Playbook, playbook_id, version=version)
    if write_changed(playbook, values, playbook_faults, "playbook", actor=actor, now=now):
        _write_version(playbook)
    return playbook


@transaction.atomic
def review_playbook(playbook_id: uuid.UUID, *, actor: Actor, now: datetime) -> Playbook:
    """Somebody read it and found it true."""
    playbook = locked(Playbook, playbook_id, version=None)
    before = playbook.reviewed_on
    playbook.reviewed_on, playbook.reviewed_by = playbook.organization.today(now), actor.label
    playbook.save(update_fields=["reviewed_on", "reviewed_by"])
    changes = {"reviewed_on": [as_text(before), as_text(playbook.reviewed_on)]}
    record("playbook.reviewed", actor=actor, now=now, subject=("playbook", playbook.id), data={"changes": changes})
    return playbook


def _write_version(playbook: Playbook) -> None:
    assert playbook.changed_at is not None
    content = {name: getattr(playbook, name) for name in PLAYBOOK_CONTENT if name != "owner"}
    PlaybookVersion(
        playbook=playbook,
        number=playbook.version,
        content={**content, "owner": playbook.owner.label},
        changed_at=playbook.changed_at,
        changed_by=playbook.changed_by,
    ).save(force_insert=True)


# What all of them do -----------------------------------------------------------------------------------------


def tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    """Texts without blanks around them."""
    return {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}


def write_new(
    row: EditedModel,
    faults: Faults,
    kind: str,
    *,
    actor: Actor,
    now: datetime,
    taken: Mapping[str, Problem] = TAKEN,
    **data: Any,
) -> None:
    """Check and insert a row, and tell the audit log what it began with. Raises Refused.

    `taken` gives the sentence for each constraint of the database that the row may break.
    """
    problems = list(faults(row))
    if problems:
        raise Refused(problems)
    with told_when_taken(taken):
        insert(row, who=actor.label, now=now)
    told = {"name": str(row), **data}
    record(f"{kind}.added", actor=actor, now=now, subject=(kind, row.id), data=told)


def write_changed(
    row: EditedModel,
    values: Mapping[str, Any],
    faults: Faults,
    kind: str,
    *,
    actor: Actor,
    now: datetime,
    taken: Mapping[str, Problem] = TAKEN,
) -> Changes:
    """Put values on a locked row, check, save and tell what changed; equal values write nothing. Raises Refused."""
    changes = put(row, tidy(values))
    problems = list(faults(row))
    if problems:
        raise Refused(problems)
    if changes:
        with told_when_taken(taken):
            keep(row, who=actor.label, now=now)
        record(f"{kind}.changed", actor=actor, now=now, subject=(kind, row.id), data={"changes": changes})
    return changes


def _switch(row: E, active: bool, kind: str, *, actor: Actor, now: datetime) -> E:
    """Twice changes nothing."""
    if put(row, {"active": active}):
        keep(row, who=actor.label, now=now)
        action = f"{kind}.switched_on" if active else f"{kind}.switched_off"
        record(action, actor=actor, now=now, subject=(kind, row.id), data={"name": str(row)})
    return row


@contextmanager
def told_when_taken(taken: Mapping[str, Problem] = TAKEN) -> Iterator[None]:
    """A savepoint in which the database's "there is one already" becomes a sentence about the field."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        problem = taken.get(getattr(diagnosis, "constraint_name", None) or "")
        if problem is None:
            raise
        raise Refused([problem]) from error
