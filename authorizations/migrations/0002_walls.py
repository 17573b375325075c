"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations

from authorizations.states import BORN_AS, PAIRS
from tenancy.operations import AppendOnly, GuardTransitions, IsolateTable


class Migration(migrations.Migration):
    dependencies = [('authorizations', '0001_initial'), ('members', '0002_walls'), ('providers', '0002_walls'), ('accounts', '0002_walls')]

    operations = [
        IsolateTable("Authorization"),
        IsolateTable("Diagnosis"),
        IsolateTable("ServiceLine"),
        IsolateTable("LineCode"),
        IsolateTable("LineCap"),
        IsolateTable("Submission"),
        IsolateTable("Decision"),
        IsolateTable("LineDecision"),
        IsolateTable("LineVersion"),
        IsolateTable("Note"),
        IsolateTable("Document"),
        IsolateTable("Task"),
        IsolateTable("UtilizationAccount"),
        IsolateTable("OpeningBalance"),
        IsolateTable("LedgerEntry"),
        GuardTransitions("Authorization", pairs=sorted(PAIRS), first=sorted(BORN_AS)),
        AppendOnly("Decision"),
        AppendOnly("LineDecision"),
        AppendOnly("LineVersion"),
        AppendOnly("Note"),
        AppendOnly("OpeningBalance"),
        AppendOnly("LedgerEntry"),
        AppendOnly("Document", mutable=["scan", "submission_id"]),
    ]
