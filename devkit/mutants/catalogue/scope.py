"""The organization's scope: opened for one transaction, insisted on by every table, given back."""

from devkit.mutants.defect import Defect, Edit

_SCOPING = "tenancy/scoping.py"
_ISOLATE = "tests/tenancy/test_isolate.py"

DEFECTS = (
    Defect(
        "setting-outlives-transaction",
        "The organization is set for the connection, not for the transaction: the next request inherits it.",
        (Edit(_SCOPING, "set_config(%s, %s, true)", "set_config(%s, %s, false)"),),
        ("tests/tenancy/test_carry_over.py::test_one_connection_serves_a_then_b_then_nobody_a_thousand_times",),
    ),
    Defect(
        "manager-needs-no-scope",
        "A table of an organization read without a scope gives an empty list instead of an error.",
        (
            Edit(
                _SCOPING,
                "return queryset.filter(organization_id=current_organization_id())",
                "return queryset.filter(organization_id=_current.get()) if _current.get() else queryset",
            ),
        ),
        (f"{_ISOLATE}::test_a_tenant_table_without_a_scope_is_an_error_not_an_empty_list",),
    ),
    Defect(
        "manager-adds-no-condition",
        "The manager insists on a scope and then asks for the rows of everybody; only the row policy is left.",
        (
            Edit(
                _SCOPING,
                "return queryset.filter(organization_id=current_organization_id())",
                "return queryset if current_organization_id() else queryset",
            ),
        ),
        ("tests/tenancy/test_read_policies.py::test_the_manager_is_a_wall_of_its_own",),
    ),
    Defect(
        "scope-not-closed",
        "After a scope has ended our code still believes to be in it.",
        (Edit(_SCOPING, "            _current.reset(token)", "            token.var.get()"),),
        (
            f"{_ISOLATE}::test_the_scope_ends_with_its_transaction",
            f"{_ISOLATE}::test_an_inner_scope_gives_the_outer_one_back",
        ),
    ),
    Defect(
        "outer-scope-not-restored",
        "After an inner scope the outer one sees the rows of the inner organization.",
        (
            Edit(
                _SCOPING,
                '            _set("app.organization_id", previous)',
                '            _set("app.organization_id", organization_id)',
            ),
        ),
        (f"{_ISOLATE}::test_an_inner_scope_gives_the_outer_one_back",),
    ),
    Defect(
        "foreign-row-saved",
        "A row of another organization that reached our code is saved without a word.",
        (Edit("tenancy/models.py", "elif self.organization_id != scope:", "elif False:"),),
        (f"{_ISOLATE}::test_a_row_cannot_be_written_into_another_organization",),
    ),
    Defect(
        "task-without-scope",
        "A task of one organization runs without its scope.",
        (
            Edit(
                "tenancy/tasks.py",
                "with organization_scope(uuid.UUID(str(args[0]))):",
                "if uuid.UUID(str(args[0])):",
            ),
        ),
        (
            "tests/tenancy/test_tasks.py::test_one_worker_process_that_works_for_a_then_b_then_nobody_carries_nothing_over",
        ),
    ),
    Defect(
        "task-without-organization",
        "A task called without an organization runs all the same.",
        (
            Edit(
                "tenancy/tasks.py",
                """raise TypeError(f"{self.name} needs the organization's id as its first argument")""",
                "return super().__call__(*args, **kwargs)",
            ),
        ),
        ("tests/tenancy/test_tasks.py::test_a_task_without_an_organization_fails_loudly",),
    ),
    Defect(
        "given-up-work-of-others",
        "Work that was given up is listed for every organization: its table has no row policy.",
        (
            Edit(
                "outbox/queries.py",
                "OutboxMessage.objects.filter(organization_id=current_organization_id(), dead_at__isnull=False)",
                "OutboxMessage.objects.filter(dead_at__isnull=False)",
            ),
        ),
        ("tests/outbox/test_give_up.py::test_given_up_work_is_listed_with_its_reason_in_its_own_organization_only",),
    ),
    Defect(
        "requeue-of-others",
        "Work that was given up can be begun again from another organization.",
        (
            Edit(
                "outbox/services.py",
                "id=message_id, organization_id=current_organization_id(), dead_at__isnull=False",
                "id=message_id, dead_at__isnull=False",
            ),
        ),
        ("tests/outbox/test_give_up.py::test_other_organizations_and_living_work_cannot_be_requeued",),
    ),
)
