"""Questions whether a service is covered, with what was answered: kept as evidence (requirements R126)."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from members.models import Coverage, CoverQuestion, Member

MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered about one coverage, or about none."""

    coverage: Coverage | None
    verdict: str
    headline: str
    rule: str
    authorization_id: uuid.UUID | None = None


@transaction.atomic
def keep(
    member: Member, on: date, inputs: Mapping[str, str], replies: Sequence[Reply], *, actor: Actor, now: datetime
) -> list[CoverQuestion]:
    """Write down what was asked and what was answered, one row a coverage, and that it was asked."""
    rows = CoverQuestion.objects.bulk_create(
        [
            CoverQuestion(
                member=member,
                coverage=reply.coverage,
                service_date=on,
                inputs=dict(inputs),
                verdict=reply.verdict,
                headline=reply.headline[:200],
                rule=reply.rule[:400],
                authorization_id=reply.authorization_id,
                asked_at=now,
                asked_by=actor.label,
            )
            for reply in replies
        ]
    )
    for row in rows:
        told = {"verdict": row.verdict}
        record("cover.asked", actor=actor, now=now, subject=("cover_question", row.id), member_id=member.id, data=told)
    return list(rows)


def latest(member_id: uuid.UUID, *, limit: int = MOST_SHOWN) -> list[CoverQuestion]:
    """What was asked last about a member."""
    rows = CoverQuestion.objects.filter(member_id=member_id).select_related("coverage__payer", "coverage__program")
    return list(rows.order_by("-asked_at", "-id")[:limit])
