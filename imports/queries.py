"""Reads about imported files, without their bytes."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from imports.models import ImportFile

MOST_SHOWN = 20


def earlier_files(kind: str) -> QuerySet[ImportFile]:
    """The latest files of a kind, the last one first."""
    rows: QuerySet[ImportFile] = ImportFile.objects.filter(kind=kind).defer("content")
    return rows.order_by("-uploaded_at", "-id")[:MOST_SHOWN]


def import_file(kind: str, file_id: uuid.UUID) -> ImportFile | None:
    """One file with its bytes."""
    found: ImportFile | None = ImportFile.objects.filter(kind=kind, id=file_id).first()
    return found


def imported_before(file: ImportFile) -> ImportFile | None:
    """The earlier import of the very same bytes, if there was one."""
    rows = ImportFile.objects.filter(kind=file.kind, sha256=file.sha256, state=ImportFile.State.IMPORTED)
    found: ImportFile | None = rows.exclude(id=file.id).defer("content").order_by("-imported_at").first()
    return found
