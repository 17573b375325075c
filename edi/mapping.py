"""What a submission asks, as an 005010X217 request: meaning here, syntax in `edi.x12`.

The content is the one frozen at submit; people, providers and cover are read as they are now, so that a
correction there reaches the next message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from authorizations.asked import freeze
from authorizations.decisions import CapPeriod
from authorizations.hearing import root_of
from authorizations.models import Authorization, Submission
from authorizations.models.choices import CertificationType, QuantityType, RequestCategory
from authorizations.states import AppealLevel, Purpose
from edi.x12.charset import Period
from edi.x12.envelope_writer import Envelope
from edi.x12.parts import (
    Address,
    Attachment,
    Contact,
    ContactNumber,
    Delivery,
    Dependent,
    Diagnosis,
    EventDate,
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
from edi.x12.request_model import RequestedService, ReviewRequest
from members.models import Coverage, Member
from payers.models import TradingPartner
from payers.rules import Route
from providers.models import Facility, Provider

CATEGORIES = {
    RequestCategory.HEALTH_SERVICES: "HS",
    RequestCategory.SPECIALTY_CARE: "SC",
    RequestCategory.ADMISSION: "AR",
}
PURPOSES = {Purpose.REVISE: "S", Purpose.EXTEND: "4", Purpose.CANCEL: "3"}
SYSTEMS = {"HCPCS": "HC", "CPT": "HC", "NDC": "N4"}
RELATIONSHIPS = {"spouse": "01", "child": "19", "other": "G8"}
# In this order one cap of a line becomes its HSD.
PERIODS = {
    CapPeriod.WEEK: "WK",
    CapPeriod.MONTH: "MO",
    CapPeriod.AUTHORIZATION_MONTH: "MO",
    CapPeriod.DAY: "DA",
}
PERIOD_WORDS = {
    CapPeriod.WEEK: "a week",
    CapPeriod.MONTH: "a month",
    CapPeriod.AUTHORIZATION_MONTH: "a month from the start",
    CapPeriod.DAY: "a day",
}
COUNTED = {
    QuantityType.UNITS: "FL",
    QuantityType.VISITS: "VS",
    QuantityType.DAYS: "DY",
    QuantityType.HOURS: "HS",
}
MINUTES = Decimal(60)
MOST_POINTERS = 4
# A draft has no numbers yet; its form is checked with these.
DRAFT_NUMBER = "DRAFT"


@dataclass(frozen=True, slots=True)
class Asking:
    """One thing to ask of a payer, and by which numbers the answer will be known.

    `answers` is what was pended, where this speaks to a pend.
    """

    authorization: Authorization
    content: dict[str, Any]
    partner: TradingPartner
    reviewer: Party
    purpose: Purpose
    reference: str
    trace: str
    prepared_at: datetime
    renewal: bool = False
    appeal_level: str = ""
    answers: Purpose | None = None


def request_of(submission: Submission, *, now: datetime) -> ReviewRequest:
    """The request a submission makes of its partner. Its form is not checked here."""
    authorization, partner = submission.authorization, submission.partner
    assert partner is not None, "a 278 submission has a partner"
    root = root_of(submission)
    return _request(
        Asking(
            authorization=authorization,
            content=submission.content,
            partner=partner,
            reviewer=_reviewer(
                authorization.reviewer_name, authorization.reviewer_qualifier, authorization.reviewer_identifier
            ),
            purpose=Purpose(submission.purpose),
            reference=submission.reference,
            trace=submission.trace,
            prepared_at=local_time(authorization, now),
            renewal=submission.certification_type == CertificationType.RENEWAL,
            appeal_level=root.appeal_level,
            answers=Purpose(root.purpose) if root.id != submission.id else None,
        )
    )


def request_of_draft(authorization: Authorization, route: Route, *, now: datetime) -> ReviewRequest:
    """The request a draft would make if it were submitted now by this route, which has a partner."""
    assert route.partner is not None, "only a route with a partner sends a 278"
    return _request(
        Asking(
            authorization=authorization,
            content=freeze(authorization),
            partner=route.partner,
            reviewer=_reviewer(route.reviewer_name, route.reviewer_qualifier, route.reviewer_identifier),
            purpose=Purpose.INITIAL,
            reference=DRAFT_NUMBER,
            trace=DRAFT_NUMBER,
            prepared_at=local_time(authorization, now),
            renewal=authorization.parent_id is not None,
        )
    )


def envelope_of(
    partner: TradingPartner, *, interchange_number: int, group_number: int, prepared_at: datetime
) -> Envelope:
    """What stands around a message to this partner."""
    return Envelope(
        sender_qualifier=partner.our_qualifier,
        sender=partner.our_identifier,
        receiver_qualifier=partner.their_qualifier,
        receiver=partner.their_identifier,
        application_sender=partner.our_application,
        application_receiver=partner.their_application,
        interchange_number=interchange_number,
        group_number=group_number,
        prepared_at=prepared_at,
        usage=partner.usage,
    )


def line_trace(trace: str, number: int) -> str:
    """The trace of a service line: that of its case and its number."""
    return f"{trace}-{number}"


def local_time(authorization: Authorization, now: datetime) -> datetime:
    """The organization's wall clock, without a zone: X12 has none."""
    return now.astimezone(authorization.organization.zone).replace(tzinfo=None)


