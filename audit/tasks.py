"""Worker entry points of the audit log."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from audit.sealing import seal_waiting, waiting_organizations


@shared_task(name="audit.tasks.seal", soft_time_limit=240, time_limit=270, ignore_result=True)
def seal() -> int:
    """Seal what waits in every organization; rung by beat every minute. Returns the number of seals made."""
    made = 0
    for organization_id in waiting_organizations():
        while seal_waiting(organization_id, now=timezone.now()) is not None:
            made += 1
    return made
