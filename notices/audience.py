"""Who is told what does not belong to one person: people by what they may do, never by the name of their role."""

from __future__ import annotations

import uuid

from django.db.models import Q

from accounts.models import Membership
from accounts.scopes import Scope

WRITE = Q(role__scopes__contains=[Scope.AUTHORIZATION_WRITE])
READ = Q(role__scopes__contains=[Scope.AUTHORIZATION_READ])


def _ids(condition: Q) -> list[uuid.UUID]:
    rows = Membership.objects.filter(condition, active=True)
    return list(rows.order_by("id").values_list("id", flat=True))


def supervisors() -> list[uuid.UUID]:
    """Those who see everybody's work."""
    return _ids(Q(role__scopes__contains=[Scope.WORK_SUPERVISE]))


def exchange_people() -> list[uuid.UUID]:
    """Those who mend the exchange with payers."""
    return _ids(Q(role__scopes__contains=[Scope.EDI_WRITE]))


def carriers() -> list[uuid.UUID]:
    """Those who carry an approval into schedule, chart and billing: they contribute to cases, check eligibility or
    post claims, and do not ask payers themselves (requirements, practice 9)."""
    wanted = (Scope.AUTHORIZATION_CONTRIBUTE, Scope.ELIGIBILITY_WRITE, Scope.CLAIM_WRITE)
    carries = Q()
    for scope in wanted:
        carries |= Q(role__scopes__contains=[scope])
    return _ids(carries & READ & ~WRITE)
