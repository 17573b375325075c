"""Writes about an organization's own procedures: one transaction each, with its audit event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from codesets.folding import fold
from codesets.models import OrganizationProcedure
from tenancy.editing import Problem, Refused, as_text

UNIT_NEEDS_MINUTES = "Only a code counted in units has minutes."


def faults(row: OrganizationProcedure) -> list[Problem]:
    """What is wrong with a procedure as it would be stored."""
    found = []
    if row.starts_on and row.ends_on and row.ends_on < row.starts_on:
        found.append(Problem("ends_on", "The last day is before the first day."))
    if row.unit_minutes is not None and row.quantity_type != "units":
        found.append(Problem("unit_minutes", UNIT_NEEDS_MINUTES))
    if len(row.words) > 255:
        found.append(Problem("words", "A description has at most 255 characters."))
    return found


@transaction.atomic
def put_procedure(values: Mapping[str, Any], *, actor: Actor, now: datetime) -> OrganizationProcedure:
    """Add the procedure of this code, or bring it to these values. Equal values write nothing. Raises Refused."""
    code = values["code"]
    row = OrganizationProcedure.objects.select_for_update().filter(code=code).first()
    action = "procedure.changed" if row else "procedure.added"
    row = row or OrganizationProcedure(code=code)
    changes = {
        name: [as_text(getattr(row, name)), as_text(value)]
        for name, value in values.items()
        if row._state.adding or getattr(row, name) != value
    }
    if not changes:
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row.words_key = fold(row.words)[:255]
    if problems := faults(row):
        raise Refused(problems)
    row.save()
    record(action, actor=actor, now=now, subject=("procedure", row.id), data={"code": code, "changes": changes})
    return row
