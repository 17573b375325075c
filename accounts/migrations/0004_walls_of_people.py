"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import AllowDelete, IsolateTable


class Migration(migrations.Migration):
    dependencies = [('accounts', '0003_people_and_kept_forms')]

    operations = [
        IsolateTable("Invitation"),
        AllowDelete(["accounts_keptform"]),
    ]
