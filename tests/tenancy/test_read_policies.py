"""Every policy says the same thing, table by table; and what is written once stays so whoever writes."""

from __future__ import annotations

import re

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from members.models import Member
from tenancy.ids import uuid7
from tests.cast import House
from tests.tenancy.conftest import Owner
from tests.tenancy.test_isolate import TENANT_MODELS, rows

OWN = "organization_id=nullifcurrent_setting'app.organization_id',true,''::uuid"
"""The condition of every policy, as `plain` writes it."""
WIDER = {
    ("accounts_membership", "own_person"): "one's own places, to choose the organization",
    ("tenancy_organization", "own_person"): "the names of the organizations one has a place in",
}
"""What may be read, not written, before the organization is known. A stale entry fails."""

WRITTEN_ONCE = {
    "accounts_securityevent",
    "audit_auditevent",
    "audit_auditseal",
    "authorizations_decision",
    "authorizations_decisionreview",
    "authorizations_document",
    "authorizations_escalation",
    "authorizations_handover",
    "authorizations_ledgerentry",
    "authorizations_linedecision",
    "authorizations_lineversion",
    "authorizations_note",
    "authorizations_openingbalance",
    "authorizations_playbookfinding",
    "claims_choice",
    "claims_claimline",
    "claims_claimversion",
    "edi_interchange",
    "edi_message",
    "imports_importfile",
    "members_coverquestion",
    "members_eligibilitycheck",
    "members_memberchange",
    "payers_playbookversion",
    "tenancy_idempotencykey",
}
"""Tables whose rows are evidence. A new one is added here; none is taken out without saying why."""
NEVER_AGAIN = {
    "edi_interchange": {"body", "sha256", "control_number"},
    "edi_message": {"content_hash", "trace"},
    "imports_importfile": {"content", "sha256"},
    "authorizations_document": {"sha256"},
}
"""Of those that have columns for later, what nobody ever writes again."""


def plain(condition: str) -> str:
    """A condition as PostgreSQL prints it, without its names, casts to text, blanks and idle brackets."""
    text = re.sub(r'::text| AS "nullif"|\(SELECT|\s|[()]', "", condition.replace("( SELECT", "(SELECT"))
    return text.lower()


@pytest.mark.django_db
def test_every_policy_shows_and_takes_the_rows_of_its_organization_alone() -> None:
    """The condition itself, on every table: one that is wider on a single table is as bad as none."""
    found = rows(
        """SELECT polrelid::regclass::text, polname, polcmd::text, polpermissive, polroles::regrole[]::text,
                  pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
           FROM pg_policy ORDER BY 1, 2"""
    )
    said = {(table, name): rest for table, name, *rest in found}
    for model in TENANT_MODELS:
        command, permissive, roles, shows, takes = said.pop((model._meta.db_table, "organization"))
        assert (command, permissive, roles) == ("*", True, "{-}"), model
        assert plain(shows) == OWN, model
        assert takes == shows, model
    command, _, _, shows, takes = said.pop(("tenancy_organization", "organization"))
    assert (command, plain(shows), takes) == ("*", OWN.removeprefix("organization_"), shows)
    assert set(said) == set(WIDER), "another policy widens a table, or an entry is stale"
    for key, (command, _, _, shows, takes) in said.items():
        assert (command, takes) == ("r", None), f"{key} lets more than read"
        assert "app.user_id" in shows, key
        assert "true" not in shows.replace("'app.user_id'::text, true", ""), key


def test_no_new_row_is_given_to_another_organization(north: House, south: House) -> None:
    """Without asking anything back: what is asked back is held by the other half of the policy."""
    statement = "INSERT INTO tenancy_holiday (id, organization_id, day, name, active) VALUES (%s, %s, %s, 'x', true)"
    with north.scope(), connection.cursor() as cursor:
        cursor.execute(statement, [uuid7(), north.organization.id, "2026-07-04"])
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            cursor.execute(statement, [uuid7(), south.organization.id, "2026-07-04"])


def test_the_manager_is_a_wall_of_its_own(owner: Owner, north: House, south: House) -> None:
    """With the row policy off, our own condition still keeps the houses apart."""
    with owner.without_policy("members_member"), north.scope():
        assert rows("SELECT count(*) FROM members_member") == [(2,)]
        assert [each.id for each in Member.objects.all()] == [north.member.id]
        assert not Member.objects.filter(id=south.member.id).exists()


@pytest.mark.django_db
def test_what_is_written_once_is_guarded_by_a_trigger_and_by_privileges() -> None:
    """Two walls on each table: the trigger binds the owner too, the privileges need no trigger."""
    triggers = {
        table
        for (table,) in rows(
            """SELECT tgrelid::regclass::text FROM pg_trigger
               WHERE tgname = 'append_only' AND tgenabled = 'O' AND tgtype::int & 26 = 26"""  # before, update, delete
        )
    }
    assert triggers == WRITTEN_ONCE, "a table was added to or taken from those written once"
    for table in sorted(WRITTEN_ONCE):
        [may] = rows(
            """SELECT has_table_privilege(%(t)s, 'UPDATE') OR has_table_privilege(%(t)s, 'DELETE')
                   OR has_table_privilege(%(t)s, 'TRUNCATE')""".replace("%(t)s", f"'{table}'")
        )
        assert may == (False,), table
    for table, columns in NEVER_AGAIN.items():
        for column in columns:
            assert rows("SELECT has_column_privilege(%s, %s, 'UPDATE')", [table, column]) == [(False,)], column


def test_the_owner_too_cannot_rewrite_what_is_written_once(owner: Owner, north: House) -> None:
    """Past the privileges and, for the length of a statement, past the row policy: the trigger stands."""
    owner.connection.execute("ALTER TABLE audit_auditevent NO FORCE ROW LEVEL SECURITY")
    try:
        for statement in (
            "UPDATE audit_auditevent SET actor_label = 'Somebody else'",
            "DELETE FROM audit_auditevent",
        ):
            with pytest.raises(psycopg.errors.CheckViolation, match="written once"):
                owner.connection.execute(statement.encode())
    finally:
        owner.connection.execute("ALTER TABLE audit_auditevent FORCE ROW LEVEL SECURITY")
    assert connection.settings_dict["NAME"]
