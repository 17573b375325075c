"""What the database itself enforces, as migration operations.

Each reads the model's state, so that a new column or key is covered by repeating the operation in its migration.
Policies hold for the owner too (FORCE); the runtime role neither owns tables nor may delete or truncate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# The sub-select is evaluated once a statement; `nullif` because the setting is '' after its first use on a connection.
ORGANIZATION = "(SELECT nullif(current_setting('app.organization_id', true), '')::uuid)"
USER = "(SELECT nullif(current_setting('app.user_id', true), '')::uuid)"


class _DatabaseOperation(Operation):
    """Statements for the database alone: policies, triggers and privileges are no state of a model."""

    reduces_to_sql = True
    reversible = True

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing changes."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for statement in self.forwards(app_label, to_state):
            schema_editor.execute(statement, params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for statement in self.backwards(app_label, to_state):
            schema_editor.execute(statement, params=None)

    def forwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        raise NotImplementedError

    def backwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        raise NotImplementedError


class _TableOperation(_DatabaseOperation):
    """Statements about the table of one model."""

    def __init__(self, model: str) -> None:
        self.model = model

    def forwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        return self.statements(state.apps.get_model(app_label, self.model))

    def backwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        return self.reverse_statements(state.apps.get_model(app_label, self.model))

    def statements(self, model: Any) -> Iterable[str]:
        raise NotImplementedError

    def reverse_statements(self, model: Any) -> Iterable[str]:
        raise NotImplementedError

    def describe(self) -> str:
        return f"{type(self).__name__} on {self.model}"


class IsolateTable(_TableOperation):
    """Row policy by organization, forced, and composite keys to every parent of the same organization.

    `also_visible` widens reading (not writing) by an SQL condition, for the rows a person may read before the
    organization is known. `column` is the column that holds the organization.
    """

    def __init__(self, model: str, column: str = "organization_id", also_visible: str = "") -> None:
        super().__init__(model)
        self.column = column
        self.also_visible = also_visible

    def statements(self, model: Any) -> Iterable[str]:
        table = model._meta.db_table
        own = f"{self.column} = {ORGANIZATION}"
        yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
        yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
        yield f'CREATE POLICY organization ON "{table}" USING ({own}) WITH CHECK ({own})'
        if self.also_visible:
            yield f'CREATE POLICY own_person ON "{table}" FOR SELECT USING ({self.also_visible})'
        if self.column == "organization_id":
            yield f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_own_key" UNIQUE (organization_id, id)'
            yield from self._composite_keys(model)

    def _composite_keys(self, model: Any) -> Iterable[str]:
        table = model._meta.db_table
        for field in model._meta.local_fields:
            parent = field.related_model
            if not parent or field.name == "organization" or not _is_isolated(parent):
                continue
            yield (
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.column}_own" '
                f"FOREIGN KEY (organization_id, {field.column}) "
                f'REFERENCES "{parent._meta.db_table}" (organization_id, id)'
            )

    def reverse_statements(self, model: Any) -> Iterable[str]:
        table = model._meta.db_table
        yield f'DROP POLICY organization ON "{table}"'
        if self.also_visible:
            yield f'DROP POLICY own_person ON "{table}"'
        yield f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY'
        yield f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY'
        if self.column == "organization_id":
            yield f'ALTER TABLE "{table}" DROP CONSTRAINT "{table}_own_key" CASCADE'


def _is_isolated(model: Any) -> bool:
    return any(field.name == "organization" for field in model._meta.local_fields)


class GuardTransitions(_TableOperation):
    """Only the listed pairs of statuses, by trigger, whoever writes.

    `pairs` come from `states.py` as (from, to); `first` are the statuses a row may be inserted with. Pairs `back` pass
    only where the SQL condition `beside` holds, in which NEW is the row.
    """

    def __init__(
        self,
        model: str,
        pairs: Sequence[tuple[str, str]],
        first: Sequence[str],
        back: Sequence[tuple[str, str]] = (),
        beside: str = "false",
    ) -> None:
        super().__init__(model)
        self.pairs = [(str(a), str(b)) for a, b in pairs]
        self.first = [str(status) for status in first]
        self.back = [(str(a), str(b)) for a, b in back]
        self.beside = beside

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (type(self).__name__, [self.model, self.pairs, self.first, self.back, self.beside], {})

    def statements(self, model: Any) -> Iterable[str]:
        table = model._meta.db_table
        pairs = ", ".join(f"('{a}', '{b}')" for a, b in self.pairs)
        first = ", ".join(f"'{status}'" for status in self.first)
        back = ", ".join(f"('{a}', '{b}')" for a, b in self.back) or "(NULL, NULL)"
        yield f"""
            CREATE OR REPLACE FUNCTION "{table}_guard_status"() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF TG_OP = 'INSERT' THEN
                IF NEW.status NOT IN ({first}) THEN
                  RAISE EXCEPTION 'a row may not begin as %', NEW.status USING ERRCODE = 'check_violation';
                END IF;
              ELSIF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (VALUES {pairs})
                    AND NOT ((OLD.status, NEW.status) IN (VALUES {back}) AND ({self.beside})) THEN
                RAISE EXCEPTION 'status may not go from % to %', OLD.status, NEW.status
                  USING ERRCODE = 'check_violation';
              END IF;
              RETURN NEW;
            END $$"""
        yield f"""
            CREATE OR REPLACE TRIGGER guard_status BEFORE INSERT OR UPDATE OF status ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION "{table}_guard_status"()"""

    def reverse_statements(self, model: Any) -> Iterable[str]:
        yield f'DROP TRIGGER guard_status ON "{model._meta.db_table}"'


class StampTransaction(_TableOperation):
    """Each row knows the database transaction that wrote it, in a column `written_in` that no writer can choose.

    The number is that of the outermost transaction, so a savepoint changes nothing, and has 64 bits, so it does not
    come again. A dump restored elsewhere keeps old numbers and means nothing by them.
    """

    def statements(self, model: Any) -> Iterable[str]:
        table = model._meta.db_table
        yield f'ALTER TABLE "{table}" ADD COLUMN written_in xid8 NOT NULL DEFAULT pg_current_xact_id()'
        yield f"""
            CREATE OR REPLACE FUNCTION "{table}_stamp"() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              NEW.written_in := pg_current_xact_id();
              RETURN NEW;
            END $$"""
        yield f"""
            CREATE OR REPLACE TRIGGER stamp_transaction BEFORE INSERT ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION "{table}_stamp"()"""

    def reverse_statements(self, model: Any) -> Iterable[str]:
        table = model._meta.db_table
        yield f'DROP TRIGGER stamp_transaction ON "{table}"'
        yield f'DROP FUNCTION "{table}_stamp"()'
        yield f'ALTER TABLE "{table}" DROP COLUMN written_in'


class AppendOnly(_TableOperation):
    """Rows are written once: no DELETE, and no UPDATE but of the columns named in `mutable`."""

    def __init__(self, model: str, mutable: Sequence[str] = ()) -> None:
        super().__init__(model)
        self.mutable = list(mutable)

    def statements(self, model: Any) -> Iterable[str]:
        table = model._meta.db_table
        frozen = [f.column for f in model._meta.local_fields if f.column not in self.mutable]
        changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in frozen)
        yield f"""
            CREATE OR REPLACE FUNCTION "{table}_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF TG_OP = 'DELETE' OR {changed} THEN
                RAISE EXCEPTION 'rows of {table} are written once' USING ERRCODE = 'check_violation';
              END IF;
              RETURN NEW;
            END $$"""
        yield f"""
            CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION "{table}_append_only"()"""
        runtime = settings.DATABASE_RUNTIME_ROLE
        yield f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM "{runtime}"'
        if self.mutable:
            columns = ", ".join(self.mutable)
            yield f'GRANT UPDATE ({columns}) ON "{table}" TO "{runtime}"'

    def reverse_statements(self, model: Any) -> Iterable[str]:
        yield f'DROP TRIGGER append_only ON "{model._meta.db_table}"'
        yield f'GRANT UPDATE ON "{model._meta.db_table}" TO "{settings.DATABASE_RUNTIME_ROLE}"'


class SetAtBirth(_TableOperation):
    """A column that is given when a row is made and never again, whoever writes: a tree cannot be bent into a ring."""

    def __init__(self, model: str, column: str) -> None:
        super().__init__(model)
        self.column = column

    def statements(self, model: Any) -> Iterable[str]:
        table = model._meta.db_table
        yield f"""
            CREATE OR REPLACE FUNCTION "{table}_keep_{self.column}"() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF NEW.{self.column} IS DISTINCT FROM OLD.{self.column} THEN
                RAISE EXCEPTION '{self.column} is given when a row is made' USING ERRCODE = 'check_violation';
              END IF;
              RETURN NEW;
            END $$"""
        yield f"""
            CREATE OR REPLACE TRIGGER keep_{self.column} BEFORE UPDATE OF {self.column} ON "{table}"
            FOR EACH ROW EXECUTE FUNCTION "{table}_keep_{self.column}"()"""

    def reverse_statements(self, model: Any) -> Iterable[str]:
        table = model._meta.db_table
        yield f'DROP TRIGGER keep_{self.column} ON "{table}"'
        yield f'DROP FUNCTION "{table}_keep_{self.column}"()'


class AllowDelete(_DatabaseOperation):
    """The runtime role may delete from these tables: sessions and the like, queues, derived search keys."""

    def __init__(self, tables: Sequence[str]) -> None:
        self.tables = list(tables)

    def forwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        return [f'GRANT DELETE ON "{table}" TO "{settings.DATABASE_RUNTIME_ROLE}"' for table in self.tables]

    def backwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        return [f'REVOKE DELETE ON "{table}" FROM "{settings.DATABASE_RUNTIME_ROLE}"' for table in self.tables]

    def describe(self) -> str:
        return f"Let the runtime role remove rows of {', '.join(self.tables)}"


class ReadOnly(_DatabaseOperation):
    """The runtime role reads these tables and writes none of them: only migrations, or the owner, do."""

    def __init__(self, tables: Sequence[str]) -> None:
        self.tables = list(tables)

    def forwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        return [f'REVOKE INSERT, UPDATE ON "{table}" FROM "{settings.DATABASE_RUNTIME_ROLE}"' for table in self.tables]

    def backwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        return [f'GRANT INSERT, UPDATE ON "{table}" TO "{settings.DATABASE_RUNTIME_ROLE}"' for table in self.tables]

    def describe(self) -> str:
        return f"Let the runtime role only read {', '.join(self.tables)}"


class AlsoVisible(_DatabaseOperation):
    """Rows of a table that may be read, not written, by another condition than the organization's scope."""

    def __init__(self, table: str, condition: str) -> None:
        self.table = table
        self.condition = condition

    def forwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        return [f'CREATE POLICY own_person ON "{self.table}" FOR SELECT USING ({self.condition})']

    def backwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        return [f'DROP POLICY own_person ON "{self.table}"']

    def describe(self) -> str:
        return f"Let a person read their own rows of {self.table}"


