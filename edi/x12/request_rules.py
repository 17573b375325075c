"""What the 005010X217 guide asks of a request before it may be written.

Each rule answers with `Refusal`s that name the field, so that a form can show them where they belong. Rules
of characters and lengths are in `fields.py`, those of the parties in `party_rules.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from edi.x12.fields import field_refusals
from edi.x12.parts import Delivery, Diagnosis, EventDate, Party, ReviewKind, Service, Supporting, Trace
from edi.x12.party_rules import check_dependent, check_provider, check_reviewer, check_subscriber
from edi.x12.problems import Refusal
from edi.x12.request_model import RequestedService, ReviewRequest
from edi.x12.request_writer import DATE_ORDER, SUPPORTING_ORDER
from edi.x12.tokenizer import STANDARD, Delimiters

MOST_LINES = 99
FIRST_PURPOSES = frozenset({"I", "R"})
PURPOSES = frozenset({"I", "R", "S", "4", "3", "1", "2", "N"})
CATEGORIES = frozenset({"AR", "HS", "SC", "IN"})
LINE_CATEGORIES = frozenset({"HS", "SC"})
CONDITIONS = frozenset("123456789EFGP")
DELAYS = frozenset({"1", "2", "3", "4", "7", "8", "10", "11", "15", "16", "17"})
ONE_DAY_DATES = frozenset({"439", "484", "ABC", "431", "096"})
FURTHER_DIAGNOSES = frozenset({"ABF", "BF", "APR", "PR", "DR"})
SECOND_DIAGNOSES = FURTHER_DIAGNOSES | {"ABJ", "BJ"}
FIRST_DIAGNOSES = SECOND_DIAGNOSES | {"ABK", "BK"}
PRINCIPAL = frozenset({"ABK", "BK"})
AMOUNT_UNITS = frozenset({"VS", "DY", "HS", "MN", "FL"})
SPANS = frozenset({"7", "35", "34", "21", "6", "26", "27"})
TRANSMISSIONS = frozenset({"EL", "FX", "BM", "EM", "VO", "AA"})
PROVIDERS = frozenset({"71", "72", "73", "77", "AAJ", "DD", "DK", "DN", "FA", "G3", "P3", "QB", "QV", "SJ"})
LINE_PROVIDERS = frozenset({"1T", "72", "73", "77", "DD", "DK", "DQ", "FA", "G3", "P3", "QB", "QV", "SJ"})
TRANSPORTS = frozenset({"PW", "45", "FS", "ND", "R3"})
SYSTEMS = frozenset({"HC", "IV", "N4", "WK"})
REVENUE_SYSTEMS = SYSTEMS | {"ID", "ZZ"}


def check_request(request: ReviewRequest, delimiters: Delimiters = STANDARD) -> tuple[Refusal, ...]:
    """Every reason why the request cannot be written; empty when it can."""
    return (
        *field_refusals(request, delimiters),
        *_check_header(request),
        *_check_event(request),
        *(each for index, line in enumerate(request.services) for each in _check_line(request, line, index)),
    )


def _check_header(request: ReviewRequest) -> Iterator[Refusal]:
    yield from _required("reference", request.reference)
    yield from check_reviewer("reviewer", request.reviewer)
    yield from check_provider("requester", request.requester, "requester")
    yield from check_subscriber("subscriber", request.subscriber)
    if request.dependent:
        yield from check_dependent("dependent", request.dependent)


def _check_event(request: ReviewRequest) -> Iterator[Refusal]:
    if not request.traces:
        yield Refusal("traces", "missing", "Our own trace number is needed to know the answer by.")
    yield from _check_traces("traces", request.traces)
    yield from _check_review("review", request.review, CATEGORIES)
    yield from _required("review.purpose", request.review.purpose)
    yield from _check_previous(request)
    yield from _check_dates(request.dates)
    yield from _check_diagnoses(request.diagnoses)
    yield from _check_delivery("delivery", request.delivery)
    yield from _check_supporting(request.supporting)
    yield from _check_attachments("", request)
    yield from _at_most("providers", request.providers, 14)
    for index, provider in enumerate(request.providers):
        yield from check_provider(f"providers[{index}]", provider, "event", PROVIDERS)
    yield from _at_most("transports", request.transports, 5)
    for index, place in enumerate(request.transports):
        yield from _check_transport(f"transports[{index}]", place)
    yield from _at_most("services", request.services, MOST_LINES)


def _check_line(request: ReviewRequest, line: RequestedService, index: int) -> Iterator[Refusal]:
    path = f"services[{index}]"
    yield from _check_traces(f"{path}.traces", line.traces)
    if line.review:
        yield from _check_review(f"{path}.review", line.review, LINE_CATEGORIES)
    yield from _check_service(f"{path}.service", line.service, len(request.diagnoses))
    yield from _check_delivery(f"{path}.delivery", line.delivery)
    yield from _check_attachments(f"{path}.", line)
    yield from _at_most(f"{path}.providers", line.providers, 10)
    for number, provider in enumerate(line.providers):
        yield from check_provider(f"{path}.providers[{number}]", provider, "line", LINE_PROVIDERS)


def _check_traces(path: str, traces: tuple[Trace, ...]) -> Iterator[Refusal]:
    yield from _at_most(path, traces, 2)
    for index, trace in enumerate(traces):
        yield from _required(f"{path}[{index}].number", trace.number)
        yield from _required(f"{path}[{index}].originator", trace.originator)
        yield from _one_of(f"{path}[{index}].kind", trace.kind, {"1"})


def _check_review(path: str, review: ReviewKind, categories: Collection[str]) -> Iterator[Refusal]:
    yield from _required(f"{path}.category", review.category)
    yield from _one_of(f"{path}.category", review.category, categories)
    yield from _one_of(f"{path}.purpose", review.purpose, PURPOSES)
    yield from _one_of(f"{path}.urgency", review.urgency, {"03", "E", "U"})
    yield from _one_of(f"{path}.condition", review.condition, CONDITIONS)
    yield from _one_of(f"{path}.prognosis", review.prognosis, set("12345678"))
    yield from _one_of(f"{path}.release", review.release, {"Y", "M"})
    yield from _one_of(f"{path}.delay_reason", review.delay_reason, DELAYS)
    if review.place:
        yield from _required(f"{path}.place.code", review.place.code)
        yield from _required(f"{path}.place.qualifier", review.place.qualifier)
        yield from _one_of(f"{path}.place.qualifier", review.place.qualifier, {"A", "B"})
    if review.accident:
        yield from _check_accident(f"{path}.accident", review.accident.causes)


def _check_accident(path: str, causes: tuple[str, ...]) -> Iterator[Refusal]:
    if not causes or not all(causes):
        yield Refusal(f"{path}.causes", "missing", "The cause of the accident is needed.")
    yield from _at_most(f"{path}.causes", causes, 3)
    for index, cause in enumerate(causes):
        yield from _one_of(f"{path}.causes[{index}]", cause, {"AA", "AP", "EM"})


def _check_previous(request: ReviewRequest) -> Iterator[Refusal]:
    """A follow-up names the case it follows by a number the payer gave (UM02, REF BB and NT)."""
    purpose = request.review.purpose
    numbered = request.previous_certification or request.previous_administrative
    if purpose in PURPOSES - FIRST_PURPOSES and not numbered:
        text = "The payer's number of the earlier request is needed for this purpose."
        yield Refusal("previous_certification", "missing", text)
    if purpose == "R" and not request.previous_certification:
        text = "A renewal names the certification number of the authorization it renews."
        yield Refusal("previous_certification", "missing", text)


def _check_dates(dates: tuple[EventDate, ...]) -> Iterator[Refusal]:
    seen: set[str] = set()
    for index, each in enumerate(dates):
        path = f"dates[{index}]"
        yield from _required(f"{path}.qualifier", each.qualifier)
        yield from _one_of(f"{path}.qualifier", each.qualifier, DATE_ORDER)
        if each.qualifier in seen:
            yield Refusal(path, "repeated", "The same kind of date is given twice.")
        if each.qualifier in ONE_DAY_DATES and each.period.first != each.period.last:
            yield Refusal(f"{path}.period", "period", "This kind of date is a single day.")
        seen.add(each.qualifier)


def _check_diagnoses(diagnoses: tuple[Diagnosis, ...]) -> Iterator[Refusal]:
    yield from _at_most("diagnoses", diagnoses, 12)
    for index, each in enumerate(diagnoses):
        allowed = (FIRST_DIAGNOSES, SECOND_DIAGNOSES)[index] if index < 2 else FURTHER_DIAGNOSES
        yield from _required(f"diagnoses[{index}].qualifier", each.qualifier)
        yield from _one_of(f"diagnoses[{index}].qualifier", each.qualifier, allowed)
        yield from _required(f"diagnoses[{index}].code", each.code)


def _check_delivery(path: str, delivery: Delivery | None) -> Iterator[Refusal]:
    if delivery is None:
        return
    if delivery == Delivery():
        yield Refusal(path, "missing", "The delivery of services says nothing.")
    if bool(delivery.unit) != (delivery.quantity is not None):
        yield Refusal(f"{path}.quantity", "pair", "A quantity and its unit stand together.")
    if delivery.spans is not None and not delivery.span:
        yield Refusal(f"{path}.span", "pair", "A number of periods needs the kind of period.")
    if delivery.every is not None and not delivery.per:
        yield Refusal(f"{path}.per", "pair", "A rhythm needs its period.")
    yield from _one_of(f"{path}.unit", delivery.unit, AMOUNT_UNITS)
    yield from _one_of(f"{path}.per", delivery.per, {"DA", "WK", "MO"})
    yield from _one_of(f"{path}.span", delivery.span, SPANS)


def _check_supporting(facts: tuple[Supporting, ...]) -> Iterator[Refusal]:
    seen: set[str] = set()
    for index, fact in enumerate(facts):
        path = f"supporting[{index}]"
        yield from _one_of(f"{path}.tag", fact.tag or "?", SUPPORTING_ORDER)
        if not fact.elements or not fact.elements[-1]:
            yield Refusal(f"{path}.elements", "missing", "The segment must end with a value.")
        name = fact.tag + (fact.elements[0] if fact.tag == "CRC" and fact.elements else "")
        if name in seen:
            yield Refusal(path, "repeated", "The same kind of segment is given twice.")
        seen.add(name)


def _check_attachments(prefix: str, asked: ReviewRequest | RequestedService) -> Iterator[Refusal]:
    yield from _at_most(f"{prefix}attachments", asked.attachments, 10)
    for index, each in enumerate(asked.attachments):
        path = f"{prefix}attachments[{index}]"
        yield from _required(f"{path}.report_type", each.report_type)
        yield from _required(f"{path}.transmission", each.transmission)
        yield from _one_of(f"{path}.transmission", each.transmission, TRANSMISSIONS)


def _check_transport(path: str, place: Party) -> Iterator[Refusal]:
    yield from _one_of(f"{path}.role", place.role or "?", TRANSPORTS)
    if place.is_person or place.id_qualifier or place.identifier or place.references:
        yield Refusal(path, "not_carried", "A place of transport has a name and an address only.")
    if place.contact or place.specialty:
        yield Refusal(path, "not_carried", "A place of transport has a name and an address only.")
    if place.address is None or not place.address.lines or not place.address.city:
        yield Refusal(f"{path}.address", "missing", "A place of transport needs its address.")


def _check_service(path: str, service: Service, diagnoses: int) -> Iterator[Refusal]:
    if service.dental:
        yield Refusal(path, "not_carried", "Dental services are not written.")
    if service.procedure is None and not service.revenue_code:
        yield Refusal(f"{path}.procedure", "missing", "A service needs a procedure or a revenue code.")
    if bool(service.unit) != (service.quantity is not None):
        yield Refusal(f"{path}.quantity", "pair", "A quantity and its unit stand together.")
    if service.revenue_code:
        yield from _check_revenue_line(path, service)
    else:
        yield from _check_professional_line(path, service, diagnoses)
    yield from _check_procedure(f"{path}.procedure", service)


def _check_revenue_line(path: str, service: Service) -> Iterator[Refusal]:
    yield from _one_of(f"{path}.unit", service.unit, {"UN", "DA", "F2"})
    if service.pointers or service.screening:
        text = "A line with a revenue code has neither diagnosis pointers nor a screening mark."
        yield Refusal(path, "not_carried", text)


def _check_professional_line(path: str, service: Service, diagnoses: int) -> Iterator[Refusal]:
    yield from _one_of(f"{path}.unit", service.unit, {"UN", "MJ", "F2"})
    yield from _at_most(f"{path}.pointers", service.pointers, 4)
    if any(not 1 <= pointer <= diagnoses for pointer in service.pointers):
        yield Refusal(f"{path}.pointers", "pointer", "A pointer must name one of the diagnoses.")
    if service.rate is not None:
        yield Refusal(f"{path}.rate", "not_carried", "A rate belongs to a line with a revenue code.")


def _check_procedure(path: str, service: Service) -> Iterator[Refusal]:
    procedure = service.procedure
    if procedure is None:
        return
    systems = REVENUE_SYSTEMS if service.revenue_code else SYSTEMS
    yield from _required(f"{path}.code", procedure.code)
    yield from _one_of(f"{path}.system", procedure.system or "?", systems)
    yield from _at_most(f"{path}.modifiers", procedure.modifiers, 4)
    if not all(procedure.modifiers):
        yield Refusal(f"{path}.modifiers", "missing", "A modifier is empty.")
    if procedure.system == "HC" and (len(procedure.code) != 5 or not procedure.code.isalnum()):
        yield Refusal(f"{path}.code", "code", "A procedure code has five letters or digits.")


def _required(path: str, value: str) -> Iterator[Refusal]:
    if not value:
        yield Refusal(path, "missing", "The value is needed.")


def _one_of(path: str, value: str, allowed: Iterable[str]) -> Iterator[Refusal]:
    if value and value not in allowed:
        yield Refusal(path, "code", "The code is not one the guide allows here.")


def _at_most(path: str, values: tuple[object, ...], most: int) -> Iterator[Refusal]:
    if len(values) > most:
        yield Refusal(path, "too_many", f"At most {most} may be given.")
