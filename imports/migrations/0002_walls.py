"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import AppendOnly, IsolateTable


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial"), ("tenancy", "0002_walls")]

    operations = [
        IsolateTable("ImportFile"),
        AppendOnly("ImportFile", mutable=["state", "counts", "imported_at", "imported_by"]),
    ]
