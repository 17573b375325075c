"""Providers and facilities by hand: numbers that fit, days, names that are taken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from payers.queries import history
from providers import queries, services
from providers.models import Facility, Provider
from tenancy.editing import Refused, Stale
from tests.cast import NOW, TODAY, House

PERSON = {"kind": "person", "name": "Weir", "first_name": "Jo"}


def act(house: House) -> dict[str, Any]:
    return {"actor": house.actor("supervisor"), "now": NOW}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"npi": "1234567890"}, "npi"),
        ({"npi": "123"}, "npi"),
        ({"npi": "3234567893"}, "npi"),
        ({"taxonomy": "103K00000"}, "taxonomy"),
        ({"taxonomy": "103K000000"}, "taxonomy"),
        ({"name": ""}, "name"),
        ({"name": "W" * 61}, "name"),
        ({"first_name": ""}, "first_name"),
        ({"kind": "group"}, "first_name"),
        ({"kind": "robot"}, "kind"),
        ({"active_from": TODAY, "active_to": TODAY - timedelta(days=1)}, "active_to"),
        ({"phone": "555\x000101"}, "phone"),
    ],
)
def test_provider_that_cannot_be_is_refused_with_the_field(in_north: House, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        services.add_provider({**PERSON, **values}, **act(in_north))
    assert [each.field for each in refused.value.problems] == [field]


def test_numbers_are_taken_as_people_write_them(in_north: House) -> None:
    provider = services.add_provider({**PERSON, "npi": "1497-758 544", "taxonomy": "103k00000x"}, **act(in_north))
    assert (provider.npi, provider.taxonomy) == ("1497758544", "103K00000X")


def test_second_provider_of_one_npi_is_refused_in_words(in_north: House) -> None:
    with pytest.raises(Refused, match="Another provider has this NPI already"):
        services.add_provider({**PERSON, "npi": in_north.clinician.npi}, **act(in_north))


def test_two_organizations_may_name_one_npi(north: House, south: House) -> None:
    with south.scope():
        assert Provider.objects.get(npi=north.clinician.npi).name == "OkaforSouth"


def test_change_is_told_and_an_older_version_is_stale(in_north: House) -> None:
    services.save_provider(in_north.clinician.id, {"phone": "1"}, version=1, **act(in_north))
    assert history([in_north.clinician.id])[0].changes == (("Phone", "", "1"),)
    with pytest.raises(Stale):
        services.save_provider(in_north.clinician.id, {"phone": "2"}, version=1, **act(in_north))
    assert AuditEvent.objects.filter(action="provider.changed").count() == 1


def test_who_left_is_not_listed_until_asked_for(in_north: House) -> None:
    yesterday = TODAY - timedelta(days=1)
    services.save_provider(in_north.clinician.id, {"active_to": yesterday}, version=None, **act(in_north))
    assert in_north.clinician not in queries.providers_listed(today=TODAY)
    assert list(queries.providers_listed(today=TODAY, ended=True)) == [in_north.clinician]
    assert in_north.clinician in queries.providers_listed(today=yesterday)


def test_provider_is_found_by_parts_of_the_name_and_the_beginning_of_the_npi(in_north: House) -> None:
    for text in ("okafor", "ren okaf", "12345678"):
        assert list(queries.providers_listed(text, today=TODAY)) == [in_north.clinician], text
    assert list(queries.providers_listed("567893", today=TODAY)) == []


def test_list_goes_on_where_the_page_ended(in_north: House) -> None:
    for number in range(5):
        services.add_provider({**PERSON, "first_name": f"Jo{number}"}, **act(in_north))
    rows = queries.providers_listed("weir", today=TODAY)
    first = queries.provider_page(rows, size=3)
    second = queries.provider_page(rows, size=3, after=first.next_key)
    assert [row.first_name for row in (*first.rows, *second.rows)] == ["Jo0", "Jo1", "Jo2", "Jo3", "Jo4"]
    assert (second.next_key, len(queries.provider_page(rows, size=3, after="nonsense").rows)) == ("", 3)


def test_those_who_cannot_be_named_in_a_278_are_counted(in_north: House) -> None:
    assert queries.without_sound_npi(TODAY) == 0
    services.add_provider(PERSON, **act(in_north))
    assert queries.without_sound_npi(TODAY) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"npi": "1234567890"}, "npi"),
        ({"state": "Delaware"}, "state"),
        ({"state": "D1"}, "state"),
        ({"place_of_service": "1"}, "place_of_service"),
        ({"postal_code": "1990"}, "postal_code"),
        ({"name": ""}, "name"),
    ],
)
def test_facility_that_cannot_be_is_refused_with_the_field(in_north: House, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        services.add_facility({"name": "East Clinic", **values}, **act(in_north))
    assert field in {each.field for each in refused.value.problems}


def test_second_facility_of_one_name_is_refused_in_words(in_north: House) -> None:
    with pytest.raises(Refused, match="There is a facility of that name already"):
        services.add_facility({"name": in_north.facility.name}, **act(in_north))


def test_facility_ends_on_its_last_day(in_north: House) -> None:
    last = date(2026, 11, 30)
    services.save_facility(in_north.facility.id, {"active_to": last}, version=None, **act(in_north))
    again = Facility.objects.get()
    assert (again.active_on(last), again.active_on(last + timedelta(days=1))) == (True, False)


def test_place_of_service_that_payers_do_not_know_is_refused(in_north: House) -> None:
    with pytest.raises(Refused, match="40 is no place of service"):
        services.add_facility({"name": "East Clinic", "place_of_service": "40"}, **act(in_north))
    services.add_facility({"name": "East Clinic", "place_of_service": "12"}, **act(in_north))
