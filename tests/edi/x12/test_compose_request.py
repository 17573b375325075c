"""A request is written by the guide or refused with the field, and whatever is written reads back equal."""

import os
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from edi.x12.charset import Period
from edi.x12.envelope_writer import Envelope
from edi.x12.parts import (
    Attachment,
    Diagnosis,
    EventDate,
    Party,
    PersonName,
    Place,
    Procedure,
    ReviewKind,
    Service,
    Subscriber,
    Trace,
)
from edi.x12.review_request import (
    ComposedRequest,
    Refused,
    RequestedService,
    ReviewRequest,
    compose,
    read_request,
    tidy,
)
from edi.x12.tokenizer import Delimiters
from tests.edi.x12.samples import PUBLIC, interchange_of, set_of, text_of
from tests.edi.x12.strategies import envelopes, requests

# A longer run: ROUND_TRIPS=20000 python3 dev.py test tests/edi/x12/test_compose_request.py
ROUND_TRIPS = int(os.environ.get("ROUND_TRIPS", "250"))

ENVELOPE = Envelope(
    sender_qualifier="ZZ",
    sender="NORTHCARE",
    receiver_qualifier="ZZ",
    receiver="CEDARHEALTH",
    application_sender="NORTHCARE",
    application_receiver="CEDARHEALTH",
    interchange_number=101,
    group_number=101,
    prepared_at=datetime.fromisoformat("2026-01-05T10:30"),
    usage="T",
)
REQUEST = ReviewRequest(
    reference="GL-000101",
    prepared_at=datetime.fromisoformat("2026-01-05T10:15"),
    reviewer=Party("X3", "CEDAR HEALTH PLAN", id_qualifier="PI", identifier="48210"),
    requester=Party("1P", "NORTH CARE CENTER", id_qualifier="XX", identifier="1992345672"),
    subscriber=Subscriber(PersonName("RIVERA", "DANA"), "CH5501728", birth_date=date(1991, 7, 4), gender="F"),
    traces=(Trace("PA-000101", "9GREENLGHT"),),
    review=ReviewKind("HS", "I", "A4", Place("12"), release="Y"),
    dates=(EventDate("AAH", Period(date(2026, 1, 12), date(2026, 4, 11))),),
    diagnoses=(Diagnosis("ABK", "F840"),),
    services=(
        RequestedService(
            service=Service(Procedure("H2019", modifiers=("HO",)), unit="UN", quantity=Decimal(480), pointers=(1,)),
            traces=(Trace("PA-000101-1", "9GREENLGHT"),),
            period=Period(date(2026, 1, 12), date(2026, 4, 11)),
        ),
    ),
)


def composed(request: ReviewRequest, envelope: Envelope = ENVELOPE) -> ComposedRequest:
    result = compose(request, envelope)
    assert isinstance(result, ComposedRequest), result
    return result


def refused(request: ReviewRequest, envelope: Envelope = ENVELOPE) -> set[tuple[str, str]]:
    result = compose(request, envelope)
    assert isinstance(result, Refused)
    return {(each.path, each.code) for each in result.refusals}


@settings(max_examples=ROUND_TRIPS, deadline=None, suppress_health_check=list(HealthCheck))
@given(requests, envelopes)
def test_whatever_is_composed_reads_back_equal(request: ReviewRequest, envelope: Envelope) -> None:
    result = composed(request, envelope)
    interchange = interchange_of(result.text)
    (transaction,) = interchange.sets
    read = read_request(transaction)
    assert read.problems == ()
    ready, cleaned = tidy(request, envelope.delimiters)
    assert cleaned == ()
    assert read.request == ready == result.request
    assert interchange.control_number == f"{envelope.interchange_number:09d}"
    assert interchange.sender == envelope.sender
    assert interchange.usage == envelope.usage


