"""How a request would go out, what it still lacks, and what a person should know before sending it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from authorizations import queries
from authorizations.errors import Problem
from authorizations.models import Authorization
from authorizations.states import Status
from members.models import Coverage
from payers.models import ProgramRules, Workflow
from payers.rules import Route, Service, route
from web import wording


@dataclass(frozen=True, slots=True)
class WayOut:
    """The channel in words. `stopped` greys Submit and says why; `verb` is its button.

    `needless`: no authorization is needed, so that there is nothing to save either. `program_id` is where it is mended.
    """

    icon: str
    words: str
    contact: str
    verb: str
    rule: str
    stopped: str = ""
    electronic: bool = False
    needless: bool = False
    program_id: uuid.UUID | None = None
    window_days: int = 90
    window_rule: str = ""
    rules: ProgramRules | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One entry of the completeness list. `state` is yes, no or maybe."""

    state: str
    words: str
    detail: str = ""


def way_out(coverage: Coverage | None, code: str, place: str, today: date) -> WayOut | None:
    """The way of a request with this first code, by the rules of today; None until a coverage is chosen."""
    if coverage is None:
        return None
    found = route(coverage.program, Service(code, "", place), today)
    return _words(found, coverage)


def _words(found: Route, coverage: Coverage) -> WayOut:
    window = {
        "window_days": found.window.days,
        "window_rule": found.window.rule,
        "rule": found.rule,
        "program_id": coverage.program_id,
        "rules": found.rules,
    }
    if found.workflow == Workflow.NONE:
        stopped = f"{coverage.payer.name} {coverage.program.name} needs no authorization: there is nothing to ask for."
        return WayOut("check", "No authorization is needed", "", "Submit", stopped=stopped, needless=True, **window)  # type: ignore[arg-type]
    if found.workflow == Workflow.AUTOMATIC_278:
        through = f" through {found.partner.name}" if found.partner else ""
        words = f"278 electronic to {found.reviewer_name}{through}"
        return WayOut("send", words, "", "Submit 278", stopped=found.problem, electronic=True, **window)  # type: ignore[arg-type]
    icon, words, contact, verb = {
        "portal": ("out", f"By hand in the portal of {found.reviewer_name}", found.portal_url, "Send to portal queue"),
        "phone": ("phone", f"By phone to {found.reviewer_name}", found.phone, "Send to phone queue"),
        "fax": ("file", f"By fax to {found.reviewer_name}", found.fax, "Send to fax queue"),
    }[found.channel]
    return WayOut(icon, words, contact, verb, stopped=found.problem, **window)  # type: ignore[arg-type]


GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Coverage in force on the first day", ("coverage",)),
    ("Eligibility checked", ("eligibility", "unchecked_reason")),
    ("Service codes, each with its units", ("lines",)),
    ("First and last day", ("starts_on", "ends_on")),
    ("Diagnosis", ("diagnoses",)),
    ("Place of service", ("place_of_service",)),
    ("Providers with a valid NPI", ("rendering_provider", "requesting_provider", "facility")),
    ("A way to the payer", ("program",)),
)


def checks(problems: Iterable[Problem]) -> list[Check]:
    """The completeness list: what still stops the request first, then what is done."""
    by_group: dict[str, list[str]] = {}
    for problem in problems:
        field = problem.field.split("-")[0].split(".")[0]
        name = next((words for words, fields in GROUPS if field in fields), "Other")
        by_group.setdefault(name, []).append(problem.message)
    missing = [Check("no", name, texts[0]) for name, texts in by_group.items()]
    return missing + [Check("yes", words) for words, _ in GROUPS if words not in by_group]


def typed_problems(fields: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], electronic: bool) -> list[Problem]:
    """What a request that is not stored yet plainly lacks, from what stands in its fields."""
    found = []
    asked = [line for line in lines if line.get("code")]
    if not asked:
        found.append(Problem("lines", "no code yet"))
    elif any(not line.get("quantity") for line in asked):
        without = wording.join_words([str(line["code"]) for line in asked if not line.get("quantity")])
        found.append(Problem("lines", f"units for {without}"))
    found += [Problem(name, "not given") for name in ("starts_on", "ends_on") if not fields.get(name)]
    if not fields.get("rendering_provider"):
        found.append(Problem("rendering_provider", "not chosen"))
    if electronic:
        found += [Problem(name, "a 278 needs it") for name in ("diagnoses", "place_of_service") if not fields.get(name)]
    return found


def warnings(
    member_id: Any,
    own_id: Any,
    labels: Sequence[str],
    coverage: Coverage | None,
    span: tuple[date | None, date | None],
    today: date,
) -> list[str]:
    """What does not stop a request but should be seen: cover that ends inside it, the same asked or covered already."""
    starts_on, ends_on = span
    found = []
    if coverage and coverage.ends_on and ends_on and coverage.ends_on < ends_on:
        found.append(f"The coverage ends {wording.day(coverage.ends_on, today)}, before the last day asked for.")
    if not starts_on or not ends_on or not labels:
        return found
    cases = {case.id: case for case in queries.of_member(member_id) if case.id != own_id}
    for balance in queries.balances(cases):
        case = cases[balance.authorization_id]
        if balance.label not in labels:
            continue
        found += _standing(case, balance, starts_on, ends_on, today)
    return found


def _standing(
    case: Authorization, balance: queries.LineBalance, starts_on: date, ends_on: date, today: date
) -> list[str]:
    """The sentence about one line of another case that asks for or covers the same in the same time."""
    if case.status in (Status.DRAFT, Status.SUBMITTED, Status.PENDED):
        overlaps = case.starts_on and case.ends_on and case.starts_on <= ends_on and starts_on <= case.ends_on
        if overlaps:
            return [f"{balance.label} is already asked for in {case.number} ({case.get_status_display().lower()})."]
        return []
    if case.status != Status.APPROVED or not balance.in_force or balance.starts_on is None:
        return []
    if balance.starts_on > ends_on or (balance.ends_on is not None and balance.ends_on < starts_on):
        return []
    until = f" until {wording.day(balance.ends_on, today)}" if balance.ends_on else ""
    left = (
        f", {wording.quantity(balance.remaining)} of {wording.quantity(balance.approved)} left"
        if balance.approved is not None
        else ""
    )
    return [f"{balance.label} is already covered by {case.number}{until}{left}."]
