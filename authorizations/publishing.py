"""Passing an approval on: schedule, chart and billing hear of it the same day, and its owner checks that off.

Opened with every approval of something we asked for; what was only taken over from elsewhere is known there already.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from audit.actors import Actor
from authorizations.effects import Cover, Effect
from authorizations.models import Authorization, Decision, Publication
from authorizations.moving import tell
from authorizations.services import lock_case
from authorizations.states import Purpose, Status

LATE_AFTER = timedelta(days=1)
"""An approval that nobody passed on for so long is shown to the supervisor."""


def ask_to_publish(case: Authorization, found: Effect, decision: Decision, *, now: datetime) -> None:
    """What a decision that was followed asks of the owner; the caller holds the case's lock.

    One open row stands for every approval since: a later one, or a correction, takes its place with a new day.
    """
    asked = decision.submission.purpose if decision.submission else ""
    if not found.applied or asked == Purpose.EXISTING:
        return
    standing = Publication.objects.filter(authorization=case, done_at=None).first()
    granted = found.cover in (Cover.GRANT, Cover.REVISE) or (found.status == Status.APPROVED and case.not_required)
    if granted and standing is None:
        Publication(authorization=case, decision=decision, opened_at=now).save(force_insert=True)
    elif granted and standing is not None:
        standing.decision, standing.opened_at = decision, now
        standing.save(update_fields=["decision", "opened_at"])


@transaction.atomic
def publish(authorization_id: uuid.UUID, *, actor: Actor, now: datetime) -> bool:
    """Schedule, chart and billing have the details. False when that was checked off already, or is not asked."""
    case = lock_case(authorization_id)
    row = Publication.objects.select_for_update().filter(authorization=case, done_at=None).first()
    if row is None:
        return False
    row.done_at, row.done_by = now, actor.label
    row.save(update_fields=["done_at", "done_by"])
    tell(case, "authorization.details_published", actor=actor, now=now, decision=str(row.decision_id))
    return True


def open_publications() -> QuerySet[Publication]:
    """Approvals in force that nobody has passed on; one that was corrected away, or ended, asks nothing."""
    rows = Publication.objects.filter(done_at=None, authorization__status=Status.APPROVED)
    return rows.filter(decision__corrections=None).select_related("authorization")


def late(now: datetime) -> QuerySet[Publication]:
    """Those that stand open for more than a day."""
    return open_publications().filter(opened_at__lt=now - LATE_AFTER)


def publication_of(case: Authorization) -> Publication | None:
    """The latest of a case, open or checked off; None where nothing was approved. One statement at most."""
    if case.status != Status.APPROVED:
        return None
    found: Publication | None = Publication.objects.filter(authorization=case).order_by("-opened_at", "-id").first()
    return found
