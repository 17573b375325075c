"""What the database itself enforces about what came with 0003: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import AppendOnly, IsolateTable, NoOverlap

NO_PAYER = "coalesce(payer_id, '00000000-0000-0000-0000-000000000000'::uuid)"


class Migration(migrations.Migration):
    dependencies = [('members', '0003_people_in')]

    operations = [
        IsolateTable("MemberChange"),
        AppendOnly("MemberChange"),
        IsolateTable("EligibilityCheck"),
        AppendOnly("EligibilityCheck"),
        IsolateTable("EligibilityRule"),
        IsolateTable("EligibilityRoster"),
        IsolateTable("RosterEntry"),
        migrations.RunSQL(
            """ALTER TABLE members_memberidentifier ADD CONSTRAINT members_memberidentifier_coverage_id_own
               FOREIGN KEY (organization_id, coverage_id) REFERENCES members_coverage (organization_id, id)""",
            "ALTER TABLE members_memberidentifier DROP CONSTRAINT members_memberidentifier_coverage_id_own",
        ),
        # The number of a card follows its coverage, and two coverages by one payer may overlap.
        migrations.RunSQL(
            "ALTER TABLE members_memberidentifier DROP CONSTRAINT members_memberidentifier_no_overlap",
            migrations.RunSQL.noop,
        ),
        NoOverlap(
            "MemberIdentifier",
            keys=["organization_id", "member_id", "kind", NO_PAYER],
            first="starts_on",
            last="ends_on",
            where="kind <> 'other' AND coverage_id IS NULL",
        ),
        migrations.RunSQL(
            """ALTER TABLE members_memberidentifier ADD CONSTRAINT members_memberidentifier_one_mrn
               EXCLUDE USING gist (organization_id WITH =, value_key WITH =, daterange(starts_on, ends_on, '[]') WITH &&)
               WHERE (kind = 'mrn' AND value_key <> '')""",
            "ALTER TABLE members_memberidentifier DROP CONSTRAINT members_memberidentifier_one_mrn",
        ),
    ]
