"""The simulator stands apart from the product, and its page says what it does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.edi.simulator.conftest import ROOT, StartPayer
from tests.edi.simulator.wire import Partner, request

PAGE = ROOT / "docs" / "simulator.md"
LOADED = """
import sys
import edi.simulator.__main__
print(*sorted(name for name in sys.modules if name.partition(".")[0] not in sys.stdlib_module_names))
"""


def test_the_simulator_shares_only_the_tokenizer() -> None:
    command = [sys.executable, "-c", LOADED]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
    own = {f"edi.simulator.{path.stem}" for path in (ROOT / "edi" / "simulator").glob("*.py")}
    allowed = own | {"edi", "edi.simulator", "edi.x12", "edi.x12.tokenizer", "edi.x12.problems"}
    ours = {name for name in loaded.stdout.split() if (ROOT / name.partition(".")[0]).exists()}
    assert ours <= allowed
    assert "edi.x12.tokenizer" in ours
    assert not {name for name in loaded.stdout.split() if name.startswith("django")}


def rows_of_page() -> list[list[str]]:
    table = PAGE.read_text().partition("<!-- scenarios -->")[2].partition("<!-- /scenarios -->")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_shows_the_table_that_the_payer_follows(partner: Partner) -> None:
    rows = [list(row.values()) for row in partner.get("/scenarios")]
    assert rows_of_page() == rows
    assert len({row[0] for row in rows}) == len(rows)
    assert len({row[1] for row in rows}) == len(rows)


def test_the_page_names_every_option() -> None:
    command = [sys.executable, "-m", "edi.simulator", "--help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True).stdout
    options = {word.strip("[]") for word in told.split() if word.strip("[]").startswith("--")} - {"--help"}
    page = PAGE.read_text()
    assert {option for option in options if f"`{option}" not in page} == set()


def test_no_value_of_a_message_is_logged(start_payer: StartPayer) -> None:
    payer = start_payer()
    partner = payer.partner()
    partner.ask("H2019")
    partner.send(request("H2019")[:-1])
    partner.waiting()
    assert payer.stop() == 0
    assert payer.process.stdout is not None
    assert payer.process.stdout.read() == ""


@pytest.mark.process
def test_the_simulator_ends_with_its_supervisor(start_payer: StartPayer, tmp_path: Path) -> None:
    lifeline = tmp_path / "lifeline"
    os.mkfifo(lifeline)
    supervisor = os.open(lifeline, os.O_RDWR)
    payer = start_payer(GREENLIGHT_LIFELINE=str(lifeline))
    assert payer.process.poll() is None
    os.close(supervisor)
    assert payer.process.wait(10) != 0
