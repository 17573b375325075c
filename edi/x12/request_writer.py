"""A checked request as segments, in the order of the 005010X217 guide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from edi.x12.charset import Period, format_date, format_number, format_period
from edi.x12.parts import (
    Address,
    Attachment,
    Contact,
    Delivery,
    Dependent,
    Diagnosis,
    Party,
    PersonName,
    Procedure,
    Reference,
    ReviewKind,
    Service,
    Subscriber,
    Trace,
)
from edi.x12.request_model import RequestedService, ReviewRequest
from edi.x12.tokenizer import Delimiters, Segment

DATE_ORDER = ("439", "484", "ABC", "431", "AAH", "435", "096")
SUPPORTING_ORDER = ("CRC", "CL1", "CR1", "CR2", "CR5", "CR6")


class RequestWriter:
    """Writes one request with the delimiters of its interchange, numbering the levels as it goes."""

    def __init__(self, delimiters: Delimiters) -> None:
        self.delimiters = delimiters
        self.level = 0

    def segments(self, request: ReviewRequest) -> list[Segment]:
        """The segments between ST and SE."""
        self.level = 0
        return [*self._header(request), *self._event(request), *self._services(request)]

    def _header(self, request: ReviewRequest) -> Iterator[Segment]:
        moment = request.prepared_at
        time = f"{moment:%H%M%S}" if moment.second else f"{moment:%H%M}"
        yield self._segment("BHT", "0007", "13", request.reference, format_date(moment.date()), time)
        yield self._next_level("", "20", "1")
        yield from self._party(request.reviewer)
        yield self._next_level("1", "21", "1")
        yield from self._party(request.requester)
        yield self._next_level("2", "22", "1")
        yield from self._subscriber(request.subscriber)
        if request.dependent:
            yield self._next_level("3", "23", "1")
            yield from self._dependent(request.dependent)

    def _event(self, request: ReviewRequest) -> Iterator[Segment]:
        yield self._next_level(str(self.level), "EV", "1" if request.services else "0")
        for trace in request.traces:
            yield self._trace(trace)
        yield self._review(request.review)
        yield from self._previous(request)
        for each in request.dates:
            yield self._date(each.qualifier, each.period)
        if request.diagnoses:
            yield self._segment("HI", *(self._diagnosis(each) for each in request.diagnoses))
        yield from self._delivery(request.delivery)
        for fact in request.supporting:
            yield self._segment(fact.tag, *fact.elements)
        yield from self._notes(request.attachments, request.message)
        for provider in (*request.providers, *request.transports):
            yield from self._party(provider)

    def _services(self, request: ReviewRequest) -> Iterator[Segment]:
        parent = str(self.level)
        for line in request.services:
            yield self._next_level(parent, "SS", "0")
            yield from self._service_line(line)

    def _service_line(self, line: RequestedService) -> Iterator[Segment]:
        for trace in line.traces:
            yield self._trace(trace)
        if line.review:
            yield self._review(line.review)
        yield from self._previous(line)
        if line.period:
            yield self._date("472", line.period)
        yield self._service(line.service)
        yield from self._delivery(line.delivery)
        yield from self._notes(line.attachments, line.message)
        for provider in line.providers:
            yield from self._party(provider)

    def _party(self, party: Party) -> Iterator[Segment]:
        names = (party.name, party.first_name, party.middle_name, "", party.suffix)
        kind = "1" if party.is_person else "2"
        yield self._segment("NM1", party.role, kind, *names, party.id_qualifier, party.identifier)
        yield from self._references(party.references)
        yield from self._address(party.address)
        yield from self._contact(party.contact)
        if party.specialty:
            yield self._segment("PRV", party.specialty.role, "PXC", party.specialty.taxonomy)

    def _subscriber(self, subscriber: Subscriber) -> Iterator[Segment]:
        yield self._person("IL", subscriber.name, subscriber.id_qualifier, subscriber.member_id)
        yield from self._references(subscriber.references)
        yield from self._address(subscriber.address)
        yield from self._demographics(subscriber)
        if subscriber.military_status:
            yield self._segment("INS", "Y", "18", "", "", "", "", "", subscriber.military_status)

    def _dependent(self, dependent: Dependent) -> Iterator[Segment]:
        yield self._person("QC", dependent.name, "", "")
        yield from self._references(dependent.references)
        yield from self._address(dependent.address)
        yield from self._demographics(dependent)
        if dependent.relationship:
            order = "" if dependent.birth_order is None else str(dependent.birth_order)
            yield self._segment("INS", "N", dependent.relationship, *[""] * 14, order)

    def _demographics(self, person: Subscriber | Dependent) -> Iterator[Segment]:
        if person.birth_date:
            yield self._segment("DMG", "D8", format_date(person.birth_date), person.gender)

    def _person(self, role: str, name: PersonName, qualifier: str, identifier: str) -> Segment:
        names = (name.last, name.first, name.middle, "", name.suffix)
        return self._segment("NM1", role, "1", *names, qualifier, identifier)

    def _references(self, references: Iterable[Reference]) -> Iterator[Segment]:
        for each in references:
            yield self._segment("REF", each.qualifier, each.value)

    def _address(self, address: Address | None) -> Iterator[Segment]:
        if address is None:
            return
        if address.lines:
            yield self._segment("N3", *address.lines)
        if address.city:
            yield self._segment("N4", address.city, address.state, address.postal_code, address.country)

    def _contact(self, contact: Contact | None) -> Iterator[Segment]:
        if contact is None:
            return
        numbers = [part for each in contact.numbers for part in (each.kind, each.value)]
        yield self._segment("PER", "IC", contact.name, *numbers)

    def _trace(self, trace: Trace) -> Segment:
        return self._segment("TRN", trace.kind, trace.number, trace.originator, trace.division)

    def _review(self, review: ReviewKind) -> Segment:
        composite = self.delimiters.composite
        place = composite(review.place.code, review.place.qualifier) if review.place else ""
        accident = ""
        if review.accident:
            causes = (*review.accident.causes, "", "", "")[:3]
            accident = composite(*causes, review.accident.state, review.accident.country)
        return self._segment(
            "UM",
            review.category,
            review.purpose,
            review.service_type,
            place,
            accident,
            review.urgency,
            review.condition,
            review.prognosis,
            review.release,
            review.delay_reason,
        )

    def _previous(self, asked: ReviewRequest | RequestedService) -> Iterator[Segment]:
        if asked.previous_certification:
            yield self._segment("REF", "BB", asked.previous_certification)
        if asked.previous_administrative:
            yield self._segment("REF", "NT", asked.previous_administrative)

    def _date(self, qualifier: str, period: Period) -> Segment:
        return self._segment("DTP", qualifier, *format_period(period))

    def _diagnosis(self, diagnosis: Diagnosis) -> str:
        since = diagnosis.known_since
        dated = ("D8", format_date(since)) if since else ()
        return self.delimiters.composite(diagnosis.qualifier, diagnosis.code, *dated)

    def _delivery(self, delivery: Delivery | None) -> Iterator[Segment]:
        if delivery is None:
            return
        yield self._segment(
            "HSD",
            delivery.unit,
            _number(delivery.quantity),
            delivery.per,
            _number(delivery.every),
            delivery.span,
            "" if delivery.spans is None else str(delivery.spans),
            delivery.pattern,
            delivery.time_of_day,
        )

    def _notes(self, attachments: Iterable[Attachment], message: str) -> Iterator[Segment]:
        for each in attachments:
            code = "AC" if each.control_number else ""
            numbered = ("", "", code, each.control_number, each.description)
            yield self._segment("PWK", each.report_type, each.transmission, *numbered)
        if message:
            yield self._segment("MSG", message)

    def _service(self, service: Service) -> Segment:
        amounts = (_number(service.amount), service.unit, _number(service.quantity))
        procedure = self._procedure(service.procedure) if service.procedure else ""
        if service.revenue_code:
            last = (_number(service.rate), "", "", "", service.nursing_level)
            return self._segment("SV2", service.revenue_code, procedure, *amounts, *last)
        pointers = self.delimiters.composite(*(str(pointer) for pointer in service.pointers))
        screening = "Y" if service.screening else ""
        rest = ("", "", pointers, "", "", "", screening, *[""] * 8, service.nursing_level)
        return self._segment("SV1", procedure, *amounts, *rest)

    def _procedure(self, procedure: Procedure) -> str:
        modifiers = (*procedure.modifiers, "", "", "", "")[:4]
        parts = (procedure.system, procedure.code, *modifiers, procedure.description, procedure.through)
        return self.delimiters.composite(*parts)

    def _next_level(self, parent: str, code: str, child: str) -> Segment:
        self.level += 1
        return self._segment("HL", str(self.level), parent, code, child)

    def _segment(self, tag: str, *elements: str) -> Segment:
        return Segment.of(tag, *elements, delimiters=self.delimiters)


def _number(value: Decimal | None) -> str:
    return "" if value is None else format_number(value)
