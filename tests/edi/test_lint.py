"""The check before submit: sentences, beside the field they belong to, and the same rules the composer has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from authorizations.models import Authorization
from authorizations.models.line import LineCode
from authorizations.states import Status
from edi.lint import draft_problems, in_sentences, request_problems
from edi.mapping import request_of_draft
from edi.x12.parts import Party
from edi.x12.problems import Refusal
from edi.x12.request_model import ReviewRequest
from members.models import Coverage, Member
from payers.models import TradingPartner
from payers.rules import Service, route
from tests.authorizations.cases import drafted, submitted, units
from tests.cast import NOW, House, found_house


@pytest.fixture
def in_north(db: None) -> House:
    return found_house("north", "Cedar Bay Care")


def told(house: House, authorization: Authorization) -> dict[str, list[str]]:
    """What the check says, by field."""
    found: dict[str, list[str]] = {}
    for problem in draft_problems(authorization, now=NOW):
        found.setdefault(problem.field, []).append(problem.message)
    return found


def a_draft(house: House, **fields: object) -> Authorization:
    drafted_case = drafted(house, units("H2019"), units("H2014", 40), **fields)
    found: Authorization = Authorization.objects.get(id=drafted_case.id)
    return found


def request_of(house: House, authorization: Authorization) -> ReviewRequest:
    found = route(house.electronic, Service("H2019"), date(2026, 11, 23))
    return request_of_draft(authorization, found, now=NOW)


def test_a_sound_draft_has_no_problem_and_is_sent(in_north: House) -> None:
    with in_north.scope():
        assert told(in_north, a_draft(in_north)) == {}
        assert submitted(in_north).authorization.status == Status.SUBMITTED


def test_a_member_id_that_cannot_be_sent_is_told_at_the_coverage(in_north: House) -> None:
    with in_north.scope():
        draft = a_draft(in_north)
        Coverage.objects.filter(id=in_north.coverage.id).update(member_number="HSM*77")
        assert told(in_north, draft) == {
            "coverage": [
                "The member id holds a character that cannot be sent: a separator such as * ^ : ~, "
                "or an unusual letter."
            ]
        }


def test_a_name_with_accents_and_separators_is_no_problem(in_north: House) -> None:
    with in_north.scope():
        Member.objects.filter(id=in_north.member.id).update(last_name="Núñez*Ó", first_name="Zoë")
        assert told(in_north, a_draft(in_north)) == {}


def test_a_code_of_the_wrong_shape_is_told_at_its_line(in_north: House) -> None:
    with in_north.scope():
        draft = a_draft(in_north)
        LineCode.objects.filter(line__authorization=draft, line__number=2).update(code="H20145")
        assert told(in_north, draft) == {
            "lines-2.codes": ["The code of line 2: a procedure code has five letters or digits."]
        }


def test_a_partner_whose_trace_id_is_short_is_told_as_such(in_north: House) -> None:
    with in_north.scope():
        TradingPartner.objects.filter(id=in_north.partner.id).update(trace_identifier="9SHORT")
        assert told(in_north, a_draft(in_north)) == {"program": ["The trading partner is too short to be sent."]}


def test_what_submit_finds_by_itself_is_not_said_twice(in_north: House) -> None:
    with in_north.scope():
        assert told(in_north, a_draft(in_north, diagnoses=(), rendering_provider=None, requesting_provider=None)) == {
            "requesting_provider": ["The requesting provider has no NPI."]
        }


def test_a_draft_that_goes_by_portal_is_not_checked_as_a_message(in_north: House) -> None:
    with in_north.scope():
        draft = a_draft(in_north)
        Coverage.objects.filter(id=in_north.coverage.id).update(program=in_north.manual, member_number="*")
        Authorization.objects.filter(id=draft.id).update(program=in_north.manual)
        assert told(in_north, Authorization.objects.get(id=draft.id)) == {}


def test_a_rendering_provider_without_npi_is_told_by_name_of_the_field(in_north: House) -> None:
    with in_north.scope():
        request = request_of(in_north, a_draft(in_north))
        nameless = tuple(
            replace(party, id_qualifier="", identifier="") if party.role == "SJ" else party
            for party in request.providers
        )
        problems = request_problems(replace(request, providers=nameless), in_north.partner)
    assert [(problem.field, problem.message) for problem in problems] == [
        ("rendering_provider", "The rendering provider has no NPI.")
    ]


@pytest.mark.parametrize(
    ("path", "code", "field", "sentence"),
    [
        ("requester.identifier", "npi", "requesting_provider", "The NPI of the requesting provider is not valid"),
        ("providers[1].identifier", "npi", "facility", "The NPI of the facility is not valid"),
        ("services[1].service.quantity", "number", "lines-2.quantity", "The amount of line 2: bad."),
        ("services[0].delivery.unit", "code", "lines-1.caps", "The cap of line 1: bad."),
        ("diagnoses[1].code", "missing", "diagnoses", "Diagnosis 2 is missing."),
        ("dates[0].period", "period", "ends_on", "The dates: the last day comes before the first."),
        ("message", "too_long", "note_to_payer", "The note to the payer is too long to be sent."),
        ("review.place.code", "missing", "place_of_service", "The place of service is missing."),
        ("dependent.name.last", "missing", "coverage", "The member's name is missing."),
        ("receiver", "identifier", "program", "The trading partner: bad."),
    ],
)
def test_each_refusal_finds_the_field_it_was_filled_in(
    in_north: House, path: str, code: str, field: str, sentence: str
) -> None:
    with in_north.scope():
        request = request_of(in_north, a_draft(in_north))
    request = replace(request, providers=(Party("SJ"), Party("FA")))
    (problem,) = in_sentences([Refusal(path, code, "Bad.")], request)
    assert problem.field == field
    assert problem.message.startswith(sentence)