class NoRowsChanged(Exception):
    """A data migration did not change the rows it was meant to change. Nothing was changed."""


class ChangeRows(_DatabaseOperation):
    """A data migration: `UPDATE table SET assignment WHERE condition`, over the rows of all organizations.

    A forced policy hides every row from the owner too, so a plain UPDATE would change nothing and say nothing. Here the
    force is lifted from this table for the length of the transaction, what is still hidden is an error instead of an
    empty answer (`row_security = off`), and as many rows must change as the condition finds. Raises NoRowsChanged.
    """

    def __init__(self, table: str, assignment: str, condition: str = "true") -> None:
        self.table, self.assignment, self.condition = table, assignment, condition

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if not schema_editor.connection.in_atomic_block:
            raise NoRowsChanged("a migration that is not atomic cannot keep the policy off for its own length only")
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SET LOCAL row_security = off")
            cursor.execute(f'ALTER TABLE "{self.table}" NO FORCE ROW LEVEL SECURITY')
            cursor.execute(f'SELECT count(*) FROM "{self.table}" WHERE {self.condition}')  # noqa: S608
            wanted = cursor.fetchone()[0]
            cursor.execute(f'UPDATE "{self.table}" SET {self.assignment} WHERE {self.condition}')  # noqa: S608
            changed = cursor.rowcount
            cursor.execute(f'ALTER TABLE "{self.table}" FORCE ROW LEVEL SECURITY')
            cursor.execute("SET LOCAL row_security = on")
        if changed != wanted:
            raise NoRowsChanged(f"{self.table}: {changed} rows changed of {wanted}")

    def backwards(self, app_label: str, state: ProjectState) -> Iterable[str]:
        return ()

    def describe(self) -> str:
        return f"Change rows of {self.table} in all organizations"


class NoOverlap(_TableOperation):
    """Ranges of days, last day included, do not overlap for equal keys. An empty end is open."""

    def __init__(self, model: str, keys: Sequence[str], first: str, last: str, where: str = "true") -> None:
        super().__init__(model)
        self.keys, self.first, self.last, self.where = list(keys), first, last, where

    def statements(self, model: Any) -> Iterable[str]:
        table = model._meta.db_table
        equal = ", ".join(f"({key}) WITH =" for key in self.keys)
        days = f"daterange({self.first}, {self.last}, '[]')"
        yield (
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_no_overlap" '
            f"EXCLUDE USING gist ({equal}, {days} WITH &&) WHERE ({self.where})"
        )

    def reverse_statements(self, model: Any) -> Iterable[str]:
        yield f'ALTER TABLE "{model._meta.db_table}" DROP CONSTRAINT "{model._meta.db_table}_no_overlap"'
