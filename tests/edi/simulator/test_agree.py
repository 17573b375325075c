"""Two readers written apart agree: what the product composes the payer accepts, what the payer answers the
product understands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from edi.x12.charset import Period
from edi.x12.envelope import read_envelopes
from edi.x12.envelope_writer import Envelope
from edi.x12.outcome import Outcome, Standing, outcomes
from edi.x12.parts import (
    Accident,
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
    Supporting,
    Trace,
)
from edi.x12.request_model import RequestedService, ReviewRequest
from edi.x12.review_request import ComposedRequest, compose
from edi.x12.review_response import read_response
from tests.edi.simulator.conftest import picked_up
from tests.edi.simulator.wire import NPI, OUR_COMPANY, Partner, Received, Reply, numbers

WINDOW = Period(date(2026, 1, 5), date(2026, 4, 4))
PREPARED = datetime(2026, 1, 5, 10, 30)  # noqa: DTZ001 - written as it is, in no zone
ADDRESS = Address(("1 EXAMPLE STREET", "SUITE 2"), "BALTIMORE", "MD", "21201")
CLINIC = Party("1P", "NORTH CLINIC", id_qualifier="XX", identifier=NPI)


def service(code: str, units: str = "40") -> RequestedService:
    return RequestedService(
        service=Service(Procedure(code, modifiers=("HO",)), unit="UN", quantity=Decimal(units), pointers=(1,)),
        traces=(Trace(f"AGREE-{code}", OUR_COMPANY),),
        period=WINDOW,
    )


def asked(*codes: str) -> ReviewRequest:
    return ReviewRequest(
        reference="AGREE",
        prepared_at=PREPARED,
        reviewer=Party("X3", "EXAMPLE HEALTH PLAN", id_qualifier="PI", identifier="54321"),
        requester=CLINIC,
        subscriber=Subscriber(PersonName("SAMPLE", "PATIENT"), "M0001", birth_date=date(2010, 2, 3), gender="F"),
        traces=(Trace("AGREE-T", OUR_COMPANY),),
        review=ReviewKind("HS", "I", "A4", Place("11"), release="Y"),
        dates=(EventDate("AAH", WINDOW),),
        diagnoses=(Diagnosis("ABK", "F84.0"), Diagnosis("ABF", "R41.9")),
        providers=(replace(CLINIC, role="SJ", specialty=Specialty("PE", "103K00000X")),),
        services=tuple(service(code) for code in codes),
    )


RICH = replace(
    asked("H2019"),
    requester=replace(
        CLINIC,
        references=(Reference("EI", "123456789"), Reference("G5", "SITE1")),
        address=ADDRESS,
        contact=Contact("FRONT DESK", (ContactNumber("TE", "4105550100"), ContactNumber("FX", "4105550101"))),
        specialty=Specialty("PE", "103K00000X"),
    ),
    subscriber=Subscriber(
        PersonName("SAMPLE", "HOLDER", "Q", "JR"),
        "M0001",
        references=(Reference("1L", "GROUP1"),),
        address=ADDRESS,
        birth_date=date(1980, 2, 3),
        gender="M",
        military_status="AO",
    ),
    dependent=Dependent(
        PersonName("SAMPLE", "CHILD"),
        "19",
        references=(Reference("SY", "123456789"),),
        address=ADDRESS,
        birth_date=date(2018, 2, 3),
        gender="F",
        birth_order=2,
    ),
    review=ReviewKind(
        "HS", "I", "A4", Place("12"), Accident(("AA",), "MD"), "U", "F", "3", release="Y", delay_reason="8"
    ),
    dates=(EventDate("431", Period(date(2025, 12, 1), date(2025, 12, 1))), EventDate("AAH", WINDOW)),
    diagnoses=(Diagnosis("ABK", "F84.0", date(2025, 12, 1)), Diagnosis("ABJ", "R41.9"), Diagnosis("ABF", "Z00")),
    delivery=Delivery("VS", Decimal(3), "WK", Decimal(1), "35", 4),
    supporting=(Supporting("CRC", ("75", "Y", "04")), Supporting("CL1", ("1", "2"))),
    attachments=(Attachment("77", "EL", "DOC1", "PLAN OF CARE"),),
    message="SEE THE PLAN OF CARE",
    providers=(
        replace(CLINIC, role="SJ", references=(Reference("0B", "L1"),), address=ADDRESS),
        Party("71", "DOCTOR", is_person=True, first_name="ANY", id_qualifier="XX", identifier=NPI),
    ),
    transports=(Party("PW", "HOME", address=ADDRESS), Party("FS", "CLINIC", address=ADDRESS)),
    services=(
        replace(
            service("H2019", "40.5"),
            review=ReviewKind("HS", place=Place("11")),
            delivery=Delivery("VS", Decimal(3), "WK"),
            attachments=(Attachment("M1", "FX"),),
            message="THIS LINE FIRST",
            providers=(replace(CLINIC, role="SJ", specialty=Specialty("PE", "103K00000X")),),
        ),
        RequestedService(
            service=Service(
                Procedure("T1030"), revenue_code="0551", amount=Decimal("99.95"), unit="UN", quantity=Decimal(4)
            )
        ),
        RequestedService(service=Service(revenue_code="0120", unit="DA", quantity=Decimal(3), rate=Decimal(800))),
        RequestedService(
            service=Service(Procedure("H0032", modifiers=("U1", "U2", "U3", "U4")), amount=Decimal(100), screening=True)
        ),
    ),
)
VARIANTS = {
    "two lines": asked("H2019", "H2014"),
    "no line": asked(),
    "everything": RICH,
    "a renewal": replace(
        asked("H2019"), review=ReviewKind("HS", "R", "A4", Place("11")), previous_certification="AUTH1"
    ),
    "an answer to a pend": replace(
        asked("H2019"), review=ReviewKind("HS", "S", "A4", Place("11")), previous_administrative="ADM1"
    ),
    "a cancellation": replace(asked(), review=ReviewKind("HS", "3"), previous_certification="AUTH1"),
    "an appeal": replace(asked(), review=ReviewKind("SC", "1"), previous_administrative="ADM1"),
    "an admission": replace(
        asked(), review=ReviewKind("AR", "I", "1", Place("11", "A"), urgency="03"), dates=(EventDate("435", WINDOW),)
    ),
    "a name with accents and delimiters": replace(
        asked("H2019"), subscriber=Subscriber(PersonName("D'ÉTOILE^*", "ZOË:~"), "M0001")
    ),
}


def send(partner: Partner, request: ReviewRequest) -> Reply:
    number = next(numbers)
    envelope = Envelope(
        sender_qualifier="ZZ",
        sender=partner.sender,
        receiver_qualifier="ZZ",
        receiver="PAYER01",
        application_sender=partner.sender,
        application_receiver="PAYER01",
        interchange_number=number,
        group_number=number,
        prepared_at=PREPARED,
        usage="T",
        acknowledgment_requested=True,
    )
    composed = compose(request, envelope)
    assert isinstance(composed, ComposedRequest), composed
    return partner.send_bytes(composed.text.encode("ascii"))


def understood(answer: Received) -> Outcome:
    (read,) = read_envelopes(answer.text).interchanges
    (only,) = read.sets
    response = read_response(only)
    assert response.problems == ()
    assert response.response is not None
    (outcome,) = outcomes(response.response)
    return outcome


@pytest.mark.parametrize("request_made", VARIANTS.values(), ids=VARIANTS.keys())
def test_the_payer_accepts_what_the_product_composes(partner: Partner, request_made: ReviewRequest) -> None:
    reply = send(partner, request_made)
    assert reply.acknowledgement.all("IK3") == []
    assert reply.acknowledgement.one("IK5")[1:] == ["A"]
    assert reply.acknowledgement.one("TA1")[4:] == ["A", "000"]


def test_the_product_understands_the_answer_to_a_rich_request(partner: Partner) -> None:
    outcome = understood(send(partner, RICH).answer)
    assert outcome.standing is Standing.APPROVED
    assert len(outcome.lines) == 4


STANDINGS = {
    "H2019": Standing.APPROVED,
    "H2014": Standing.APPROVED,
    "H0032": Standing.APPROVED,
    "H2016": Standing.APPROVED,
    "T1021": Standing.APPROVED,
    "S9123": Standing.APPROVED,
    "T1019": Standing.DENIED,
    "T1020": Standing.DENIED,
    "G0299": Standing.PENDED,
    "H2015": Standing.PENDED,
    "H0031": Standing.NOT_REQUIRED,
    "S5170": Standing.CANCELLED,
    "T2017": Standing.UNDECIDED,
    "S5100": Standing.RETURNED,
    "S5101": Standing.HELD,
    "S5110": Standing.RETURNED,
    "S5120": Standing.RETURNED,
    "S5125": Standing.RETURNED,
    "S5130": Standing.RETURNED,
    "S5136": Standing.RETURNED,
    "S5140": Standing.RETURNED,
    "S5150": Standing.RETURNED,
}


@pytest.mark.parametrize(("code", "standing"), STANDINGS.items(), ids=list(STANDINGS))
def test_the_product_reads_each_scenario_as_the_payer_meant_it(partner: Partner, code: str, standing: Standing) -> None:
    outcome = understood(send(partner, asked(code)).answer)
    assert outcome.standing is standing
    assert outcome.reference == "AGREE"


def test_fewer_units_arrive_on_the_right_line(partner: Partner) -> None:
    outcome = understood(send(partner, asked("H2019", "H2014")).answer)
    assert [line.quantity.amount for line in outcome.lines] == [Decimal(40), Decimal(20)]
    assert [line.traces[0].number for line in outcome.lines] == ["AGREE-H2019", "AGREE-H2014"]
    assert {(line.window.first, line.window.last) for line in outcome.lines} == {(WINDOW.first, WINDOW.last)}
    assert len({line.certification_number for line in outcome.lines}) == 1
    assert outcome.modified


def test_a_shorter_period_arrives(partner: Partner) -> None:
    (line,) = understood(send(partner, asked("H2016")).answer).lines
    assert (line.window.first, line.window.last) == (WINDOW.first, date(2026, 2, 18))


def test_a_weekly_cap_arrives_beside_the_total(partner: Partner) -> None:
    (line,) = understood(send(partner, asked("T1021")).answer).lines
    assert line.quantity.amount == 40
    assert line.quantity.cap is not None
    assert (line.quantity.cap.quantity, line.quantity.cap.per) == (Decimal(4), "WK")


def test_a_picked_up_answer_reads_like_one_given_at_once(partner: Partner) -> None:
    send(partner, asked("E0601"))
    (answer,) = picked_up(partner)
    assert understood(answer).standing is Standing.APPROVED
