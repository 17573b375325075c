"""Trading partners: what may be sent to, and who says that it is real."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from audit.models import AuditEvent
from payers import services
from payers.faults import endpoint_problem
from payers.models import TradingPartner
from tenancy.editing import Refused
from tests.cast import NOW, House
from tests.payers.stage import signed_in
from tests.web.pages import form

GOOD: dict[str, Any] = {
    "name": "Clearing North",
    "capabilities": ["278"],
    "our_identifier": "CEDARBAY",
    "their_identifier": "CLEARING",
    "our_application": "CEDARBAY",
    "their_application": "CLEARING",
    "trace_identifier": "1234567890",
    "endpoint_url": "https://gateway.clearing.example/x12",
}


def add(house: House, **values: Any) -> TradingPartner:
    return services.add_partner({**GOOD, **values}, actor=house.actor("supervisor"), now=NOW)


@pytest.mark.parametrize(
    "address",
    [
        "https://gateway.payer.example/x12",
        "https://gateway.payer.example:8443/x12",
        "http://127.0.0.1:9/x12",
        "http://localhost:8080/x12",
        "http://[::1]:8080/x12",
    ],
)
def test_safe_addresses_are_taken(address: str) -> None:
    assert endpoint_problem(address) == ""


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://gateway.payer.example/x12", "Only https"),
        ("http://127.0.0.1.payer.example/x12", "Only https"),
        ("http://10.0.0.7/x12", "Only https"),
        ("https://me@gateway.payer.example/x12", "user name and password"),
        ("https://me:secret@gateway.payer.example/x12", "user name and password"),
        ("https://gateway.payer.example/x12?key=secret", "keys do not belong"),
        ("https://gateway.payer.example/x12#secret", "keys do not belong"),
        ("ftp://gateway.payer.example/x12", "no address"),
        ("file:///etc/passwd", "no address"),
        ("https://", "no address"),
        ("gateway.payer.example", "no address"),
        ("https://gateway.payer.example:99999/x12", "no address"),
        ("https://gate way.example/x12", "no address"),
        ("https://gateway.payer.example\\@evil.example/", "no address"),
        ("https://gateway.payer.example/x12\nHost: evil", "no address"),
        ("javascript:alert(1)", "no address"),
    ],
)
def test_unsafe_addresses_are_refused(address: str, words: str) -> None:
    assert words in endpoint_problem(address)


def test_the_simulator_of_the_demonstration_may_be_reached_without_tls(settings: Settings) -> None:
    settings.SIMULATOR_URL = "http://simulator:8090"
    assert endpoint_problem("http://simulator:8090/x12") == ""
    assert "Only https" in endpoint_problem("http://simulator:8091/x12")


def test_new_partner_begins_in_test_whatever_was_sent(in_north: House) -> None:
    assert add(in_north).usage == "T"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"our_qualifier": "XX"}, "our_qualifier"),
        ({"our_identifier": "A" * 16}, "our_identifier"),
        ({"their_identifier": "PAY*SIM"}, "their_identifier"),
        ({"their_identifier": ""}, "their_identifier"),
        ({"our_application": "A"}, "our_application"),
        ({"trace_identifier": "123"}, "trace_identifier"),
        ({"capabilities": ["999"]}, "capabilities"),
        ({"transport": "pigeon"}, "transport"),
        ({"follow_up_certification_type": "Q"}, "follow_up_certification_type"),
        ({"endpoint_url": "http://gateway.payer.example"}, "endpoint_url"),
        ({"name": ""}, "name"),
    ],
)
def test_partner_that_cannot_be_sent_to_is_refused(in_north: House, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        add(in_north, **values)
    assert {problem.field for problem in refused.value.problems} == {field}


def test_second_partner_of_one_address_is_refused_in_words(in_north: House) -> None:
    add(in_north)
    with pytest.raises(Refused, match="exists already"):
        add(in_north, name="The same again")


def test_going_to_production_is_told_with_old_and_new(in_north: House) -> None:
    partner = add(in_north)
    services.set_usage(partner.id, "P", actor=in_north.actor("supervisor"), now=NOW)
    event = AuditEvent.objects.get(action="trading_partner.changed")
    assert (event.subject_id, event.data["changes"]) == (partner.id, {"usage": ["T", "P"]})


def test_saving_a_partner_leaves_usage_and_polling_alone(in_north: House) -> None:
    TradingPartner.objects.filter(id=in_north.partner.id).update(usage="P", polled_at=NOW)
    services.save_partner(in_north.partner.id, GOOD, version=1, actor=in_north.actor("supervisor"), now=NOW)
    partner = TradingPartner.objects.get(id=in_north.partner.id)
    assert (partner.name, partner.usage, partner.polled_at, partner.version) == ("Clearing North", "P", NOW, 2)


def test_new_partner_begins_with_the_usual_qualifiers(north: House) -> None:
    page = signed_in(north).get("/configuration/partners/new").content.decode()
    values = form(page, 'name="our_qualifier"')
    chosen = [values[name] for name in ("our_qualifier", "their_qualifier", "follow_up_certification_type")]
    assert chosen == ["ZZ", "ZZ", "S"]
