"""Codes with their words: by code, by beginning of a code or of its words, on a day.

Procedures are the shared HCPCS codes together with the organization's own; both go by the system `HCPCS`, whose first
level is CPT.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Length

from codesets.folding import after, dotted, fold, plain_code
from codesets.models import AnyCode, Code, OrganizationProcedure, Procedure, Release

PROCEDURES = "HCPCS"
DIAGNOSES = "ICD-10-CM"
SHORTEST = 2
SHORTEST_WORD = 3
"""Fewer letters begin so many words that a list of them helps nobody."""

MOST_WORDS = 6


def _rows(system: str) -> QuerySet[Any]:
    return Procedure.objects.all() if system == PROCEDURES else Code.objects.filter(system=system)


def on_day(day: date) -> Q:
    """Codes that may be used for a service on this day."""
    return (Q(starts_on=None) | Q(starts_on__lte=day)) & (Q(ends_on=None) | Q(ends_on__gte=day))


def words_of(system: str, codes: Iterable[str]) -> dict[str, str]:
    """The words of these codes, the current ones where a code was used twice; unknown codes are left out."""
    rows = _rows(system).filter(code__in=set(codes))
    return dict(rows.order_by(F("ends_on").asc(nulls_last=True)).values_list("code", "words"))


def by_code(system: str, codes: Iterable[str], day: date) -> dict[str, AnyCode]:
    """The rows of these codes that may be used on the day."""
    return {row.code: row for row in _rows(system).filter(on_day(day), code__in=set(codes))}


def uses_of(system: str, codes: Iterable[str]) -> dict[str, list[AnyCode]]:
    """Every range of days of these codes, the latest last; unknown codes are left out."""
    found: dict[str, list[AnyCode]] = {}
    rows = _rows(system).filter(code__in=set(codes)).order_by(F("ends_on").asc(nulls_last=True))
    for row in rows.defer("search", "words_key"):
        found.setdefault(row.code, []).append(row)
    return found


def last_day_of(system: str, code: str) -> date | None:
    """The last day a retired code could be used; None for a current or unknown one."""
    rows = _rows(system).filter(code=code).order_by(F("ends_on").desc(nulls_first=True))
    last: date | None = rows.values_list("ends_on", flat=True).first()
    return last


def every(system: str, day: date) -> QuerySet[Code]:
    """A whole small set, such as the places of service, in the order of its codes."""
    return Code.objects.filter(on_day(day), system=system).order_by("code")


def is_unknown(system: str, code: str) -> bool:
    """Whether the set is there and never had this code. Where no set is loaded, any code may be right."""
    rows = Code.objects.filter(system=system)
    return not rows.filter(code=code).exists() and rows.exists()


def matching(system: str, text: str, day: date, *, limit: int) -> list[AnyCode]:
    """Codes that begin with the text, then those each word of it begins a word of; the shortest words first.

    Points do not matter: `f840` finds F84.0. Empty for fewer than two characters; words are looked for from three on.
    """
    words = fold(text).split()[:MOST_WORDS]
    if len("".join(words)) < SHORTEST:
        return []
    rows = _rows(system).filter(on_day(day)).defer("search", "words_key")
    found: list[AnyCode] = []
    if not any(blank in text.strip() for blank in " ,"):
        begins = dotted(text) if system == DIAGNOSES else plain_code(text)
        found += rows.filter(code__gte=begins, code__lt=after(begins)).order_by("code")[:limit]
    if len(found) < limit and max(map(len, words)) >= SHORTEST_WORD:
        seen = [row.code for row in found]
        more = rows.filter(search=_beginnings(words)).exclude(code__in=seen).order_by(Length("words"), "code")
        found += more[: limit - len(found)]
    return found


def own_procedures(text: str = "") -> QuerySet[OrganizationProcedure]:
    """The codes this organization brought itself, by code; with a text those that begin so or have such words."""
    rows: QuerySet[OrganizationProcedure] = OrganizationProcedure.objects.order_by("code").defer("search")
    words, begins = fold(text).split()[:MOST_WORDS], plain_code(text)
    if not words:
        return rows
    return rows.filter(Q(search=_beginnings(words)) | Q(code__gte=begins, code__lt=after(begins)))


def sizes(day: date) -> list[tuple[str, str, int]]:
    """Every shared set with its name and how many of its codes may be used on the day."""
    rows = Code.objects.filter(on_day(day)).values("system").annotate(codes=Count("id"))
    counts = {row["system"]: row["codes"] for row in rows}
    return [(system.value, str(system.label), counts.get(system.value, 0)) for system in Code.System]


def _beginnings(words: Iterable[str]) -> SearchQuery:
    """Rows in whose words each of these begins one. The words are folded: letters and digits alone."""
    return SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")


def latest_release(system: str) -> Release | None:
    """The latest of the publisher's files an operator imported; None while the set is as it was shipped."""
    return Release.objects.filter(system=system).order_by("effective_from", "id").last()
