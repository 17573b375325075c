"""Is somebody in here already? Asked before a member is added, never decided by machine."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from members.models import Member, MemberIdentifier
from members.services import identifier_key, name_key

MOST_SHOWN = 5


def doubles(last_name: str, first_name: str, birth_date: date | None, number: str = "") -> list[Member]:
    """Members of the same name born on the same day, or known by the same number, whatever case, accents and dashes.

    One statement. A number is compared with every number of every member, cards among them.
    """
    same = Q(name_key=name_key(last_name, first_name), birth_date=birth_date) if birth_date else Q(pk=None)
    if key := identifier_key(number):
        same |= Q(id__in=MemberIdentifier.objects.filter(value_key=key).values("member_id"))
    return list(Member.objects.filter(same).order_by("name_key", "id")[:MOST_SHOWN])
