"""Writes about members: the person, their numbers and their coverage, with the keys they are found by.

Each public function is one transaction inside an open organization scope, with its audit event and the change it
made, old and new. Nobody is deleted: numbers and coverages get a last day. All may raise Refused with every problem,
and Stale when the row is not the version given. Checks of eligibility stand in `checking`, rosters in `rosters`.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from audit.actors import Actor
from audit.services import record
from members.faults import coverage_faults, identifier_faults, member_faults
from members.models import Coverage, Member, MemberChange, MemberIdentifier, MemberToken
from outbox.delivery import enqueue
from payers.models import Program
from payers.queries import programs_offered
from tenancy.editing import Changes, EditedModel, Problem, Refused, insert, keep, locked, put

RENAMED = "member.renamed"
"""Topic of the outbox: who keeps a copy of a member's name or MRN reads it. The subject is the member."""

COVERAGE_DAYS = "coverage.days_changed"
"""Topic of the outbox: cover ends with the coverage it stands on. The subject is the coverage."""

NAME_FIELDS = frozenset({"last_name", "first_name", "middle_name", "suffix"})
ABOUT = MemberChange.About
TAKEN = {
    "members_memberidentifier_no_overlap": "A number of this kind holds on some of these days already: end that first.",
    "members_memberidentifier_one_mrn": "Another member has this MRN on some of these days.",
}


