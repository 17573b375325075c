"""Which workflow, reviewer, window and clock apply to a service of a program on a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from payers.models import Payer, Program, ProgramRules, ReviewRoute, TradingPartner, Workflow

DEFAULT_WINDOW_DAYS = 90


@dataclass(frozen=True, slots=True)
class Service:
    """What is asked for, as far as a route looks at it."""

    code: str
    service_type: str = ""
    place_of_service: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """How long an approval is asked for by default: days with both ends included, and the rule that won."""

    days: int
    rule: str

    def end(self, start: date) -> date:
        return start + timedelta(days=self.days - 1)


@dataclass(frozen=True, slots=True)
class Route:
    """How a request goes out, to whom, and which rule said so.

    `problem` is set when it cannot go out: a 278 program without a partner that takes a 278.
    """

    workflow: Workflow
    reviewer_name: str
    reviewer_qualifier: str
    reviewer_identifier: str
    partner: TradingPartner | None
    portal_url: str
    phone: str
    fax: str
    window: Window
    rule: str
    rules: ProgramRules | None
    problem: str = ""

    @property
    def channel(self) -> str:
        """One of the channels of `authorizations.states`, or '' when nothing is asked."""
        if self.workflow == Workflow.AUTOMATIC_278:
            return "278"
        if self.workflow == Workflow.NONE:
            return ""
        if self.portal_url:
            return "portal"
        return "phone" if self.phone else "fax" if self.fax else "portal"

    def key(self) -> tuple[str, str, str]:
        """Two services with the same key may stand in one authorization."""
        return (
            self.workflow,
            self.reviewer_identifier,
            str(self.partner.id) if self.partner else self.channel,
        )


def route(program: Program, service: Service, on: date) -> Route:
    """The route of one service on the local day `on`. Without rules for that day nothing can be asked."""
    rules = rules_on(program, on)
    found = next((row for row in _routes(program) if _fits(row, service, on)), None)
    payer = program.payer
    window = default_window(payer, program, rules)
    if rules is None:
        return Route(
            Workflow.MANUAL_PENDING, payer.name, "PI", payer.identifier, None, payer.portal_url, payer.phone, payer.fax,
            window, f"{program.name} has no rules for this day", None,
            problem=f"{program.name} has no rules for {on:%b} {on.day}, {on.year}. Add them on the program page.",
        )  # fmt: skip
    workflow = Workflow(found.workflow if found and found.workflow else rules.authorization_workflow)
    partner = found.partner if found else None
    return Route(
        workflow=workflow,
        reviewer_name=(found.reviewer_name if found else "") or payer.name,
        reviewer_qualifier=(found.reviewer_qualifier if found else "") or "PI",
        reviewer_identifier=(found.reviewer_identifier if found else "") or payer.identifier,
        partner=partner,
        portal_url=(found.portal_url if found else "") or payer.portal_url,
        phone=(found.phone if found else "") or payer.phone,
        fax=(found.fax if found else "") or payer.fax,
        window=window,
        rule=_words(program, rules, found),
        rules=rules,
        problem=_problem(workflow, partner),
    )


def routes(program: Program, services: Iterable[Service], on: date) -> list[Route]:
    return [route(program, service, on) for service in services]


def rules_on(program: Program, on: date) -> ProgramRules | None:
    """The rules in force on a day: ranges do not overlap, so there is at most one."""
    for rules in program.rules.order_by("starts_on", "id"):
        if rules.starts_on <= on and (rules.ends_on is None or on <= rules.ends_on):
            return rules
    return None


def default_window(payer: Payer, program: Program, rules: ProgramRules | None) -> Window:
    """Program override, else payer default, else 90 days."""
    if rules and rules.default_window_days:
        return Window(rules.default_window_days, f"{payer.name} {program.name} gives {rules.default_window_days} days")
    if payer.default_window_days:
        return Window(payer.default_window_days, f"{payer.name} gives {payer.default_window_days} days")
    return Window(DEFAULT_WINDOW_DAYS, f"{DEFAULT_WINDOW_DAYS} days unless the payer says otherwise")


def _routes(program: Program) -> Iterable[ReviewRoute]:
    return program.routes.select_related("partner").order_by("position")


def _fits(row: ReviewRoute, service: Service, on: date) -> bool:
    return (
        (not row.code_from or row.code_from <= service.code <= (row.code_to or row.code_from))
        and row.service_type in ("", service.service_type)
        and row.place_of_service in ("", service.place_of_service)
        and (row.starts_on is None or row.starts_on <= on)
        and (row.ends_on is None or on <= row.ends_on)
    )


def _words(program: Program, rules: ProgramRules, found: ReviewRoute | None) -> str:
    since = f"{rules.starts_on:%b} {rules.starts_on.day}, {rules.starts_on.year}"
    if found and found.workflow:
        return f"route {found.position} of {program.name}"
    return f"{program.name} since {since}"


def _problem(workflow: Workflow, partner: TradingPartner | None) -> str:
    if workflow != Workflow.AUTOMATIC_278:
        return ""
    if partner is None:
        return "This program sends 278s, and no trading partner is routed for it."
    if not partner.can_278:
        return f"The trading partner {partner.name} lacks 278 capability."
    return ""
