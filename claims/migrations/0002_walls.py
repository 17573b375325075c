"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import AppendOnly, IsolateTable


class Migration(migrations.Migration):
    dependencies = [('claims', '0001_initial'), ('authorizations', '0002_walls')]

    operations = [
        IsolateTable("Claim"),
        IsolateTable("ClaimVersion"),
        IsolateTable("ClaimLine"),
        IsolateTable("Choice"),
        AppendOnly("ClaimVersion"),
        AppendOnly("ClaimLine"),
        AppendOnly("Choice"),
    ]
