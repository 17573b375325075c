"""The headings that trackers and rosters have every day are known, and no heading is taken for two columns."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from authorizations.importers import EXISTING
from imports.csv_import import read
from imports.services import KINDS, ImportKind
from members.importers import MEMBERS
from payers.importers import PAYERS
from providers.importers import FACILITIES, PROVIDERS
from tests.cast import House
from tests.payers.stage import upload


def guessed(kind: ImportKind, *headings: str) -> dict[str, str]:
    """Heading by heading, the column it is taken for."""
    found = read((";".join(headings) + "\n").encode(), kind.columns).found
    return {heading.text: heading.column for heading in found}


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        (EXISTING, {"Pt MRN": "mrn", "PATIENT": "name", "Ins.": "payer", "CPT/HCPCS": "codes", "Mods": "modifiers",
                    "Eff Date": "starts_on", "Exp. Date": "ends_on", "Auth #": "number", "Used to date": "used",
                    "Member #": "member_number"}),
        (EXISTING, {"patient no": "mrn", "Insurance": "payer", "Proc": "codes", "START": "starts_on",
                    "Thru": "ends_on", "PA#": "number", "Visits used": "used", "Card": "member_number"}),
        (EXISTING, {"Plan": "payer", "Auth No.": "number", "Pt Name": "name"}),
        (MEMBERS, {"Pt MRN": "mrn", "surname": "last_name", "Given": "first_name", "D.O.B.": "birth_date",
                   "Ins": "payer", "Plan": "program", "card": "member_number", "Eff Date": "starts_on",
                   "Term Date": "ends_on"}),
        (MEMBERS, {"Patient #": "mrn", "Family name": "last_name", "Given name": "first_name",
                   "Insurance": "payer", "Member #": "member_number", "Start": "starts_on", "Thru": "ends_on"}),
        (PROVIDERS, {"Surname": "name", "Given": "first_name", "NPI #": "npi", "Tel": "phone", "Start": "active_from"}),
        (FACILITIES, {"Site": "name", "NPI No": "npi", "POS code": "place_of_service", "Zip": "postal_code"}),
        (PAYERS, {"Payor #": "identifier", "Insurance": "name", "Plan": "program", "Eff Date": "starts_on"}),
    ],
)  # fmt: skip
def test_everyday_headings_are_known_in_any_case_and_punctuation(kind: ImportKind, known: dict[str, str]) -> None:
    assert guessed(kind, *known) == known


def test_number_of_the_line_is_not_taken_for_a_number_of_the_payer() -> None:
    assert guessed(EXISTING, "#", "No.") == {"#": "", "No.": ""}


@pytest.mark.parametrize("name", sorted({EXISTING.name, MEMBERS.name, PROVIDERS.name, FACILITIES.name, PAYERS.name}))
def test_no_heading_is_known_for_two_columns(name: str) -> None:
    for column in KINDS[name].columns:
        for heading in (column.name, column.label, *column.also):
            assert guessed(KINDS[name], heading) == {heading: column.name}


def page(client: Client, house: House, content: str) -> str:
    client.force_login(house.users["supervisor"])
    file_id = upload(house, MEMBERS, content.encode())
    return client.get(reverse("member_import_file", args=[file_id])).content.decode()


def test_file_that_lacks_a_choice_says_which_columns_must_be_chosen(in_north: House, client: Client) -> None:
    shown = page(client, in_north, 'Chart ref,Name whole\n7,"Müller, Jörg"\n8,"Weir, Jo"\n')
    assert "cannot be read" not in shown
    assert "Choose the column for MRN" in shown
    assert "“Müller, Jörg” “Weir, Jo”" in shown


def test_file_that_is_none_still_says_that_it_cannot_be_read(in_north: House, client: Client) -> None:
    shown = page(client, in_north, "%PDF-1.7")
    assert "The file cannot be read" in shown
    assert "Choose the column" not in shown
