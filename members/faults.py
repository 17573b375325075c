"""What is wrong with a member, a number, a coverage or a check: the same for a form and for a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from codesets.queries import is_unknown
from members.models import Coverage, EligibilityCheck, EligibilityRule, Member, MemberIdentifier
from tenancy.editing import Problem, field_faults

LONGEST_LIFE = 130
"""Years. A date of birth further back is a slip of the keyboard."""

LONGEST_FRESH = 366
PLAN_TYPES = frozenset({"30", "48"})
"""Service types of code list 1365 that are asked about but that no request goes out with: the whole plan, inpatient."""

FARTHEST_SERVICE = timedelta(days=10 * 366)
PLACEHOLDERS = frozenset({"0", "00", "000", "0000", "na", "n/a", "none", "nar", "pending", "temp", "tbd", "unknown"})
"""What people type where a form insists on a number they do not have."""


def member_faults(member: Member, today: date) -> Iterator[Problem]:
    yield from field_faults(member)
    if member.birth_date is not None:
        yield from _birth_faults("birth_date", member.birth_date, today)
    if member.state and not re.fullmatch(r"[A-Z]{2}", member.state):
        yield Problem("state", "A state is two letters, such as DE.")
    if member.postal_code and not re.fullmatch(r"[0-9]{5}(-?[0-9]{4})?", member.postal_code):
        yield Problem("postal_code", "A ZIP code has 5 or 9 digits.")


def identifier_faults(identifier: MemberIdentifier) -> Iterator[Problem]:
    yield from field_faults(identifier)
    yield from number_faults("value", identifier.value)
    yield from _range_faults(identifier.starts_on, identifier.ends_on)
    if identifier.kind == MemberIdentifier.Kind.MEMBER_ID and identifier.payer_id is None:
        yield Problem("payer", "Choose the payer whose number this is.")
    if identifier.kind != MemberIdentifier.Kind.MEMBER_ID and identifier.payer_id is not None:
        yield Problem("payer", "Only a member id of a payer belongs to one. Leave it empty.")


def coverage_faults(coverage: Coverage, today: date) -> Iterator[Problem]:
    yield from field_faults(coverage)
    yield from _range_faults(coverage.starts_on, coverage.ends_on)
    yield from number_faults("member_number", coverage.member_number)
    yield from number_faults("subscriber_number", coverage.subscriber_number)
    if coverage.position is not None and not 1 <= coverage.position <= 9:
        yield Problem("position", "The order is a number from 1 (primary) to 9.")
    if coverage.subscriber_birth_date is not None:
        yield from _birth_faults("subscriber_birth_date", coverage.subscriber_birth_date, today)
    if coverage.relationship == Coverage.Relationship.SELF:
        yield from _of_subscriber(coverage)
    elif coverage.relationship in Coverage.Relationship.values:
        yield from _of_dependent(coverage)


def check_faults(check: EligibilityCheck) -> Iterator[Problem]:
    for problem in field_faults(check):
        missing = problem.field == "source" and not check.source
        yield Problem("source", "Asked by is missing.") if missing else problem
    if check.service_type not in PLAN_TYPES and is_unknown("SERVICE", check.service_type):
        yield Problem("service_type", f"{check.service_type} is no service type. 30 asks about the whole plan.")
    if check.recorded_at is not None and abs(check.service_date - check.recorded_at.date()) > FARTHEST_SERVICE:
        yield Problem("service_date", "That is more than ten years from today. Look at the year.")
    if check.checked_at is not None and check.recorded_at is not None and check.checked_at > check.recorded_at:
        yield Problem("checked_at", "This time has not come yet.")


def rule_faults(rule: EligibilityRule) -> Iterator[Problem]:
    for name in ("fresh_days", "stale_days"):
        value = getattr(rule, name)
        if value is None or not 0 <= value <= LONGEST_FRESH:
            yield Problem(name, f"Give a number of days from 0 to {LONGEST_FRESH}.")
            return
    if rule.stale_days < rule.fresh_days:
        yield Problem(
            "stale_days", "A check cannot expire before it is stale: give at least as many days as for fresh."
        )


def number_faults(field: str, value: str) -> Iterator[Problem]:
    """A number that stands for none would be sent to the payer and not be found."""
    if value and value.strip().lower() in PLACEHOLDERS:
        yield Problem(field, f"“{value}” stands for no number. Leave it empty until the number is known.")
    elif value and not re.search(r"[A-Za-z0-9]", value):
        yield Problem(field, "A number has letters or digits.")


def _of_subscriber(coverage: Coverage) -> Iterator[Problem]:
    given = [name for name in ("subscriber_last_name", "subscriber_first_name", "subscriber_number")
             if getattr(coverage, name)]  # fmt: skip
    if given:
        yield Problem(
            given[0], "The member is the subscriber, so there is no other. Leave it empty, or say how they are related."
        )


def _of_dependent(coverage: Coverage) -> Iterator[Problem]:
    """A dependent without a number of their own is sent under the subscriber, who needs name and number."""
    if coverage.member_number:
        return
    if not coverage.subscriber_number:
        yield Problem("subscriber_number", "Give the subscriber’s number, or the member’s own number.")
    for name, words in (("subscriber_last_name", "last name"), ("subscriber_first_name", "first name")):
        if not getattr(coverage, name):
            yield Problem(name, f"Give the subscriber’s {words}: the payer looks the dependent up under it.")


def _birth_faults(name: str, born: date, today: date) -> Iterator[Problem]:
    if born > today:
        yield Problem(name, "This day has not come yet.")
    elif born.year < today.year - LONGEST_LIFE:
        yield Problem(name, f"That is more than {LONGEST_LIFE} years ago.")


def _range_faults(starts_on: date | None, ends_on: date | None) -> Iterator[Problem]:
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        yield Problem("ends_on", "The last day is before the first.")