def _request(asking: Asking) -> ReviewRequest:
    content = asking.content
    coverage = Coverage.objects.select_related("member").get(id=content["coverage"])
    diagnoses = tuple(
        Diagnosis("ABF" if index else "ABK", row["code"]) for index, row in enumerate(content["diagnoses"])
    )
    follows = _follow_up_numbers(asking)
    return ReviewRequest(
        reference=asking.reference,
        prepared_at=asking.prepared_at,
        reviewer=asking.reviewer,
        requester=_provider("1P", _named(content["requesting_provider"]), with_contact=True),
        subscriber=_subscriber(coverage),
        dependent=_dependent(coverage) if coverage.is_dependent else None,
        traces=(Trace(asking.trace, asking.partner.trace_identifier),),
        review=_review(asking),
        previous_certification=follows[0],
        previous_administrative=follows[1],
        dates=_dates(content),
        diagnoses=diagnoses,
        delivery=_stay(content),
        attachments=_attachments(content),
        message=content["note_to_payer"],
        providers=_providers(content),
        services=tuple(_service(asking, line, len(diagnoses)) for line in _lines(asking)),
    )


def _review(asking: Asking) -> ReviewKind:
    content = asking.content
    place = content["place_of_service"]
    return ReviewKind(
        category=CATEGORIES[RequestCategory(content["request_category"])],
        purpose=_certification_type(asking),
        service_type=content["service_type"],
        place=Place(place) if place else None,
        urgency="U" if content["priority"] == "urgent" else "",
        release="Y",
    )


def _certification_type(asking: Asking) -> str:
    """UM02. A renewal without the number of what it renews is asked as a first request.

    New facts for a pended request are a revision of it, or what the partner wants instead; what is said to a pended
    cancellation or appeal stays one.
    """
    if asking.answers in (Purpose.CANCEL, Purpose.APPEAL):
        return _certification_type(replace(asking, purpose=asking.answers, answers=None))
    if asking.purpose is Purpose.INITIAL:
        return "R" if asking.renewal and _parent_number(asking.authorization) else "I"
    if asking.purpose is Purpose.ANSWER:
        return asking.partner.follow_up_certification_type
    if asking.purpose is Purpose.APPEAL:
        if asking.appeal_level == AppealLevel.RECONSIDERATION:
            return "N"
        return "1" if asking.content["priority"] == "urgent" else "2"
    return PURPOSES.get(asking.purpose, "")