def fold(text: str) -> str:
    """Lower case without accents, one space between words: the form names are stored and searched in."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", " ", plain).strip()


def identifier_key(value: str) -> str:
    """An identifier without blanks and dashes, in one case."""
    return re.sub(r"[^a-z0-9]", "", fold(value))


def name_key(last_name: str, first_name: str) -> str:
    return f"{fold(last_name)} {fold(first_name)}"[:140]


# The person --------------------------------------------------------------------------------------------------


@transaction.atomic
def add_member(
    *,
    actor: Actor,
    now: datetime,
    mrn: str = "",
    starts_on: date | None = None,
    somebody_else: str = "",
    **fields: Any,
) -> Member:
    """A new member with its record number and search keys. `starts_on` is the first day of the record number.

    `somebody_else`: why this is nobody of those who look alike (`members.doubles`); kept in the history.
    """
    member = Member(created_at=now, **_capitals(fields))
    member.mrn = mrn.strip()
    _refuse([*member_faults(member, _today(member, now)), *_taken_mrn(member.mrn, member.id, starts_on, None, "mrn")])
    member.name_key = name_key(member.last_name, member.first_name)
    insert(member, who=actor.label, now=now)
    write_tokens(member)
    if member.mrn:
        row = MemberIdentifier(member=member, kind=MemberIdentifier.Kind.MRN, value=member.mrn, starts_on=starts_on)
        _insert_identifier(row, "mrn", actor=actor, now=now)
    record("member.added", actor=actor, now=now, subject=("member", member.id), member_id=member.id)
    label = f"{member.display_name}, not the same as another: {somebody_else}" if somebody_else else member.display_name
    _keep_change(member, ABOUT.MEMBER, member, label[:250], {}, actor=actor, now=now, added=True)
    return member


@transaction.atomic
def save_member(
    member_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> Member:
    """Change the person. A new name is found by search at once, and told to whoever keeps a copy of it."""
    member = locked(Member, member_id, version=version)
    changes = put(member, _capitals(values))
    _refuse(member_faults(member, _today(member, now)))
    if not changes:
        return member
    if NAME_FIELDS & changes.keys():
        member.name_key = name_key(member.last_name, member.first_name)
        write_tokens(member)
        enqueue(RENAMED, member.id, now=now)
    keep(member, who=actor.label, now=now)
    _tell("member.changed", member, member, member.display_name, changes, actor=actor, now=now)
    return member


def write_tokens(member: Member) -> None:
    """One row for each word of the name; the words of the old name go."""
    MemberToken.objects.filter(member=member).delete()
    words = {word[:60] for word in fold(f"{member.last_name} {member.first_name} {member.middle_name}").split()}
    MemberToken.objects.bulk_create([MemberToken(member=member, token=word) for word in sorted(words)])


# Numbers -----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_identifier(member_id: uuid.UUID, values: Mapping[str, Any], *, actor: Actor, now: datetime) -> MemberIdentifier:
    """Another number of the member, with its days."""
    member = _lock_member(member_id)
    row = MemberIdentifier(member=member, **_tidy(values))
    _insert_identifier(row, "value", actor=actor, now=now)
    _tell("member.number_added", member, row, str(row), {}, actor=actor, now=now, added=True)
    _copy_mrn(member, now=now)
    return row


@transaction.atomic
def save_identifier(
    identifier_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> MemberIdentifier:
    """Change a number or its days. The number of a card is changed with its coverage."""
    member = _lock_member(MemberIdentifier.objects.get(id=identifier_id).member_id)
    row = locked(MemberIdentifier, identifier_id, version=version)
    if row.coverage_id:
        raise Refused([Problem("", "This number stands on a card: change it with its coverage.")])
    label = str(row)
    changes = put(row, _tidy(values))
    if not changes:
        return row
    row.value_key = identifier_key(row.value)
    _refuse([*identifier_faults(row), *_identifier_clash(row, "value")])
    with _told_when_taken("value"):
        keep(row, who=actor.label, now=now)
    _tell("member.number_changed", member, row, label, changes, actor=actor, now=now)
    _copy_mrn(member, now=now)
    return row


def _insert_identifier(row: MemberIdentifier, field: str, *, actor: Actor, now: datetime) -> None:
    row.value_key = identifier_key(row.value)
    problems = [*identifier_faults(row), *_identifier_clash(row, field)]
    _refuse(Problem(field if each.field == "value" else each.field, each.message) for each in problems)
    with _told_when_taken(field):
        insert(row, who=actor.label, now=now)


def _identifier_clash(row: MemberIdentifier, field: str) -> Iterator[Problem]:
    """Which number of this kind stands on some of these days already."""
    if row.kind != MemberIdentifier.Kind.OTHER:
        same = MemberIdentifier.objects.filter(
            _days(row.starts_on, row.ends_on), member_id=row.member_id, kind=row.kind, payer=row.payer,
            coverage=None,
        )  # fmt: skip
        other = same.exclude(id=row.id).first()
        if other is not None:
            yield Problem("starts_on", f"{other} holds {_range_words(other)}: end that one first, or begin after it.")
    if row.kind == MemberIdentifier.Kind.MRN:
        yield from _taken_mrn(row.value, row.member_id, row.starts_on, row.ends_on, field)


def _range_words(row: MemberIdentifier) -> str:
    first = f"from {row.starts_on:%b} {row.starts_on.day}, {row.starts_on.year}" if row.starts_on else "since ever"
    last = f"to {row.ends_on:%b} {row.ends_on.day}, {row.ends_on.year}" if row.ends_on else "without end"
    return f"{first} {last}"


def _taken_mrn(
    mrn: str, member_id: uuid.UUID, starts_on: date | None, ends_on: date | None, field: str
) -> Iterator[Problem]:
    key = identifier_key(mrn)
    rows = MemberIdentifier.objects.filter(_days(starts_on, ends_on), kind=MemberIdentifier.Kind.MRN, value_key=key)
    if key and rows.exclude(member_id=member_id).exists():
        yield Problem(field, f"Another member has the MRN {mrn.strip()}.")


def _days(starts_on: date | None, ends_on: date | None) -> Q:
    """Rows whose days share one with these."""
    begun = Q(starts_on=None) | Q(starts_on__lte=ends_on) if ends_on else Q()
    lasting = Q(ends_on=None) | Q(ends_on__gte=starts_on) if starts_on else Q()
    return begun & lasting


def _copy_mrn(member: Member, *, now: datetime) -> None:
    """`Member.mrn` repeats the record number of today, else the last one that was."""
    rows = list(MemberIdentifier.objects.filter(member=member, kind=MemberIdentifier.Kind.MRN))
    today = _today(member, now)
    valid = [row for row in rows if row.valid_on(today)]
    begun = sorted(
        (row for row in rows if row.starts_on is None or row.starts_on <= today),
        key=lambda row: row.starts_on or date.min,
    )
    mrn = valid[0].value if valid else begun[-1].value if begun else ""
    if member.mrn != mrn:
        member.mrn = mrn
        member.save(update_fields=["mrn"])
        enqueue(RENAMED, member.id, now=now)


# Coverage ----------------------------------------------------------------------------------------------------


@transaction.atomic
def add_coverage(*, actor: Actor, now: datetime, member: Member, **fields: Any) -> Coverage:
    """A new coverage; the number on the card becomes one of the member's identifiers too."""
    coverage = Coverage(member=member, **_with_payer(fields))
    _refuse([*_program_faults(coverage), *coverage_faults(coverage, _today(member, now))])
    insert(coverage, who=actor.label, now=now)
    _follow_card(coverage, actor=actor, now=now)
    _tell("coverage.added", member, coverage, str(coverage), {}, actor=actor, now=now, added=True)
    return coverage


