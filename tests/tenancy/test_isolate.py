"""No row of one organization reaches another: by the manager, by SQL, by a smuggled parent."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.apps import apps
from django.db import Error, IntegrityError, ProgrammingError, connection, transaction

from members.models import Coverage, Member, MemberIdentifier
from tenancy.models import Organization, OrganizationModel
from tenancy.scoping import ForeignOrganization, NoOrganizationScope, organization_scope
from tests.cast import House, make_member
from tests.tenancy.conftest import Owner

TENANT_MODELS = [m for m in apps.get_models() if issubclass(m, OrganizationModel)]
# Tables that belong to nobody, each with its reason. A stale entry fails the test below.
EXEMPT = {
    "audit_chainhead": "where each chain of seals ends, so that all chains can be found: number and hash",
    "audit_unsealedevent": "pointers to events that wait for their seal, ids only",
    "outbox_outboxmessage": "pointers to work of all organizations, ids only",
}


def rows(sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or [])
        return list(cursor.fetchall())


def open_tables() -> set[str]:
    """Tables with an organization whose rows no forced policy guards."""
    found = rows(
        """SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity
                  AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)
           FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organization_id'
           WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"""
    )
    assert len(found) >= len(TENANT_MODELS)
    return {name for name, guarded in found if not guarded}


@pytest.mark.django_db
def test_every_table_with_an_organization_forces_its_policy() -> None:
    assert open_tables() == set(EXEMPT)


@pytest.mark.django_db
def test_every_key_between_tenant_tables_carries_the_organization() -> None:
    bad = rows(
        """SELECT con.conrelid::regclass::text, con.conname FROM pg_constraint con
           JOIN pg_attribute child ON child.attrelid = con.conrelid AND child.attname = 'organization_id'
           JOIN pg_attribute parent ON parent.attrelid = con.confrelid AND parent.attname = 'organization_id'
           WHERE con.contype = 'f'
             AND NOT EXISTS (SELECT 1 FROM unnest(con.conkey) k JOIN pg_attribute a
                             ON a.attrelid = con.conrelid AND a.attnum = k WHERE a.attname = 'organization_id')"""
    )
    assert bad == []


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda m: m._meta.label)
@pytest.mark.django_db
def test_every_parent_key_of_a_tenant_row_is_enforced_by_the_database(model: type[OrganizationModel]) -> None:
    wanted = {
        field.column
        for field in model._meta.local_fields
        if field.related_model and field.name != "organization" and issubclass(field.related_model, OrganizationModel)
    }
    found = rows(
        """SELECT a.attname FROM pg_constraint con JOIN pg_attribute a ON a.attrelid = con.conrelid
             AND a.attnum = ANY (con.conkey) WHERE con.contype = 'f' AND con.conrelid = %s::regclass""",
        [model._meta.db_table],
    )
    assert wanted <= {name for (name,) in found}


@pytest.mark.django_db
def test_every_unique_index_of_a_tenant_table_begins_with_the_organization() -> None:
    bad = rows(
        """SELECT i.indrelid::regclass::text, i.indexrelid::regclass::text FROM pg_index i
           WHERE i.indisunique AND NOT i.indisprimary
             AND EXISTS (SELECT 1 FROM pg_attribute a
                         WHERE a.attrelid = i.indrelid AND a.attname = 'organization_id')
             AND NOT EXISTS (SELECT 1 FROM pg_attribute a
                         WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0] AND a.attname = 'organization_id')"""
    )
    assert bad == []


@pytest.mark.django_db
def test_the_runtime_role_may_not_delete_or_empty_business_tables() -> None:
    deletable = {"members_membertoken"}
    for model in TENANT_MODELS:
        table = model._meta.db_table
        [(delete, truncate)] = rows(
            "SELECT has_table_privilege(%s, 'DELETE'), has_table_privilege(%s, 'TRUNCATE')", [table, table]
        )
        assert (delete, truncate) == (table in deletable, False), table


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda m: m._meta.label)
@pytest.mark.django_db
def test_a_tenant_table_without_a_scope_is_an_error_not_an_empty_list(model: type[OrganizationModel]) -> None:
    for touch in (lambda: model.objects.all(), lambda: model.objects.exists(), lambda: model._base_manager.count()):
        with pytest.raises(NoOrganizationScope):
            touch()


@pytest.mark.parametrize("model", [*TENANT_MODELS, Organization], ids=lambda m: m._meta.label)
def test_sql_without_a_scope_sees_nothing_of_two_organizations(model: type[Any], north: House, south: House) -> None:
    assert rows(f'SELECT count(*) FROM "{model._meta.db_table}"') == [(0,)]


def test_the_other_organization_does_not_exist_by_id(north: House, south: House) -> None:
    with north.scope():
        assert not Member.objects.filter(id=south.member.id).exists()
        assert rows("SELECT id FROM members_member WHERE id = %s", [south.member.id]) == []
        assert Member.objects.filter(id=south.member.id).update(last_name="Taken") == 0
    with south.scope():
        assert Member.objects.get().last_name == south.member.last_name


def test_a_row_cannot_be_written_into_another_organization(north: House, south: House) -> None:
    with north.scope():
        with pytest.raises(ForeignOrganization):
            south.member.save()
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows("UPDATE members_member SET organization_id = %s RETURNING id", [south.organization.id])


def test_a_smuggled_parent_answers_like_one_that_does_not_exist(north: House, south: House) -> None:
    errors = []
    with north.scope():
        for parent in (south.member.id, uuid.uuid4()):
            with pytest.raises(IntegrityError) as caught, transaction.atomic():
                Coverage(member_id=parent, payer=north.payer, program=north.electronic, starts_on="2024-01-01").save()
            errors.append(str(caught.value).replace(str(parent), "?"))
    assert errors[0] == errors[1]


def test_an_inner_scope_gives_the_outer_one_back(north: House, south: House) -> None:
    with north.scope():
        with south.scope():
            assert Member.objects.get().id == south.member.id
        assert Member.objects.get().id == north.member.id
        with pytest.raises(ZeroDivisionError), south.scope():
            raise ZeroDivisionError
        assert Member.objects.get().id == north.member.id
    assert rows("SELECT nullif(current_setting('app.organization_id', true), '')") == [(None,)]


def test_overlapping_ranges_of_one_member_id_are_refused(in_north: House) -> None:
    ids = {"member": make_member(), "payer": in_north.payer, "kind": "member_id"}
    MemberIdentifier(**ids, value="A1", value_key="a1", starts_on="2024-01-01", ends_on="2024-12-31").save()
    MemberIdentifier(**ids, value="A2", value_key="a2", starts_on="2025-01-01").save()
    with pytest.raises(IntegrityError), transaction.atomic():
        MemberIdentifier(**ids, value="A3", value_key="a3", starts_on="2024-12-31").save()


def test_one_mrn_leads_to_one_member_on_a_day(in_north: House) -> None:
    first, second = make_member(mrn="77001"), make_member()
    with pytest.raises(IntegrityError), transaction.atomic():
        MemberIdentifier(member=second, kind="mrn", value="77-001", value_key="77001").save()
    assert list(MemberIdentifier.objects.filter(value_key="77001").values_list("member", flat=True)) == [first.id]


def test_a_dropped_policy_would_be_noticed(owner: Owner, north: House, south: House) -> None:
    """The canary: with one wall broken the questions above answer differently, so they can fail."""
    with owner.without_policy("members_member"):
        assert rows("SELECT count(*) FROM members_member") == [(2,)]
        assert "members_member" in open_tables()
    assert rows("SELECT count(*) FROM members_member") == [(0,)]


def test_a_failed_statement_names_no_values_of_another_organization(north: House, south: House) -> None:
    with north.scope(), pytest.raises(Error) as caught, transaction.atomic():
        rows("INSERT INTO members_member SELECT * FROM members_member WHERE id = %s RETURNING id", [north.member.id])
    assert str(south.member.id) not in str(caught.value)


def test_the_scope_ends_with_its_transaction(north: House) -> None:
    with organization_scope(north.organization.id):
        assert Member.objects.count() == 1
    with pytest.raises(NoOrganizationScope):
        Member.objects.count()