def test_a_community_support_request_is_written_segment_by_segment() -> None:
    text = composed(REQUEST).text
    assert text == (
        "ISA*00*          *00*          *ZZ*NORTHCARE      *ZZ*CEDARHEALTH    *260105*1030*^*00501*000000101*0*T*:~"
        "GS*HI*NORTHCARE*CEDARHEALTH*20260105*1030*101*X*005010X217~"
        "ST*278*0001*005010X217~"
        "BHT*0007*13*GL-000101*20260105*1015~"
        "HL*1**20*1~NM1*X3*2*CEDAR HEALTH PLAN*****PI*48210~"
        "HL*2*1*21*1~NM1*1P*2*NORTH CARE CENTER*****XX*1992345672~"
        "HL*3*2*22*1~NM1*IL*1*RIVERA*DANA****MI*CH5501728~DMG*D8*19910704*F~"
        "HL*4*3*EV*1~TRN*1*PA-000101*9GREENLGHT~UM*HS*I*A4*12:B*****Y~"
        "DTP*AAH*RD8*20260112-20260411~HI*ABK:F840~"
        "HL*5*4*SS*0~TRN*1*PA-000101-1*9GREENLGHT~DTP*472*RD8*20260112-20260411~"
        "SV1*HC:H2019:HO**UN*480***1~"
        "SE*19*0001~GE*1*101~IEA*1*000000101~"
    )
    assert len(text.split("~")[0]) == 105


@pytest.mark.parametrize("name", ["community-support-request.edi", "dependent-home-nursing-renewal-request.edi"])
def test_our_own_sample_requests_compose_to_the_same_bytes(name: str) -> None:
    text = text_of(name)
    interchange = interchange_of(text)
    read = read_request(interchange.sets[0])
    assert read.problems == ()
    assert read.request is not None
    number = int(interchange.control_number)
    envelope = replace(ENVELOPE, interchange_number=number, group_number=number)
    assert composed(read.request, envelope).text == text.replace("\n", "")


def test_a_renewal_for_a_dependent_is_read() -> None:
    request = read_request(set_of("dependent-home-nursing-renewal-request.edi")).request
    assert request is not None
    assert request.dependent is not None
    assert (request.dependent.name.first, request.dependent.relationship) == ("LEO", "19")
    assert (request.review.purpose, request.previous_certification) == ("R", "CERT-4471")
    assert request.services[0].service.revenue_code == "0551"
    assert request.services[0].service.quantity == Decimal(65)
    assert request.delivery is not None
    assert (request.delivery.quantity, request.delivery.per, request.delivery.spans) == (Decimal(5), "WK", 13)


def test_names_are_folded_and_delimiters_in_texts_made_blanks_and_told() -> None:
    line = replace(REQUEST.services[0], message="Goal: walk*stand~sit ^ 5 %")
    subscriber = replace(REQUEST.subscriber, name=PersonName("Müller-Łódź", "Renée"))
    result = composed(replace(REQUEST, services=(line,), subscriber=subscriber))
    assert result.request.subscriber.name == PersonName("Muller-Lodz", "Renee")
    assert result.request.services[0].message == "Goal walk stand sit 5 %"
    assert result.cleaned == ("subscriber.name.last", "subscriber.name.first", "services[0].message")
    assert "Renée" not in repr(result)


def test_what_separates_in_this_interchange_is_barred_whatever_it_is() -> None:
    bars = replace(ENVELOPE, delimiters=Delimiters("|", "!", ">", "~"))
    result = compose(replace(REQUEST, message="a|b*c!d>e"), bars)
    assert isinstance(result, ComposedRequest)
    assert result.request.message == "a b*c d e"
    subscriber = replace(REQUEST.subscriber, member_id="CH*55")
    assert isinstance(compose(replace(REQUEST, subscriber=subscriber), bars), ComposedRequest)


def test_a_partner_that_wants_capitals_gets_capitals() -> None:
    subscriber = replace(REQUEST.subscriber, name=PersonName("Rivera", "Dana"))
    result = compose(replace(REQUEST, subscriber=subscriber), ENVELOPE, uppercase=True)
    assert isinstance(result, ComposedRequest)
    assert "NM1*IL*1*RIVERA*DANA*" in result.text


