"""Rosters: whose eligibility is to be checked, worked one by one, and what could not be settled with its reason."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from audit.actors import Actor
from audit.services import record
from members.checking import HEALTH_BENEFITS, record_check, standings
from members.freshness import Found
from members.models import Coverage, EligibilityCheck, EligibilityRoster, MemberIdentifier, RosterEntry
from members.services import identifier_key
from payers.models import Payer
from tenancy.editing import Problem, Refused
from tenancy.models import Organization
from tenancy.scoping import current_organization_id

MOST_ENTRIES = 10_000
State = RosterEntry.State
NOBODY = "Nobody has this MRN."
NO_COVER = "No coverage is in force on the day asked about."
SETTLED = "Somebody has dealt with this one already."


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a roster is for. `mrns` as they were typed or stood in a file; `unsettled`: only who has no fresh check."""

    of: str
    service_date: date | None
    payer: Payer | None = None
    mrns: str = ""
    unsettled: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a roster is."""

    total: int
    open: int
    active: int
    exceptions: int

    @property
    def done(self) -> int:
        return self.total - self.open


@transaction.atomic
def begin_roster(wanted: Wanted, *, actor: Actor, now: datetime) -> EligibilityRoster:
    """Write down who is to be checked. Raises Refused where that is nobody, or more than 10,000."""
    if wanted.service_date is None:
        raise Refused([Problem("service_date", "Choose the day to ask about.")])
    if wanted.of == EligibilityRoster.Of.PAYER and wanted.payer is None:
        raise Refused([Problem("payer", "Choose the payer.")])
    organization: Organization = Organization.objects.get(id=current_organization_id())
    if wanted.of == EligibilityRoster.Of.LIST:
        entries = _listed(wanted.mrns, wanted.service_date)
    else:
        entries = _covered(wanted.service_date, wanted.payer)
    if wanted.unsettled:
        entries = _without_settled(entries, organization, organization.today(now))
    _refuse_size(wanted, len(entries))
    roster = EligibilityRoster(
        name=_name(wanted), of=wanted.of, payer=wanted.payer, service_date=wanted.service_date,
        service_type=HEALTH_BENEFITS, created_at=now, created_by=actor.label, total=len(entries),
    )  # fmt: skip
    roster.save(force_insert=True)
    for position, entry in enumerate(entries, start=1):
        entry.roster, entry.position = roster, position
    RosterEntry.objects.bulk_create(entries, batch_size=1000)
    data = {"of": wanted.of, "rows": len(entries)}
    record("roster.begun", actor=actor, now=now, subject=("eligibility_roster", roster.id), data=data)
    return roster


@transaction.atomic
def settle(entry_id: uuid.UUID, values: Mapping[str, Any], *, actor: Actor, now: datetime) -> RosterEntry:
    """Record the check of one entry. Raises Refused, also where somebody was faster."""
    entry = _open_entry(entry_id)
    assert entry.coverage_id is not None
    asked = {"service_date": entry.roster.service_date, "service_type": entry.roster.service_type}
    check = record_check(entry.coverage_id, {**asked, **values}, actor=actor, now=now)
    entry.check_made = check
    entry.state = State.ACTIVE if check.result == Found.ACTIVE else State.EXCEPTION
    entry.reason = "" if check.result == Found.ACTIVE else _reason(Found(check.result), check.note)
    entry.save(update_fields=["check_made", "state", "reason"])
    return entry


@transaction.atomic
def set_aside(entry_id: uuid.UUID, reason: str, *, actor: Actor, now: datetime) -> RosterEntry:
    """This one cannot be checked, and why. Raises Refused."""
    entry = _open_entry(entry_id)
    if not reason.strip():
        raise Refused([Problem("reason", "Say why it cannot be checked.")])
    entry.state, entry.reason = State.EXCEPTION, reason.strip()[:200]
    entry.save(update_fields=["state", "reason"])
    _tell(entry, "roster.set_aside", actor=actor, now=now)
    return entry


@transaction.atomic
def take_up(entry_id: uuid.UUID, *, actor: Actor, now: datetime) -> RosterEntry:
    """Put an exception back to be checked, once it is mended. Raises Refused with what still keeps it from that."""
    entry: RosterEntry = RosterEntry.objects.select_for_update().get(id=entry_id)
    if entry.state != State.EXCEPTION:
        raise Refused([Problem("", SETTLED)])
    day = entry.roster.service_date
    member_id = entry.member_id or _members_with([entry.given], day).get(identifier_key(entry.given))
    if member_id is None:
        raise Refused([Problem("", NOBODY)])
    coverage = _cover_of([member_id], day).get(member_id)
    if coverage is None:
        raise Refused([Problem("", NO_COVER)])
    entry.member_id, entry.coverage_id = member_id, coverage.id
    entry.state, entry.reason, entry.check_made = State.OPEN, "", None
    entry.save(update_fields=["member", "coverage", "check_made", "state", "reason"])
    _tell(entry, "roster.taken_up", actor=actor, now=now)
    return entry


# Reads -------------------------------------------------------------------------------------------------------


def rosters() -> QuerySet[EligibilityRoster]:
    """The latest first, each with how far it is."""
    rows: QuerySet[EligibilityRoster] = EligibilityRoster.objects.select_related("payer")
    return rows.annotate(
        open=Count("entries", filter=Q(entries__state=State.OPEN)),
        exceptions=Count("entries", filter=Q(entries__state=State.EXCEPTION)),
    ).order_by("-created_at", "-id")


def progress(roster: EligibilityRoster) -> Progress:
    counts = dict(
        RosterEntry.objects.filter(roster=roster).values_list("state").annotate(number=Count("id")).order_by("state")
    )
    return Progress(
        roster.total, counts.get(State.OPEN, 0), counts.get(State.ACTIVE, 0), counts.get(State.EXCEPTION, 0)
    )


def next_entry(roster: EligibilityRoster, *, after: int = 0) -> RosterEntry | None:
    """The next one to check behind a position; at the end those left out before."""
    rows = entries(roster, State.OPEN)
    found = rows.filter(position__gt=after).first()
    return found or rows.first()


def last_source(roster: EligibilityRoster) -> str:
    """How the one before was asked: the next one usually is too."""
    made = EligibilityCheck.objects.filter(id__in=RosterEntry.objects.filter(roster=roster).values("check_made_id"))
    return made.order_by("-recorded_at", "-id").values_list("source", flat=True).first() or ""


def entries(roster: EligibilityRoster, state: str = "") -> QuerySet[RosterEntry]:
    rows: QuerySet[RosterEntry] = RosterEntry.objects.filter(roster=roster)
    if state:
        rows = rows.filter(state=state)
    return rows.select_related("member", "coverage__payer", "coverage__program", "check_made").order_by("position")


# Who is on it ------------------------------------------------------------------------------------------------


def mrns_of(text: str) -> list[str]:
    """The MRNs in a text: one a line, or parted by commas, semicolons or tabs. A heading is left out."""
    found = [part.strip().strip("\"'") for part in re.split(r"[\s,;]+", text.lstrip("\ufeff"))]
    given = [part for part in found if part]
    return given[1:] if given and given[0].lower() in ("mrn", "mrns") else given


def _listed(text: str, day: date) -> list[RosterEntry]:
    """One entry for each MRN given: a second mention, an unknown MRN and a member without cover are exceptions."""
    given = mrns_of(text)[: MOST_ENTRIES + 1]
    members = _members_with(given, day)
    covers = _cover_of(members.values(), day)
    found, seen = [], dict[str, int]()
    for number, mrn in enumerate(given, start=1):
        key = identifier_key(mrn)
        member_id = members.get(key)
        cover = covers.get(member_id) if member_id else None
        reason = f"The same MRN as number {seen[key]}." if key in seen else ""
        reason = reason or (NOBODY if member_id is None else "" if cover else NO_COVER)
        seen.setdefault(key, number)
        found.append(_entry(mrn[:40], member_id, cover, reason))
    return found


def _covered(day: date, payer: Payer | None) -> list[RosterEntry]:
    """Everybody with coverage in force on the day, by name; with a payer, under one of its coverages."""
    rows = _in_force(day).filter(payer=payer) if payer else _in_force(day)
    chosen = rows.order_by("member_id", "position", "-starts_on", "id").distinct("member_id").select_related("member")
    ordered = sorted(chosen[: MOST_ENTRIES + 1], key=lambda cover: (cover.member.name_key, cover.member_id))
    return [_entry(cover.member.mrn, cover.member_id, cover, "") for cover in ordered]


def _entry(given: str, member_id: uuid.UUID | None, cover: Coverage | None, reason: str) -> RosterEntry:
    state = State.EXCEPTION if reason else State.OPEN
    return RosterEntry(given=given, member_id=member_id, coverage=cover, state=state, reason=reason)


def _without_settled(found: Sequence[RosterEntry], organization: Organization, today: date) -> list[RosterEntry]:
    ids = [entry.coverage_id for entry in found if entry.coverage_id is not None]
    known = standings(ids, organization, today)
    return [entry for entry in found if entry.coverage_id is None or not known[entry.coverage_id].is_sound]


def _in_force(day: date) -> QuerySet[Coverage]:
    return Coverage.objects.filter(starts_on__lte=day).filter(Q(ends_on=None) | Q(ends_on__gte=day))


def _members_with(mrns: Iterable[str], day: date) -> dict[str, uuid.UUID]:
    """Folded MRN to member: who has it on the day, else who had it last."""
    keys = {identifier_key(mrn) for mrn in mrns} - {""}
    rows = MemberIdentifier.objects.filter(kind=MemberIdentifier.Kind.MRN, value_key__in=keys)
    found: dict[str, uuid.UUID] = {}
    for row in sorted(rows, key=lambda row: (row.valid_on(day), row.starts_on or date.min)):
        found[row.value_key] = row.member_id
    return found


def _cover_of(member_ids: Iterable[uuid.UUID], day: date) -> dict[uuid.UUID, Coverage]:
    """The first coverage in force of each."""
    rows = _in_force(day).filter(member_id__in=list(member_ids))
    chosen = rows.order_by("member_id", "position", "-starts_on", "id").distinct("member_id")
    return {cover.member_id: cover for cover in chosen}


def _refuse_size(wanted: Wanted, size: int) -> None:
    field = "mrns" if wanted.of == EligibilityRoster.Of.LIST else "of"
    if size > MOST_ENTRIES:
        raise Refused([Problem(field, f"That is more than {MOST_ENTRIES:,} members. Make several rosters.")])
    if not size:
        words = {
            EligibilityRoster.Of.LIST: "Give at least one MRN.",
            EligibilityRoster.Of.PAYER: "Nobody has coverage by this payer in force on that day",
            EligibilityRoster.Of.ALL: "Nobody has coverage in force on that day",
        }[EligibilityRoster.Of(wanted.of)]
        rest = " who lacks a fresh check" if wanted.unsettled else ""
        raise Refused([Problem(field, words if words.endswith(".") else f"{words}{rest}.")])


def _name(wanted: Wanted) -> str:
    assert wanted.service_date is not None
    what = {"payer": str(wanted.payer), "list": "List of MRNs"}.get(wanted.of, "All members")
    return f"{what}, {wanted.service_date:%b} {wanted.service_date.day}, {wanted.service_date.year}"


def _open_entry(entry_id: uuid.UUID) -> RosterEntry:
    entry: RosterEntry = RosterEntry.objects.select_for_update().get(id=entry_id)
    if entry.state != State.OPEN:
        raise Refused([Problem("", SETTLED)])
    return entry


def _reason(found: Found, note: str) -> str:
    return f"{found.words}: {note}"[:200] if note else f"{found.words}."


def _tell(entry: RosterEntry, action: str, *, actor: Actor, now: datetime) -> None:
    subject = ("eligibility_roster", entry.roster_id)
    record(action, actor=actor, now=now, subject=subject, member_id=entry.member_id, data={"entry": entry.position})
