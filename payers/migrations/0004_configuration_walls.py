"""What the database itself enforces about the tables of the configuration: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import AppendOnly, IsolateTable


class Migration(migrations.Migration):
    dependencies = [("payers", "0003_configuration"), ("accounts", "0002_walls")]

    operations = [
        IsolateTable("PayerAlias"),
        IsolateTable("Playbook"),
        IsolateTable("PlaybookVersion"),
        AppendOnly("PlaybookVersion"),
    ]
