"""Renewal chains: an authorization, what renewed it, and how each meets the one before (requirements R101, D31)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from authorizations.models import Authorization
from authorizations.renewing import CLOSED, USUAL_LEAD_DAYS, Joint, joint
from authorizations.states import Status
from payers.models import ProgramRules


@dataclass(frozen=True, slots=True)
class RenewBy:
    """The last day to ask for a renewal in time, and the lead time of the payer that makes it."""

    day: date
    lead_days: int
    program: str


@dataclass(frozen=True, slots=True)
class Link:
    """One case of a chain with its days: those in force, else those asked for. Both included; None where unknown.

    `meets` says how it joins what it renews; None for the first, and where one of the two is closed or has no days.
    """

    case: Authorization
    starts_on: date | None
    ends_on: date | None
    meets: Joint | None = None

    @property
    def is_closed(self) -> bool:
        """Refused or cancelled: it covers nothing."""
        return self.case.status in CLOSED


@dataclass(frozen=True, slots=True)
class Chain:
    """Two cases or more, what was renewed first. Where a renewal was refused and asked anew, both stand in it."""

    links: tuple[Link, ...]

    @property
    def name(self) -> str:
        return f"{self.links[0].case.number} to {self.links[-1].case.number}"

    @property
    def gap_days(self) -> int:
        return sum(link.meets.gap_days for link in self.links if link.meets)

    @property
    def overlap_days(self) -> int:
        return sum(link.meets.overlap_days for link in self.links if link.meets)


def chains(cases: Iterable[Authorization]) -> list[Chain]:
    """The chains among all cases of a member, the one that goes on last first. Cases without a renewal are none.

    Each begins with a case whose parent is not among them, so that rows in a circle would be no chain and are never
    followed.
    """
    rows = sorted(cases, key=lambda case: (case.created_at, case.id))
    known = {case.id: case for case in rows}
    children: dict[uuid.UUID, list[Authorization]] = {}
    for case in rows:
        if case.parent_id is not None and case.parent_id in known:
            children.setdefault(case.parent_id, []).append(case)
    firsts = [case for case in rows if case.parent_id not in known and case.id in children]
    found = [Chain(tuple(_links(first, known, children))) for first in firsts]
    return sorted(found, key=lambda chain: chain.links[-1].case.number, reverse=True)


def _links(
    first: Authorization,
    known: Mapping[uuid.UUID, Authorization],
    children: Mapping[uuid.UUID, Sequence[Authorization]],
) -> list[Link]:
    found: list[Link] = []
    waiting = [first]
    while waiting:
        case = waiting.pop(0)
        found.append(_link(case, known.get(case.parent_id) if case.parent_id and found else None))
        waiting += children.get(case.id, [])
    return found


def _link(case: Authorization, parent: Authorization | None) -> Link:
    starts_on, ends_on = days_of(case)
    meets = None
    if parent is not None and case.status not in CLOSED and parent.status not in CLOSED:
        meets = joint(parent.cover_ends_on, starts_on) if parent.cover_ends_on and starts_on else None
    return Link(case, starts_on, ends_on, meets)


def days_of(case: Authorization) -> tuple[date | None, date | None]:
    """The first and last day in force, else those asked for; an approval without an end has none."""
    if case.cover_starts_on is not None:
        return case.cover_starts_on, case.cover_ends_on
    return case.starts_on, case.ends_on


def renew_by_dates(cases: Iterable[Authorization], today: date) -> dict[uuid.UUID, RenewBy]:
    """The end of cover less the payer's lead time, for approvals that end. One statement for all of them."""
    ending = [case for case in cases if case.status == Status.APPROVED and case.cover_ends_on and not case.not_required]
    rules = ProgramRules.objects.filter(program_id__in={case.program_id for case in ending})
    leads = {row.program_id: row.renewal_lead_days for row in rules if row.covers(today)} if ending else {}
    found = {}
    for case in ending:
        assert case.cover_ends_on is not None
        days = leads.get(case.program_id, USUAL_LEAD_DAYS)
        found[case.id] = RenewBy(case.cover_ends_on - timedelta(days=days), days, case.program_name)
    return found
