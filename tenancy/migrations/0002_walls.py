"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations
from django.contrib.postgres.operations import BtreeGistExtension

from tenancy.operations import AppendOnly, IsolateTable


class Migration(migrations.Migration):
    dependencies = [('tenancy', '0001_initial')]

    operations = [
        BtreeGistExtension(),
        IsolateTable("Organization", column="id"),
        IsolateTable("Holiday"),
        IsolateTable("NumberSeries"),
        IsolateTable("IdempotencyKey"),
        AppendOnly("IdempotencyKey"),
    ]
