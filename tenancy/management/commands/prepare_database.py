"""Makes the roles and the database that Greenlight needs, or repairs them.

Three roles, none of them a superuser: the *owner* migrates and owns every table; the *runtime* role serves
people and runs tasks, sees only rows that row-level security lets it see, and can neither delete nor change
the schema; the *backup* role reads everything and writes nothing.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

OLDEST_SERVER = 170000
_FLAGS = ("superuser", "createdb", "createrole", "replication", "bypassrls")

Connection = psycopg.Connection[tuple[Any, ...]]


class PreparationError(Exception):
    """The database cannot be prepared; the text says why and what to do."""


@dataclass(frozen=True)
class Login:
    """What one address says. ``variable`` is where it stands, for messages; the password is never shown."""

    variable: str
    address: str
    role: str
    password: str
    database: str
    place: str


@dataclass(frozen=True)
class Roles:
    """Who logs in to do what. ``backup`` is optional."""

    owner: Login
    runtime: Login
    backup: Login | None = None


def read_login(variable: str, address: str) -> Login:
    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError as error:
        raise PreparationError(
            f"{variable} is not an address like postgresql://role:password@host:5432/database."
        ) from error
    role, database = str(parts.get("user", "")), str(parts.get("dbname", ""))
    if not role or not database:
        raise PreparationError(
            f"{variable} must name a role and a database: postgresql://role:password@host:5432/database."
        )
    place = f"{parts.get('host', 'the local socket')}:{parts.get('port', 5432)}"
    return Login(variable, address, role, str(parts.get("password", "")), database, place)


def read_roles(environment: Mapping[str, str]) -> Roles:
    """Raises PreparationError when an address is missing, two share a role or they name different
    databases."""
    owner, runtime = (_needed(name, environment) for name in ("DATABASE_OWNER_URL", "DATABASE_URL"))
    backup = environment.get("DATABASE_BACKUP_URL")
    roles = Roles(owner, runtime, read_login("DATABASE_BACKUP_URL", backup) if backup else None)
    _refuse_shared_roles([owner, runtime, *([roles.backup] if roles.backup else [])])
    return roles


def read_administrator(environment: Mapping[str, str]) -> Login:
    """Who may make roles; never used by the running product."""
    return _needed("DATABASE_ADMIN_URL", environment)


def _needed(variable: str, environment: Mapping[str, str]) -> Login:
    address = environment.get(variable)
    if not address:
        raise PreparationError(f"Set {variable} and run this again.")
    return read_login(variable, address)


def prepare(administrator: Login, roles: Roles) -> list[str]:
    """Makes or repairs roles, database and privileges; says in a sentence each what now holds. Repeatable."""
    _refuse_shared_roles([administrator, roles.owner, roles.runtime], one_database=False)
    with _connection(administrator) as admin:
        _refuse_old_server(admin, administrator.place)
        _make_role(admin, roles.owner, {"createdb"})
        _make_role(admin, roles.runtime, set())
        _leave_all_roles(admin, roles.runtime.role)
        if roles.backup:
            _make_role(admin, roles.backup, {"bypassrls"})
        _give_database_to_owner(admin, roles.owner)
    make_database(roles.owner, roles.owner.database)
    grant(roles)
    return _report(roles)


def make_database(owner: Login, name: str, template: str = "template0") -> None:
    """Makes the database, owned by ``owner``, if there is none. Every server sorts text alike, by code
    point."""
    locale = " ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
    with _connection(owner, "postgres") as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}" + (locale if template == "template0" else "")).format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def grant(roles: Roles, database: str | None = None) -> None:
    """Gives runtime and backup role their privileges in one database, as its owner."""
    runtime = roles.runtime.role
    with _connection(roles.owner, database) as owner:
        _refuse_owning_runtime(owner, runtime)
        for statement in _GRANTS:
            _execute(owner, statement, roles)
        for table in _tables_without_runtime(owner, runtime):
            owner.execute(
                sql.SQL("GRANT SELECT, INSERT, UPDATE ON {} TO {}").format(
                    sql.Identifier("public", table), sql.Identifier(runtime)
                )
            )
        if roles.backup:
            for statement in _BACKUP_GRANTS:
                _execute(owner, statement, roles)


_DEFAULT = "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public "
_GRANTS = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {runtime}",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC, {runtime}",
    "GRANT USAGE ON SCHEMA public TO {runtime}",
    "REVOKE TRUNCATE, TRIGGER, REFERENCES, MAINTAIN ON ALL TABLES IN SCHEMA public FROM PUBLIC, {runtime}",
    _DEFAULT + "REVOKE ALL ON TABLES FROM {runtime}",
    _DEFAULT + "GRANT SELECT, INSERT, UPDATE ON TABLES TO {runtime}",
    _DEFAULT + "GRANT USAGE, SELECT ON SEQUENCES TO {runtime}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {runtime}",
)
_BACKUP_GRANTS = (
    "GRANT CONNECT ON DATABASE {database} TO {backup}",
    "GRANT USAGE ON SCHEMA public TO {backup}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {backup}",
    "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {backup}",
    _DEFAULT + "GRANT SELECT ON TABLES TO {backup}",
    _DEFAULT + "GRANT SELECT ON SEQUENCES TO {backup}",
)


def _execute(connection: Connection, statement: str, roles: Roles) -> None:
    connection.execute(
        sql.SQL(statement).format(
            database=sql.Identifier(connection.info.dbname),
            owner=sql.Identifier(roles.owner.role),
            runtime=sql.Identifier(roles.runtime.role),
            backup=sql.Identifier(roles.backup.role if roles.backup else ""),
        )
    )


@contextmanager
def _connection(login: Login, database: str | None = None) -> Iterator[Connection]:
    """A connection where each statement stands alone. ``database`` other than the one in the address."""
    try:
        connection = psycopg.connect(
            login.address, dbname=database or login.database, autocommit=True, connect_timeout=10
        )
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise PreparationError(f"{login.variable}: no connection to {login.place} as {login.role}: {reason}") from error
    with connection:
        yield connection


def _refuse_shared_roles(logins: list[Login], *, one_database: bool = True) -> None:
    for index, login in enumerate(logins):
        for other in logins[:index]:
            if login.role == other.role:
                raise PreparationError(
                    f"{other.variable} and {login.variable} name one role, {login.role}: give each its own."
                )
    databases = {login.database for login in logins}
    if one_database and len(databases) > 1:
        raise PreparationError(f"The addresses name several databases ({', '.join(sorted(databases))}): name one.")


def _refuse_old_server(admin: Connection, place: str) -> None:
    version = admin.info.server_version
    if version < OLDEST_SERVER:
        needed = OLDEST_SERVER // 10000
        raise PreparationError(f"PostgreSQL {needed} or newer is needed; the server at {place} is {version // 10000}.")


def _make_role(admin: Connection, login: Login, wanted: set[str]) -> None:
    """Changes only what differs: an administrator who is no superuser may not even restate some
    attributes."""
    name = sql.Identifier(login.role)
    row = admin.execute(
        "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
        " FROM pg_roles WHERE rolname = %s",
        [login.role],
    ).fetchone()
    if row is None:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
        row = (True, False, False, False, False, False)
    changes = [] if row[0] else ["LOGIN"]
    for flag, has in zip(_FLAGS, row[1:], strict=True):
        if has != (flag in wanted):
            changes.append(flag.upper() if flag in wanted else f"NO{flag.upper()}")
    if changes:
        admin.execute(sql.SQL("ALTER ROLE {} " + " ".join(changes)).format(name))
    if login.password:
        # Hashed here, so that the server's log of statements can never show it.
        scrambled = admin.pgconn.encrypt_password(login.password.encode(), login.role.encode(), b"scram-sha-256")
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, scrambled.decode()))


def _leave_all_roles(admin: Connection, role: str) -> None:
    """A runtime role that is a member of another could become it."""
    memberships = admin.execute(
        "SELECT pg_get_userbyid(roleid) FROM pg_auth_members WHERE member = to_regrole(quote_ident(%s))",
        [role],
    ).fetchall()
    for (group,) in memberships:
        admin.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(group), sql.Identifier(role)))


def _give_database_to_owner(admin: Connection, owner: Login) -> None:
    row = admin.execute(
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [owner.database]
    ).fetchone()
    if row and row[0] != owner.role:
        admin.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(owner.database), sql.Identifier(owner.role))
        )


def _refuse_owning_runtime(owner: Connection, runtime: str) -> None:
    row = owner.execute(
        "SELECT relname FROM pg_class WHERE relowner = to_regrole(quote_ident(%s)) LIMIT 1", [runtime]
    ).fetchone()
    if row:
        raise PreparationError(
            f"The runtime role {runtime} owns {row[0]}: give it to the owner role with ALTER TABLE, "
            "then run this again."
        )


def _tables_without_runtime(owner: Connection, runtime: str) -> list[str]:
    """Tables older than the runtime role. On others a migration may have taken UPDATE away on purpose."""
    rows = owner.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND relowner = to_regrole(quote_ident(current_user))"
        " AND NOT has_table_privilege(%s, oid, 'SELECT')",
        [runtime],
    ).fetchall()
    return [name for (name,) in rows]


def _report(roles: Roles) -> list[str]:
    lines = [
        f"database {roles.owner.database}, owned by {roles.owner.role}",
        f"runtime role {roles.runtime.role}: no superuser, no BYPASSRLS, owns nothing, no DELETE or TRUNCATE",
    ]
    if roles.backup:
        lines.append(f"backup role {roles.backup.role}: reads all rows, writes none")
    return lines


class Command(BaseCommand):
    help = (
        "Makes or repairs the database and its roles. Reads DATABASE_ADMIN_URL (may make roles), "
        "DATABASE_OWNER_URL, DATABASE_URL and, if there is to be a backup role, DATABASE_BACKUP_URL."
    )
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            lines = prepare(read_administrator(os.environ), read_roles(os.environ))
        except (PreparationError, psycopg.Error) as error:
            raise CommandError(str(error).strip().splitlines()[0]) from error
        for line in lines:
            self.stdout.write(line)
