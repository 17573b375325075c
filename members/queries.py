"""Reads about members: search by ranges over folded keys, pages of the list, one member with cover."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from django.db.models import QuerySet

from members.models import Coverage, EligibilityCheck, Member, MemberChange, MemberIdentifier, MemberToken
from members.services import fold, identifier_key
from payers.queries import Change, changed_fields

SHORTEST = 2
"""A search for fewer letters would match a large part of all names."""

MOST_WORDS = 4
MOST_CHECKS = 50
MOST_CHANGES = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Some members in the order of their names, and where the next ones begin ("" at the end)."""

    rows: list[Member]
    next_key: str
    previous_key: str


def search(text: str, *, limit: int) -> list[Member]:
    """Members by the beginning of any words of the name, or by MRN or member id. Empty for too little text.

    Every condition is a range on an index: a pattern match cannot use one under row-level security.
    """
    words = fold(text).split()[:MOST_WORDS]
    if not words or len("".join(words)) < SHORTEST:
        return []
    found: QuerySet[Member] = Member.objects.filter(id__in=_with_number(text)) if _has_digit(text) else _named(words)
    return list(found.order_by("name_key", "id")[:limit])


def _named(words: Iterable[str]) -> QuerySet[Member]:
    """Members for whom each word begins one of their names."""
    rows: QuerySet[Member] = Member.objects.all()
    for word in words:
        tokens = MemberToken.objects.filter(token__gte=word, token__lt=_after(word))
        rows = rows.filter(id__in=tokens.values("member_id"))
    return rows


def _with_number(text: str) -> QuerySet[MemberIdentifier, uuid.UUID]:
    """Members one of whose numbers begins so, whatever its blanks and dashes."""
    key = identifier_key(re.sub(r"(?i)^\s*(mrn|id)\b[:\s]*", "", text))
    rows = MemberIdentifier.objects.filter(value_key__gte=key, value_key__lt=_after(key))
    return rows.values_list("member_id", flat=True)


def _after(prefix: str) -> str:
    """The first text that no longer begins with the prefix, in byte order."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else "\x7f"


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def page(*, size: int, after: str = "", before: str = "") -> Page:
    """One page of all members by name. Keys are ids of the first and last member shown."""
    start = _member(before) or _member(after)
    backwards = _member(before) is not None
    rows = Member.objects.all()
    if start is not None:
        key, row_id = start.name_key, start.id
        edge = rows.filter(name_key=key)
        if backwards:
            rows = rows.filter(name_key__lt=key) | edge.filter(id__lt=row_id)
        else:
            rows = rows.filter(name_key__gt=key) | edge.filter(id__gt=row_id)
    order = ("-name_key", "-id") if backwards else ("name_key", "id")
    found = list(rows.order_by(*order)[: size + 1])
    more = len(found) > size
    shown = found[:size][::-1] if backwards else found[:size]
    if not shown:
        return Page([], "", "")
    has_next, has_previous = (True, more) if backwards else (more, start is not None)
    return Page(shown, str(shown[-1].id) if has_next else "", str(shown[0].id) if has_previous else "")


def _member(text: str) -> Member | None:
    try:
        return Member.objects.filter(id=uuid.UUID(text)).first()
    except ValueError:
        return None


def coverages(member_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Coverage]]:
    """The coverages of these members, primary and youngest first."""
    rows = Coverage.objects.filter(member_id__in=list(member_ids)).select_related("payer", "program")
    found: dict[uuid.UUID, list[Coverage]] = {}
    for row in rows.order_by("position", "-starts_on", "id"):
        found.setdefault(row.member_id, []).append(row)
    return found


def offered(member: Member, on: date) -> list[Coverage]:
    """The coverages a request may name: those not ended before the day, primary first."""
    every = coverages([member.id]).get(member.id, [])
    return [coverage for coverage in every if coverage.ends_on is None or coverage.ends_on >= on]


def overlaps(coverages: Sequence[Coverage]) -> list[tuple[Coverage, Coverage]]:
    """Pairs of one order that are in force on the same day: nobody can say which of them pays first."""
    ordered = sorted(coverages, key=lambda each: (each.position, each.starts_on))
    return [(a, b) for a, b in combinations(ordered, 2) if a.position == b.position and a.overlaps(b)]


def identifiers(member_id: uuid.UUID) -> list[MemberIdentifier]:
    """All numbers of a member, those that hold the longest first."""
    rows = MemberIdentifier.objects.filter(member_id=member_id).select_related("payer")
    return sorted(rows, key=lambda row: (row.ends_on or date.max, row.starts_on or date.min), reverse=True)


def checks_of(member_id: uuid.UUID, *, limit: int = MOST_CHECKS) -> list[EligibilityCheck]:
    """What was asked about a member's coverages, the latest first."""
    rows = EligibilityCheck.objects.filter(member_id=member_id).select_related("coverage__payer", "coverage__program")
    return list(rows.order_by("-checked_at", "-id")[:limit])


def changes_of(member_id: uuid.UUID, *, limit: int = MOST_CHANGES) -> list[Change]:
    """Who changed what about a member, the latest first. Health data: for who may see all of the member."""
    rows = MemberChange.objects.filter(member_id=member_id).order_by("-at", "-id")[:limit]
    return [
        Change(row.at, row.who, f"{row.get_about_display()} {_verb(row)}: {row.subject_label}", _fields(row))
        for row in rows
    ]


MODELS: dict[str, type[Member | MemberIdentifier | Coverage]] = {
    MemberChange.About.MEMBER: Member,
    MemberChange.About.IDENTIFIER: MemberIdentifier,
    MemberChange.About.COVERAGE: Coverage,
}


def _verb(row: MemberChange) -> str:
    return "added" if row.added else "changed"


def _fields(row: MemberChange) -> tuple[tuple[str, str, str], ...]:
    return changed_fields(MODELS[row.about], row.changes)
