"""Members and the keys they are found by."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from audit.actors import Actor
from audit.services import record
from members.models import Coverage, Member, MemberIdentifier, MemberToken


def fold(text: str) -> str:
    """Lower case without accents, one space between words: the form names are stored and searched in."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()


def identifier_key(value: str) -> str:
    """An identifier without blanks and dashes, in one case."""
    return re.sub(r"[^a-z0-9]", "", fold(value))


def add_member(*, actor: Actor, now: datetime, mrn: str, starts_on: date | None = None, **fields: Any) -> Member:
    """A new member with its record number and search keys."""
    member = Member(mrn=mrn, created_at=now, name_key=name_key(fields["last_name"], fields["first_name"]), **fields)
    member.save(force_insert=True)
    add_identifier(member, MemberIdentifier.Kind.MRN, mrn, starts_on=starts_on)
    write_tokens(member)
    record("member.added", actor=actor, now=now, subject=("member", member.id), member_id=member.id)
    return member


def name_key(last_name: str, first_name: str) -> str:
    return f"{fold(last_name)} {fold(first_name)}"[:140]


def write_tokens(member: Member) -> None:
    """One row for each word of the name; the words of the old name go."""
    MemberToken.objects.filter(member=member).delete()
    words = {word[:60] for word in fold(f"{member.last_name} {member.first_name} {member.middle_name}").split()}
    MemberToken.objects.bulk_create([MemberToken(member=member, token=word) for word in sorted(words)])


def add_identifier(
    member: Member,
    kind: str,
    value: str,
    *,
    payer: Any = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> MemberIdentifier:
    identifier = MemberIdentifier(
        member=member,
        kind=kind,
        payer=payer,
        value=value,
        value_key=identifier_key(value),
        starts_on=starts_on,
        ends_on=ends_on,
    )
    identifier.save(force_insert=True)
    return identifier


def add_coverage(*, actor: Actor, now: datetime, member: Member, **fields: Any) -> Coverage:
    """A new coverage; the number on the card becomes one of the member's identifiers too."""
    coverage = Coverage(member=member, **fields)
    coverage.save(force_insert=True)
    if coverage.number:
        add_identifier(
            member,
            MemberIdentifier.Kind.MEMBER_ID,
            coverage.number,
            payer=coverage.payer,
            starts_on=coverage.starts_on,
            ends_on=coverage.ends_on,
        )
    record("coverage.added", actor=actor, now=now, subject=("coverage", coverage.id), member_id=member.id)
    return coverage
