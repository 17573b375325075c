"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import IsolateTable


class Migration(migrations.Migration):
    dependencies = [('providers', '0001_initial'), ('tenancy', '0002_walls')]

    operations = [
        IsolateTable("Provider"),
        IsolateTable("Facility"),
    ]
