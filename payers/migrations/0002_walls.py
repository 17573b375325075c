"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import IsolateTable, NoOverlap


class Migration(migrations.Migration):
    dependencies = [('payers', '0001_initial'), ('tenancy', '0002_walls')]

    operations = [
        IsolateTable("Payer"),
        IsolateTable("Program"),
        IsolateTable("TradingPartner"),
        IsolateTable("ProgramRules"),
        IsolateTable("ReviewRoute"),
        NoOverlap(
            "ProgramRules", keys=["organization_id", "program_id"], first="starts_on", last="ends_on"
        ),
    ]
