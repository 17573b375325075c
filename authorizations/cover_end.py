"""Cover ends with the coverage it stands on, whatever the letter says: usable until the earlier of both last days
(requirements D35)."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import transaction

from audit.actors import Actor
from authorizations.ledger import lock_account, refresh_wide_rows
from authorizations.models import Authorization, LineVersion
from authorizations.moving import ALLOCATE, tell
from authorizations.services import lock_case
from authorizations.states import Status
from authorizations.work import close_task, open_task, refresh_work
from members.models import Coverage
from outbox.delivery import enqueue

ENDS_EARLY = "ends_early"


def approved_until(authorization: Authorization) -> date | None:
    """The last day the payer approved of any line; None without an end, or where nothing is in force."""
    latest = {row.line_id: row.ends_on for row in LineVersion.standing.filter(authorization=authorization)}
    ends = list(latest.values())
    return None if None in ends else max((end for end in ends if end), default=None)


@transaction.atomic
def follow_coverage(coverage_id: uuid.UUID, *, actor: Actor, now: datetime) -> int:
    """Bring every case under a coverage to its last day, and have the member's claims allocated anew. How many cases
    moved; 0 the second time."""
    coverage: Coverage = Coverage.objects.get(id=coverage_id)
    lock_account(coverage.member_id)
    rows = Authorization.objects.filter(coverage=coverage, status=Status.APPROVED)
    before = dict(rows.values_list("id", "cover_ends_on"))
    refresh_wide_rows(before)
    after = dict(rows.values_list("id", "cover_ends_on"))
    moved = [case_id for case_id in sorted(before) if before[case_id] != after[case_id]]
    for case_id in moved:
        _follow(case_id, coverage, actor=actor, now=now)
    if moved:
        enqueue(ALLOCATE, coverage.member_id, now=now)
    return len(moved)


def watch(authorization: Authorization, *, actor: Actor, now: datetime) -> None:
    """Ask a person to look where coverage ends before what is approved, and no longer where it does not."""
    ends_on, approved = authorization.coverage.ends_on, approved_until(authorization)
    early = authorization.status == Status.APPROVED and ends_on is not None and (approved is None or ends_on < approved)
    standing = authorization.tasks.filter(kind=ENDS_EARLY, closed_at=None).first()
    if standing is not None and not early:
        close_task(standing.id, actor=actor, now=now)
    elif early and ends_on is not None and ends_on >= authorization.organization.today(now) and standing is None:
        until = f", approved to {_day(approved)}" if approved else ""
        words = f"Coverage ends {_day(ends_on)}{until}: check eligibility, and ask the new payer"
        open_task(authorization, ENDS_EARLY, words, now=now)


def _follow(case_id: uuid.UUID, coverage: Coverage, *, actor: Actor, now: datetime) -> None:
    case = lock_case(case_id)
    watch(case, actor=actor, now=now)
    refresh_work(case)
    ends_on = case.cover_ends_on.isoformat() if case.cover_ends_on else ""
    tell(
        case, "authorization.cover_followed_coverage", actor=actor, now=now, coverage=str(coverage.id), ends_on=ends_on
    )


def _day(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"
