"""Shipped code sets into the database.

The files in `data/`: ICD-10-CM whole, as its publisher (a US government agency) words it; HCPCS Level II codes that
commonly need an authorization, places of service, modifiers and service types in our own short words. No CPT.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from django.db import connection

from codesets.folding import fold

DATA = Path(__file__).parent / "data"
SHIPPED = {
    "HCPCS": "hcpcs.tsv",
    "ICD-10-CM": "icd10cm.tsv.gz",
    "POS": "place.tsv",
    "MODIFIER": "modifier.tsv",
    "SERVICE": "service_type.tsv",
}
SHIPPED_FROM = {"ICD-10-CM": date(2025, 10, 1), "HCPCS": date(2025, 10, 1)}
"""The first day of the publisher's release each shipped set was taken from."""


def load_shipped() -> int:
    """Bring the shipped codes in or up to date; returns how many rows the files hold. Repeating changes nothing.

    A set an operator brought further by the publisher's files keeps what those said: no code they ended comes back,
    and diagnoses, which are worded by the publisher, are left alone.
    """
    rows = list(_all_rows())
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE shipped (system text, code text, words text, words_key text, quantity_type text,"
            " unit_minutes smallint, service_type text) ON COMMIT DROP"
        )
        with cursor.copy("COPY shipped FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            "DELETE FROM shipped USING codesets_release r WHERE r.system = shipped.system AND shipped.system = %s",
            ["ICD-10-CM"],
        )
        cursor.execute(
            """UPDATE codesets_code c SET words = s.words, words_key = s.words_key, quantity_type = s.quantity_type,
                 unit_minutes = s.unit_minutes, service_type = s.service_type
               FROM shipped s WHERE s.system = c.system AND s.code = c.code AND c.ends_on IS NULL
                 AND (c.words, c.words_key, c.quantity_type, c.service_type, c.unit_minutes) IS DISTINCT FROM
                     (s.words, s.words_key, s.quantity_type, s.service_type, s.unit_minutes)"""
        )
        cursor.execute(
            """INSERT INTO codesets_code (system, code, words, words_key, quantity_type, unit_minutes, service_type)
               SELECT * FROM shipped s
               WHERE NOT EXISTS (SELECT 1 FROM codesets_code c WHERE c.system = s.system AND c.code = s.code)"""
        )
        cursor.execute("DROP TABLE shipped")
    return len(rows)


def _all_rows() -> Iterator[tuple[str, ...]]:
    for system, name in SHIPPED.items():
        for row in read_table(DATA / name):
            words = row["words"]
            yield (
                system,
                row["code"],
                words,
                fold(words),
                row.get("quantity_type", ""),
                row.get("unit_minutes") or None,  # type: ignore[misc]
                row.get("service_type", ""),
            )


def own_words() -> set[str]:
    """The procedures described in our own words, which no publisher's file replaces."""
    return {row["code"] for row in read_table(DATA / SHIPPED["HCPCS"])}


def read_table(path: Path) -> Iterable[dict[str, str]]:
    """Rows of a tab-separated file with a header line, compressed or not."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
