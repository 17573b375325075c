"""Providers and facilities from a file."""

from __future__ import annotations

import time
from datetime import date

from imports.queries import import_file
from imports.services import ImportKind, Look, look, run
from providers.importers import FACILITIES, PROVIDERS
from providers.models import Facility, Provider
from tests.cast import NOW, TODAY, House
from tests.payers.stage import signed_in, upload


def looked(house: House, text: str, kind: ImportKind = PROVIDERS) -> Look:
    file = import_file(kind.name, upload(house, kind, text.encode()))
    assert file is not None
    return look(kind, file, TODAY)


def imported(house: House, text: str, kind: ImportKind = PROVIDERS) -> dict[str, int]:
    file = run(kind, upload(house, kind, text.encode()), actor=house.actor("supervisor"), now=NOW)
    return dict(file.counts)


def told(found: Look) -> list[tuple[int | None, str, str]]:
    return [(fault.line, fault.column, fault.message) for fault in found.faults]


def test_new_and_changed_providers_are_told_before_they_are_imported(in_north: House) -> None:
    text = "NPI,Last name,First name,Taxonomy\n1234567893,OkaforNorth,Renée,103k00000x\n1497758544,Weir,Jo,\n"
    found = looked(in_north, text)
    assert [(step.line, step.effect, step.about) for step in found.plan.steps] == [
        (2, "changed", "Renée OkaforNorth"),
        (3, "new", "Jo Weir"),
    ]
    assert found.plan.steps[0].changes == (("Taxonomy", "", "103K00000X"),)
    assert imported(in_north, text) == {"changed": 1, "new": 1, "faulty": 0}
    assert Provider.objects.get(npi="1234567893").taxonomy == "103K00000X"


def test_empty_cells_leave_what_stands(in_north: House) -> None:
    Provider.objects.filter(npi="1234567893").update(phone="555-0101")
    assert imported(in_north, "NPI,Last name,First name,Phone\n1234567893,OkaforNorth,Renée,\n") == {
        "unchanged": 1,
        "faulty": 0,
    }
    assert Provider.objects.get(npi="1234567893").phone == "555-0101"


def test_faulty_lines_are_left_out_and_the_others_imported(in_north: House) -> None:
    text = (
        "NPI,Last name,First name,Taxonomy,First day,Last day,Kind\n"
        "1234567890,Weir,Jo,ABC,2026-13-01,,robot\n"
        "1497758544,Weir,Jo,,2026-05-01,2026-04-01,\n"
        ",Bright Path,,,,,\n"
        ",Bright Path,,,,,group\n"
        ",Larch,Tom,,,,\n"
        ",larch,TOM,,,,\n"
    )
    assert told(looked(in_north, text)) == [
        (2, "NPI", "1234567890 is not an NPI: its check digit does not fit, so a digit is wrong."),
        (2, "Taxonomy", "ABC is no taxonomy code: those have 10 characters and end in X, such as 103K00000X."),
        (2, "First day", "“2026-13-01” is not a date. Write it like 2026-11-23 or 11/23/2026."),
        (2, "Kind", "“robot” is not one of person, group."),
        (3, "Last day", "The last day is before the first."),
        (4, "First name", "First name is missing. A group has none: choose “Group” then."),
        (7, "", "Line 6 is about the same one."),
    ]
    assert imported(in_north, text) == {"new": 2, "faulty": 4}
    assert set(Provider.objects.filter(npi="").values_list("name", flat=True)) == {"Bright Path", "Larch"}


def test_provider_without_npi_gets_one_by_a_file(in_north: House) -> None:
    imported(in_north, "Last name,First name\nWeir,Jo\n")
    assert imported(in_north, "Last name,First name,NPI\nWeir,Jo,1497758544\n") == {"changed": 1, "faulty": 0}
    assert Provider.objects.get(name="Weir").npi == "1497758544"


def test_npi_that_another_name_has_changes_that_provider_and_says_so(in_north: House) -> None:
    found = looked(in_north, "Last name,First name,NPI\nNewname,Renée,1234567893\n")
    assert found.plan.steps[0].changes == (("Last name or group", "OkaforNorth", "Newname"),)


def test_thousand_bad_lines_are_all_reported_within_seconds(in_north: House) -> None:
    text = "NPI,Last name,First name\n" + "".join(f"12345{number:05d},,\n" for number in range(1000))
    file_id = upload(in_north, PROVIDERS, text.encode())
    file = import_file("providers", file_id)
    assert file is not None
    began = time.monotonic()
    found = look(PROVIDERS, file, TODAY)
    assert time.monotonic() - began < 3
    assert {fault.line for fault in found.faults} == set(range(2, 1002))
    assert found.writes == 0


def test_export_is_read_back_as_nothing_to_do(in_north: House) -> None:
    client = signed_in(in_north)
    for kind, path in ((PROVIDERS, "providers"), (FACILITIES, "facilities")):
        text = client.get(f"/configuration/{path}/export").content.decode()
        counts = imported(in_north, text, kind)
        assert set(counts) == {"unchanged", "faulty"}
        assert counts["faulty"] == 0


def test_formulas_in_names_are_exported_as_text(in_north: House) -> None:
    Facility.objects.update(name="=cmd|' /C calc'!A0")
    text = signed_in(in_north).get("/configuration/facilities/export").content.decode()
    assert "\r\n'=cmd" in text


def test_facility_is_found_by_name_in_any_case(in_north: House) -> None:
    assert imported(in_north, "Facility,City,State,ZIP\ncedar bay care CLINIC,Dover,de,19901\n", FACILITIES) == {
        "changed": 1,
        "faulty": 0,
    }
    assert (Facility.objects.get().state, Facility.objects.get().active_from) == ("DE", None)


def test_days_of_a_facility_are_taken(in_north: House) -> None:
    imported(in_north, "Name,First day,Last day\nEast Clinic,01/02/2026,2026-12-31\n", FACILITIES)
    assert Facility.objects.get(name="East Clinic").active_to == date(2026, 12, 31)
