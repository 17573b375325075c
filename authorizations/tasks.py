"""Worker entry points: copies of names follow the rows they were copied from, cover follows the coverage it stands on;
files are scanned and swept.

A list of cases reads one table, so names stand in it as copies. Who owns a name states in the outbox that it changed.
"""

from __future__ import annotations

import time
import uuid

import structlog
from celery import shared_task
from django.utils import timezone

import authorizations.morning  # noqa: F401 (registers what the mail of the morning counts)
from audit.actors import Actor
from audit.sealing import known_organizations
from authorizations.cover_end import follow_coverage
from authorizations.documents.tasks import scan_document, sweep_documents
from authorizations.escalation import Breach, close_mended, escalate, find_breaches
from authorizations.names import copy_member_name, copy_payer_name, copy_program_name
from members.services import COVERAGE_DAYS, RENAMED
from outbox.models import OutboxMessage
from outbox.tasks import reads
from payers.services import PAYER_RENAMED, PROGRAM_RENAMED
from tenancy.scoping import organization_scope

__all__ = [
    "coverage_days_changed",
    "escalate_breaches",
    "rename_member",
    "rename_payer",
    "rename_program",
    "scan_document",
    "sweep_documents",
]


log = structlog.get_logger()

LONGEST_ROUND = 200
"""Seconds of one round: what it leaves, the next one finds."""


@shared_task(name="authorizations.tasks.escalate", soft_time_limit=240, time_limit=270, ignore_result=True)
def escalate_breaches() -> int:
    """Tell every time that has passed, organization by organization; rung by beat. How many were told.

    Each breach is a transaction of its own, so that one that cannot be told keeps none of the others back, nor an
    organization that cannot be looked at those after it. Each round begins elsewhere: one that runs out of time leaves
    others behind the next time.
    """
    told, stop = 0, time.monotonic() + LONGEST_ROUND
    everybody = known_organizations()
    begin = int(time.time()) % len(everybody) if everybody else 0
    for organization_id in [*everybody[begin:], *everybody[:begin]]:
        if time.monotonic() > stop:
            return told
        for breach in _breaches(organization_id):
            if time.monotonic() > stop:
                return told
            try:
                with organization_scope(organization_id):
                    told += escalate(breach, now=timezone.now()) is not None
            except Exception as error:
                log.error("escalation.failed", kind=str(breach.kind), error=type(error).__name__)
    return told


def _breaches(organization_id: uuid.UUID) -> list[Breach]:
    """What one organization is to be told, after what was mended is closed; nothing where that fails."""
    try:
        with organization_scope(organization_id):
            close_mended(now=timezone.now())
            return find_breaches(timezone.now())
    except Exception as error:
        log.error("escalation.failed", kind="", organization=str(organization_id), error=type(error).__name__)
        return []


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
