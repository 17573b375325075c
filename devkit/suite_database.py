"""The suite's database: migrated once by the owner into a template, copied for each test process, emptied
between tests.

The suite itself logs in as the runtime role, which may do none of this; hence the owner's connections here.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

from devkit import migration_cache
from devkit.errors import StopError
from devkit.places import CHECKOUT
from tenancy.management.commands.prepare_database import grant, make_database, read_roles

RUN_VARIABLE = "GREENLIGHT_TEST_RUN"
TEMPLATE_VARIABLE = "GREENLIGHT_TEST_TEMPLATE"
"""Names a migrated database that outlives the run: made when it is not there, and taken whatever the migrations say."""

_ONE_MIGRATES = 0x677265656E  # an advisory lock's number: the first test process migrates, the others wait
_NON_EMPTY = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    " AND pg_relation_size(oid) > 0"
)
# Whoever refers to a truncated table is truncated with it, so the list must be closed under foreign keys.
_AND_THOSE_REFERRING = (
    "WITH RECURSIVE doomed(oid) AS ("
    " SELECT oid FROM pg_class WHERE relname = ANY(%s) AND relnamespace = 'public'::regnamespace"
    " UNION SELECT conrelid FROM pg_constraint JOIN doomed ON confrelid = doomed.oid WHERE contype = 'f')"
    " SELECT relname FROM pg_class JOIN doomed USING (oid)"
)


class SuiteDatabase:
    """The database of one test process. ``name`` exists only after ``make``."""

    def __init__(self, worker: str, *, migrate_anew: bool = False) -> None:
        self._migrate_anew = migrate_anew
        self.roles = read_roles(os.environ)
        run = os.environ.get(RUN_VARIABLE, "run")
        self.name = f"greenlight_{run}_{worker}"
        self._template = os.environ.get(TEMPLATE_VARIABLE) or f"greenlight_{run}_template"
        self._kept: set[str] = set()
        self._connection: psycopg.Connection[Any] | None = None

    def make(self) -> None:
        """Copies the migrated template; a fraction of a second for all processes but the first."""
        with self._as_owner("postgres") as owner:
            owner.execute("SELECT pg_advisory_lock(%s)", [_ONE_MIGRATES])
            if not _exists(owner, self._template):
                self._make_template(owner)
        make_database(self.roles.owner, self.name, self._template)
        grant(self.roles, self.name)
        self._connection = psycopg.connect(
            self.roles.owner.address, dbname=self.name, autocommit=True, options="-c lock_timeout=10s"
        )
        self._kept = self._non_empty()

    def empty(self) -> None:
        """Empties every table but those that migrations filled."""
        filled = self._non_empty() - self._kept
        if not filled or self._connection is None:
            return
        rows = self._connection.execute(_AND_THOSE_REFERRING, [list(filled)]).fetchall()
        doomed = {name for (name,) in rows}
        if doomed & self._kept:
            raise StopError(
                f"Emptying {', '.join(sorted(filled))} would empty what migrations filled: "
                f"{', '.join(sorted(doomed & self._kept))}."
            )
        self._connection.execute(
            sql.SQL("TRUNCATE {} RESTART IDENTITY").format(
                sql.SQL(", ").join(sql.Identifier("public", name) for name in sorted(doomed))
            )
        )

    def drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        with self._as_owner("postgres") as owner:
            owner.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(self.name)))

    def url(self, address: str) -> str:
        """The same address with this database's name in it."""
        return with_database(address, self.name)

    def _make_template(self, owner: psycopg.Connection[Any]) -> None:
        """Renamed when whole, so that no other process copies a half-migrated one."""
        unfinished = self._template + "_unfinished"
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(unfinished)))
        make_database(self.roles.owner, unfinished)
        self._fill(unfinished)
        owner.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(self._template))
        )

    def _fill(self, name: str) -> None:
        administrator = with_database(os.environ.get("DATABASE_ADMIN_URL", ""), name)
        if not self._migrate_anew and migration_cache.restore(administrator):
            return
        file = migration_cache.place()
        grant(self.roles, name)
        _migrate(with_database(self.roles.owner.address, name))
        migration_cache.save(administrator, file)

    def _non_empty(self) -> set[str]:
        """By size on disk: counting rows would ask row-level security, which hides them from the owner
        too."""
        assert self._connection is not None
        return {name for (name,) in self._connection.execute(_NON_EMPTY)}

    @contextmanager
    def _as_owner(self, database: str) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.roles.owner.address, dbname=database, autocommit=True) as connection:
            yield connection


def drop_template(run: str) -> None:
    with psycopg.connect(read_roles(os.environ).owner.address, dbname="postgres", autocommit=True) as owner:
        name = sql.Identifier(f"greenlight_{run}_template")
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))


def with_database(address: str, database: str) -> str:
    head, _, query = address.partition("?")
    return f"{head.rpartition('/')[0]}/{database}{'?' + query if query else ''}"


def _exists(connection: psycopg.Connection[Any], database: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone())


def _migrate(owner_address: str) -> None:
    migration = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=CHECKOUT,
        env={**os.environ, "DATABASE_OWNER_URL": owner_address, "DATABASE_URL": owner_address},
        capture_output=True,
        text=True,
        check=False,
    )
    if migration.returncode:
        tail = "\n".join((migration.stderr or migration.stdout).strip().splitlines()[-25:])
        raise StopError(f"The owner could not migrate the suite's database:\n{tail}")
