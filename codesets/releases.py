"""Bring a shared code set to what its publisher's file says from a day on. Nothing is deleted: codes begin and end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from codesets.folding import fold
from codesets.importers import SHIPPED_FROM, own_words
from codesets.models import Code, Release
from codesets.publications import BadFile, Entry, Publication, read_diagnoses, read_procedures
from codesets.queries import latest_release

READERS: dict[str, Callable[[bytes], Publication]] = {
    Code.System.ICD10CM: read_diagnoses,
    Code.System.HCPCS: read_procedures,
}
SMALLEST_SHARE = 2
"""A file with less than this part (a half) of the codes in force is taken for a part of a file."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a file did. `licensed` codes were left out: they belong to somebody else."""

    added: int
    ended: int
    changed: int
    unchanged: int
    licensed: int


@transaction.atomic
def take_release(
    system: str, content: bytes, *, effective_from: date, name: str, now: datetime, dry_run: bool = False
) -> Counts:
    """Take a publisher's file as what holds from a day on; the same file again changes nothing.

    Codes the file no longer has end on the day before; new ones begin on the day, or on the day the file gives. Our
    own short words stay. Raises BadFile: for a bad line, a file older than what stands, a file that looks cut off.
    """
    _refuse_older(system, effective_from)
    read = READERS[system](content)
    _refuse_cut_off(system, read, effective_from)
    with connection.cursor() as cursor:
        _stage(cursor, read.entries, effective_from)
        ended = _count(cursor, ENDED, [effective_from - timedelta(days=1), system, effective_from])
        changed = _count(cursor, CHANGED, [sorted(own_words()) if system == Code.System.HCPCS else [], system])
        added = _count(cursor, ADDED, [system, system])
        cursor.execute("DROP TABLE published")
    counts = Counts(added, ended, changed, len(read.entries) - added - changed, read.licensed)
    if dry_run:
        transaction.set_rollback(True)
        return counts
    sha256 = hashlib.sha256(content).hexdigest()
    if not Release.objects.filter(system=system, effective_from=effective_from, sha256=sha256).exists():
        figures = {name: getattr(counts, name) for name in Counts.__slots__}
        Release(
            system=system, effective_from=effective_from, name=name[-120:], sha256=sha256, counts=figures,
            imported_at=now,
        ).save()  # fmt: skip
    return counts


def _refuse_older(system: str, effective_from: date) -> None:
    latest = latest_release(system)
    stands_from = max(SHIPPED_FROM[system], latest.effective_from if latest else date.min)
    if effective_from < stands_from:
        raise BadFile(f"{system} stands as published for {stands_from}: an older file would take later codes back.")


def _refuse_cut_off(system: str, read: Publication, effective_from: date) -> None:
    standing = Code.objects.filter(system=system, ends_on=None).count()
    if len(read.entries) * SMALLEST_SHARE < standing:
        raise BadFile(f"The file holds {len(read.entries)} codes and {standing} are in force: is this the whole file?")


def _stage(cursor: object, entries: list[Entry], effective_from: date) -> None:
    """The entries into a table of this transaction, each with the row it continues, if there is one."""
    cursor.execute(  # type: ignore[attr-defined]
        "CREATE TEMP TABLE published (code text, words text, words_key text, quantity_type text, unit_minutes smallint,"
        " coverage text, starts_on date, ends_on date, begins date, standing bigint) ON COMMIT DROP"
    )
    columns = "code, words, words_key, quantity_type, unit_minutes, coverage, starts_on, ends_on, begins"
    with cursor.copy(f"COPY published ({columns}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for entry in entries:
            copy.write_row(
                (
                    entry.code, entry.words, fold(entry.words)[:255], entry.quantity_type, entry.unit_minutes,
                    entry.coverage, entry.starts_on, entry.ends_on, entry.starts_on or effective_from,
                )
            )  # fmt: skip


def _count(cursor: object, statement: str, parameters: list[object]) -> int:
    cursor.execute(statement, parameters)  # type: ignore[attr-defined]
    return int(cursor.rowcount)  # type: ignore[attr-defined]


ENDED = """
    UPDATE codesets_code c SET ends_on = %s
    WHERE c.system = %s AND (c.ends_on IS NULL OR c.ends_on >= %s)
      AND NOT EXISTS (SELECT 1 FROM published p WHERE p.code = c.code)"""

CHANGED = """
    WITH latest AS (
      SELECT DISTINCT ON (c.code) c.id, p.code, p.words, p.words_key, p.quantity_type, p.unit_minutes, p.coverage,
             p.ends_on, coalesce(p.starts_on, c.starts_on) AS starts_on, p.code = ANY (%s) AS ours
      FROM codesets_code c JOIN published p ON p.code = c.code
      WHERE c.system = %s AND (c.ends_on IS NULL OR c.ends_on >= p.begins)
        AND (p.ends_on IS NULL OR c.starts_on IS NULL OR c.starts_on <= p.ends_on)
      ORDER BY c.code, c.starts_on DESC NULLS LAST
    ), marked AS (
      UPDATE published p SET standing = l.id FROM latest l WHERE l.code = p.code
    )
    UPDATE codesets_code c SET starts_on = l.starts_on, ends_on = l.ends_on, coverage = l.coverage,
      words = CASE WHEN l.ours THEN c.words ELSE l.words END,
      words_key = CASE WHEN l.ours THEN c.words_key ELSE l.words_key END,
      quantity_type = CASE WHEN l.ours THEN c.quantity_type ELSE l.quantity_type END,
      unit_minutes = CASE WHEN l.ours THEN c.unit_minutes ELSE l.unit_minutes END
    FROM latest l WHERE l.id = c.id
      AND ((c.starts_on, c.ends_on, c.coverage) IS DISTINCT FROM (l.starts_on, l.ends_on, l.coverage)
        OR NOT l.ours AND (c.words, c.quantity_type, c.unit_minutes)
                          IS DISTINCT FROM (l.words, l.quantity_type, l.unit_minutes))"""

ADDED = """
    INSERT INTO codesets_code (system, code, words, words_key, quantity_type, unit_minutes, coverage, service_type,
                               starts_on, ends_on)
    SELECT %s, p.code, p.words, p.words_key, p.quantity_type, p.unit_minutes, p.coverage,
           coalesce((SELECT c.service_type FROM codesets_code c WHERE c.system = %s AND c.code = p.code
                     ORDER BY c.starts_on DESC NULLS LAST LIMIT 1), ''), p.begins, p.ends_on
    FROM published p WHERE p.standing IS NULL"""