def _follow_up_numbers(asking: Asking) -> tuple[str, str]:
    """REF BB and REF NT: only numbers the payer gave us."""
    if asking.purpose is Purpose.INITIAL:
        return (_parent_number(asking.authorization) if asking.renewal else ""), ""
    authorization = asking.authorization
    return authorization.certification_number, authorization.administrative_number


def _parent_number(authorization: Authorization) -> str:
    return authorization.parent.certification_number if authorization.parent else ""


def _reviewer(name: str, qualifier: str, identifier: str) -> Party:
    return Party("X3", name, id_qualifier=qualifier or "PI", identifier=identifier)


def _named(provider_id: str) -> Provider | None:
    return Provider.objects.filter(id=provider_id).first() if provider_id else None


def _provider(role: str, provider: Provider | None, *, with_contact: bool = False) -> Party:
    """A provider of ours; an empty party, which the rules refuse, where none is named."""
    if provider is None:
        return Party(role)
    person = provider.kind == Provider.Kind.PERSON
    numbers = [("TE", provider.phone), ("FX", provider.fax)]
    digits = tuple(ContactNumber(kind, _digits(value)) for kind, value in numbers if _digits(value))
    return Party(
        role,
        provider.name,
        is_person=person,
        first_name=provider.first_name if person else "",
        id_qualifier="XX" if provider.npi else "",
        identifier=provider.npi,
        contact=Contact("", digits) if with_contact and digits else None,
        specialty=Specialty("PE", provider.taxonomy) if role == "SJ" and provider.taxonomy else None,
    )


def _providers(content: dict[str, Any]) -> tuple[Party, ...]:
    """Who renders the service, and where."""
    found = [_provider("SJ", _named(content["rendering_provider"]))] if content["rendering_provider"] else []
    facility = Facility.objects.filter(id=content["facility"]).first() if content["facility"] else None
    if facility:
        qualifier = "XX" if facility.npi else ""
        address = _address(facility)
        found.append(Party("FA", facility.name, id_qualifier=qualifier, identifier=facility.npi, address=address))
    return tuple(found)


def _address(row: Member | Facility) -> Address | None:
    if not row.address or not row.city:
        return None
    return Address((row.address,), row.city, row.state, row.postal_code)


def _subscriber(coverage: Coverage) -> Subscriber:
    """The member, unless they are covered under somebody else's number."""
    groups = (Reference("6P", coverage.group_number),) if coverage.group_number else ()
    if coverage.is_dependent:
        return Subscriber(
            PersonName(coverage.subscriber_last_name, coverage.subscriber_first_name),
            coverage.subscriber_number,
            references=groups,
            birth_date=coverage.subscriber_birth_date,
            gender=coverage.subscriber_sex if coverage.subscriber_birth_date else "",
        )
    member = coverage.member
    return Subscriber(
        _person_name(member),
        coverage.number,
        references=groups,
        address=_address(member),
        birth_date=member.birth_date,
        gender=member.sex,
    )


def _dependent(coverage: Coverage) -> Dependent:
    member = coverage.member
    return Dependent(
        _person_name(member),
        RELATIONSHIPS.get(coverage.relationship, "G8"),
        address=_address(member),
        birth_date=member.birth_date,
        gender=member.sex,
    )


def _person_name(member: Member) -> PersonName:
    return PersonName(member.last_name, member.first_name, member.middle_name, member.suffix)


def _window(content: dict[str, Any]) -> Period | None:
    if not content["starts_on"] or not content["ends_on"]:
        return None
    return Period(date.fromisoformat(content["starts_on"]), date.fromisoformat(content["ends_on"]))


def _dates(content: dict[str, Any]) -> tuple[EventDate, ...]:
    window = _window(content)
    found = [EventDate("AAH", window)] if window else []
    if content["admission_on"]:
        day = date.fromisoformat(content["admission_on"])
        found.append(EventDate("435", Period(day, day)))
    return tuple(found)


