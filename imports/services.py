"""From an uploaded file to rows: kept first, looked at, then imported once.

An app that can import declares an `ImportKind`: its columns, and a `plan` that says for each line what would happen.
Preview and import run the same plan, so that a person confirms what will be done; a line that is at fault is told
and left out. The same file a second time changes nothing, because every plan finds its rows by natural keys.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from imports.csv_import import LARGEST_FILE, Column, Fault, Row, Table, read
from imports.models import ImportFile
from tenancy.editing import Problem, Refused

MOST_LINES = 5000
TOO_LARGE = f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB. Send it in parts."


class Effect(StrEnum):
    """What a line would do."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class Write(Protocol):
    """Does what a line says, through the services of its app. May raise Refused."""

    def __call__(self, *, actor: Actor, now: datetime) -> object: ...


@dataclass(frozen=True)
class Step:
    """What one line would do: to what, and each field that changes, old and new. `write` does it."""

    line: int
    effect: Effect
    about: str
    write: Write
    changes: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Plan:
    """What a whole file would do, and what is wrong in it."""

    steps: list[Step] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def of(self, effect: str) -> list[Step]:
        return [step for step in self.steps if step.effect == effect]


@dataclass(frozen=True)
class ImportKind:
    """What can be imported. `name` is stored with the file; `plan` reads the database and writes nothing.

    `key` says in words by what a line finds the row it is about. `attestation` is a sentence that must be confirmed
    with each file, such as holding a licence for what it contains; it is kept with the file.
    """

    name: str
    title: str
    columns: Sequence[Column]
    plan: Callable[[Sequence[Row], date], Plan]
    key: str
    one: str
    many: str
    attestation: str = ""


@dataclass(frozen=True)
class Look:
    """A file as it would be imported now."""

    table: Table
    plan: Plan

    @property
    def faults(self) -> list[Fault]:
        return sorted([*self.table.faults, *self.plan.faults], key=lambda fault: fault.line or 0)

    @property
    def faulty_lines(self) -> int:
        return len({fault.line for fault in self.faults})

    @property
    def writes(self) -> int:
        """How many lines would do something."""
        return len(self.plan.of(Effect.NEW)) + len(self.plan.of(Effect.CHANGED))


@transaction.atomic
def keep_file(
    kind: ImportKind, name: str, content: bytes, *, attested: bool = False, actor: Actor, now: datetime
) -> ImportFile:
    """Keep an uploaded file as it came. Raises Refused when it is empty, too large, or lacks its attestation."""
    if kind.attestation and not attested:
        raise Refused([Problem("attested", "Confirm this before the file is sent.")])
    if not content:
        raise Refused([Problem("file", "The file is empty.")])
    if len(content) > LARGEST_FILE:
        raise Refused(
            [Problem("file", f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB. Send it in parts.")]
        )
    file = ImportFile(
        kind=kind.name,
        name=name[-120:],
        content=content,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_at=now,
        uploaded_by=actor.label,
        attestation=kind.attestation,
    )
    file.save(force_insert=True)
    _tell(file, "import.uploaded", actor=actor, now=now)
    return file


def look(kind: ImportKind, file: ImportFile, today: date) -> Look:
    """What importing this file now would do. Writes nothing."""
    table = read(bytes(file.content), kind.columns)
    if len(table.rows) + len(table.faults) > MOST_LINES:
        words = f"The file has more than {MOST_LINES:,} lines. Send it in parts."
        return Look(Table(encoding=table.encoding, faults=[Fault(None, "", words)]), Plan())
    return Look(table, Plan() if table.unreadable else kind.plan(table.rows, today))


@transaction.atomic
def run(kind: ImportKind, file_id: uuid.UUID, *, actor: Actor, now: datetime) -> ImportFile:
    """Do what the file says, once: a second time finds it done. Lines at fault are left out and counted.

    Raises Refused when the file as a whole cannot be read.
    """
    file: ImportFile = ImportFile.objects.select_for_update().get(id=file_id, kind=kind.name)
    if file.state == ImportFile.State.IMPORTED:
        return file
    found = look(kind, file, file.organization.today(now))
    if found.table.unreadable:
        raise Refused([Problem("file", fault.message) for fault in found.faults])
    counts = Counter({"faulty": found.faulty_lines})
    for step in found.plan.steps:
        counts[_take(step, actor=actor, now=now)] += 1
    file.state, file.counts = ImportFile.State.IMPORTED, dict(counts)
    file.imported_at, file.imported_by = now, actor.label
    file.save(update_fields=["state", "counts", "imported_at", "imported_by"])
    _tell(file, "import.finished", actor=actor, now=now)
    return file


def _take(step: Step, *, actor: Actor, now: datetime) -> str:
    """One line, and how it counts: what was right in the plan may have been overtaken by somebody's edit."""
    if step.effect is Effect.UNCHANGED:
        return step.effect
    try:
        with transaction.atomic():
            step.write(actor=actor, now=now)
    except Refused:
        return "faulty"
    return step.effect


def _tell(file: ImportFile, action: str, *, actor: Actor, now: datetime) -> None:
    """The name of a file may name a person, so it stays out of the audit log; its hash finds it."""
    data = {"kind": file.kind, "sha256": file.sha256, "size": file.size, "counts": file.counts}
    if file.attestation:
        data["attestation"] = file.attestation
    record(action, actor=actor, now=now, subject=("import_file", file.id), data=data)
