"""What the database itself enforces: policies, keys, privileges, triggers. Most are planted as a migration would."""

from devkit.mutants.defect import Defect, Edit

_OPERATIONS = "tenancy/operations.py"
_ROLES = "tenancy/management/commands/prepare_database.py"
_ISOLATE = "tests/tenancy/test_isolate.py"
_GUARD = "tests/authorizations/test_guard.py"
_CORRECT = "tests/authorizations/test_correct_decision.py"
_PREPARE = "tests/devkit/test_prepare_database.py"
_ISOLATED = f"{_ISOLATE}::test_every_table_with_an_organization_forces_its_policy"
_STRANGER = f"{_ISOLATE}::test_the_other_organization_does_not_exist_by_id"
_NO_SCOPE = f"{_ISOLATE}::test_sql_without_a_scope_sees_nothing_of_two_organizations"
_POLICIES = "tests/tenancy/test_read_policies.py::test_every_policy_shows_and_takes_the_rows_of_its_organization_alone"
_ONCE = "tests/tenancy/test_read_policies.py::test_what_is_written_once_is_guarded_by_a_trigger_and_by_privileges"
_NO_DOOR = (
    "tests/tenancy/test_write_privileges.py::test_no_function_runs_with_more_rights_and_no_view_reads_with_its_owners"
)
_REMOVE = f"{_ISOLATE}::test_the_runtime_role_may_not_delete_or_empty_business_tables"
_RUNTIME = "greenlight_app"


def _later(name: str, breaks: str, sql: str, *tests: str, refusal: str = "") -> Defect:
    return Defect(name, breaks, (), tests, sql=sql, refusal=refusal)


