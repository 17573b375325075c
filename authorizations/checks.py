"""What stops a submission, in sentences: the rules that hold whatever form or import it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from authorizations.asked import lines_of
from authorizations.coverings import Covering
from authorizations.errors import Problem
from authorizations.models import Authorization, ServiceLine
from authorizations.models.choices import RequestCategory
from members.checking import doubts
from members.models import Coverage
from payers.models import Workflow
from payers.rules import Route, Service, routes
from providers.models import Facility, Provider
from providers.npi import is_valid_npi


def routes_of(authorization: Authorization, lines: Sequence[ServiceLine], on: date) -> list[tuple[str, Route]]:
    """The route of each code of the lines, taken as of a local day, beside the code's words."""
    codes = [code for line in lines for code in line.codes.all()]
    services = [Service(code.code, authorization.service_type, authorization.place_of_service) for code in codes]
    return [(code.words, found) for code, found in zip(codes, routes(authorization.program, services, on), strict=True)]


def obstacles(authorization: Authorization, on: date, unchecked_reason: str = "") -> tuple[Route, list[Problem]]:
    """The one route of a draft on the local day `on`, and everything that stops it from being submitted.

    `unchecked_reason`: why it goes out without a fresh, active check of eligibility, where the organization lets it.
    """
    lines = lines_of(authorization)
    found = routes_of(authorization, lines, on)
    route = found[0][1] if found else _route_of_program(authorization, on)
    problems = [*_missing(authorization, lines), *_route_problems(found)]
    problems += retro_problems(authorization.starts_on, on, authorization.retro_reason)
    problems += _admission_gaps(authorization)
    cover = list(_cover_problems(authorization))
    problems += cover
    if not cover and route.workflow != Workflow.NONE:
        problems += eligibility_problems(authorization.coverage, on, unchecked_reason)
    if route.workflow == Workflow.AUTOMATIC_278:
        problems += [*_electronic_gaps(authorization), *_number_problems(authorization)]
    return route, problems


def _route_of_program(authorization: Authorization, on: date) -> Route:
    """How a draft without lines will go out, as far as it can be said, so that all it lacks is named at once."""
    service = Service("", authorization.service_type, authorization.place_of_service)
    return routes(authorization.program, [service], on)[0]


def _missing(authorization: Authorization, lines: Sequence[ServiceLine]) -> Iterator[Problem]:
    if not lines:
        yield Problem("lines", "Add at least one service code.")
    for line in lines:
        if line.quantity is None:
            yield Problem(
                f"lines-{line.number}.quantity", f"Say how many {line.get_quantity_type_display()} you ask for."
            )
    if authorization.starts_on is None:
        yield Problem("starts_on", "Choose the first day.")
    if authorization.ends_on is None:
        yield Problem("ends_on", "Choose the last day.")
    if authorization.rendering_provider is None:
        yield Problem("rendering_provider", "Choose the provider who renders the service.")


def _route_problems(found: Sequence[tuple[str, Route]]) -> Iterator[Problem]:
    """No authorization needed, nobody to send it to, or lines that cannot travel together."""
    free = [code for code, route in found if route.workflow == Workflow.NONE]
    if free and len(free) == len(found):
        yield Problem("program", f"No authorization is needed ({found[0][1].rule}): there is nothing to submit.")
        return
    if free:
        yield Problem("lines", f"No authorization is needed for {', '.join(free)}: take it off this request.")
        return
    if len({route.key() for _, route in found}) > 1:
        words = ", ".join(f"{code} ({route.workflow.label}, {route.reviewer_name})" for code, route in found)
        yield Problem("lines", f"These lines go different ways and need a request each: {words}.")
    for problem in sorted({route.problem for _, route in found if route.problem}):
        yield Problem("program", problem)


def _cover_problems(authorization: Authorization) -> Iterator[Problem]:
    start, coverage = authorization.starts_on, authorization.coverage
    if start and not coverage.in_force_on(start):
        yield Problem("coverage", f"The coverage is not in force on {start:%b} {start.day}, {start.year}.")


def eligibility_problems(coverage: Coverage, on: date, reason: str = "") -> Iterator[Problem]:
    """A request for somebody whose cover was not looked up wastes the payer's time and ours: said, or insisted on."""
    standing, insists = doubts(coverage, on)
    if standing.is_sound:
        return
    if insists:
        yield Problem("eligibility", f"{standing.words} Check it before Submit: your organization insists on it.")
    elif not reason.strip():
        yield Problem(
            "unchecked_reason", f"{standing.words} Check it now, or say why the request goes out all the same."
        )


def retro_problems(starts_on: date | None, on: date, reason: str) -> Iterator[Problem]:
    """A service that began already is asked for with a reason (requirements D33)."""
    if starts_on is not None and starts_on < on and not reason.strip():
        yield Problem("retro_reason", "The first day is in the past: say why it is asked for only now.")


def admission_problems(
    category: str, admitted_on: date | None, days: object, span: tuple[date | None, date | None]
) -> Iterator[Problem]:
    """An admission has its day, inside the days asked for, and its length."""
    if category != RequestCategory.ADMISSION:
        return
    if admitted_on is None:
        yield Problem("admission_on", "Choose the day of admission.")
    elif (span[0] and admitted_on < span[0]) or (span[1] and span[1] < admitted_on):
        yield Problem("admission_on", "The day of admission is outside the days asked for.")
    if not days:
        yield Problem("admission_days", "Say for how many days the stay is asked for.")


def duplicate_problems(found: Sequence[Covering], reason: str) -> Iterator[Problem]:
    """What the payer was asked already is asked again only with a reason (requirements R79)."""
    if found and not reason.strip():
        numbers = ", ".join(dict.fromkeys(each.case.number for each in found))
        labels = ", ".join(dict.fromkeys(each.line.label for each in found))
        yield Problem("duplicate_reason", f"{labels}: asked for already in {numbers}. Say why it is asked once more.")


def _admission_gaps(authorization: Authorization) -> Iterator[Problem]:
    return admission_problems(
        authorization.request_category,
        authorization.admission_on,
        authorization.admission_days,
        (authorization.starts_on, authorization.ends_on),
    )


def _electronic_gaps(authorization: Authorization) -> Iterator[Problem]:
    """What a 278 cannot leave out."""
    if not authorization.diagnoses.filter(removed_at=None).exists():
        yield Problem("diagnoses", "A 278 needs at least one diagnosis.")
    if not authorization.place_of_service:
        yield Problem("place_of_service", "A 278 needs the place of service.")


def _number_problems(authorization: Authorization) -> Iterator[Problem]:
    """Every provider and facility named must be active on the first day and have a sound NPI."""
    named: list[tuple[str, Provider | Facility | None]] = [
        ("rendering_provider", authorization.rendering_provider),
        ("requesting_provider", authorization.requesting_provider),
        ("facility", authorization.facility),
    ]
    for field, who in named:
        if who is None:
            continue
        if not is_valid_npi(who.npi):
            yield Problem(field, f"The NPI of {who} is {'not valid' if who.npi else 'missing'}.")
        if authorization.starts_on and not who.active_on(authorization.starts_on):
            yield Problem(field, f"{who} is not active on the first day.")
