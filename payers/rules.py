"""Which workflow, reviewer, window and clock apply to a service of a program on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from payers.models import Payer, Program, ProgramRules, ReviewRoute, Rounding, TradingPartner, Workflow

DEFAULT_WINDOW_DAYS = 90
LEAST_MINUTES = 8
"""A last part of a 15-minute unit counts from here on (Medicare's rule for timed codes)."""


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

    `problem` is set when it cannot go out: a program that is switched off, a 278 program without a partner that takes a
    278. `review_route` is the row of the list of routes that fitted, None when none did.
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
    review_route: ReviewRoute | None = None

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
        problem=_switched_off(program) or _problem(workflow, partner),
        review_route=found,
    )


def _switched_off(program: Program) -> str:
    """What was asked before goes on; nothing new is asked."""
    if not program.active:
        return f"The program {program.name} is switched off: nothing new is asked of it."
    if not program.payer.active:
        return f"{program.payer.name} is switched off: nothing new is asked of it."
    return ""


def routes(program: Program, services: Iterable[Service], on: date) -> list[Route]:
    return [route(program, service, on) for service in services]


def rules_on(program: Program, on: date) -> ProgramRules | None:
    """The rules in force on a day: ranges do not overlap, so there is at most one."""
    return _standing(program.rules.order_by("starts_on", "id"), on)


def default_window(payer: Payer, program: Program, rules: ProgramRules | None) -> Window:
    """Program override, else payer default, else 90 days."""
    if rules and rules.default_window_days:
        return Window(rules.default_window_days, f"{payer.name} {program.name} gives {rules.default_window_days} days")
    if payer.default_window_days:
        return Window(payer.default_window_days, f"{payer.name} gives {payer.default_window_days} days")
    return Window(DEFAULT_WINDOW_DAYS, f"{DEFAULT_WINDOW_DAYS} days unless the payer says otherwise")


def units_for(minutes: int, unit_minutes: int, rounding: str) -> Decimal:
    """Units of a timed service of so many minutes on one day. Raises ValueError for a unit without length.

    The 8-minute rule counts whole units and one more when at least 8 minutes are left; it is made for units of 15.
    """
    if unit_minutes <= 0:
        raise ValueError("a unit has a length")
    exact = Decimal(minutes) / Decimal(unit_minutes)
    if rounding == Rounding.EIGHT_MINUTES:
        whole, rest = divmod(minutes, unit_minutes)
        return Decimal(whole + (rest >= LEAST_MINUTES))
    modes = {Rounding.DOWN: ROUND_FLOOR, Rounding.NEAREST: ROUND_HALF_UP, Rounding.UP: ROUND_CEILING}
    mode = modes.get(Rounding(rounding))
    return exact.quantize(Decimal(1), rounding=mode) if mode else exact.quantize(Decimal("0.001"))


def gaps(program: Program, today: date) -> list[str]:
    """What keeps requests of this program from going out, today or when later rules begin. [] when nothing does.

    Reads `program.rules` and `program.routes` (with their partners) whole, so that a list may fetch them beforehand.
    """
    ordered = sorted(program.rules.all(), key=lambda rules: rules.starts_on)
    rows = sorted((row for row in program.routes.all() if row.active), key=lambda row: row.position)
    found: list[str] = []
    if _standing(ordered, today) is None:
        found.append("No rules hold today, so nothing can be asked.")
    for rules in ordered:
        if rules.ends_on is None or rules.ends_on >= today:
            on = max(rules.starts_on, today)
            found += [_from(on, today) + sentence for sentence in _unsendable(rules, rows, on)]
    return list(dict.fromkeys(found))


def shadowed(rows: Sequence[ReviewRoute]) -> dict[ReviewRoute, ReviewRoute]:
    """Active routes that are never used, each with the earlier one that takes all of what it fits."""
    active = sorted((row for row in rows if row.active), key=lambda row: row.position)
    found = {}
    for number, row in enumerate(active):
        earlier = next((each for each in active[:number] if takes_all_of(each, row)), None)
        if earlier is not None:
            found[row] = earlier
    return found


def _standing(ordered: Iterable[ProgramRules], on: date) -> ProgramRules | None:
    return next((rules for rules in ordered if rules.covers(on)), None)


def _unsendable(rules: ProgramRules, rows: Sequence[ReviewRoute], on: date) -> list[str]:
    """What of a program's services is sent as a 278 to nobody."""
    found = []
    standing = [row for row in rows if _runs_on(row, on)]
    for row in standing:
        workflow = Workflow(row.workflow or rules.authorization_workflow)
        problem = _problem(workflow, row.partner)
        if problem:
            found.append(f"{problem} See route {row.position} ({row.conditions}).")
    if rules.authorization_workflow == Workflow.AUTOMATIC_278 and not any(_is_open(row) for row in standing):
        rest = "services that no route names" if standing else "its services"
        found.append(f"This program sends 278s, and no trading partner is routed for {rest}.")
    return found


def _from(on: date, today: date) -> str:
    return "" if on == today else f"From {on:%b} {on.day}, {on.year}: "


def _runs_on(row: ReviewRoute, on: date) -> bool:
    return (row.starts_on is None or row.starts_on <= on) and (row.ends_on is None or on <= row.ends_on)


def _is_open(row: ReviewRoute) -> bool:
    return not (row.code_from or row.service_type or row.place_of_service)


def takes_all_of(wide: ReviewRoute, narrow: ReviewRoute) -> bool:
    """Whether nothing that fits `narrow` is left for it once `wide` was asked."""
    codes = not wide.code_from or (
        narrow.code_from != ""
        and wide.code_from <= narrow.code_from
        and (narrow.code_to or narrow.code_from) <= (wide.code_to or wide.code_from)
    )
    begins = wide.starts_on is None or (narrow.starts_on is not None and wide.starts_on <= narrow.starts_on)
    ends = wide.ends_on is None or (narrow.ends_on is not None and narrow.ends_on <= wide.ends_on)
    return (
        codes
        and wide.service_type in ("", narrow.service_type)
        and wide.place_of_service in ("", narrow.place_of_service)
        and begins
        and ends
    )


def _routes(program: Program) -> Iterable[ReviewRoute]:
    return program.routes.filter(active=True).select_related("partner").order_by("position")


def _fits(row: ReviewRoute, service: Service, on: date) -> bool:
    return (
        (not row.code_from or row.code_from <= service.code <= (row.code_to or row.code_from))
        and row.service_type in ("", service.service_type)
        and row.place_of_service in ("", service.place_of_service)
        and _runs_on(row, on)
    )


def _words(program: Program, rules: ProgramRules, found: ReviewRoute | None) -> str:
    since = f"{rules.starts_on:%b} {rules.starts_on.day}, {rules.starts_on.year}"
    if found and found.workflow:
        return f"route {found.position} of {program.name}"
    return f"{program.name} since {since}" + (f", route {found.position}" if found else "")


def _problem(workflow: Workflow, partner: TradingPartner | None) -> str:
    if workflow != Workflow.AUTOMATIC_278:
        return ""
    if partner is None:
        return "This program sends 278s, and no trading partner is routed for it."
    if not partner.active:
        return f"The trading partner {partner.name} is switched off."
    if not partner.can_278:
        return f"The trading partner {partner.name} lacks 278 capability."
    return ""
