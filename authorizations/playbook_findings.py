"""Denials traced back to the playbook: it is changed the same day, or a person says that it has no gap (R137)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from audit.actors import Actor
from audit.services import record
from authorizations.decisions import LineOutcome
from authorizations.errors import NotAllowed
from authorizations.models import Authorization, Decision, LineDecision, PlaybookFinding
from authorizations.services import lock_case
from payers import services as payers
from payers.models import Playbook, PlaybookVersion
from payers.queries import field_words, playbook_for
from payers.services import PLAYBOOK_CONTENT
from tenancy.editing import Problem, Refused, Stale

LOOK_BACK = timedelta(days=90)
IN_TIME = timedelta(days=1)
"""A playbook is brought up to date within a day of the denial."""

LONGEST_REASON = 200
MOST_SHOWN = 500
Outcome = PlaybookFinding.Outcome


@dataclass(frozen=True, slots=True)
class Gap:
    """A case with denials nobody has traced back yet, and the latest of them. `late`: one is of more than a day ago."""

    case: Authorization
    decision: Decision
    late: bool


def denials(since: datetime | None = None) -> QuerySet[Decision]:
    """Decisions that refuse a line and that no correction has superseded, an upheld appeal among them."""
    refused = LineDecision.objects.filter(decision_id=OuterRef("id"), outcome=LineOutcome.DENIED)
    rows: QuerySet[Decision] = Decision.standing.filter(Exists(refused))
    return rows if since is None else rows.filter(recorded_at__gte=since)


def latest_denial(authorization_id: uuid.UUID) -> Decision | None:
    """The denial of a case that counts last; None where nothing was refused."""
    return denials().filter(authorization_id=authorization_id).order_by("-number").first()


def findings_of(authorization_id: uuid.UUID) -> list[PlaybookFinding]:
    """What was found about the denials of a case, the latest first."""
    rows = PlaybookFinding.objects.filter(authorization_id=authorization_id)
    return list(rows.select_related("playbook_version", "decision").order_by("-at", "-id"))


def gaps(now: datetime) -> list[Gap]:
    """Denials of the last 90 days that nobody traced back since, one for each case, the oldest first."""
    found: dict[uuid.UUID, Gap] = {}
    rows = _untraced(now).select_related("authorization").prefetch_related("lines").order_by("recorded_at", "number")
    for row in rows[:MOST_SHOWN]:
        standing = found.get(row.authorization_id)
        late = row.recorded_at < now - IN_TIME or (standing is not None and standing.late)
        found[row.authorization_id] = Gap(row.authorization, row, late)
    return sorted(found.values(), key=lambda gap: (gap.decision.recorded_at, gap.decision.id))


def late_gaps(now: datetime) -> QuerySet[Authorization]:
    """The cases of those that are late, without order."""
    late = _untraced(now).filter(recorded_at__lt=now - IN_TIME)
    return Authorization.objects.filter(id__in=late.values("authorization_id"))


def _untraced(now: datetime) -> QuerySet[Decision]:
    traced = PlaybookFinding.objects.filter(
        authorization_id=OuterRef("authorization_id"), at__gte=OuterRef("recorded_at")
    )
    return denials(now - LOOK_BACK).filter(~Exists(traced))


def tally(now: datetime) -> dict[str, int]:
    """How many denials of the last 90 days led to a change, and how many to the word that there is no gap."""
    rows = PlaybookFinding.objects.filter(at__gte=now - LOOK_BACK).values_list("outcome", flat=True)
    found = list(rows)
    return {outcome.value: found.count(outcome.value) for outcome in Outcome}


def playbook_of(case: Authorization) -> Playbook | None:
    """The playbook a denial is traced back to: that of its program, else of all programs of the payer."""
    return playbook_for(case.program)


@transaction.atomic
def change_playbook(
    authorization_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> PlaybookFinding:
    """Change the playbook, or write the first one, and link the change to the denial.

    Raises NotAllowed where nothing was refused, Refused where the playbook stays as it is, and Stale as any edit: also
    where none was shown, and somebody wrote it meanwhile.
    """
    case = lock_case(authorization_id)
    denial = _denial(case)
    playbook = playbook_of(case)
    if playbook is None:
        playbook = payers.add_playbook(case.payer_id, case.program_id, values, actor=actor, now=now)
    else:
        if version is None:
            raise Stale(playbook.changed_by, playbook.changed_at)
        before = playbook.version
        playbook = payers.save_playbook(playbook.id, values, version=version, actor=actor, now=now)
        if playbook.version == before:
            raise Refused(
                [Problem("", "Nothing was changed. Change what led to the denial, or say that it has no gap.")]
            )
    made = PlaybookVersion.objects.get(playbook=playbook, number=playbook.version)
    finding = PlaybookFinding(
        authorization=case,
        decision=denial,
        outcome=Outcome.CHANGED,
        playbook_version=made,
        sections=_sections(made),
        at=now,
        by=actor.label,
    )
    return _keep(finding, actor=actor, now=now)


@transaction.atomic
def say_no_gap(authorization_id: uuid.UUID, reason: str, *, actor: Actor, now: datetime) -> PlaybookFinding:
    """The denial teaches nothing about the playbook, and why. Raises NotAllowed, and Refused without a reason."""
    case = lock_case(authorization_id)
    denial = _denial(case)
    reason = reason.strip()
    if not reason:
        raise Refused([Problem("reason", "Say why the playbook needs no change.")])
    if len(reason) > LONGEST_REASON:
        raise Refused([Problem("reason", f"At most {LONGEST_REASON} characters.")])
    finding = PlaybookFinding(
        authorization=case, decision=denial, outcome=Outcome.NO_GAP, reason=reason, at=now, by=actor.label
    )
    return _keep(finding, actor=actor, now=now)


def _denial(case: Authorization) -> Decision:
    found = latest_denial(case.id)
    if found is None:
        raise NotAllowed(f"{case.number} has no denial, so there is nothing to trace back to a playbook.")
    return found


def _sections(made: PlaybookVersion) -> list[str]:
    """The fields in which a version differs from the one before it; all that say anything, for the first."""
    before = PlaybookVersion.objects.filter(playbook_id=made.playbook_id, number=made.number - 1).first()
    old = before.content if before else {}
    return [name for name in PLAYBOOK_CONTENT if (old.get(name) or "") != (made.content.get(name) or "")]


def section_words(finding: PlaybookFinding) -> list[str]:
    """The sections of a change as their labels."""
    return [field_words(Playbook, name) for name in finding.sections]


def _keep(finding: PlaybookFinding, *, actor: Actor, now: datetime) -> PlaybookFinding:
    finding.save(force_insert=True)
    case = finding.authorization
    record(
        "playbook.traced",
        actor=actor,
        now=now,
        subject=case.subject,
        member_id=case.member_id,
        authorization_id=case.id,
        data={"outcome": finding.outcome, "sections": finding.sections},
    )
    return finding
