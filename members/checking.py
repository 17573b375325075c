"""Eligibility as people look it up: a check is written down, the latest one counts, the organization says for how long.

Electronic inquiries (X12 270/271) are not made here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit.actors import Actor
from audit.services import record
from members.faults import check_faults, rule_faults
from members.freshness import Found, Freshness, Rule, Standing, standing
from members.models import Coverage, EligibilityCheck, EligibilityRule
from tenancy.editing import Problem, Refused, insert, keep, locked, put
from tenancy.models import Organization
from tenancy.scoping import current_organization_id
from tenancy.services import earlier_result, keep_result

HEALTH_BENEFITS = "30"
"""X12 code list 1365: health benefit plan coverage, what a plain question asks about."""


@transaction.atomic
def record_check(
    coverage_id: uuid.UUID, values: Mapping[str, Any], *, actor: Actor, now: datetime, key: str = ""
) -> EligibilityCheck:
    """Write down what the payer said about a coverage. The same `key` twice writes once.

    `values`: result and source; service_date (else today), service_type (else 30), checked_at (else now), reference,
    note. Raises Refused, and KeyReused where the key was used for another check.
    """
    coverage = Coverage.objects.select_related("organization").get(id=coverage_id)
    content = {"coverage": coverage_id, **values}
    first = earlier_result(key, action="eligibility.recorded", content=content) if key else None
    if first is not None:
        made: EligibilityCheck = EligibilityCheck.objects.get(id=first)
        return made
    check = EligibilityCheck(
        member_id=coverage.member_id,
        coverage=coverage,
        service_date=values.get("service_date") or coverage.organization.today(now),
        service_type=values.get("service_type") or HEALTH_BENEFITS,
        result=values.get("result") or "",
        source=values.get("source") or "",
        reference=(values.get("reference") or "").strip(),
        note=(values.get("note") or "").strip(),
        checked_at=values.get("checked_at") or now,
        recorded_at=now,
        recorded_by=actor.label,
    )
    problems = list(check_faults(check))
    if problems:
        raise Refused(problems)
    check.save(force_insert=True)
    _tell(check, actor=actor, now=now)
    if key:
        keep_result(key, action="eligibility.recorded", content=content, result_id=check.id, now=now)
    return check


def missing_coverage() -> Refused:
    """What a form says where no coverage was chosen."""
    return Refused([Problem("coverage", "Choose the coverage that was asked about.")])


def _tell(check: EligibilityCheck, *, actor: Actor, now: datetime) -> None:
    data = {"result": check.result, "source": check.source, "coverage": str(check.coverage_id)}
    subject = ("eligibility_check", check.id)
    record("eligibility.recorded", actor=actor, now=now, subject=subject, member_id=check.member_id, data=data)


def rule_row() -> EligibilityRule | None:
    """What the organization has set; None where the defaults hold."""
    found: EligibilityRule | None = EligibilityRule.objects.first()
    return found


def rule() -> Rule:
    """For how long a check is good here, and whether Submit insists on one."""
    row = rule_row()
    return Rule(row.fresh_days, row.stale_days, row.insists) if row else Rule()


@transaction.atomic
def save_rule(values: Mapping[str, Any], *, version: int | None, actor: Actor, now: datetime) -> EligibilityRule:
    """Set how long a check is good. Raises Refused, and Stale where somebody set it meanwhile."""
    Organization.objects.select_for_update().get(id=current_organization_id())
    standing_row = rule_row()
    row = locked(EligibilityRule, standing_row.id, version=version) if standing_row else EligibilityRule()
    changes = put(row, values)
    problems = list(rule_faults(row))
    if problems:
        raise Refused(problems)
    if standing_row is None:
        insert(row, who=actor.label, now=now)
    elif changes:
        keep(row, who=actor.label, now=now)
    if changes:
        data = {"changes": changes}
        record("eligibility.rule_changed", actor=actor, now=now, subject=("eligibility_rule", row.id), data=data)
    return row


def latest_checks(coverage_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, EligibilityCheck]:
    """The check that counts for each coverage: the one made last."""
    rows = EligibilityCheck.objects.filter(coverage_id__in=list(coverage_ids))
    latest = rows.order_by("coverage_id", "-checked_at", "-id").distinct("coverage_id")
    return {check.coverage_id: check for check in latest}


def standings(
    coverage_ids: Iterable[uuid.UUID], organization: Organization, today: date, by: Rule | None = None
) -> dict[uuid.UUID, Standing]:
    """What is known of each coverage's eligibility on a local day."""
    wanted = list(coverage_ids)
    by = by or rule()
    latest = latest_checks(wanted)
    return {each: _standing(latest.get(each), by, organization, today) for each in wanted}


def _standing(check: EligibilityCheck | None, by: Rule, organization: Organization, today: date) -> Standing:
    if check is None:
        return Standing(Freshness.NEVER)
    return standing(check.checked_at.astimezone(organization.zone).date(), Found(check.result), by, today)


def doubts(coverage: Coverage, today: date) -> tuple[Standing, bool]:
    """How the eligibility of a coverage stands, and whether Submit insists on a fresh check."""
    by = rule()
    return standings([coverage.id], coverage.organization, today, by)[coverage.id], by.insists
