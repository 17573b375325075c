"""How a request would go out, what it still lacks, and what a person should know before sending it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from authorizations.coverings import Covering
from authorizations.errors import Problem
from authorizations.models import Authorization
from authorizations.models.choices import QuantityType
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
    """One entry of the completeness list. `state` is yes, no or maybe; `field_id` is the control that mends it."""

    state: str
    words: str
    detail: str = ""
    field_id: str = ""


def way_out(coverage: Coverage | None, code: str, place: str, today: date, service_type: str = "") -> WayOut | None:
    """The way of a request with this first code, by the rules of today; None until a coverage is chosen."""
    if coverage is None:
        return None
    found = route(coverage.program, Service(code, service_type, place), today)
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
    ("Priority", ("priority",)),
    ("Diagnosis", ("diagnoses",)),
    ("Place of service", ("place_of_service",)),
    ("Providers with a valid NPI", ("rendering_provider", "requesting_provider", "facility")),
    ("A way to the payer", ("program",)),
)
"""What the completeness list counts, and the fields each is about."""


def checks(problems: Iterable[tuple[Problem, str]]) -> list[Check]:
    """The completeness list: each thing that still stops the request, with the control that mends it, then what is
    done. Problems come with the id of that control, "" where there is none.
    """
    missing, begun = [], set()
    for problem, field_id in problems:
        field = problem.field.split("-")[0].split(".")[0]
        name = next((words for words, fields in GROUPS if field in fields), "")
        begun.add(name)
        missing.append(Check("no", name or problem.message, problem.message if name else "", field_id))
    return missing + [Check("yes", words) for words, _ in GROUPS if words not in begun]


def typed_problems(fields: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], electronic: bool) -> list[Problem]:
    """What a request that is not stored yet plainly lacks, from what stands in its fields."""
    found = []
    asked = [line for line in lines if line.get("code")]
    if not asked:
        found.append(Problem("lines", "no code yet"))
    totals = [line for number, line in enumerate(asked) if number == 0 or not line.get("shares")]
    for number, line in enumerate(totals, start=1):
        if not line.get("quantity"):
            kind = QuantityType(line.get("quantity_type") or QuantityType.UNITS).label
            found.append(Problem(f"lines-{number}.quantity", f"{kind} for {str(line['code']).upper()}"))
    days = {"starts_on": "first day", "ends_on": "last day"}
    found += [Problem(name, f"{words} not given") for name, words in days.items() if not fields.get(name)]
    if not fields.get("rendering_provider"):
        found.append(Problem("rendering_provider", "rendering provider not chosen"))
    if not fields.get("priority"):
        found.append(Problem("priority", "not chosen"))
    if electronic:
        found += [Problem(name, "a 278 needs it") for name in ("diagnoses", "place_of_service") if not fields.get(name)]
    return found


def ends_inside(coverage: Coverage | None, ends_on: date | None, today: date) -> list[str]:
    """Said and not stopped: the cover ends inside the days asked for."""
    if coverage and coverage.ends_on and ends_on and coverage.ends_on < ends_on:
        return [f"The coverage ends {wording.day(coverage.ends_on, today)}, before the last day asked for."]
    return []


@dataclass(frozen=True, slots=True)
class Met:
    """Another case that asks for or covers the same: the words around its number, and where it could be gone on from.

    `after` is the first day behind its cover, where the request goes beyond it.
    """

    case: Authorization
    before: str
    behind: str
    blocks: bool = False
    after: date | None = None

    @property
    def words(self) -> str:
        return f"{self.before} {self.case.number}{self.behind}"


def met(found: Covering, ends_on: date | None, today: date) -> Met:
    """One such line in words."""
    case, line = found.case, found.line
    if not found.covers:
        status = f" ({case.get_status_display().lower()})."
        return Met(case, f"{line.label} is already asked for in", status, found.is_duplicate)
    until = f" until {wording.day(line.ends_on, today)}" if line.ends_on else ""
    left = ""
    if line.approved is not None:
        left = f", {wording.quantity(line.remaining)} of {wording.quantity(line.approved)} left"
    beyond = line.ends_on is not None and ends_on is not None and line.ends_on < ends_on
    after = line.ends_on + timedelta(days=1) if beyond and line.ends_on else None
    return Met(case, f"{line.label} is already covered by", f"{until}{left}.", after=after)
