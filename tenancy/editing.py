"""Rows that people edit: which version they saw, what a change changes, and what is wrong with a value.

Services lock a row with the version the form carried, put the new values on it, and tell the audit log what
changed, old and new.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models

from tenancy.models import OrganizationModel

Changes = dict[str, list[str]]
"""Field name to [old, new] as text."""

LARGEST_SMALL = 32767


class EditedModel(OrganizationModel):
    """A row with a version: a form carries the one it showed, and a write of an older one is refused."""

    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField(null=True)
    changed_by = models.CharField(max_length=200, default="", blank=True)

    class Meta(OrganizationModel.Meta):
        abstract = True


M = TypeVar("M", bound=EditedModel)


class Stale(Exception):
    """Somebody changed the row since it was read. Nothing was written."""

    def __init__(self, changed_by: str, changed_at: datetime | None) -> None:
        super().__init__(f"changed by {changed_by}")
        self.changed_by = changed_by
        self.changed_at = changed_at


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, in a sentence for the person who filled it in; no field means the whole."""

    field: str
    message: str


class Refused(Exception):
    """What was sent cannot be taken; every problem is named. Nothing was written."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.message for problem in self.problems))


def locked(model: type[M], row_id: uuid.UUID, *, version: int | None) -> M:
    """The row, locked for the rest of the transaction. Raises DoesNotExist, and Stale when it is no longer as read."""
    row = model.objects.select_for_update().get(id=row_id)
    if version is not None and row.version != version:
        raise Stale(row.changed_by, row.changed_at)
    return row


def put(row: EditedModel, values: Mapping[str, Any]) -> Changes:
    """Set the values on a locked row and say which differ; the caller checks and saves."""
    changes: Changes = {}
    for name, value in values.items():
        old = getattr(row, name)
        if old != value:
            changes[name] = [as_text(old), as_text(value)]
            setattr(row, name, value)
    return changes


def keep(row: EditedModel, *, who: str, now: datetime) -> None:
    """Save a locked row as changed: a new version, by whom, when."""
    row.version += 1
    row.changed_by, row.changed_at = who, now
    row.save(force_update=True)


def insert(row: EditedModel, *, who: str, now: datetime) -> None:
    """Save a new row."""
    row.changed_by, row.changed_at = who, now
    row.save(force_insert=True)


def as_text(value: Any) -> str:
    """A value as the audit log keeps it: ISO dates, yes and no, nothing for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, list | tuple):
        return ", ".join(as_text(each) for each in value)
    if isinstance(value, models.Model):
        return str(getattr(value, "label", value))
    return str(value)


def field_faults(row: models.Model) -> Iterator[Problem]:
    """What no field may hold, whoever wrote it: nothing where something is needed, too much, an unknown choice."""
    for field in row._meta.local_fields:
        if not field.editable or field.is_relation:
            continue
        value = getattr(row, field.attname)
        if isinstance(field, models.CharField):
            yield from _text_faults(field, value or "")
        elif isinstance(field, models.PositiveSmallIntegerField) and value is not None:
            if not 0 <= value <= LARGEST_SMALL:
                yield Problem(field.name, f"{value} is too large a number.")
        elif not field.null and value is None:
            yield Problem(field.name, f"{_label(field)} is missing.")


def _text_faults(field: models.CharField[Any, Any], value: str) -> Iterator[Problem]:
    if not value and not field.blank:
        yield Problem(field.name, f"{_label(field)} is missing.")
    if field.max_length and len(value) > field.max_length:
        yield Problem(
            field.name, f"{_label(field)} takes at most {field.max_length} characters; this has {len(value)}."
        )
    if any(character < " " for character in value):
        yield Problem(field.name, f"{_label(field)} holds a character that cannot be printed. Type it anew.")
    known = {str(choice) for choice, _ in field.flatchoices}
    if value and known and value not in known:
        yield Problem(field.name, f"{value} is not one of {', '.join(sorted(known))}.")


def _label(field: models.Field[Any, Any]) -> str:
    label = str(field.verbose_name)
    return label[:1].upper() + label[1:]
