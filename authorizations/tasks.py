"""Worker entry points: copies of names follow the rows they were copied from, cover follows the coverage it stands on;
files are scanned and swept.

A list of cases reads one table, so names stand in it as copies. Who owns a name states in the outbox that it changed.
"""

from __future__ import annotations

from django.utils import timezone

from audit.actors import Actor
from authorizations.cover_end import follow_coverage
from authorizations.documents.tasks import scan_document, sweep_documents
from authorizations.names import copy_member_name, copy_payer_name, copy_program_name
from members.services import COVERAGE_DAYS, RENAMED
from outbox.models import OutboxMessage
from outbox.tasks import reads
from payers.services import PAYER_RENAMED, PROGRAM_RENAMED
from tenancy.scoping import organization_scope

__all__ = [
    "coverage_days_changed",
    "rename_member",
    "rename_payer",
    "rename_program",
    "scan_document",
    "sweep_documents",
]


@reads(RENAMED)
def rename_member(message: OutboxMessage) -> None:
    """`subject_id` is the member; doing it twice changes nothing."""
    with organization_scope(message.organization_id):
        copy_member_name(message.subject_id)


@reads(COVERAGE_DAYS)
def coverage_days_changed(message: OutboxMessage) -> None:
    """`subject_id` is the coverage; doing it twice changes nothing."""
    with organization_scope(message.organization_id):
        follow_coverage(message.subject_id, actor=Actor.job("Coverage"), now=timezone.now())


@reads(PAYER_RENAMED)
def rename_payer(message: OutboxMessage) -> None:
    with organization_scope(message.organization_id):
        copy_payer_name(message.subject_id)


@reads(PROGRAM_RENAMED)
def rename_program(message: OutboxMessage) -> None:
    with organization_scope(message.organization_id):
        copy_program_name(message.subject_id)
