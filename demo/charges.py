"""Claims behind the authorizations of the demonstration, posted through the service that posts every claim."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from authorizations.ledger import usage_of
from authorizations.models import Authorization
from claims.models import Claim
from claims.services import PostedLine, post_claim, void_claim
from demo.cases import Case
from demo.houses import House

MOST_CLAIMS = 8


def bill(house: House, case: Case, authorization_id: uuid.UUID, *, now: datetime) -> int:
    """Claims that use up `case.used` of the first line, spread over its window up to yesterday; returns how many."""
    authorization = Authorization.objects.select_related("coverage").get(id=authorization_id)
    usages = usage_of([authorization_id]).get(authorization_id, [])
    first = next((usage for usage in usages if usage.approved), None)
    if not case.used or first is None or first.in_force is None or first.approved is None:
        return 0
    last_day = min(house.organization.today(now) - timedelta(days=1), first.in_force.ends_on or date.max)
    days = _days(first.in_force.starts_on, last_day)
    total = (first.approved * Decimal(str(case.used))).quantize(Decimal(1), ROUND_HALF_UP)
    made = 0
    for index, (day, units) in enumerate(zip(days, _shares(total, len(days)), strict=True)):
        number = f"C-{authorization.number[-6:]}-{index + 1}"
        if units and not Claim.objects.filter(number=number).exists():
            line = _line(authorization, first.in_force.codes[0], first.in_force.quantity_type, day, units)
            made += _post(house, authorization, number, line, voided=index == 1 and case.used > 0.5, now=now)
    return made


def _post(
    house: House, authorization: Authorization, number: str, line: PostedLine, *, voided: bool, now: datetime
) -> int:
    """Post; a few are voided and billed again, so that a history shows both entries."""
    actor = house.actor("biller")
    posting = post_claim(number=number, coverage=authorization.coverage, lines=[line], actor=actor, now=now)
    if voided:
        void_claim(posting.claim.id, reason="Billed twice by mistake", actor=actor, now=now)
        post_claim(number=f"{number}R", coverage=authorization.coverage, lines=[line], actor=actor, now=now)
    return 1


def _days(first: date, last: date) -> list[date]:
    """Up to eight days, evenly spread, the last one included."""
    span = (last - first).days
    if span < 0:
        return []
    count = min(MOST_CLAIMS, span + 1)
    return [last - timedelta(days=span * step // count) for step in reversed(range(count))]


def _shares(total: Decimal, count: int) -> list[Decimal]:
    """Whole numbers that add up to the total, as equal as they can be."""
    if not count:
        return []
    each, rest = divmod(int(total), count)
    return [Decimal(each + (1 if index < rest else 0)) for index in range(count)]


def _line(
    authorization: Authorization, code: dict[str, str], quantity_type: str, day: date, units: Decimal
) -> PostedLine:
    return PostedLine(
        code=code["code"],
        modifiers=tuple(code.get("modifiers", ())),
        first_day=day,
        quantity=units,
        quantity_type=quantity_type,
        provider_id=authorization.rendering_provider_id,
        place_of_service=authorization.place_of_service,
    )
