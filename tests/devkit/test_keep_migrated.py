"""The kept dump of the migrated database: the same as migrating, and not used when a migration could differ."""

import os
import re
import secrets
import subprocess
from pathlib import Path

import pytest

from devkit import migration_cache
from devkit.migration_cache import BINARIES_VARIABLE, _inputs, place, restore, save
from devkit.suite_database import with_database
from tenancy.management.commands.prepare_database import make_database, read_roles

# PostgreSQL prints the condition of an index with its casts in other places once it was dumped and restored.
CASTS_AND_BRACKETS = re.compile(r"::(character varying|text)(\[\])?|[()]")


def schema(address: str) -> list[str]:
    """What pg_dump says of it, without the words that differ each time."""
    program = Path(os.environ[BINARIES_VARIABLE]) / "pg_dump"
    text = subprocess.run([program, "--schema-only", address], capture_output=True, text=True, check=True).stdout
    lines = [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    # Sorted: in which order two roles were given the same says nothing.
    return sorted(CASTS_AND_BRACKETS.sub("", line) if " WHERE " in line else line for line in lines)


@pytest.mark.django_db
@pytest.mark.skipif(BINARIES_VARIABLE not in os.environ, reason="kept with the embedded servers only")
def test_restored_database_is_the_migrated_one() -> None:
    administrator = os.environ["DATABASE_ADMIN_URL"]
    name = f"restored_{secrets.token_hex(4)}"
    make_database(read_roles(os.environ).owner, name)
    assert restore(with_database(administrator, name))
    suite = with_database(administrator, os.environ["DATABASE_URL"].rpartition("/")[2])
    restored = schema(with_database(administrator, name))
    assert restored == schema(suite)
    assert any("FORCE ROW LEVEL SECURITY" in line for line in restored)
    assert any("ALTER DEFAULT PRIVILEGES FOR ROLE greenlight_owner" in line for line in restored)


def test_a_migration_written_while_others_run_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dump would lack it and be taken for one that has it."""
    monkeypatch.setenv(BINARIES_VARIABLE, str(tmp_path))
    monkeypatch.setattr(migration_cache, "_DIRECTORY", tmp_path / "kept")
    before = place()
    assert before == place()
    monkeypatch.setattr(migration_cache, "_key", lambda: "another")
    save("postgresql://nobody@127.0.0.1:9/none", before)
    assert not (tmp_path / "kept").exists()


def test_whatever_a_migration_can_depend_on_makes_another_dump(tmp_path: Path) -> None:
    for name, text in {
        "requirements/test.txt": "",
        "config/settings.py": "",
        "claims/migrations/0001_initial.py": "from claims import states\nfrom tenancy.operations import IsolateTable",
        "claims/states.py": "from .words import x\ndef f():\n    import codesets.importers",
        "claims/words.py": "",
        "claims/views.py": "",
        "codesets/importers.py": "",
        "claims/data/codes.tsv": "",
        "tenancy/operations.py": "",
        "tenancy/management/commands/prepare_database.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {str(file.relative_to(tmp_path)) for file in _inputs(tmp_path)}
    assert found == {
        "requirements/test.txt",
        "config/settings.py",
        "claims/migrations/0001_initial.py",
        "claims/states.py",
        "claims/words.py",
        "codesets/importers.py",
        "claims/data/codes.tsv",
        "tenancy/operations.py",
        "tenancy/management/commands/prepare_database.py",
    }
