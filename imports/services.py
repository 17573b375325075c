"""From an uploaded file to rows: kept first, looked at, then imported once.

An app that can import declares an `ImportKind`: its columns, and a `plan` that says for each line what would happen.
Preview and import run the same plan, so that a person confirms what will be done; a line that is at fault is told
and left out. The same file a second time changes nothing, because every plan finds its rows by natural keys.

A large file is imported by a worker, a piece at a time; what it has done stays done when it dies.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from imports.csv_import import LARGEST_FILE, Column, DateOrder, Fault, Row, Table, read
from imports.models import ImportFile, ImportLayout
from outbox.delivery import enqueue
from tenancy.editing import Problem, Refused

MOST_LINES = 20_000
AT_ONCE = 100
"""So many lines are imported while the person waits; more are left to a worker."""

PIECE = 50
"""So many are written in one transaction of the worker."""

RUN = "import.run"
KINDS: dict[str, ImportKind] = {}
"""Every kind that was declared, by its name."""

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
    """What one line would do: to what, and each field that changes, old and new. `write` does it.

    `lines` is how many lines of the file it takes together, itself included.
    """

    line: int
    effect: Effect
    about: str
    write: Write
    changes: tuple[tuple[str, str, str], ...] = ()
    lines: int = 1


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
    with each file, such as holding a licence for what it contains; it is kept with the file. `together` tells lines
    that are taken or left out as one: where one of them cannot be read, none is imported. `example` fills the first
    line of the empty file.
    """

    name: str
    title: str
    columns: Sequence[Column]
    plan: Callable[[Sequence[Row], date], Plan]
    key: str
    one: str
    many: str
    attestation: str = ""
    together: Callable[[Mapping[str, Any]], str] | None = None
    example: Sequence[str] = ()

    def __post_init__(self) -> None:
        KINDS[self.name] = self


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
        return sum(step.lines for step in self.to_do)

    @property
    def to_do(self) -> list[Step]:
        """What would be written, in the order of the file."""
        return sorted((step for step in self.plan.steps if step.effect is not Effect.UNCHANGED), key=lambda s: s.line)

    def lines_of(self, effect: str) -> int:
        return sum(step.lines for step in self.plan.of(effect))


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
    layout = ImportLayout.objects.filter(kind=kind.name).first()
    file = ImportFile(
        mapping=layout.mapping if layout else {},
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


@transaction.atomic
def arrange(
    kind: ImportKind, file_id: uuid.UUID, mapping: Mapping[str, str], order: str, *, actor: Actor, now: datetime
) -> ImportFile:
    """Say which heading of a file is which column, and how its days are read. The next file begins with the columns.

    Raises Refused where two headings are given to one column, and once the file is imported.
    """
    file: ImportFile = ImportFile.objects.select_for_update().get(id=file_id, kind=kind.name)
    if file.state != ImportFile.State.UPLOADED:
        raise Refused([Problem("mapping", "The file is imported already. Send it again to read it another way.")])
    labels = {column.name: column.label for column in kind.columns}
    chosen = {heading: name for heading, name in mapping.items() if name in labels}
    twice = [labels[name] for name, times in Counter(chosen.values()).items() if times > 1]
    if twice:
        raise Refused([Problem("mapping", f"Two columns of the file are read as {', '.join(twice)}: choose one.")])
    order = order if order in set(DateOrder) else ""
    file.mapping, file.date_order = {heading: chosen.get(heading, "") for heading in mapping}, order
    file.save(update_fields=["mapping", "date_order"])
    layout = ImportLayout.objects.select_for_update().filter(kind=kind.name).first() or ImportLayout(kind=kind.name)
    layout.mapping = layout.mapping | file.mapping
    layout.changed_at, layout.changed_by = now, actor.label
    layout.save()
    _tell(file, "import.arranged", actor=actor, now=now)
    return file


def look(kind: ImportKind, file: ImportFile, today: date) -> Look:
    """What importing this file now would do. Writes nothing."""
    table = read(bytes(file.content), kind.columns, file.mapping, file.date_order)
    if len(table.rows) + len({fault.line for fault in table.faults}) > MOST_LINES:
        words = f"The file has more than {MOST_LINES:,} lines. Send it in parts."
        return Look(Table(encoding=table.encoding, faults=[Fault(None, "", words)]), Plan())
    if kind.together is not None:
        _leave_out_with_the_spoiled(table, kind.together)
    return Look(table, Plan() if table.unreadable else kind.plan(table.rows, today))


def _leave_out_with_the_spoiled(table: Table, together: Callable[[Mapping[str, Any]], str]) -> None:
    """Half of what belongs together is not imported: it would stand as if it were all."""
    spoiled = {key: row.line for row in table.spoiled if (key := together(row.values))}
    kept = []
    for row in table.rows:
        line = spoiled.get(together(row.values))
        if line is None:
            kept.append(row)
        else:
            words = f"Line {line} belongs to the same and is at fault: mend it, and both are imported."
            table.faults.append(Fault(row.line, "", words))
    table.rows = kept


@transaction.atomic
def run(kind: ImportKind, file_id: uuid.UUID, *, actor: Actor, now: datetime) -> ImportFile:
    """Do what the file says, once: a second time finds it done. Lines at fault are left out and counted.

    Many lines are left to a worker: the file is RUNNING then. Raises Refused when it cannot be read as a whole.
    """
    file: ImportFile = ImportFile.objects.select_for_update().get(id=file_id, kind=kind.name)
    if file.state != ImportFile.State.UPLOADED:
        return file
    found = look(kind, file, file.organization.today(now))
    if found.table.unreadable:
        raise Refused([Problem("file", fault.message) for fault in found.faults])
    counts = Counter({"faulty": found.faulty_lines})
    if unchanged := found.lines_of(Effect.UNCHANGED):
        counts["unchanged"] = unchanged
    file.imported_by, file.imported_by_id = actor.label, actor.id
    if len(found.to_do) > AT_ONCE:
        file.state, file.counts = ImportFile.State.RUNNING, {**counts, "to_do": found.writes}
        file.save(update_fields=["state", "counts", "imported_by", "imported_by_id"])
        _tell(file, "import.begun", actor=actor, now=now)
        enqueue(RUN, file.id, now=now)
        return file
    for step in found.to_do:
        counts[_take(step, actor=actor, now=now)] += step.lines
    _finish(file, counts, actor=actor, now=now)
    return file


@transaction.atomic
def run_piece(file_id: uuid.UUID, steps: Sequence[Step], *, actor: Actor, now: datetime) -> bool:
    """Write the next steps of a file that a worker imports. False where another worker has done them."""
    file: ImportFile = ImportFile.objects.select_for_update().get(id=file_id)
    if file.state != ImportFile.State.RUNNING or steps[0].line <= file.done_line:
        return False
    counts = Counter(file.counts)
    for step in steps:
        counts[_take(step, actor=actor, now=now)] += step.lines
    file.counts, file.done_line = dict(counts), steps[-1].line
    file.save(update_fields=["counts", "done_line"])
    return True


@transaction.atomic
def finish(file_id: uuid.UUID, *, actor: Actor, now: datetime) -> ImportFile:
    """The last piece is written. Twice changes nothing."""
    file: ImportFile = ImportFile.objects.select_for_update().get(id=file_id)
    if file.state == ImportFile.State.RUNNING:
        _finish(file, Counter(file.counts), actor=actor, now=now)
    return file


def _finish(file: ImportFile, counts: Counter[str], *, actor: Actor, now: datetime) -> None:
    file.state, file.counts = ImportFile.State.IMPORTED, {k: n for k, n in counts.items() if k != "to_do"}
    file.imported_at, file.imported_by, file.imported_by_id = now, actor.label, actor.id
    file.save(update_fields=["state", "counts", "imported_at", "imported_by", "imported_by_id"])
    _tell(file, "import.finished", actor=actor, now=now)


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