@transaction.atomic
def save_coverage(
    coverage_id: uuid.UUID, values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime
) -> Coverage:
    """Change a coverage, or end it by its last day. What was asked under it keeps what it was asked with."""
    member = _lock_member(Coverage.objects.get(id=coverage_id).member_id)
    coverage = locked(Coverage, coverage_id, version=version)
    label, before = str(coverage), coverage.program_id
    changes = put(coverage, _with_payer(values))
    changes.pop("payer", None)
    moved = coverage.program_id != before
    _refuse([*(_program_faults(coverage) if moved else ()), *coverage_faults(coverage, _today(member, now))])
    if not changes:
        return coverage
    keep(coverage, who=actor.label, now=now)
    _follow_card(coverage, actor=actor, now=now)
    _tell("coverage.changed", member, coverage, label, changes, actor=actor, now=now)
    if "ends_on" in changes:
        enqueue(COVERAGE_DAYS, coverage.id, now=now)
    return coverage


def _with_payer(values: Mapping[str, Any]) -> dict[str, Any]:
    """The payer of a coverage is that of its program."""
    found = _tidy(values)
    program: Program | None = found.get("program")
    return found | ({"payer": program.payer} if program is not None else {})


def _program_faults(coverage: Coverage) -> Iterator[Problem]:
    named: Any = coverage
    if named.program_id is None:
        yield Problem("program", "Choose the payer and program.")
    elif not programs_offered().filter(id=named.program_id).exists():
        yield Problem("program", f"{coverage} is switched off: choose another one, or switch it on again.")


def _follow_card(coverage: Coverage, *, actor: Actor, now: datetime) -> None:
    """The number of the card among the member's numbers, with the days of the coverage."""
    row = MemberIdentifier.objects.filter(coverage=coverage).first()
    if row is None and not coverage.number:
        return
    row = row or MemberIdentifier(member_id=coverage.member_id, kind=MemberIdentifier.Kind.MEMBER_ID, coverage=coverage)
    row.payer_id, row.value, row.value_key = coverage.payer_id, coverage.number, identifier_key(coverage.number)
    row.starts_on, row.ends_on = coverage.starts_on, coverage.ends_on
    row.changed_by, row.changed_at = actor.label, now
    row.save()


# What all of them do -----------------------------------------------------------------------------------------


def _lock_member(member_id: uuid.UUID) -> Member:
    """One writer of a member's numbers and coverages at a time."""
    return locked(Member, member_id, version=None)


def _today(member: Member, now: datetime) -> date:
    member.claim_for_scope()
    return member.organization.today(now)


def _tidy(values: Mapping[str, Any]) -> dict[str, Any]:
    """Texts with one space between words."""
    return {name: " ".join(value.split()) if isinstance(value, str) else value for name, value in values.items()}


def _capitals(values: Mapping[str, Any]) -> dict[str, Any]:
    found = _tidy(values)
    return found | ({"state": found["state"].upper()} if found.get("state") else {})


def _refuse(problems: Iterable[Problem]) -> None:
    found = list(problems)
    if found:
        raise Refused(found)


@contextmanager
def _told_when_taken(field: str) -> Iterator[None]:
    """The database's refusal of a second number, where somebody was faster, as a sentence about the field."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        words = TAKEN.get(getattr(diagnosis, "constraint_name", None) or "")
        if not words:
            raise
        raise Refused([Problem(field, words)]) from error


def _tell(
    action: str,
    member: Member,
    row: EditedModel,
    label: str,
    changes: Changes,
    *,
    actor: Actor,
    now: datetime,
    added: bool = False,
) -> None:
    """The audit event names the fields; old and new stand with the member."""
    kinds = {Member: ABOUT.MEMBER, MemberIdentifier: ABOUT.IDENTIFIER, Coverage: ABOUT.COVERAGE}
    about = kinds[type(row)]
    data = {"fields": sorted(changes)} if changes else {}
    record(action, actor=actor, now=now, subject=(about.value, row.id), member_id=member.id, data=data)
    _keep_change(member, about, row, label, changes, actor=actor, now=now, added=added)


def _keep_change(
    member: Member,
    about: MemberChange.About,
    row: EditedModel,
    label: str,
    changes: Changes,
    *,
    actor: Actor,
    now: datetime,
    added: bool = False,
) -> None:
    MemberChange(
        member=member, about=about, subject_id=row.id, subject_label=label[:250], added=added, changes=changes, at=now,
        who=actor.label,
    ).save(force_insert=True)  # fmt: skip