DEFECTS = (
    _later(
        "policy-dropped",
        "A migration drops the row policy of one table.",
        "DROP POLICY organization ON members_member",
        _ISOLATED,
    ),
    _later(
        "policy-switched-off",
        "A migration switches row policies off for one table and forgets to switch them on.",
        "ALTER TABLE members_coverage DISABLE ROW LEVEL SECURITY",
        _ISOLATED,
    ),
    _later(
        "policy-shows-all",
        "The row policy of one table lets everybody read the rows of every organization.",
        "ALTER POLICY organization ON members_member USING (true)",
        _NO_SCOPE,
        _STRANGER,
    ),
    _later(
        "policy-shows-all-to-some-scope",
        "The row policy of one table asks only whether any organization is set, not which.",
        "ALTER POLICY organization ON claims_claimline"
        " USING (nullif(current_setting('app.organization_id', true), '') IS NOT NULL)",
        _POLICIES,
    ),
    _later(
        "policy-takes-all",
        "A new row of one table can be given to another organization.",
        "ALTER POLICY organization ON tenancy_holiday WITH CHECK (true)",
        "tests/tenancy/test_read_policies.py::test_no_new_row_is_given_to_another_organization",
    ),
    _later(
        "policy-of-one-table-takes-all",
        "A row of a table that few think of can be moved into another organization.",
        "ALTER POLICY organization ON claims_claimline WITH CHECK (true)",
        _POLICIES,
    ),
    _later(
        "memberships-visible",
        "Everybody's place in every organization can be read without a scope.",
        "ALTER POLICY own_person ON accounts_membership USING (true)",
        _NO_SCOPE,
    ),
    _later(
        "view-of-all",
        "A view made by a mightier role shows every organization's members to the role that serves people.",
        "CREATE VIEW member_names AS SELECT * FROM members_member; ALTER VIEW member_names OWNER TO greenlight_owner",
        _NO_DOOR,
    ),
    _later(
        "function-of-the-owner",
        "A function that runs with a mightier role's rights reads past the row policies.",
        "CREATE FUNCTION count_members() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT count(*) FROM members_member'",
        _NO_DOOR,
    ),
    _later(
        "composite-key-dropped",
        "A migration drops the key by which a coverage and its member are of one organization.",
        "ALTER TABLE members_coverage DROP CONSTRAINT members_coverage_member_id_own",
        f"{_ISOLATE}::test_every_parent_key_of_a_tenant_row_is_enforced_by_the_database",
        f"{_ISOLATE}::test_a_smuggled_parent_answers_like_one_that_does_not_exist",
    ),
    _later(
        "key-by-id-alone",
        "A key between two tables names the id alone, so a row may point at a parent of another organization.",
        "ALTER TABLE members_coverage DROP CONSTRAINT members_coverage_member_id_own,"
        " ADD CONSTRAINT by_id FOREIGN KEY (member_id) REFERENCES members_member (id)",
        f"{_ISOLATE}::test_every_key_between_tenant_tables_carries_the_organization",
    ),
    _later(
        "unique-over-all",
        "A unique index spans all organizations, so that a refusal tells what another one has.",
        "CREATE UNIQUE INDEX one_mrn ON members_member (mrn)",
        f"{_ISOLATE}::test_every_unique_index_of_a_tenant_table_begins_with_the_organization",
    ),
    _later(
        "delete-granted",
        "The role that serves people may delete members.",
        f"GRANT DELETE ON members_member TO {_RUNTIME}",
        _REMOVE,
    ),
    Defect(
        "truncate-granted",
        "The role that serves people may empty the table of members, and preparing the database does not mend it.",
        (Edit(_ROLES, '"REVOKE TRUNCATE, TRIGGER, REFERENCES', '"REVOKE TRIGGER, REFERENCES'),),
        (_REMOVE,),
        sql=f"GRANT TRUNCATE ON members_member TO {_RUNTIME}",
    ),
    _later(
        "runtime-role-owns",
        "The role that serves people owns a table and may switch its policy off.",
        f"ALTER TABLE members_member OWNER TO {_RUNTIME}",
        _ISOLATED,
        refusal="The runtime role greenlight_app owns",
    ),
    _later(
        "event-updates-granted",
        "The role that serves people may update audit events as far as privileges go; only the trigger is left.",
        f"GRANT UPDATE ON audit_auditevent TO {_RUNTIME}",
        _ONCE,
    ),
    _later(
        "event-trigger-dropped",
        "Audit events are guarded by privileges alone; the owner may change them.",
        "DROP TRIGGER append_only ON audit_auditevent",
        _ONCE,
        "tests/tenancy/test_read_policies.py::test_the_owner_too_cannot_rewrite_what_is_written_once",
    ),
    _later(
        "sign-in-events-rewritable",
        "What happened around signing in can be changed afterwards.",
        f"DROP TRIGGER append_only ON accounts_securityevent; GRANT UPDATE ON accounts_securityevent TO {_RUNTIME}",
        _ONCE,
    ),
    _later(
        "decision-rewritable",
        "A decision can be changed after it was written.",
        f"DROP TRIGGER append_only ON authorizations_decision; GRANT UPDATE ON authorizations_decision TO {_RUNTIME}",
        f"{_GUARD}::test_what_was_decided_is_written_once",
    ),
    _later(
        "ledger-rewritable",
        "What was drawn from an authorization can be changed afterwards.",
        "DROP TRIGGER append_only ON authorizations_ledgerentry;"
        f" GRANT UPDATE ON authorizations_ledgerentry TO {_RUNTIME}",
        f"{_GUARD}::test_ledger_is_written_once",
    ),
    _later(
        "sent-bytes-rewritable",
        "The bytes of an interchange can be changed after they were sent.",
        f"DROP TRIGGER append_only ON edi_interchange; GRANT UPDATE ON edi_interchange TO {_RUNTIME}",
        _ONCE,
    ),
    _later(
        "status-trigger-dropped",
        "Any status may follow any other when somebody writes past our code.",
        "DROP TRIGGER guard_status ON authorizations_authorization",
        f"{_GUARD}::test_every_pair_by_sql",
    ),
    _later(
        "status-begins-anywhere",
        "An authorization may begin as denied, cancelled or pended.",
        "DROP TRIGGER guard_status ON authorizations_authorization;"
        " CREATE TRIGGER guard_status BEFORE UPDATE OF status ON authorizations_authorization"
        " FOR EACH ROW EXECUTE FUNCTION authorizations_authorization_guard_status()",
        f"{_GUARD}::test_every_first_status_by_sql",
    ),
    _later(
        "status-goes-back-beside-anything",
        "A status goes back beside any decision, not only beside one that supersedes a wrong one.",
        "DO $do$ BEGIN EXECUTE replace(pg_get_functiondef('authorizations_authorization_guard_status()'::regprocedure),"
        " 'given.supersedes_id IS NOT NULL', 'true'); END $do$",
        f"{_CORRECT}::test_decision_that_supersedes_nothing_lets_nothing_go_back",
    ),
    _later(
        "transaction-chosen",
        "A writer chooses by itself in which transaction a decision counts as written.",
        "DROP TRIGGER stamp_transaction ON authorizations_decision",
        f"{_CORRECT}::test_nobody_chooses_the_transaction_a_decision_was_written_in",
    ),
    _later(
        "ranges-overlap",
        "Two coverages give one member two member numbers on one day.",
        "ALTER TABLE members_memberidentifier DROP CONSTRAINT members_memberidentifier_no_overlap",
        f"{_ISOLATE}::test_overlapping_ranges_of_one_member_id_are_refused",
    ),
    _later(
        "head-turned-back",
        "The end of a chain of seals can be set back by the role that serves people.",
        "DROP TRIGGER moves_forward ON audit_chainhead",
        "tests/audit/test_seal.py::test_the_product_itself_cannot_turn_the_head_back",
    ),
    _later(
        "events-not-queued-for-seal",
        "Events are written and never sealed.",
        "DROP TRIGGER waits_for_seal ON audit_auditevent",
        "tests/audit/test_seal.py::test_every_event_is_in_exactly_one_seal_and_the_chain_is_whole",
    ),
    Defect(
        "policies-never-forced",
        "Row policies do not bind the owner of the tables.",
        (
            Edit(
                _OPERATIONS,
                """yield f'ALTER TABLE "{table}" FORCE ROW""",
                """yield f'ALTER TABLE "{table}" ENABLE ROW""",
            ),
        ),
        (_ISOLATED,),
    ),
    Defect(
        "runtime-role-bypasses",
        "The role that serves people is not bound by row policies.",
        (Edit(_ROLES, "_make_role(admin, roles.runtime, set())", '_make_role(admin, roles.runtime, {"bypassrls"})'),),
        (f"{_PREPARE}::test_roles_have_no_more_than_they_need",),
    ),
    Defect(
        "runtime-role-becomes-owner",
        "The role that serves people is a member of the owner's role and can become it.",
        (
            Edit(
                _ROLES,
                "_leave_all_roles(admin, roles.runtime.role)",
                """admin.execute(f'GRANT "{roles.owner.role}" TO "{roles.runtime.role}"'.encode())""",
            ),
        ),
        (f"{_PREPARE}::test_runtime_role_cannot_become_the_owner",),
    ),
    Defect(
        "delete-granted-by-default",
        "The role that serves people may delete from every table made later.",
        (
            Edit(
                _ROLES,
                '"GRANT SELECT, INSERT, UPDATE ON TABLES TO {runtime}"',
                '"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {runtime}"',
            ),
        ),
        (_PREPARE,),
    ),
    Defect(
        "suite-takes-any-role",
        "The suite runs as a role for which row policies prove nothing.",
        (Edit("devkit/pytest_servers.py", "if superuser or bypasses or owned:", "if False:"),),
        ("tests/devkit/test_supervise.py::test_suite_refuses_to_run_as_owner_or_superuser",),
    ),
)
