"""`ops/backup.sh` and `ops/restore.sh`: a backup holds everything, a restored database is the same one, and what is
not is refused."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from devkit.binaries import postgres_directory
from devkit.places import CHECKOUT
from devkit.suite_database import with_database
from tenancy.management.commands.prepare_database import grant, make_database, read_roles
from tests.cast import House

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not os.environ.get("DATABASE_BACKUP_URL"), reason="needs DATABASE_BACKUP_URL"),
]


class Place:
    """Where a restored database and its documents go: one made for the occasion, dropped afterwards."""

    def __init__(self, data: Path) -> None:
        self.name = f"restored_{secrets.token_hex(4)}"
        self.data = data
        roles = read_roles(os.environ)
        make_database(roles.owner, self.name)
        grant(roles, self.name)

    def environment(self) -> dict[str, str]:
        return environment(self.name, self.data)

    def as_owner(self) -> psycopg.Connection[Any]:
        return psycopg.connect(with_database(os.environ["DATABASE_OWNER_URL"], self.name), autocommit=True)

    def drop(self) -> None:
        with psycopg.connect(with_database(os.environ["DATABASE_OWNER_URL"], "postgres"), autocommit=True) as owner:
            owner.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(self.name)))


def environment(database: str, data: Path) -> dict[str, str]:
    programs = postgres_directory(None)
    found = {"PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C", "GREENLIGHT_DATA_DIR": str(data)}
    for name in ("DATABASE_OWNER_URL", "DATABASE_BACKUP_URL"):
        found[name] = with_database(os.environ[name], database)
    return found


def run(script: str, *arguments: str | Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(CHECKOUT / "ops" / script), *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


def back_up(directory: Path, data: Path) -> Path:
    done = run("backup.sh", directory, env=environment(connection.settings_dict["NAME"], data))
    assert done.returncode == 0, done.stderr
    (made,) = directory.iterdir()
    return made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Documents of the running product."""
    place = tmp_path / "data"
    (place / "documents" / "org").mkdir(parents=True)
    (place / "documents" / "org" / "letter").write_bytes(b"%PDF-1.7 approved")
    return place


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "elsewhere")
    yield place
    place.drop()


def test_a_restored_database_equals_the_one_backed_up(
    north: House, south: House, data: Path, tmp_path: Path, elsewhere: Place
) -> None:
    made = back_up(tmp_path / "backups", data)
    rows = (made / "rows.csv").read_text().splitlines()
    assert "tenancy_organization,,2" in rows
    assert f"members_member,{north.organization.id},1" in rows
    assert f"members_member,{south.organization.id},1" in rows
    assert made.stat().st_mode & 0o077 == 0

    restored = run("restore.sh", made, env=elsewhere.environment())
    assert restored.returncode == 0, restored.stderr
    assert (elsewhere.data / "documents" / "org" / "letter").read_bytes() == b"%PDF-1.7 approved"
    again = run("restore.sh", "--check", made, env=elsewhere.environment())
    assert again.returncode == 0, again.stderr

    # The walls stand there too: the owner, bound like everybody, sees nothing without an organization.
    with elsewhere.as_owner() as owner:
        assert owner.execute("SELECT count(*) FROM members_member").fetchone() == (0,)


def test_the_check_finds_a_lost_row_and_a_missing_wall(
    north: House, data: Path, tmp_path: Path, elsewhere: Place
) -> None:
    made = back_up(tmp_path / "backups", data)
    assert run("restore.sh", made, env=elsewhere.environment()).returncode == 0

    with elsewhere.as_owner() as owner:
        owner.execute("ALTER TABLE members_member NO FORCE ROW LEVEL SECURITY")
    found = run("restore.sh", "--check", made, env=elsewhere.environment())
    assert found.returncode == 1
    assert "row security,members_member" in found.stderr

    with elsewhere.as_owner() as owner:
        owner.execute("ALTER TABLE members_member FORCE ROW LEVEL SECURITY")
        owner.execute("ALTER TABLE members_memberidentifier NO FORCE ROW LEVEL SECURITY")
        lost = owner.execute("DELETE FROM members_memberidentifier").rowcount
        owner.execute("ALTER TABLE members_memberidentifier FORCE ROW LEVEL SECURITY")
    assert lost > 0
    found = run("restore.sh", "--check", made, env=elsewhere.environment())
    assert found.returncode == 1
    assert f"members_memberidentifier,,{lost}" in found.stderr


def test_a_changed_document_is_found(north: House, data: Path, tmp_path: Path, elsewhere: Place) -> None:
    made = back_up(tmp_path / "backups", data)
    assert run("restore.sh", made, env=elsewhere.environment()).returncode == 0
    (elsewhere.data / "documents" / "org" / "letter").write_bytes(b"%PDF-1.7 denied!!")
    found = run("restore.sh", "--check", made, env=elsewhere.environment())
    assert found.returncode == 1
    assert "documents are not what the backup holds" in found.stderr


def test_a_damaged_backup_is_not_restored(north: House, data: Path, tmp_path: Path, elsewhere: Place) -> None:
    made = back_up(tmp_path / "backups", data)
    with (made / "database.dump").open("ab") as dump:
        dump.write(b"x")
    refused = run("restore.sh", made, env=elsewhere.environment())
    assert refused.returncode == 1
    assert "changed since they were written" in refused.stderr
    with elsewhere.as_owner() as owner:
        tables = owner.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        assert tables.fetchone() == (0,)


def test_a_database_in_use_is_not_restored_over(north: House, data: Path, tmp_path: Path) -> None:
    made = back_up(tmp_path / "backups", data)
    refused = run("restore.sh", made, env=environment(connection.settings_dict["NAME"], tmp_path / "empty"))
    assert refused.returncode == 1
    assert "the database is not empty" in refused.stderr


@pytest.mark.parametrize("role", ["DATABASE_URL", "DATABASE_OWNER_URL"])
def test_a_backup_by_a_role_that_does_not_see_all_rows_is_refused(
    north: House, data: Path, tmp_path: Path, role: str
) -> None:
    env = environment(connection.settings_dict["NAME"], data)
    env["DATABASE_BACKUP_URL"] = with_database(os.environ[role], connection.settings_dict["NAME"])
    refused = run("backup.sh", tmp_path / "backups", env=env)
    assert refused.returncode == 1
    assert "does not see all rows" in refused.stderr
    assert not (tmp_path / "backups").exists()


def test_a_failing_dump_leaves_no_backup(north: House, data: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "pg_dump").write_text("#!/bin/sh\nexit 3\n")
    (programs / "pg_dump").chmod(0o755)
    env = environment(connection.settings_dict["NAME"], data)
    env["PATH"] = f"{programs}:{env['PATH']}"
    refused = run("backup.sh", tmp_path / "backups", env=env)
    assert refused.returncode == 1
    assert [place.suffix for place in (tmp_path / "backups").iterdir()] == [".broken"]
