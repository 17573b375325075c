"""The file of an import: kept as it came, imported once, of nobody else."""

from __future__ import annotations

import pytest
from django.db import Error, connection, transaction

from audit.models import AuditEvent
from imports.models import ImportFile
from imports.queries import import_file, imported_before
from imports.services import MOST_LINES, keep_file, look, run
from providers.importers import PROVIDERS
from providers.models import Provider
from tenancy.editing import Refused
from tests.cast import NOW, TODAY, House

FILE = b"Last name or group,First name,NPI\nWeir,Jo,1497758544\n"


def keep(house: House, content: bytes = FILE) -> ImportFile:
    return keep_file(PROVIDERS, "Jo Weir.csv", content, actor=house.actor("supervisor"), now=NOW)


def test_bytes_are_kept_as_they_came_and_the_name_stays_out_of_the_log(in_north: House) -> None:
    file = keep(in_north)
    again = ImportFile.objects.get(id=file.id)
    assert (bytes(again.content), again.size, again.uploaded_by) == (FILE, len(FILE), "Supervisor North")
    event = AuditEvent.objects.get(action="import.uploaded")
    assert event.data["sha256"] == file.sha256
    assert "Weir" not in str(event.data)


def test_kept_bytes_cannot_be_changed(in_north: House) -> None:
    file = keep(in_north)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE imports_importfile SET content = 'other' WHERE id = %s", [file.id])


def test_looking_writes_nothing(in_north: House) -> None:
    before = Provider.objects.count()
    found = look(PROVIDERS, keep(in_north), TODAY)
    assert (found.writes, found.faults, Provider.objects.count()) == (1, [], before)


def test_import_is_done_once(in_north: House) -> None:
    file = keep(in_north)
    actor = in_north.actor("supervisor")
    done = run(PROVIDERS, file.id, actor=actor, now=NOW)
    assert (done.state, done.counts, done.imported_by) == ("imported", {"new": 1, "faulty": 0}, "Supervisor North")
    run(PROVIDERS, file.id, actor=actor, now=NOW)
    assert AuditEvent.objects.filter(action="import.finished").count() == 1
    assert Provider.objects.filter(npi="1497758544").count() == 1


def test_same_file_a_second_time_changes_nothing_and_is_recognized(in_north: House) -> None:
    actor = in_north.actor("supervisor")
    first = keep(in_north)
    run(PROVIDERS, first.id, actor=actor, now=NOW)
    second = keep(in_north)
    assert imported_before(second) == first
    assert run(PROVIDERS, second.id, actor=actor, now=NOW).counts == {"unchanged": 1, "faulty": 0}
    assert Provider.objects.get(npi="1497758544").version == 1


@pytest.mark.parametrize("content", [b"", b"x" * (5 * 1024 * 1024 + 1)])
def test_empty_and_oversized_files_are_not_kept(in_north: House, content: bytes) -> None:
    with pytest.raises(Refused):
        keep(in_north, content)
    assert not ImportFile.objects.exists()


def test_file_with_too_many_lines_is_refused_whole(in_north: House) -> None:
    file = keep(in_north, b"Last name or group\n" + b"x\n" * (MOST_LINES + 1))
    assert look(PROVIDERS, file, TODAY).table.unreadable
    with pytest.raises(Refused, match="more than 20,000 lines"):
        run(PROVIDERS, file.id, actor=in_north.actor("supervisor"), now=NOW)


def test_file_of_the_other_organization_is_not_found(north: House, south: House) -> None:
    with south.scope():
        file = keep(south)
    with north.scope():
        assert import_file("providers", file.id) is None
        with pytest.raises(ImportFile.DoesNotExist):
            run(PROVIDERS, file.id, actor=north.actor("supervisor"), now=NOW)
