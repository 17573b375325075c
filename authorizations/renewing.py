"""Renewing an approval before it ends, and asking anew for what was refused or closed.

A renewal is a case of its own that names its parent (requirements D29, D32: one open renewal a parent, the second
opens the first). A parent is named when a case is made and never again, so that no chain can bite its own tail.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts.models import Membership
from audit.actors import Actor
from authorizations.asked import Asked, AskedLine, lines_of
from authorizations.decisions import CapPeriod, CapTerms
from authorizations.errors import NotAllowed
from authorizations.models import Authorization, ServiceLine
from authorizations.services import lock_case
from authorizations.standing import terms_in_force
from authorizations.states import Status
from authorizations.terms import CodeTerms, LineTerms
from authorizations.transitions import draft
from payers.rules import Service, route, rules_on

ONE_DAY = timedelta(days=1)
USUAL_LEAD_DAYS = 14
CLOSED = frozenset({Status.DENIED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Joint:
    """How two cases of a chain meet: so many days without cover, or so many covered twice. Both 0: without a seam."""

    gap_days: int = 0
    overlap_days: int = 0


def open_renewal(case: Authorization) -> Authorization | None:
    """The renewal of a case that is neither refused nor closed, if any."""
    found: Authorization | None = case.children.exclude(status__in=sorted(CLOSED)).order_by("created_at", "id").first()
    return found


def renew_by(case: Authorization, today: date) -> date | None:
    """The last day to ask for a renewal in time: the end of cover less the lead time of the payer."""
    if case.cover_ends_on is None or case.not_required:
        return None
    rules = rules_on(case.program, today)
    return case.cover_ends_on - timedelta(days=rules.renewal_lead_days if rules else USUAL_LEAD_DAYS)


def first_day(case: Authorization, today: date, runs_out_on: date | None = None) -> date:
    """Where a renewal begins: the day after the end, or the day the units run out, but not before today."""
    days = [case.cover_ends_on + ONE_DAY] if case.cover_ends_on else []
    days += [runs_out_on] if runs_out_on else []
    return max(min(days, default=today), today)


def joint(ends_on: date | None, starts_on: date | None) -> Joint:
    """How cover that ends on a day meets cover that starts on another (requirement D31)."""
    if ends_on is None or starts_on is None:
        return Joint()
    days = (starts_on - ends_on).days - 1
    return Joint(gap_days=max(days, 0), overlap_days=max(-days, 0))


def refuse_unless_renewable(case: Authorization) -> None:
    """Raise NotAllowed, with the reason, unless a renewal can be asked for."""
    if case.status != Status.APPROVED:
        raise NotAllowed(
            f"{case.number} is {case.get_status_display().lower()}, so it cannot be renewed. Ask anew instead."
        )
    if case.not_required:
        raise NotAllowed(f"The payer requires no authorization for {case.number}: there is nothing to renew.")


@transaction.atomic
def renew(
    authorization_id: uuid.UUID,
    *,
    owner: Membership | None,
    actor: Actor,
    now: datetime,
    runs_out_on: date | None = None,
    key: str = "",
) -> Authorization:
    """A draft of what is approved, from the next day on and as long as the payer usually gives.

    The renewal that is open already is given back. `runs_out_on` is the day on which the units are expected to be
    used up. Raises NotAllowed unless the case is approved.
    """
    case = lock_case(authorization_id)
    standing = open_renewal(case)
    if standing is not None:
        return standing
    refuse_unless_renewable(case)
    granted = terms_in_force(case)
    lines = _told_apart((_as_granted(line, granted[line.id]) for line in lines_of(case) if line.id in granted), _both)
    starts_on = first_day(case, case.organization.today(now), runs_out_on)
    asked = replace(_asked(case, starts_on, now), lines=lines)
    return draft(asked, owner=owner, actor=actor, now=now, parent=case, key=key)


@transaction.atomic
def ask_anew(
    authorization_id: uuid.UUID, *, owner: Membership | None, actor: Actor, now: datetime, key: str = ""
) -> Authorization:
    """A draft of what was asked, without a parent: for what was refused, closed, or is no longer needed as it is.

    Raises NotAllowed for a draft, which can be completed itself.
    """
    case = lock_case(authorization_id)
    if case.status == Status.DRAFT:
        raise NotAllowed(f"{case.number} is a draft: complete it instead.")
    lines = _told_apart((_as_asked(line) for line in lines_of(case) if not line.added_by_payer), _latest)
    today = case.organization.today(now)
    starts_on = max(case.starts_on or today, today)
    asked = replace(_asked(case, starts_on, now), lines=lines)
    return draft(asked, owner=owner, actor=actor, now=now, key=key)


def _asked(case: Authorization, starts_on: date, now: datetime) -> Asked:
    """Everything but the lines, as the case asked for it. Number, decision, documents and notes stay behind."""
    service = Service("", case.service_type, case.place_of_service)
    window = route(case.program, service, case.organization.today(now)).window
    diagnoses = case.diagnoses.filter(removed_at=None).order_by("position").values_list("code", flat=True)
    return Asked(
        coverage=case.coverage,
        diagnoses=tuple(diagnoses),
        starts_on=starts_on,
        ends_on=window.end(starts_on),
        priority=case.priority,
        request_category=case.request_category,
        service_type=case.service_type,
        place_of_service=case.place_of_service,
        requesting_provider=case.requesting_provider,
        rendering_provider=case.rendering_provider,
        facility=case.facility,
    )


def _told_apart(
    lines: Iterable[AskedLine], joined: Callable[[AskedLine, AskedLine], AskedLine]
) -> tuple[AskedLine, ...]:
    """The lines with each set of codes once: a change may have added what another line was refused for."""
    kept: dict[frozenset[tuple[str, frozenset[str]]], AskedLine] = {}
    for line in lines:
        codes = frozenset((code.code, frozenset(code.modifiers)) for code in line.codes)
        kept[codes] = joined(kept[codes], line) if codes in kept else line
    return tuple(kept.values())


def _both(one: AskedLine, other: AskedLine) -> AskedLine:
    """Two grants of one service, as one line; amounts that cannot be added are left to the later."""
    if one.quantity is None or other.quantity is None or one.quantity_type != other.quantity_type:
        return other
    return replace(other, quantity=one.quantity + other.quantity)


def _latest(_: AskedLine, other: AskedLine) -> AskedLine:
    return other


def _as_granted(line: ServiceLine, terms: LineTerms) -> AskedLine:
    """What was granted; where the payer granted none of it, or did not say how much, what was asked."""
    return AskedLine(
        codes=terms.codes,
        quantity=terms.quantity or line.quantity,
        quantity_type=terms.quantity_type,
        unit_minutes=terms.unit_minutes,
        caps=terms.caps,
    )


def _as_asked(line: ServiceLine) -> AskedLine:
    codes = sorted(line.codes.all(), key=lambda code: code.position)
    return AskedLine(
        codes=tuple(CodeTerms(code.code, code.system, tuple(code.modifiers)) for code in codes),
        quantity=line.quantity,
        quantity_type=line.quantity_type,
        unit_minutes=line.unit_minutes,
        caps=tuple(CapTerms(CapPeriod(cap.period), cap.quantity) for cap in line.caps.all()),
    )
