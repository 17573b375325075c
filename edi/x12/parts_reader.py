"""Segments as the parts of a 278. What cannot be read is left out and told in the list of problems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from edi.x12.charset import Period, parse_date, parse_number, parse_period
from edi.x12.parts import (
    Accident,
    Address,
    Attachment,
    Contact,
    ContactNumber,
    Delivery,
    Dependent,
    Diagnosis,
    Party,
    PersonName,
    Place,
    Procedure,
    Reference,
    ReviewKind,
    Service,
    Specialty,
    Subscriber,
    Trace,
)
from edi.x12.problems import Problem
from edi.x12.tokenizer import Segment

SERVICE_TAGS = frozenset({"SV1", "SV2", "SV3"})
SUPPORTING_TAGS = frozenset({"CRC", "CL1", "CR1", "CR2", "CR5", "CR6"})


class PartsReader:
    """Reads parts and collects what is wrong with them, by segment and element."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def note(self, code: str, message: str, segment: Segment, element: int | None = None) -> None:
        """Add a defect of a segment."""
        self.problems.append(Problem(code, message, segment.position, element))

    def party(self, segments: Sequence[Segment]) -> Party:
        """A provider or an organization, from its NM1 and the segments after it."""
        name = segments[0]
        return Party(
            role=name.element(1),
            is_person=name.element(2) == "1",
            name=name.element(3),
            first_name=name.element(4),
            middle_name=name.element(5),
            suffix=name.element(7),
            id_qualifier=name.element(8),
            identifier=name.element(9),
            references=self.references(segments),
            address=self.address(segments),
            contact=self.contact(segments),
            specialty=self.specialty(segments),
        )

    def subscriber(self, segments: Sequence[Segment]) -> Subscriber:
        """The holder of the cover, from NM1 IL."""
        birth, gender = self.demographics(segments)
        military = _find(segments, "INS")
        return Subscriber(
            name=_person_name(segments[0]),
            id_qualifier=segments[0].element(8),
            member_id=segments[0].element(9),
            references=self.references(segments),
            address=self.address(segments),
            birth_date=birth,
            gender=gender,
            military_status=military.element(8) if military else "",
        )

    def dependent(self, segments: Sequence[Segment]) -> Dependent:
        """A patient who is not the subscriber, from NM1 QC."""
        birth, gender = self.demographics(segments)
        relation = _find(segments, "INS")
        return Dependent(
            name=_person_name(segments[0]),
            id_qualifier=segments[0].element(8),
            member_id=segments[0].element(9),
            relationship=relation.element(2) if relation else "",
            birth_order=self.count(relation, 17) if relation else None,
            references=self.references(segments),
            address=self.address(segments),
            birth_date=birth,
            gender=gender,
        )

    def references(self, segments: Iterable[Segment]) -> tuple[Reference, ...]:
        """The REF segments."""
        return tuple(Reference(each.element(1), each.element(2)) for each in segments if each.tag == "REF")

    def address(self, segments: Sequence[Segment]) -> Address | None:
        """N3 and N4, if either is there."""
        street, city = _find(segments, "N3"), _find(segments, "N4")
        if street is None and city is None:
            return None
        return Address(
            lines=street.elements if street else (),
            city=city.element(1) if city else "",
            state=city.element(2) if city else "",
            postal_code=city.element(3) if city else "",
            country=city.element(4) if city else "",
        )

    def contact(self, segments: Sequence[Segment]) -> Contact | None:
        """PER, if it is there."""
        person = _find(segments, "PER")
        if person is None:
            return None
        pairs = [(person.element(number), person.element(number + 1)) for number in (3, 5, 7)]
        numbers = tuple(ContactNumber(kind, value) for kind, value in pairs if kind or value)
        return Contact(person.element(2), numbers)

    def specialty(self, segments: Sequence[Segment]) -> Specialty | None:
        """PRV, if it is there."""
        provider = _find(segments, "PRV")
        return Specialty(provider.element(1), provider.element(3)) if provider else None

    def demographics(self, segments: Sequence[Segment]) -> tuple[date | None, str]:
        """Birth date and gender of DMG."""
        person = _find(segments, "DMG")
        if person is None:
            return None, ""
        if person.element(1) not in {"", "D8"}:
            self.note("date_format", "The date is not in the form CCYYMMDD.", person, 1)
        return self.day(person, 2), person.element(3)

    def trace(self, segment: Segment) -> Trace:
        """TRN."""
        return Trace(segment.element(2), segment.element(3), segment.element(1), segment.element(4))

    def review(self, segment: Segment) -> ReviewKind:
        """UM."""
        place = accident = None
        if segment.element(4):
            place = Place(segment.component(4, 1), segment.component(4, 2))
        if segment.element(5):
            causes = tuple(cause for cause in segment.components(5)[:3] if cause)
            accident = Accident(causes, segment.component(5, 4), segment.component(5, 5))
        return ReviewKind(
            category=segment.element(1),
            purpose=segment.element(2),
            service_type=segment.element(3),
            place=place,
            accident=accident,
            urgency=segment.element(6),
            condition=segment.element(7),
            prognosis=segment.element(8),
            release=segment.element(9),
            delay_reason=segment.element(10),
        )

    def period(self, segment: Segment) -> Period | None:
        """The days of a DTP."""
        period = parse_period(segment.element(2), segment.element(3))
        if period is None:
            self.note("date_format", "The date or the period cannot be read.", segment, 3)
        return period

    def diagnoses(self, segment: Segment) -> tuple[Diagnosis, ...]:
        """The composites of HI, document requests (`LOI`) included."""
        found = []
        for number in range(1, len(segment.elements) + 1):
            if not segment.element(number):
                continue
            qualifier, code, form, since = (segment.component(number, part) for part in (1, 2, 3, 4))
            day = parse_date(since) if form == "D8" else None
            if (form or since) and day is None:
                self.note("date_format", "The date of the diagnosis cannot be read.", segment, number)
            found.append(Diagnosis(qualifier, code, day))
        return tuple(found)

    def delivery(self, segment: Segment) -> Delivery:
        """HSD."""
        return Delivery(
            unit=segment.element(1),
            quantity=self.number(segment, 2),
            per=segment.element(3),
            every=self.number(segment, 4),
            span=segment.element(5),
            spans=self.count(segment, 6),
            pattern=segment.element(7),
            time_of_day=segment.element(8),
        )

    def attachment(self, segment: Segment) -> Attachment:
        """PWK."""
        number = segment.element(6)
        return Attachment(segment.element(1), segment.element(2), number, segment.element(7))

    def service(self, segment: Segment) -> Service:
        """SV1, SV2 or SV3."""
        if segment.tag == "SV2":
            return self._revenue_service(segment)
        if segment.tag == "SV3":
            return Service(
                procedure=self.procedure(segment, 1),
                amount=self.number(segment, 2),
                quantity=self.number(segment, 6),
                dental=True,
            )
        pointers = [each for each in segment.components(7) if each]
        counted = tuple(int(each) for each in pointers if each.isascii() and each.isdigit() and len(each) < 3)
        if len(counted) != len(pointers):
            self.note("number_format", "A diagnosis pointer is not a number.", segment, 7)
        return Service(
            procedure=self.procedure(segment, 1),
            amount=self.number(segment, 2),
            unit=segment.element(3),
            quantity=self.number(segment, 4),
            pointers=counted,
            screening=segment.element(11) == "Y",
            nursing_level=segment.element(20),
        )

    def _revenue_service(self, segment: Segment) -> Service:
        return Service(
            revenue_code=segment.element(1),
            procedure=self.procedure(segment, 2),
            amount=self.number(segment, 3),
            unit=segment.element(4),
            quantity=self.number(segment, 5),
            rate=self.number(segment, 6),
            nursing_level=segment.element(10),
        )

    def procedure(self, segment: Segment, element: int) -> Procedure | None:
        """The composite that names a procedure, if there is one."""
        if not segment.element(element):
            return None
        system, code, *rest = (*segment.components(element), "", "")
        modifiers = tuple(each for each in rest[:4] if each)
        description, through = segment.component(element, 7), segment.component(element, 8)
        return Procedure(code, system, modifiers, description, through)

    def day(self, segment: Segment, element: int) -> date | None:
        """A date CCYYMMDD, or None when empty or unreadable."""
        value = segment.element(element)
        day = parse_date(value)
        if value and day is None:
            self.note("date_format", "The date is not in the form CCYYMMDD.", segment, element)
        return day

    def number(self, segment: Segment, element: int) -> Decimal | None:
        """A number of type R that is not negative, or None when empty or unreadable."""
        value = segment.element(element)
        number = parse_number(value)
        if value and (number is None or number < 0):
            self.note("number_format", "The value is not a number.", segment, element)
            return None
        return number

    def count(self, segment: Segment, element: int) -> int | None:
        """A whole number of at most three digits, or None when empty or unreadable."""
        value = segment.element(element)
        if not value:
            return None
        if len(value) > 3 or not (value.isascii() and value.isdigit()):
            self.note("number_format", "The value is not a whole number of at most three digits.", segment, element)
            return None
        return int(value)


def _find(segments: Sequence[Segment], tag: str) -> Segment | None:
    return next((segment for segment in segments if segment.tag == tag), None)


def _person_name(segment: Segment) -> PersonName:
    return PersonName(segment.element(3), segment.element(4), segment.element(5), segment.element(7))
