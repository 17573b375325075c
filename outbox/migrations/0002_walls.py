"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import AllowDelete


class Migration(migrations.Migration):
    dependencies = [('outbox', '0001_initial')]

    operations = [
        AllowDelete(["outbox_outboxmessage"]),
    ]
