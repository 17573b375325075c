"""A file to open in a spreadsheet calculates nothing, whatever was typed, and loses nothing of it."""

from __future__ import annotations

import csv
import io
from typing import Any

from imports.csv_export import CALCULATED
from imports.csv_import import plain
from tests.attack.rows import text_columns, write_everywhere
from tests.attack.walk import Walks, name_of
from tests.web.permissions import TABLE
from tests.web.theatre import Theatre, undone

FORMULAS = ("=1+1", "+1-1", "-2+3", "@SUM(A1)", "\t=1", "＝1+1")


def exports(walks: Walks) -> dict[str, str]:
    """Every address that answers with a file of cells, and who may have it."""
    return {
        address: role
        for role in ("supervisor", "admin", "edi")
        for address, page in walks[role].pages.items()
        if page.answer.headers.get("Content-Type", "").startswith("text/csv")
    }


def cells(answer: Any) -> list[str]:
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    return [cell for row in rows[1:] for cell in row]


def fill(made: Theatre) -> int:
    """A formula into every column of text that the database lets it into, each in turn; how many took it."""
    return sum(
        write_everywhere(made.north.house, model, field, FORMULAS[number % len(FORMULAS)])
        for model, field, number in text_columns()
    )


def test_no_cell_of_any_file_calculates(stages: Theatre, walks: Walks) -> None:
    seen = set()
    with undone():
        assert fill(stages) > 60
        for address, role in exports(walks).items():
            found = cells(stages.client(role).get(address))
            assert [cell for cell in found if cell[:1] and cell[0] in CALCULATED] == [], address
            seen |= {plain(cell) for cell in found}
    assert len(seen & set(FORMULAS)) > 3, "the control: formulas are in the files, inert, and can be read back"


def test_every_file_of_the_product_is_looked_at(walks: Walks) -> None:
    named = {name for name in TABLE if name.endswith(("_export", "_template"))}
    assert named <= {name_of(address) for address in exports(walks)}