@pytest.mark.parametrize("character", ["*", "^", ":", "~", "é", "\n"])
def test_an_identifier_with_a_character_x12_cannot_carry_is_refused_not_changed(character: str) -> None:
    subscriber = replace(REQUEST.subscriber, member_id=f"CH55{character}01")
    assert refused(replace(REQUEST, subscriber=subscriber)) == {("subscriber.member_id", "character")}


def test_a_diagnosis_is_written_without_its_dot() -> None:
    assert "HI*ABK:F840~" in composed(replace(REQUEST, diagnoses=(Diagnosis("ABK", "F84.0"),))).text


@pytest.mark.parametrize(
    ("quantity", "written"),
    [("480.00", "480"), ("4.50", "4.5"), ("0.5", ".5"), ("1E+3", "1000"), ("0.00", "0"), ("12", "12")],
)
def test_numbers_have_no_exponent_and_no_trailing_zero(quantity: str, written: str) -> None:
    service = replace(REQUEST.services[0].service, quantity=Decimal(quantity))
    line = replace(REQUEST.services[0], service=service)
    assert f"**UN*{written}***1~" in composed(replace(REQUEST, services=(line,))).text


LINE = REQUEST.services[0]
BAD = {
    "NPI with a wrong check digit": (
        replace(REQUEST, requester=replace(REQUEST.requester, identifier="1992345673")),
        ("requester.identifier", "npi"),
    ),
    "no NPI": (
        replace(REQUEST, requester=replace(REQUEST.requester, identifier="")),
        ("requester.identifier", "missing"),
    ),
    "no member id": (
        replace(REQUEST, subscriber=replace(REQUEST.subscriber, member_id="")),
        ("subscriber.member_id", "missing"),
    ),
    "a name of 61 letters": (
        replace(REQUEST, subscriber=replace(REQUEST.subscriber, name=PersonName("A" * 61))),
        ("subscriber.name.last", "too_long"),
    ),
    "no trace": (replace(REQUEST, traces=()), ("traces", "missing")),
    "a short originator": (replace(REQUEST, traces=(Trace("1", "9SHORT"),)), ("traces[0].originator", "too_short")),
    "no reference": (replace(REQUEST, reference=""), ("reference", "missing")),
    "an unknown purpose": (replace(REQUEST, review=replace(REQUEST.review, purpose="Q")), ("review.purpose", "code")),
    "a cancellation without the payer's number": (
        replace(REQUEST, review=replace(REQUEST.review, purpose="3")),
        ("previous_certification", "missing"),
    ),
    "a renewal known only by an administrative number": (
        replace(REQUEST, review=replace(REQUEST.review, purpose="R"), previous_administrative="P1"),
        ("previous_certification", "missing"),
    ),
    "thirteen diagnoses": (
        replace(REQUEST, diagnoses=(Diagnosis("ABK", "F840"), *[Diagnosis("ABF", "F902")] * 12)),
        ("diagnoses", "too_many"),
    ),
    "two principal diagnoses": (
        replace(REQUEST, diagnoses=(Diagnosis("ABK", "F840"), Diagnosis("ABK", "F902"))),
        ("diagnoses[1].qualifier", "code"),
    ),
    "a period that ends before it begins": (
        replace(REQUEST, services=(replace(LINE, period=Period(date(2026, 2, 1), date(2026, 1, 1))),)),
        ("services[0].period", "period"),
    ),
    "a quantity without its unit": (
        replace(REQUEST, services=(replace(LINE, service=replace(LINE.service, unit="")),)),
        ("services[0].service.quantity", "pair"),
    ),
    "a pointer to no diagnosis": (
        replace(REQUEST, services=(replace(LINE, service=replace(LINE.service, pointers=(2,))),)),
        ("services[0].service.pointers", "pointer"),
    ),
    "a procedure of four letters": (
        replace(REQUEST, services=(LINE, replace(LINE, service=replace(LINE.service, procedure=Procedure("H201"))))),
        ("services[1].service.procedure.code", "code"),
    ),
    "five modifiers": (
        replace(
            REQUEST,
            services=(
                replace(LINE, service=replace(LINE.service, procedure=Procedure("H2019", modifiers=("AA",) * 5))),
            ),
        ),
        ("services[0].service.procedure.modifiers", "too_many"),
    ),
    "a hundred lines": (replace(REQUEST, services=(LINE,) * 100), ("services", "too_many")),
    "a document without a way to send it": (
        replace(REQUEST, attachments=(Attachment("M1"),)),
        ("attachments[0].transmission", "missing"),
    ),
    "a negative quantity": (
        replace(REQUEST, services=(replace(LINE, service=replace(LINE.service, quantity=Decimal(-1))),)),
        ("services[0].service.quantity", "number"),
    ),
    "a quantity without end": (
        replace(REQUEST, services=(replace(LINE, service=replace(LINE.service, quantity=Decimal("Infinity"))),)),
        ("services[0].service.quantity", "number"),
    ),
}


