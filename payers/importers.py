"""Payers and their programs from a CSV file: one line a program, or a line for a payer alone.

A payer is found by its ID, a program by its name. An empty cell leaves what stands. Rules that hold already are never
changed by a file, because a change of rules has a day: the line is told and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from audit.actors import Actor
from imports import headings
from imports.csv_import import Column, Fault, Row, day, one_of, whole_number
from imports.services import Effect, ImportKind, Plan, Step
from payers import rule_changes, services
from payers.faults import payer_faults, program_faults, rules_faults
from payers.models import Payer, PayerAlias, Program, ProgramRules, Workflow
from payers.queries import programs_whole
from payers.services import fold
from tenancy.editing import Problem, as_text

WORKFLOWS = {
    **{value.lower(): str(value) for value in Workflow.values},
    "278": str(Workflow.AUTOMATIC_278),
    "278 electronic": str(Workflow.AUTOMATIC_278),
    "manual": str(Workflow.MANUAL_PENDING),
    "manual queue": str(Workflow.MANUAL_PENDING),
    "no authorization needed": str(Workflow.NONE),
}


def aliases(cell: str) -> list[str]:
    """Names parted by ; or |."""
    return [name for part in re.split(r"[;|]", cell) if (name := " ".join(part.split()))]


COLUMNS = (
    Column("identifier", "Payer ID", also=headings.PAYER_IDENTIFIER, required=True, hint="as claims and 278s have it"),
    Column("name", "Payer name", also=headings.PAYER_NAME, hint="needed for a new payer"),
    Column("aliases", "Also known as", also=("aliases", "alias", "aka", "other names"), read=aliases,
           hint="parted by ;"),
    Column("phone", "Phone", also=("tel", "telephone", "phone number")),
    Column("fax", "Fax", also=("fax number",)),
    Column("portal_url", "Portal", also=("portal address", "portal url", "website", "url")),
    Column("default_window_days", "Payer window days", also=("window days",), read=whole_number),
    Column("program", "Program", also=("plan", "plan name", "line of business", "lob", "product"),
           hint="one line a program"),
    Column("authorization_workflow", "Workflow", also=("authorizationWorkflow",), read=one_of(WORKFLOWS),
           hint="AUTOMATIC_278, MANUAL_PENDING or NONE; needed for a new program"),
    Column("starts_on", "Rules from", also=("from", "start", "start date", "eff date", "effective date"), read=day,
           hint="first day of a new program's rules; else today"),
    Column("program_window_days", "Program window days", read=whole_number),
    Column("urgent_hours", "Urgent hours", read=whole_number),
    Column("routine_days", "Routine days", read=whole_number),
    Column("contract_reference", "Contract", also=("contract number", "contract id")),
)  # fmt: skip

PAYER_FIELDS = ("name", "phone", "fax", "portal_url", "default_window_days")
RULE_FIELDS = {
    "authorization_workflow": "authorization_workflow",
    "program_window_days": "default_window_days",
    "urgent_hours": "urgent_hours",
    "routine_days": "routine_days",
    "contract_reference": "contract_reference",
}
"""Column by column, the field of the rules it fills."""

LABELS = {column.name: column.label for column in COLUMNS}


@dataclass
class _Known:
    """What stands already, and what earlier lines of the file said."""

    today: date
    payers: dict[str, Payer] = field(default_factory=dict)
    programs: dict[tuple[Any, str], Program] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    said: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    lines: dict[tuple[str, str], int] = field(default_factory=dict)


def plan(rows: Sequence[Row], today: date) -> Plan:
    """What each line would do."""
    known = _known(today)
    found = Plan()
    for row in rows:
        faults = list(_faults(row, known))
        if faults:
            found.faults += faults
            continue
        found.steps.append(_step(row, known))
        _remember(row, known)
    return found


def _known(today: date) -> _Known:
    known = _Known(today)
    for payer in Payer.objects.all():
        known.payers[fold(payer.identifier)] = payer
        known.names[fold(payer.name)] = known.names[fold(payer.identifier)] = fold(payer.identifier)
    for program in programs_whole():
        known.programs[program.payer_id, fold(program.name)] = program
    for alias in PayerAlias.objects.filter(active=True).select_related("payer"):
        known.aliases[alias.alias_key] = fold(alias.payer.identifier)
    return known


def _faults(row: Row, known: _Known) -> Iterable[Fault]:
    """What is wrong with one line, by itself and beside what stands."""
    values = row.values
    key = (fold(values["identifier"]), fold(values.get("program") or ""))
    if key in known.lines:
        yield Fault(row.line, LABELS["identifier"], f"Line {known.lines[key]} is about the same payer and program.")
        return
    before = known.said.get(key[0])
    if before:
        for name in PAYER_FIELDS:
            said, now = before[1].get(name), values.get(name)
            if said is not None and now is not None and said != now:
                yield Fault(row.line, LABELS[name], f"Line {before[0]} says “{as_text(said)}” for the same payer.")
    yield from _told(row.line, payer_faults(_as_payer(row, known)))
    yield from _alias_faults(row, known)
    if values.get("program"):
        yield from _program_faults(row, known)
    elif any(values.get(name) is not None for name in RULE_FIELDS):
        yield Fault(row.line, LABELS["program"], "Workflow, times and contract belong to a program: name it.")


def _as_payer(row: Row, known: _Known) -> Payer:
    """The payer as the line would leave it, not stored."""
    key = fold(row.values["identifier"])
    standing = known.payers.get(key)
    fields = {name: getattr(standing, name) for name in PAYER_FIELDS} if standing else {}
    fields |= known.said.get(key, (0, {}))[1]
    return Payer(identifier=row.values["identifier"], **(fields | _given(row, PAYER_FIELDS)))


def _alias_faults(row: Row, known: _Known) -> Iterable[Fault]:
    own = fold(row.values["identifier"])
    for alias in row.values.get("aliases") or ():
        owner = known.aliases.get(fold(alias)) or known.names.get(fold(alias)) or own
        if owner != own:
            yield Fault(row.line, LABELS["aliases"], f"Another payer goes by “{alias}”.")
        elif len(alias) > 120:
            yield Fault(row.line, LABELS["aliases"], "A name takes at most 120 characters.")


def _program_faults(row: Row, known: _Known) -> Iterable[Fault]:
    program = _program(row, known)
    if program is None:
        if row.values.get("authorization_workflow") is None:
            words = "A new program needs its workflow: AUTOMATIC_278, MANUAL_PENDING or NONE."
            yield Fault(row.line, LABELS["authorization_workflow"], words)
            return
        yield from _told(row.line, program_faults(Program(name=row.values["program"])), {"name": "program"})
        yield from _told(row.line, rules_faults(ProgramRules(**_rules(row, known))), _BACK)
        return
    standing = next((rules for rules in program.rules.all() if rules.covers(known.today)), None)
    for column, name in RULE_FIELDS.items():
        now = row.values.get(column)
        holds = getattr(standing, name) if standing else None
        if now is not None and holds != now:
            words = f"{program.name} has “{as_text(holds)}” today. A change has a day: make it on the program’s page."
            yield Fault(row.line, LABELS[column], words)


_BACK = {name: column for column, name in RULE_FIELDS.items()}


def _told(line: int, problems: Iterable[Problem], names: Mapping[str, str] | None = None) -> Iterable[Fault]:
    for problem in problems:
        column = (names or {}).get(problem.field, problem.field)
        yield Fault(line, LABELS.get(column, ""), problem.message)


def _program(row: Row, known: _Known) -> Program | None:
    payer = known.payers.get(fold(row.values["identifier"]))
    return known.programs.get((payer.id, fold(row.values["program"]))) if payer else None


def _rules(row: Row, known: _Known) -> dict[str, Any]:
    given = {name: row.values[column] for column, name in RULE_FIELDS.items() if row.values.get(column) is not None}
    return {"starts_on": row.values.get("starts_on") or known.today, **given}


def _given(row: Row, names: Iterable[str]) -> dict[str, Any]:
    return {name: row.values[name] for name in names if row.values.get(name) is not None}


def _step(row: Row, known: _Known) -> Step:
    payer = known.payers.get(fold(row.values["identifier"]))
    said = known.said.get(fold(row.values["identifier"]))
    changes = []
    if payer:
        for name, value in _given(row, PAYER_FIELDS).items():
            if getattr(payer, name) != value:
                changes.append((LABELS[name], as_text(getattr(payer, name)), as_text(value)))
        changes += [(LABELS["aliases"], "", alias) for alias in _new_aliases(row, known)]
    is_new = (payer is None and said is None) or bool(row.values.get("program") and _program(row, known) is None)
    effect = Effect.NEW if is_new else Effect.CHANGED if changes else Effect.UNCHANGED
    about = ", ".join(part for part in (_as_payer(row, known).name, row.values.get("program")) if part)
    rules = _rules(row, known) if row.values.get("program") else {}
    return Step(row.line, effect, about, partial(_write, row, rules), tuple(changes))


def _new_aliases(row: Row, known: _Known) -> list[str]:
    own = fold(row.values["identifier"])
    return [
        alias
        for alias in row.values.get("aliases") or ()
        if fold(alias) not in known.aliases and known.names.get(fold(alias)) != own
    ]


def _remember(row: Row, known: _Known) -> None:
    """What later lines of the file must not contradict."""
    key = fold(row.values["identifier"])
    line, said = known.said.get(key, (row.line, {}))
    known.said[key] = (line, said | _given(row, PAYER_FIELDS))
    known.lines[key, fold(row.values.get("program") or "")] = row.line
    known.aliases |= {fold(alias): key for alias in row.values.get("aliases") or ()}


def _write(row: Row, rules: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    """Add or change the payer, then its aliases, then the program with its first rules."""
    values = _given(row, PAYER_FIELDS)
    payer = Payer.objects.filter(identifier__iexact=row.values["identifier"]).first()
    if payer is None:
        payer = services.add_payer({"identifier": row.values["identifier"], **values}, actor=actor, now=now)
    else:
        payer = services.save_payer(payer.id, values, version=None, actor=actor, now=now)
    for alias in row.values.get("aliases") or ():
        own = fold(alias) in (fold(payer.name), fold(payer.identifier))
        if not own and not PayerAlias.objects.filter(alias_key=fold(alias), active=True).exists():
            services.add_alias(payer.id, alias, actor=actor, now=now)
    name = row.values.get("program")
    if name and not Program.objects.filter(payer=payer, name__iexact=name).exists():
        program = services.add_program(payer.id, name, actor=actor, now=now)
        rule_changes.begin_rules(program.id, rules, actor=actor, now=now)


PAYERS = ImportKind(
    name="payers", title="Payers", columns=COLUMNS, plan=plan,
    key="A payer is found by its ID, a program by its name.", one="payer or program", many="payers and programs",
)  # fmt: skip
