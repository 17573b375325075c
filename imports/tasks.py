"""The worker's side of an import: a large file, a piece at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from audit.actors import Actor
from imports.models import ImportFile
from imports.services import KINDS, PIECE, RUN, Step, finish, look, run_piece
from outbox.delivery import enqueue
from outbox.models import OutboxMessage
from outbox.tasks import Never, reads
from tenancy.scoping import organization_scope

LONGEST = 30.0
"""Seconds of writing at a time, well within the lease; then the rest is left to the next turn."""


@reads(RUN)
def run_import(message: OutboxMessage) -> None:
    """Import what is left of a file. `subject_id` is the file; done twice, the second finds nothing to do."""
    with organization_scope(message.organization_id):
        file = ImportFile.objects.get(id=message.subject_id)
        if file.state != ImportFile.State.RUNNING:
            return
        autodiscover_modules("importers", "procedure_files")
        if file.kind not in KINDS:
            raise Never("nobody imports files of this kind any more")
        actor = Actor.user(file.imported_by_id, file.imported_by) if file.imported_by_id else Actor.job("Import")
        plan = look(KINDS[file.kind], file, file.organization.today(timezone.now()))
        rest = iter([step for step in plan.to_do if step.line > file.done_line])
    stop = time.monotonic() + LONGEST
    while piece := _next(rest):
        with organization_scope(message.organization_id):
            if not run_piece(file.id, piece, actor=actor, now=timezone.now()):
                return
            if time.monotonic() > stop:
                enqueue(RUN, file.id, now=timezone.now())
                return
    with organization_scope(message.organization_id):
        finish(file.id, actor=actor, now=timezone.now())


def _next(rest: Iterator[Step]) -> list[Step]:
    return list(islice(rest, PIECE))
