"""Many authorizations from a few: a case made by the verbs is copied whole to other members and other days.

What a verb writes beside a case (lines, submissions, decisions, versions, tasks, audit events) is copied row by row
under new ids, so a copy keeps whatever the verbs promise; days move by whole weeks, which keeps weekdays. Nothing is
drawn from a case before it is copied.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import JSONField

from audit.models import AuditEvent
from authorizations.models import (
    Authorization,
    Decision,
    Diagnosis,
    LineCap,
    LineCode,
    LineDecision,
    LineVersion,
    Note,
    Publication,
    ServiceLine,
    Submission,
    Task,
)
from authorizations.numbering import authorization_number
from authorizations.states import Status
from members.models import Coverage
from members.services import identifier_key
from tenancy.ids import uuid7
from tenancy.models import OrganizationModel

GRAPH: tuple[tuple[type[OrganizationModel], str], ...] = (
    (Authorization, "id"),
    (Diagnosis, "authorization"),
    (ServiceLine, "authorization"),
    (LineCode, "line__authorization"),
    (LineCap, "line__authorization"),
    (Submission, "authorization"),
    (Decision, "authorization"),
    (LineDecision, "decision__authorization"),
    (LineVersion, "authorization"),
    (Note, "authorization"),
    (Task, "authorization"),
    (Publication, "authorization"),
    (AuditEvent, "authorization_id"),
)
"""Every table a case may have rows in, parents first, and how its rows know their case."""

WAYS: dict[str, tuple[str, ...]] = {
    Status.SUBMITTED: (Status.SUBMITTED,),
    Status.PENDED: (Status.SUBMITTED, Status.PENDED),
    Status.APPROVED: (Status.SUBMITTED, Status.APPROVED),
    Status.DENIED: (Status.SUBMITTED, Status.DENIED),
    Status.CANCELLED: (Status.CANCELLED,),
}
"""The moves that lead from a draft to a status: the database takes rows as drafts and lets them go no other way."""

WRITTEN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b\d{4}-\d\d-\d\d(?!\d)")
"""Ids and days inside of kept texts."""


@dataclass(frozen=True, slots=True)
class Original:
    """A case as it stands in its tables, to be copied."""

    authorization: Authorization
    rows: tuple[tuple[type[OrganizationModel], tuple[OrganizationModel, ...]], ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A copy to make: of what, for whom, moved by how many weeks."""

    original: Original
    coverage: Coverage
    weeks: int


def read_original(authorization: Authorization) -> Original:
    """The case with all its rows."""
    rows = []
    for model, path in GRAPH:
        found = model.objects.filter(**{path: authorization.id}).order_by("id")
        rows.append((model, tuple(found)))
    return Original(authorization, tuple(rows))


def copy_all(wanted: Sequence[Wanted]) -> list[Authorization]:
    """Write these copies, table by table. One transaction of the caller; every id and number is new."""
    tables: dict[type[OrganizationModel], list[OrganizationModel]] = defaultdict(list)
    made = []
    for each in wanted:
        copier = _Copier(each, authorization_number())
        for model, rows in each.original.rows:
            tables[model] += [copier.copy(row) for row in rows]
        made.append(copier.authorization)
    goals = {case.id: case.status for case in made}
    for case in made:
        case.status = Status.DRAFT
    for model, _ in GRAPH:
        model.objects.bulk_create(tables[model], batch_size=500)
    _move(goals)
    for case in made:
        case.status = goals[case.id]
    return made


def _move(goals: Mapping[uuid.UUID, str]) -> None:
    """Every copy to its status, by the moves the database allows."""
    by_goal: dict[str, list[uuid.UUID]] = defaultdict(list)
    for case_id, goal in goals.items():
        by_goal[goal].append(case_id)
    for goal, ids in by_goal.items():
        for status in WAYS.get(goal, ()):
            Authorization.objects.filter(id__in=ids).update(status=status)


class _Copier:
    """Copies the rows of one case: ids by a map, days by the shift, numbers by their new text."""

    def __init__(self, wanted: Wanted, number: str) -> None:
        source = wanted.original.authorization
        self.coverage = wanted.coverage
        self.shift = timedelta(weeks=wanted.weeks)
        self.ids = {row.id: uuid7() for _, rows in wanted.original.rows for row in rows}
        self.ids[source.member_id] = wanted.coverage.member_id
        self.ids[source.coverage_id] = wanted.coverage.id
        self.texts = {source.number: number}
        if source.certification_number:
            given = source.certification_number.replace(source.number[-6:], number[-6:])
            self.texts[source.certification_number] = given
            self.texts[identifier_key(source.certification_number)] = identifier_key(given)
        self.authorization = source

    def copy(self, row: OrganizationModel) -> OrganizationModel:
        own = [field for field in row._meta.concrete_fields if field.attname != "organization_id"]
        fields = [field for field in own if not field.generated]
        made = type(row)(
            organization_id=row.organization_id,
            **{
                field.attname: self._json(value) if isinstance(field, JSONField) else self._value(value)
                for field in fields
                for value in [getattr(row, field.attname)]
            },
        )
        if isinstance(made, Authorization):
            made.member, made.coverage = self.coverage.member, self.coverage
            made.payer, made.program = self.coverage.payer, self.coverage.program
            made.member_name, made.member_mrn = made.member.display_name, made.member.mrn
            self.authorization = made
        return made

    def _value(self, value: Any) -> Any:
        if isinstance(value, uuid.UUID):
            return self.ids.get(value, value)
        if isinstance(value, date):
            return value if value.year == date.max.year else value + self.shift
        if isinstance(value, str):
            return self._text(value)
        return value

    def _text(self, text: str) -> str:
        for old, new in self.texts.items():
            text = text.replace(old, new)
        return text

    def _json(self, value: Any) -> Any:
        return json.loads(WRITTEN.sub(self._found, self._text(json.dumps(value))))

    def _found(self, match: re.Match[str]) -> str:
        text = match[0]
        if len(text) == len("2026-01-01"):
            day = date.fromisoformat(text)
            return text if day.year == date.max.year else (day + self.shift).isoformat()
        known = uuid.UUID(text)
        return str(self.ids.get(known, known))
