"""Shipped code sets into the database.

The files in `data/`: ICD-10-CM whole, as its publisher (a US government agency) words it; HCPCS Level II codes that
commonly need an authorization, places of service, modifiers and service types in our own short words. No CPT.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import connection

DATA = Path(__file__).parent / "data"
SHIPPED = {
    "HCPCS": "hcpcs.tsv",
    "ICD-10-CM": "icd10cm.tsv.gz",
    "POS": "place.tsv",
    "MODIFIER": "modifier.tsv",
    "SERVICE": "service_type.tsv",
}


def load_shipped() -> int:
    """Bring the shipped codes in or up to date; returns how many rows the files hold. Repeating changes nothing."""
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
            """INSERT INTO codesets_code (system, code, words, words_key, quantity_type, unit_minutes, service_type)
                SELECT * FROM shipped
                ON CONFLICT (system, code) WHERE ends_on IS NULL DO UPDATE SET words = excluded.words,
                  words_key = excluded.words_key, quantity_type = excluded.quantity_type,
                  unit_minutes = excluded.unit_minutes, service_type = excluded.service_type"""
        )
    return len(rows)


def _all_rows() -> Iterator[tuple[str, ...]]:
    for system, name in SHIPPED.items():
        for row in read_table(DATA / name):
            words = row["words"]
            yield (
                system,
                row["code"],
                words,
                words.lower(),
                row.get("quantity_type", ""),
                row.get("unit_minutes") or None,  # type: ignore[misc]
                row.get("service_type", ""),
            )


def read_table(path: Path) -> Iterable[dict[str, str]]:
    """Rows of a tab-separated file with a header line, compressed or not."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    return csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