@pytest.mark.parametrize("name", list(BAD))
def test_a_request_against_the_guide_is_refused_with_the_field(name: str) -> None:
    request, expected = BAD[name]
    assert expected in refused(request)


def test_a_refusal_never_holds_the_value() -> None:
    result = compose(replace(REQUEST, subscriber=replace(REQUEST.subscriber, member_id="SECRET*1")), ENVELOPE)
    assert isinstance(result, Refused)
    assert "SECRET" not in repr(result)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"sender": "A NAME TOO LONG FOR ISA06"}, "sender"),
        ({"receiver": "CEDAR*1"}, "receiver"),
        ({"sender_qualifier": "YY"}, "sender_qualifier"),
        ({"interchange_number": 0}, "interchange_number"),
        ({"interchange_number": 1_000_000_000}, "interchange_number"),
        ({"usage": "X"}, "usage"),
        ({"delimiters": Delimiters(repetition=":")}, "delimiters"),
    ],
)
def test_an_envelope_that_cannot_be_written_is_refused(change: dict[str, object], path: str) -> None:
    assert path in {where for where, _ in refused(REQUEST, replace(ENVELOPE, **change))}  # type: ignore[arg-type]


@pytest.mark.skipif(not PUBLIC.exists(), reason="the public samples do not lie beside this checkout")
def test_the_public_requests_hold_what_the_guide_says() -> None:
    folder = PUBLIC / "278"
    admission = read_request(
        interchange_of((folder / "emergency-admission-request-for-review.edi").read_text()).sets[0]
    )
    assert admission.problems == ()
    assert admission.request is not None
    assert admission.request.review.urgency == "03"
    assert admission.request.dates == (EventDate("435", Period(date(2005, 5, 5), date(2005, 5, 5))),)
    assert admission.request.diagnoses == (Diagnosis("BF", "29603", date(2005, 4, 30)),)
    assert [party.role for party in admission.request.providers] == ["FA", "71", "SJ"]
    referral = read_request(interchange_of((folder / "referral-request-for-review.edi").read_text()).sets[0])
    assert referral.problems == ()
    assert referral.request is not None
    assert referral.request.traces == (Trace("111099", "9012345678"),)
    assert referral.request.requester.first_name == "JAMES"


@pytest.mark.skipif(not PUBLIC.exists(), reason="the public samples do not lie beside this checkout")
def test_a_public_request_with_a_wrong_count_gives_its_content_and_the_problem() -> None:
    text = (PUBLIC / "278" / "request-for-home-health-care.edi").read_text()
    (transaction,) = interchange_of(text).sets
    read = read_request(transaction)
    assert [(problem.code, problem.element) for problem in read.problems] == [("se_count", 1)]
    assert not transaction.may_be_applied
    assert read.request is not None
    assert [line.service.procedure.code for line in read.request.services if line.service.procedure] == [
        "G0154",
        "B4184",
    ]
    assert read.request.supporting[0].elements[3] == "20050502-20050801"
