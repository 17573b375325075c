"""The publisher's files bring a set further by date: codes begin, end and are reworded, and nothing is deleted."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from codesets.importers import load_shipped
from codesets.models import Code, Release
from codesets.publications import BadFile, counted_in, read_diagnoses, read_procedures
from codesets.queries import by_code
from codesets.releases import Counts, take_release

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
FROM = date(2026, 10, 1)
DIAGNOSES = Code.objects.filter(system="ICD-10-CM")


def order_line(number: int, code: str, usable: str, words: str) -> str:
    return f"{number:05d} {code:<7} {usable} {words[:60]:<60} {words}"


def order_file(changes: dict[str, str | None]) -> bytes:
    """A whole order file: what stands, with codes reworded, added, or (None) left out. Keys have no point."""
    words = {row.code.replace(".", ""): row.words for row in DIAGNOSES.filter(ends_on=None)} | changes
    lines = [order_line(1, "A00", "0", "Heading of a chapter")]
    kept = sorted((code, text) for code, text in words.items() if text is not None)
    return "\n".join(lines + [order_line(at, code, "1", text) for at, (code, text) in enumerate(kept, 2)]).encode()


def take(content: bytes, effective_from: date = FROM, system: str = "ICD-10-CM") -> Counts:
    return take_release(system, content, effective_from=effective_from, name="file.txt", now=NOW)


def record(code: str, kind: str, words: str, *, coverage: str = "C", added: str = "20040101", last: str = "") -> str:
    """One record of an Alpha-Numeric file, 320 positions wide."""
    line = f"{code:<5}00100{kind}{words:<80}{'':28}".ljust(229) + coverage
    return (line.ljust(268) + f"{added:<8}{'':8}{last:<8}").ljust(320)


def procedure_file(*more: str) -> bytes:
    """A whole Alpha-Numeric file: a record for each code in force, and more."""
    standing = Code.objects.filter(system="HCPCS", ends_on=None).values_list("code", flat=True)
    mine = {line[:5] for line in more}
    kept = [record(code, "3", "Words of the publisher, per diem") for code in standing if code not in mine]
    return "\r\n".join([*kept, *more]).encode()


def test_a_new_code_begins_a_lost_one_ends_and_a_reworded_one_keeps_its_days() -> None:
    counts = take(order_file({"F840": None, "F8499": "A disorder of the year", "E119": "Type 2 diabetes, plain"}))
    assert (counts.added, counts.ended, counts.changed) == (1, 1, 1)
    before, after = FROM - timedelta(days=1), FROM
    assert "F84.0" in by_code("ICD-10-CM", ["F84.0"], before)
    assert "F84.0" not in by_code("ICD-10-CM", ["F84.0"], after)
    assert "F84.99" not in by_code("ICD-10-CM", ["F84.99"], before)
    assert by_code("ICD-10-CM", ["F84.99"], after)["F84.99"].words == "A disorder of the year"
    assert by_code("ICD-10-CM", ["E11.9"], before)["E11.9"].words == "Type 2 diabetes, plain"


def test_the_same_file_again_changes_nothing() -> None:
    content = order_file({"F840": None, "F8499": "A disorder of the year"})
    take(content)
    rows = list(DIAGNOSES.order_by("id").values_list())
    again = take(content)
    assert (again.added, again.ended, again.changed) == (0, 0, 0)
    assert list(DIAGNOSES.order_by("id").values_list()) == rows
    assert Release.objects.count() == 1


def test_a_code_that_comes_back_begins_anew_and_the_gap_stays() -> None:
    take(order_file({"F840": None}))
    with_it = order_file({"F840": "Autistic disorder"})
    assert take(with_it, date(2027, 10, 1)).added == 1
    assert "F84.0" not in by_code("ICD-10-CM", ["F84.0"], date(2027, 9, 30))
    assert "F84.0" in by_code("ICD-10-CM", ["F84.0"], date(2027, 10, 1))


def test_an_older_file_than_what_stands_is_refused() -> None:
    with pytest.raises(BadFile, match="older file"):
        take(order_file({}), date(2024, 10, 1))
    take(order_file({}))
    with pytest.raises(BadFile, match="older file"):
        take(order_file({}), FROM - timedelta(days=1))


def test_a_file_that_was_cut_off_ends_no_code() -> None:
    whole = order_file({})
    with pytest.raises(BadFile, match="is this the whole file"):
        take(whole[: len(whole) // 4].rsplit(b"\n", 1)[0])
    assert not DIAGNOSES.exclude(ends_on=None).exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("00003 not a line of this kind", "This is no line of an ICD-10-CM order file."),
        ("<html><body>Not found</body></html>", "This is no line of an ICD-10-CM order file."),
        (order_line(3, "F840", "1", ""), "F84.0 has no words."),
        (order_line(3, "F840", "7", "Words"), "This is no line of an ICD-10-CM order file."),
    ],
)
def test_a_bad_line_refuses_the_whole_file_and_is_named(line: str, told: str) -> None:
    good = order_line(2, "A000", "1", "Cholera")
    with pytest.raises(BadFile) as bad:
        read_diagnoses("\n".join([good, good.replace("A000", "A001"), line]).encode())
    assert bad.value.line == 3
    assert told in str(bad.value)


def test_a_code_that_stands_in_the_file_twice_is_refused() -> None:
    line = order_line(2, "A000", "1", "Cholera")
    with pytest.raises(BadFile, match=r"A00\.0 stands in the file twice"):
        read_diagnoses(f"{line}\n{line}".encode())


def test_procedures_come_with_their_days_coverage_and_unit() -> None:
    counts = take(
        procedure_file(
            record("H9001", "3", "A service of the test, mostly at home and sometimes away, each", coverage="D"),
            record("H9001", "4", "15 minutes"),
            record("H9002", "3", "Was here for a while", last="20260331"),
        ),
        system="HCPCS",
    )
    assert counts.added == 2
    known = Code.objects.get(code="H9001")
    assert (known.quantity_type, known.unit_minutes, known.coverage) == ("units", 15, "D")
    assert known.starts_on == date(2004, 1, 1)
    assert known.words.endswith("each 15 minutes")
    assert by_code("HCPCS", ["H9002"], date(2026, 3, 31))
    assert not by_code("HCPCS", ["H9002"], date(2026, 4, 1))


def test_our_own_words_and_units_stay_when_the_publisher_words_them_otherwise() -> None:
    take(procedure_file(), system="HCPCS")
    known = Code.objects.get(code="H2019")
    assert (known.words, known.unit_minutes) == ("Therapeutic behavioral services, 15 min", 15)
    assert known.starts_on == date(2004, 1, 1)


def test_a_procedure_file_again_changes_nothing() -> None:
    content = procedure_file(record("H9002", "3", "Was here for a while", last="20260331"))
    take(content, system="HCPCS")
    again = take(content, system="HCPCS")
    assert (again.added, again.ended, again.changed) == (0, 0, 0)


def test_codes_licensed_by_others_are_left_out_and_counted() -> None:
    others = [record(code, "3", "Not ours to keep") for code in ("00001", "0001F", "0001T", "0001U", "D0001")]
    modifier = record("   HQ", "7", "In a group")
    counts = take(procedure_file(*others, record("00001", "4", "more"), modifier), system="HCPCS")
    assert (counts.licensed, counts.added) == (5, 0)
    assert not Code.objects.filter(words__startswith="Not ours").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (record("H9001", "9", "Words"), "This is no record of a HCPCS Alpha-Numeric file."),
        (record("H901", "3", "Words"), "“H901” is no HCPCS code."),
        (record("H9001", "3", "Words", added="20041301"), "“20041301” is no day."),
        (record("H9001", "3", "Words", added="20200101", last="20190101"), "H9001 ends before it begins."),
        (record("H9001", "4", "Words"), "More words for H9001, which was not begun."),
    ],
)
def test_a_bad_record_refuses_the_whole_file_and_is_named(line: str, told: str) -> None:
    with pytest.raises(BadFile) as bad:
        read_procedures(f"{record('H9000', '3', 'Good')}\n{line}".encode())
    assert bad.value.line == 2
    assert told in str(bad.value)


def test_words_say_how_a_procedure_is_counted() -> None:
    assert counted_in("Support, per 15 minutes") == ("units", 15)
    assert counted_in("Support; per diem") == ("days", None)
    assert counted_in("Nursing, per hour") == ("hours", 60)
    assert counted_in("Assessment, per visit") == ("visits", None)
    assert counted_in("A thing") == ("units", None)


def test_the_command_reads_the_archive_as_it_is_published_and_says_what_it_did(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("icd10cm_order_2027.txt", order_file({"F8499": "A disorder of the year"}))
        archive.writestr("icd10cm_codes_2027.txt", "another layout")
    file = tmp_path / "2027-code-descriptions.zip"
    file.write_bytes(packed.getvalue())
    told = io.StringIO()
    call_command("import_codes", "icd10cm", str(file), "--year", "2027", "--dry-run", stdout=told)
    assert not DIAGNOSES.filter(code="F84.99").exists()
    call_command("import_codes", "icd10cm", str(file), "--year", "2027", stdout=told)
    assert "from 2026-10-01: 1 added, 0 ended, 0 changed" in told.getvalue()
    assert DIAGNOSES.get(code="F84.99").starts_on == FROM


def test_the_command_refuses_in_words_and_takes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "page.txt"
    file.write_text("<html>")
    with pytest.raises(CommandError, match=r"page\.txt, line 1: This is no line.*Nothing was imported"):
        call_command("import_codes", "icd10cm", str(file), "--year", "2027")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_codes", "icd10cm", str(tmp_path / "none"), "--year", "2027")


def test_a_later_shipment_brings_no_ended_code_back() -> None:
    take(order_file({"F840": None}))
    load_shipped()
    assert "F84.0" not in by_code("ICD-10-CM", ["F84.0"], FROM)
