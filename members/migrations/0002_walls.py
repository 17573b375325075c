"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import AllowDelete, IsolateTable, NoOverlap


class Migration(migrations.Migration):
    dependencies = [('members', '0001_initial'), ('payers', '0002_walls')]

    operations = [
        IsolateTable("Member"),
        IsolateTable("MemberIdentifier"),
        IsolateTable("MemberToken"),
        IsolateTable("Coverage"),
        AllowDelete(["members_membertoken"]),
        NoOverlap(
            "MemberIdentifier",
            keys=["organization_id", "member_id", "kind", "coalesce(payer_id, '00000000-0000-0000-0000-000000000000'::uuid)"],
            first="starts_on",
            last="ends_on",
            where="kind <> 'other'",
        ),
    ]
