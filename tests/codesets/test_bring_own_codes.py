"""An organization brings the procedure codes it is licensed for: confirmed, looked at, then its own alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from audit.models import AuditEvent
from codesets.models import OrganizationProcedure
from codesets.procedure_files import ATTESTATION, PROCEDURES
from codesets.queries import by_code, matching
from imports.models import ImportFile
from imports.services import Look, keep_file, look, run
from tenancy.editing import Refused
from tests.cast import House

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
DAY = date(2026, 11, 20)
HEAD = "Code,Description,Unit,Minutes,Service type,First day,Last day\n"
TWO = HEAD + "00001,Skills group of the house,visit,,MH,,\n0002T,A new thing,unit,15,,2026-01-01,2026-12-31\n"


def bring(house: House, text: str) -> ImportFile:
    actor = house.actor("admin")
    kept = keep_file(PROCEDURES, "codes.csv", text.encode(), attested=True, actor=actor, now=NOW)
    return run(PROCEDURES, kept.id, actor=actor, now=NOW)


def seen(house: House, text: str) -> Look:
    kept = keep_file(PROCEDURES, "codes.csv", text.encode(), attested=True, actor=house.actor("admin"), now=NOW)
    return look(PROCEDURES, kept, DAY)


def told(house: House, line: str) -> list[str]:
    return [fault.message for fault in seen(house, f"{HEAD}{line}\n").faults]


def test_the_codes_stand_in_look_ups_and_checks_of_that_organization_only(north: House, south: House) -> None:
    with north.scope():
        assert bring(north, TWO).counts == {"new": 2, "faulty": 0}
        assert [row.code for row in matching("HCPCS", "skills house", DAY, limit=12)] == ["00001"]
        known = by_code("HCPCS", ["0002T"], DAY)["0002T"]
        assert (known.quantity_type, known.unit_minutes) == ("units", 15)
        assert not by_code("HCPCS", ["0002T"], date(2027, 1, 1))
    with south.scope():
        assert matching("HCPCS", "skills house", DAY, limit=12) == []
        assert by_code("HCPCS", ["00001", "0002T"], DAY) == {}


def test_the_same_file_again_changes_nothing_and_another_changes_what_differs(in_north: House) -> None:
    bring(in_north, TWO)
    assert bring(in_north, TWO).counts == {"unchanged": 2, "faulty": 0}
    again = seen(in_north, "Code,Description\n00001,Skills group\n")
    assert [step.changes for step in again.plan.steps] == [
        (("Description", "Skills group of the house", "Skills group"),)
    ]
    bring(in_north, "Code,Description\n00001,Skills group\n")
    row = OrganizationProcedure.objects.get(code="00001")
    assert (row.words, row.words_key, row.quantity_type, row.service_type) == (
        "Skills group",
        "skills group",
        "visits",
        "MH",
    )


def test_each_change_is_in_the_audit_log(in_north: House) -> None:
    bring(in_north, TWO)
    bring(in_north, "Code,Description\n00001,Skills group\n")
    changed = AuditEvent.objects.get(action="procedure.changed")
    assert changed.data["changes"] == {"words": ["Skills group of the house", "Skills group"]}
    assert AuditEvent.objects.filter(action="procedure.added").count() == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1234,Too short,,,,,", "A procedure code has five characters, such as 12345 or 1234T."),
        ("00001,,,,,,", "Description is missing."),
        ("00001,Words,boxes,,,,", "“boxes” is not one of units, visits, hours, days."),
        ("00001,Words,unit,0,,,", "Write the minutes of a unit as a number, such as 15."),
        ("00001,Words,visit,15,,,", "Only a code counted in units has minutes."),
        ("00001,Words,,,ZZ,,", "“ZZ” is no service type."),
        ("00001,Words,,,,2026-02-01,2026-01-01", "The last day is before the first day."),
        ("H2019,Words,,,,,", "H2019 is in the shared HCPCS set already."),
        ("00001,Words,,,,,\n00001,Other words,,,,,", "Line 2 is about the same code."),
    ],
)
def test_what_is_wrong_with_a_line_is_told(in_north: House, line: str, message: str) -> None:
    assert told(in_north, line) == [message]


def test_without_the_attestation_the_file_is_not_kept(in_north: House) -> None:
    with pytest.raises(Refused, match="Confirm this"):
        keep_file(PROCEDURES, "codes.csv", TWO.encode(), actor=in_north.actor("admin"), now=NOW)
    assert not ImportFile.objects.exists()


def upload(**fields: str) -> dict[str, object]:
    return {"file": SimpleUploadedFile("codes.csv", TWO.encode(), "text/csv"), **fields}


def test_the_page_asks_for_the_attestation_and_keeps_who_confirmed_what(client: Client, north: House) -> None:
    client.force_login(north.users["admin"])
    refused = client.post("/configuration/codes/import", upload())
    assert refused.status_code == 422
    assert "Confirm this before the file is sent." in refused.content.decode()
    page = client.post("/configuration/codes/import", upload(attested="yes"), follow=True)
    assert "2 lines would be imported" in page.content.decode()
    client.post(page.request["PATH_INFO"])
    listed = client.get("/configuration/codes").content.decode()
    assert "Skills group of the house" in listed
    with north.scope():
        file = ImportFile.objects.get()
        assert (file.attestation, file.uploaded_by) == (ATTESTATION, north.users["admin"].name)
        assert file.uploaded_at is not None
        kept = AuditEvent.objects.get(action="import.uploaded")
        assert kept.data["attestation"] == ATTESTATION


def test_the_list_of_the_rival_shows_none_of_them(client: Client, north: House, south: House) -> None:
    with north.scope():
        bring(north, TWO)
    client.force_login(south.users["admin"])
    for address in ("/configuration/codes", "/configuration/codes?q=skills"):
        assert "Skills group" not in client.get(address).content.decode()


def test_the_list_finds_codes_by_code_and_words(client: Client, north: House) -> None:
    with north.scope():
        bring(north, TWO)
    client.force_login(north.users["admin"])
    page = client.get("/configuration/codes?q=0002t").content.decode()
    assert "A new thing" in page
    assert "Skills group" not in page


def test_a_request_takes_an_own_code_and_refuses_it_to_the_rival(north: House, south: House) -> None:
    from authorizations.line_forms import line_set

    sent = {"lines-TOTAL_FORMS": "1", "lines-INITIAL_FORMS": "0", "lines-0-code": "00001", "lines-0-quantity": "4"}
    with north.scope():
        bring(north, TWO)
        assert line_set(DAY, data=sent).is_valid()  # type: ignore[arg-type]
    with south.scope():
        lines = line_set(DAY, data=sent)  # type: ignore[arg-type]
        assert not lines.is_valid()
        assert lines.forms[0].errors["code"] == ["00001 is not in the HCPCS set."]
