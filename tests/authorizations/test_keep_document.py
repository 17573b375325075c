"""A file is kept whole, once, under a name that does nothing, and never removed."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from pytest_django import Settings

from audit.models import AuditEvent
from authorizations.documents import storage
from authorizations.documents.files import LARGEST, LONGEST_NAME, TYPES, Unfit, display_name, type_of
from authorizations.documents.services import Upload, mark_mistaken, sweep
from authorizations.errors import NotAllowed, Refused
from authorizations.models import Authorization, Document
from tests.authorizations.cases import drafted
from tests.authorizations.papers import PDF, PNG, filed, paper, word_file
from tests.cast import NOW, House
from tests.claims.test_post_concurrently import at_once

PDF_TYPE = TYPES[0]
MACROS = b'<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "documents"
    return Path(settings.MEDIA_ROOT)


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


# What is taken -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.pdf", PDF),
        ("A.PDF", PDF),
        ("a.png", PNG),
        ("a.jpeg", b"\xff\xd8\xff\xe0photo"),
        ("a.tif", b"II*\x00fax"),
        ("a.tiff", b"MM\x00*fax"),
        ("a.docx", word_file()),
    ],
)
def test_papers_and_pictures_are_taken(name: str, content: bytes) -> None:
    upload = paper(content, name)
    assert name.lower().endswith(type_of(name, upload.file, upload.size).endings)
    assert upload.file.tell() == 0


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"MZ\x90\x00program", "only PDF"),
        ("a.html", b"<script>1</script>", "only PDF"),
        ("a.svg", b"<svg/>", "only PDF"),
        ("a.png", PDF, "does not end in .pdf"),
        ("a.pdf.exe", PDF, "does not end in .pdf"),
        ("a.docm", word_file(types=MACROS), "does not end in .docx"),
        ("a.docx", word_file(types=MACROS), "macros"),
        ("a.docx", word_file(types=MACROS.decode().encode("utf-16")), "macros"),
        ("a.docx", word_file(parts=("word/document.xml", "word/vbaProject.bin")), "macros"),
        ("a.docx", word_file(types=b'<Default ContentType="application/vnd.ms-office.vbaProject"/>'), "macros"),
        ("a.docx", word_file(parts=("xl/workbook.xml",)), "no Word document"),
        ("a.docx", word_file(types=b"0" * 9_000_000), "no Word document"),
        ("a.docx", b"PK\x03\x04" + b"x" * 500, "no Word document"),
    ],
)
def test_other_files_are_refused_with_the_reason(name: str, content: bytes, why: str) -> None:
    upload = paper(content, name)
    with pytest.raises(Unfit, match=why):
        type_of(name, upload.file, upload.size)


def test_an_archive_of_very_many_parts_is_not_opened() -> None:
    upload = paper(word_file(parts=tuple(f"{number:05}{'p' * 200}" for number in range(5000))), "a.docx")
    with pytest.raises(Unfit, match="too many parts"):
        type_of(upload.name, upload.file, upload.size)


def test_a_file_of_more_than_the_limit_is_refused() -> None:
    upload = paper()
    type_of(upload.name, upload.file, LARGEST)
    with pytest.raises(Unfit, match="larger than 20 MB"):
        type_of(upload.name, upload.file, LARGEST + 1)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\letters\\march.pdf", "march.pdf"),
        ("plan\r\nSet-Cookie: a=b.pdf", "plan Set-Cookie_ a=b.pdf"),
        ("invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
        ("zero\u200bwidth\x00.pdf", "zerowidth.pdf"),
        ("Zoë’s plan.PDF", "Zoë’s plan.pdf"),
        (".pdf", "document.pdf"),
        ("...", "document.pdf"),
        ("", "document.pdf"),
        (".hidden.pdf", "hidden.pdf"),
        ('a<b>"c|d.pdf', "a_b__c_d.pdf"),
    ],
)
def test_a_name_holds_no_folder_and_nothing_that_cannot_be_seen(raw: str, shown: str) -> None:
    assert display_name(raw, PDF_TYPE) == shown


def test_a_long_name_keeps_its_ending() -> None:
    shown = display_name("n" * 500 + ".pdf", PDF_TYPE)
    assert (len(shown), shown[-4:]) == (LONGEST_NAME, ".pdf")


# How it is kept ----------------------------------------------------------------------------------------------


def test_a_kept_file_lies_in_the_folder_of_its_organization_under_a_random_name(in_north: House, folder: Path) -> None:
    case = drafted(in_north)
    (document,) = filed(in_north, case)
    assert files_in(folder) == [folder / str(in_north.organization.id) / document.storage_name]
    assert "plan" not in document.storage_name
    assert files_in(folder)[0].stat().st_mode & 0o077 == 0
    assert storage.read(document.storage_name, document.sha256) == PDF
    assert (document.name, document.size, document.scan) == ("plan.pdf", len(PDF), Document.Scan.NOT_SCANNED)
    told = AuditEvent.objects.get(action="document.uploaded")
    assert (told.subject_id, told.authorization_id) == (document.id, case.id)
    assert "plan.pdf" not in str(told.data)


def test_of_many_files_one_that_is_unfit_keeps_all_out(in_north: House, folder: Path) -> None:
    case = drafted(in_north)
    with pytest.raises(Refused) as refused:
        filed(in_north, case, paper(), Upload("files_1", "b.exe", paper(b"MZ").file, 2, "other"))
    assert [(each.field, "b.exe" in each.message) for each in refused.value.problems] == [("files_1", True)]
    assert (Document.objects.count(), files_in(folder)) == (0, [])


def test_what_a_file_is_must_be_said(in_north: House) -> None:
    with pytest.raises(Refused) as refused:
        filed(in_north, drafted(in_north), paper(kind=""))
    assert [each.field for each in refused.value.problems] == ["kind_0"]


def test_eleven_files_are_one_too_many(in_north: House) -> None:
    case = drafted(in_north)
    papers = [paper(PDF + bytes([number])) for number in range(11)]
    with pytest.raises(Refused, match="at most 10"):
        filed(in_north, case, *papers)
    assert len(filed(in_north, case, *papers[:10])) == 10


def test_the_same_bytes_are_kept_once_until_they_were_filed_by_mistake(in_north: House, folder: Path) -> None:
    case = drafted(in_north)
    (document,) = filed(in_north, case, paper(), paper(name="again.pdf"))
    assert filed(in_north, case) == []
    assert len(files_in(folder)) == 1
    mark_mistaken(document.id, "Of another member", actor=in_north.actor(), now=NOW)
    assert len(filed(in_north, case)) == 1


def test_an_organization_may_use_no_more_room_than_it_has(in_north: House, settings: Settings) -> None:
    settings.DOCUMENT_QUOTA_MB = 1
    case = drafted(in_north)
    filed(in_north, case, paper(PDF + b"x" * 1_000_000))
    with pytest.raises(Refused, match="used up"):
        filed(in_north, case, paper(PDF + b"y" * 100_000))
    settings.DOCUMENT_QUOTA_MB = 0
    assert filed(in_north, case, paper(PDF + b"y" * 100_000))


@pytest.mark.django_db(transaction=True)
def test_two_who_send_at_once_do_not_pass_the_room_together(north: House, settings: Settings) -> None:
    settings.DOCUMENT_QUOTA_MB = 1
    with north.scope():
        cases = [drafted(north), drafted(north)]
    sent: list[str] = []

    def send(case: Authorization, letter: bytes) -> None:
        try:
            filed(north, case, paper(PDF + letter * 700_000))
            sent.append("kept")
        except Refused:
            sent.append("refused")

    at_once(north, [lambda: send(cases[0], b"x"), lambda: send(cases[1], b"y")])
    assert sorted(sent) == ["kept", "refused"]


def test_nobody_files_a_hundred_papers_within_ten_minutes(in_north: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("authorizations.documents.services.MOST_SHORTLY", 2)
    case = drafted(in_north)
    filed(in_north, case, paper(PDF + b"1"), paper(PDF + b"2"))
    with pytest.raises(Refused, match="You have sent 2 files within 10 minutes"):
        filed(in_north, case, paper(PDF + b"3"))
    assert filed(in_north, case, paper(PDF + b"3"), now=NOW + timedelta(minutes=11))


def test_a_file_that_was_changed_on_the_disk_is_not_read(in_north: House, folder: Path) -> None:
    (document,) = filed(in_north, drafted(in_north))
    files_in(folder)[0].write_bytes(b"%PDF-1.7\nanother")
    with pytest.raises(storage.Missing):
        storage.read(document.storage_name, document.sha256)
    files_in(folder)[0].unlink()
    with pytest.raises(storage.Missing):
        storage.read(document.storage_name, document.sha256)


def test_a_file_of_another_organization_is_not_found_by_its_name(north: House, south: House) -> None:
    with south.scope():
        (theirs,) = filed(south, drafted(south))
    with north.scope(), pytest.raises(storage.Missing):
        storage.read(theirs.storage_name, theirs.sha256)


@pytest.mark.parametrize("change", [{"name": "b.pdf"}, {"sha256": "0"}, {"storage_name": "b"}, {"kind": "other"}])
def test_a_row_of_a_file_is_not_rewritten(in_north: House, change: dict[str, str]) -> None:
    (document,) = filed(in_north, drafted(in_north))
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(id=document.id).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        document.delete()


# Filed by mistake --------------------------------------------------------------------------------------------


def test_a_file_filed_by_mistake_stays_with_who_said_so_and_why(in_north: House, folder: Path) -> None:
    (document,) = filed(in_north, drafted(in_north))
    with pytest.raises(Refused):
        mark_mistaken(document.id, "  ", actor=in_north.actor(), now=NOW)
    mark_mistaken(document.id, "Of another member", actor=in_north.actor("clinician"), now=NOW)
    document.refresh_from_db()
    assert (document.mistaken_by, document.mistaken_at) == (in_north.actor("clinician").label, NOW)
    assert document.mistaken_reason == "Of another member"
    assert len(files_in(folder)) == 1
    assert "Of another" not in str(AuditEvent.objects.get(action="document.marked_mistaken").data)
    with pytest.raises(NotAllowed):
        mark_mistaken(document.id, "Twice", actor=in_north.actor(), now=NOW)


# What is left over -------------------------------------------------------------------------------------------


def test_files_that_no_row_names_are_removed_after_a_day(in_north: House, folder: Path) -> None:
    (document,) = filed(in_north, drafted(in_north))
    lost, half, fresh = storage.keep(paper().file), "0" * 32 + ".part", storage.keep(paper().file)
    own = folder / str(in_north.organization.id)
    (own / half).write_bytes(b"%PDF")
    (own / "operator.txt").write_bytes(b"of somebody else")
    before = (NOW - timedelta(hours=25)).timestamp()
    for name in (document.storage_name, lost, half, "operator.txt"):
        os.utime(own / name, (before, before))
    recent = (NOW - timedelta(hours=23)).timestamp()
    os.utime(own / fresh, (recent, recent))
    assert sweep(now=NOW) == 2
    assert {path.name for path in files_in(folder)} == {document.storage_name, fresh, "operator.txt"}
