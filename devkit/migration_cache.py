"""A dump of the migrated, otherwise empty database, kept between runs of the suite while the migrations stay the same.

Migrating takes many times as long as restoring. The dump is found again by everything that a migration can depend on:
the migrations, the project's modules that they import, at any depth, the data files beside them, what gives the roles
their privileges, the settings, and the locked packages. `pytest --create-db` makes it anew. Only with the embedded
servers, whose role names are always the same.
"""

import ast
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from devkit.places import CHECKOUT

BINARIES_VARIABLE = "GREENLIGHT_TEST_BINARIES"
_DIRECTORY = CHECKOUT / ".pytest_cache" / "migrated"
_KEPT = 5


def restore(address: str) -> bool:
    """Fills the empty database at ``address``, an administrator's; False when there is nothing to fill it with."""
    file = _file()
    if file is None or not file.exists():
        return False
    _call("psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--single-transaction", f"--file={file}", address)
    os.utime(file)
    return True


def place() -> Path | None:
    """Where the dump of what the migrations say now belongs; None without the embedded servers."""
    return _file()


def save(address: str, file: Path | None) -> None:
    """Keeps what the database at ``address`` holds as ``file``, the ``place`` from before it was migrated.

    Nothing is kept when a migration was written meanwhile: the dump would be taken for one that has it. Older dumps go.
    """
    if file is None or file != _file():
        return
    _DIRECTORY.mkdir(parents=True, exist_ok=True)
    scratch = file.with_suffix(f".{os.getpid()}")
    _call("pg_dump", f"--file={scratch}", address)
    scratch.replace(file)
    for old in sorted(_DIRECTORY.glob("*.sql"), key=lambda dump: dump.stat().st_mtime)[:-_KEPT]:
        old.unlink(missing_ok=True)


def _file() -> Path | None:
    return _DIRECTORY / f"{_key()}.sql" if os.environ.get(BINARIES_VARIABLE) else None


def _call(program: str, *arguments: str) -> None:
    command = [str(Path(os.environ[BINARIES_VARIABLE]) / program), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _key() -> str:
    digest = hashlib.sha256()
    for file in sorted(_inputs(CHECKOUT)):
        digest.update(f"{file.relative_to(CHECKOUT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:24]


def _inputs(root: Path) -> set[Path]:
    migrations = set(root.glob("*/migrations/*.py"))
    data = {
        file
        for application in {migration.parents[1] for migration in migrations}
        for file in application.rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc", ".html", ".md")
    }
    found = {root / "requirements" / "test.txt"}
    privileges = root / "tenancy" / "management" / "commands" / "prepare_database.py"
    waiting = migrations | {root / "config" / "settings.py", privileges}
    while waiting:
        file = waiting.pop()
        found.add(file)
        waiting |= set(_imported(root, file)) - found
    return found | data


def _imported(root: Path, file: Path) -> Iterator[Path]:
    """The project's files that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        start, names = root, []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = file.parents[node.level - 1] if node.level else root
            module = node.module or ""
            names = [module, *(f"{module}.{alias.name}" for alias in node.names)]
        for name in names:
            place = start.joinpath(*name.split("."))
            yield from (one for one in (place.with_suffix(".py"), place / "__init__.py") if one.is_file())