def _stay(content: dict[str, Any]) -> Delivery | None:
    """The HSD of the event: the days of an admission, which a payer may answer with fewer."""
    days = content.get("admission_days")
    return Delivery("DY", Decimal(days)) if days else None


def _attachments(content: dict[str, Any]) -> tuple[Attachment, ...]:
    """The documents that go with an answer, each with the control number that ties it to the message."""
    return tuple(
        Attachment(each["report_type"], each["transmission"], each["control_number"], each["description"])
        for each in content.get("attachments", [])
    )


def _lines(asking: Asking) -> list[dict[str, Any]]:
    """A cancellation ends the whole case and names no lines."""
    lines: list[dict[str, Any]] = asking.content["lines"]
    return [] if Purpose.CANCEL in (asking.purpose, asking.answers) else lines


def _service(asking: Asking, line: dict[str, Any], diagnoses: int) -> RequestedService:
    """One line: its first code, its amount, its cap; what X12 has no place for is said in words."""
    code = line["codes"][0]
    quantity = Decimal(line["quantity"]) if line["quantity"] else None
    procedure = Procedure(code["code"], SYSTEMS.get(code["system"], code["system"][:2]), tuple(code["modifiers"]))
    unit, amount, dollars = _amount(QuantityType(line["quantity_type"]), quantity)
    pointers = tuple(range(1, min(diagnoses, MOST_POINTERS) + 1))
    return RequestedService(
        service=Service(procedure, unit=unit, quantity=amount, amount=dollars, pointers=pointers),
        traces=(Trace(line_trace(asking.trace, line["number"]), asking.partner.trace_identifier),),
        period=_window(asking.content | {name: line[name] for name in ("starts_on", "ends_on") if line.get(name)}),
        delivery=_delivery(line, quantity),
        message=" ".join(_remarks(line)),
    )


def _amount(kind: QuantityType, quantity: Decimal | None) -> tuple[str, Decimal | None, Decimal | None]:
    """SV103, SV104 and SV102: hours go as minutes, money as an amount, everything else as a count."""
    if quantity is None:
        return "", None, None
    if kind is QuantityType.MONEY:
        return "", None, quantity
    if kind is QuantityType.HOURS:
        return "MJ", quantity * MINUTES, None
    return "UN", quantity, None


def _delivery(line: dict[str, Any], quantity: Decimal | None) -> Delivery | None:
    """HSD: the first cap; without one, the total of what is not counted in units."""
    unit = COUNTED.get(QuantityType(line["quantity_type"]), "")
    if not unit:
        return None
    if line["caps"]:
        cap = _caps(line)[0]
        return Delivery(unit, Decimal(cap["quantity"]), PERIODS[CapPeriod(cap["period"])])
    if unit == "FL" or quantity is None:
        return None
    return Delivery(unit, quantity)


def _caps(line: dict[str, Any]) -> list[dict[str, str]]:
    """The caps, the one X12 has a segment for first: most caps are weekly."""
    order = list(PERIODS)
    return sorted(line["caps"], key=lambda cap: order.index(CapPeriod(cap["period"])))


def _remarks(line: dict[str, Any]) -> list[str]:
    """What a line says beyond its segments: a shared total, further caps."""
    found = []
    if len(line["codes"]) > 1:
        names = ", ".join(" ".join([code["code"], *code["modifiers"]]) for code in line["codes"])
        found.append(f"One total shared by {names}.")
    caps = _caps(line) if QuantityType(line["quantity_type"]) is QuantityType.MONEY else _caps(line)[1:]
    for cap in caps:
        found.append(f"At most {cap['quantity']} {PERIOD_WORDS[CapPeriod(cap['period'])]}.")
    return found


def _digits(value: str) -> str:
    return "".join(each for each in value if each.isascii() and each.isdigit())
