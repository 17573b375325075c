"""With a scanner, nobody has a file before it was found clean; without one, that is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from authorizations.documents.services import SCAN, may_be_had, sweep
from authorizations.documents.tasks import scan_document, sweep_documents
from authorizations.models import Document
from outbox.models import OutboxMessage
from outbox.tasks import Later, Never
from tests.authorizations.cases import drafted, open_tasks
from tests.authorizations.papers import PDF, clamd, filed, paper
from tests.cast import NOW, House

Scan = Document.Scan


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "documents"
    settings.CLAMD_ADDRESS = "127.0.0.1:1"


def waiting() -> OutboxMessage:
    return OutboxMessage.objects.get(topic=SCAN)


def state(document: Document) -> str:
    document.refresh_from_db()
    return str(document.scan)


def test_a_file_waits_until_it_was_found_clean(in_north: House, settings: Settings) -> None:
    large = PDF + b"x" * 300_000
    (document,) = filed(in_north, drafted(in_north), paper(large))
    assert (document.scan, may_be_had(document)) == (Scan.PENDING, False)
    with clamd(b"stream: OK\0") as (settings.CLAMD_ADDRESS, shown):
        scan_document(waiting())
        assert shown == [large]
        assert (state(document), may_be_had(document)) == (Scan.CLEAN, True)
    assert document.scanned_at is not None


def test_a_harmful_file_is_given_to_nobody_and_somebody_is_asked_to_look(in_north: House, settings: Settings) -> None:
    case = drafted(in_north)
    (document,) = filed(in_north, case)
    with clamd(b"stream: Eicar-Test-Signature FOUND\0") as (settings.CLAMD_ADDRESS, _):
        scan_document(waiting())
    assert (state(document), may_be_had(document)) == (Scan.INFECTED, False)
    settings.CLAMD_ADDRESS = ""
    assert not may_be_had(document)
    assert "infected_document" in open_tasks(case)


def test_while_the_scanner_is_away_the_file_stays_closed_and_is_shown_to_it_later(
    in_north: House, settings: Settings
) -> None:
    (document,) = filed(in_north, drafted(in_north))
    with pytest.raises(Later):
        scan_document(waiting())
    with clamd(b"") as (settings.CLAMD_ADDRESS, _), pytest.raises(Later):
        scan_document(waiting())
    assert (state(document), may_be_had(document)) == (Scan.PENDING, False)
    with clamd(b"stream: OK\0") as (settings.CLAMD_ADDRESS, _):
        scan_document(waiting())
    assert state(document) == Scan.CLEAN


def test_a_file_the_scanner_refuses_waits_for_a_person_and_can_be_shown_again(
    in_north: House, settings: Settings
) -> None:
    (document,) = filed(in_north, drafted(in_north))
    with clamd(b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK\0") as (settings.CLAMD_ADDRESS, _):
        with pytest.raises(Never):
            scan_document(waiting())
        assert (state(document), may_be_had(document)) == (Scan.FAILED, False)
        scan_document(waiting())
        assert state(document) == Scan.CLEAN


def test_without_a_scanner_a_file_is_had_and_says_that_nobody_looked(in_north: House, settings: Settings) -> None:
    settings.CLAMD_ADDRESS = ""
    (document,) = filed(in_north, drafted(in_north))
    assert (document.scan, may_be_had(document)) == (Scan.NOT_SCANNED, True)
    assert not OutboxMessage.objects.filter(topic=SCAN).exists()


def test_a_new_scanner_sees_the_old_files_and_closes_them_until_then(in_north: House, settings: Settings) -> None:
    settings.CLAMD_ADDRESS = ""
    (document,) = filed(in_north, drafted(in_north))
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    assert not may_be_had(document)
    sweep(now=NOW)
    sweep(now=NOW)
    assert (state(document), waiting().subject_id) == (Scan.PENDING, document.id)


@pytest.mark.parametrize("by", [scan_document, lambda _: sweep(now=NOW)], ids=["worker", "sweep"])
def test_what_waits_for_a_scanner_that_was_taken_away_says_that_nobody_looked(
    in_north: House, settings: Settings, by: Any
) -> None:
    (document,) = filed(in_north, drafted(in_north))
    settings.CLAMD_ADDRESS = ""
    by(waiting())
    assert (state(document), may_be_had(document)) == (Scan.NOT_SCANNED, True)


def test_the_sweep_goes_through_the_folders_of_all(north: House, south: House, settings: Settings) -> None:
    settings.CLAMD_ADDRESS = ""
    kept = []
    for house in (north, south):
        with house.scope():
            kept += filed(house, drafted(house))
    settings.CLAMD_ADDRESS = "127.0.0.1:1"
    assert sweep_documents() == 0
    assert set(OutboxMessage.objects.filter(topic=SCAN).values_list("subject_id", flat=True)) == {
        document.id for document in kept
    }
