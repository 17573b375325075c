"""Services that were billed and draw from no authorization."""

from __future__ import annotations

import uuid
from datetime import date

from django.db.models import F, OuterRef, Q, Subquery, Sum

from authorizations.models import LedgerEntry
from claims.models import Claim, ClaimLine


def uncovered(member_id: uuid.UUID, since: date, until: date) -> list[tuple[str, date]]:
    """Live claim lines of these days that draw from nothing: code with modifiers, and day. One statement."""
    drawn = LedgerEntry.objects.filter(claim_line_id=OuterRef("id")).order_by().values("claim_line_id")
    rows = (
        ClaimLine.objects.filter(
            member_id=member_id,
            version__number=F("claim__last_version"),
            claim__state=Claim.State.LIVE,
            first_day__range=(since, until),
        )
        .annotate(drawn=Subquery(drawn.annotate(total=Sum("quantity")).values("total")))
        .filter(Q(drawn=None) | Q(drawn=0))
    )
    found = rows.order_by("first_day", "id").values_list("code", "modifiers", "first_day")
    return [(" ".join([code, *modifiers]), day) for code, modifiers, day in found]
