"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import AppendOnly, IsolateTable


class Migration(migrations.Migration):
    dependencies = [('edi', '0001_initial'), ('authorizations', '0002_walls')]

    operations = [
        IsolateTable("Interchange"),
        IsolateTable("Message"),
        IsolateTable("ControlNumber"),
        AppendOnly(
            "Interchange", mutable=["state", "problem", "attempts", "sent_at", "read_at", "submission_id"]
        ),
        AppendOnly("Message", mutable=["state", "problem", "submission_id", "facts"]),
    ]
