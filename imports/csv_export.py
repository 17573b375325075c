"""Writing rows as CSV that a spreadsheet shows and does not calculate."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

CALCULATED = "=+-@\t\r\n\0\uff1d\uff0b\uff0d\uff20"
"""What a cell may not begin with: a spreadsheet would take it for a formula. The last four are full-width signs."""

MARK = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""

Cell = str | int | Decimal | date | bool | None


def write(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The text of a file: UTF-8 mark, headings, one line a row, ISO dates, cells inert."""
    out = io.StringIO()
    out.write(MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([inert(heading) for heading in headings])
    for row in rows:
        writer.writerow([inert(_text(cell)) for cell in row])
    return out.getvalue()


def inert(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would calculate. `csv_import.plain` takes it off."""
    return f"'{text}" if text[:1] and text[0] in CALCULATED else text


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return cell.isoformat() if isinstance(cell, date) else cell if isinstance(cell, str) else str(cell)
