"""What the runtime role may write: rows of an organization behind their policy, and a short list with reasons."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import DatabaseError, connection, transaction

from tests.tenancy.conftest import Owner
from tests.tenancy.test_isolate import TENANT_MODELS, rows

WRITABLE = {
    "accounts_keptform": "what a person typed when the sign-in ended, encrypted",
    "accounts_securityevent": "what happens around signing in; append-only",
    "accounts_user": "people belong to no organization; a name and a password change",
    "account_emailaddress": "the library of signing in keeps addresses beside people",
    "account_emailconfirmation": "as above; nothing is written there today",
    "audit_chainhead": "where each chain of seals ends; moves forward by one, by trigger",
    "audit_unsealedevent": "pointers to events that wait for their seal; no UPDATE",
    "axes_accessattempt": "counts wrong passwords",
    "axes_accessattemptexpiration": "until when a name stays locked out",
    "axes_accessfailurelog": "a table of the same library, unused",
    "axes_accesslog": "a table of the same library, unused",
    "django_session": "sign-ins",
    "mfa_authenticator": "second steps; the secret is encrypted",
    "outbox_outboxmessage": "pointers to work of all organizations, ids only",
    "usersessions_usersession": "the list of one's own sign-ins",
}
"""Tables outside the organizations' policy that the runtime role may write, each with its reason."""

SHIPPED = {
    "codesets_code": "shipped code sets, the same for everybody",
    "codesets_release": "which release of each set is in",
}
"""Read by all organizations, belonging to none; writable only until their own migration says otherwise."""


def writable() -> set[str]:
    """Every table, view and the like outside the policies in which the runtime role may change something."""
    guarded = {model._meta.db_table for model in TENANT_MODELS} | {"tenancy_organization"}
    found = rows(
        """SELECT relname FROM pg_class
           WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND relnamespace = 'public'::regnamespace
             AND (has_table_privilege(oid, 'INSERT') OR has_table_privilege(oid, 'UPDATE')
                  OR has_any_column_privilege(oid, 'UPDATE') OR has_table_privilege(oid, 'DELETE')
                  OR has_table_privilege(oid, 'TRUNCATE') OR has_table_privilege(oid, 'TRIGGER')
                  OR has_table_privilege(oid, 'REFERENCES'))"""
    )
    return {name for (name,) in found} - guarded


@pytest.mark.django_db
def test_every_table_the_runtime_role_may_write_is_listed_with_a_reason_and_no_entry_is_stale() -> None:
    found = writable()
    assert found - set(WRITABLE) - set(SHIPPED) == set(), "say why, or take the privilege away with ReadOnly"
    assert set(WRITABLE) - found == set(), "these entries are stale"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO django_migrations (app, name, applied) VALUES ('tenancy', '9999', now())",
        "UPDATE django_migrations SET name = 'x'",
        "DELETE FROM django_migrations",
        "UPDATE auth_permission SET codename = 'x'",
        "INSERT INTO django_content_type (app_label, model) VALUES ('x', 'y')",
    ],
)
def test_what_migrations_keep_is_not_written_by_the_running_product(statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_a_table_left_open_would_be_noticed(owner: Owner) -> None:
    """The canary: a new table gets the default privileges, and is found by the question above."""
    owner.connection.execute("CREATE TABLE left_open (id int)")
    try:
        assert "left_open" in writable()
    finally:
        owner.connection.execute("DROP TABLE left_open")


@pytest.mark.django_db
def test_no_function_runs_with_more_rights_and_no_view_reads_with_its_owners() -> None:
    """A view or a function of the owner would look past the policies of whoever asks."""
    definers = rows(
        """SELECT p.oid::regprocedure::text FROM pg_proc p
           WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef"""
    )
    assert definers == []
    views = rows(
        """SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace
             AND (relkind = 'm' OR NOT coalesce(reloptions, '{}') @> '{security_invoker=true}')"""
    )
    assert views == []


def test_a_view_that_reads_with_its_owners_rights_would_be_noticed(owner: Owner) -> None:
    owner.connection.execute("CREATE VIEW too_wide AS SELECT * FROM members_member")
    try:
        with pytest.raises(AssertionError, match="too_wide"):
            test_no_function_runs_with_more_rights_and_no_view_reads_with_its_owners()
    finally:
        owner.connection.execute("DROP VIEW too_wide")


@pytest.mark.django_db
def test_the_runtime_role_can_become_nobody_else_and_owns_nothing() -> None:
    role = urlsplit(os.environ["DATABASE_URL"]).username
    [(same, superuser, bypass, create)] = rows(
        """SELECT current_user = session_user AND current_user = %s, rolsuper, rolbypassrls,
                  has_schema_privilege('public', 'CREATE') FROM pg_roles WHERE rolname = current_user""",
        [role],
    )
    assert (same, superuser, bypass, create) == (True, False, False, False)
    for statement in ("SET ROLE greenlight_owner", "ALTER TABLE members_member DISABLE ROW LEVEL SECURITY"):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)
    owned: list[tuple[Any, ...]] = rows("SELECT relname FROM pg_class WHERE relowner = current_user::regrole")
    assert owned == []
