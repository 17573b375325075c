"""Codes with their words: by code, by beginning of a code or of its words, on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import F, Q, QuerySet

from codesets.models import Code

SHORTEST = 2


def on_day(day: date) -> Q:
    """Codes that may be used for a service on this day."""
    return (Q(starts_on=None) | Q(starts_on__lte=day)) & (Q(ends_on=None) | Q(ends_on__gte=day))


def words_of(system: str, codes: Iterable[str]) -> dict[str, str]:
    """The words of these codes, the current ones where a code was used twice; unknown codes are left out."""
    rows = Code.objects.filter(system=system, code__in=set(codes))
    return dict(rows.order_by(F("ends_on").asc(nulls_last=True)).values_list("code", "words"))


def by_code(system: str, codes: Iterable[str], day: date) -> dict[str, Code]:
    """The rows of these codes that may be used on the day."""
    rows = Code.objects.filter(on_day(day), system=system, code__in=set(codes))
    return {row.code: row for row in rows}


def last_day_of(system: str, code: str) -> date | None:
    """The last day a retired code could be used; None for a current or unknown one."""
    last: date | None = (
        Code.objects.filter(system=system, code=code).order_by("-ends_on").values_list("ends_on", flat=True).first()
    )
    return last


def every(system: str, day: date) -> QuerySet[Code]:
    """A whole small set, such as the places of service, in the order of its codes."""
    return Code.objects.filter(on_day(day), system=system).order_by("code")


def matching(system: str, text: str, day: date, *, limit: int) -> list[Code]:
    """Codes that begin with the text, or whose words hold every word of it."""
    key = text.strip().lower()
    if len(key) < SHORTEST:
        return []
    by_words = Q()
    for word in key.split():
        by_words &= Q(words_key__contains=word)
    begins = Q(code__startswith=key.upper().replace(".", "")) | Q(code__startswith=key.upper())
    return list(Code.objects.filter(on_day(day), begins | by_words, system=system).order_by("code")[:limit])
