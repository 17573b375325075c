"""Worker entry points about people."""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.keeping import forget_old


@shared_task(name="accounts.tasks.tidy", soft_time_limit=60, time_limit=90, ignore_result=True)
def tidy() -> None:
    """Remove kept forms nobody came back for, and sessions that ended. Rung by beat; doing it twice changes nothing."""
    now = timezone.now()
    forget_old(now=now)
    Session.objects.filter(expire_date__lt=now).delete()
