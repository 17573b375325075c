"""Who could hand out work and read the log looked after everybody's work already: now it is a right with a name."""

from django.db import migrations

from tenancy.operations import ChangeRows

NEW = "ARRAY['work.supervise']::varchar[]"
OLD = "ARRAY['clinical.authorization.write', 'audit.read']::varchar[]"


class Migration(migrations.Migration):

    dependencies = [('accounts', '0006_absences')]

    operations = [
        ChangeRows(
            "accounts_role", f"scopes = scopes || {NEW}", f"scopes @> {OLD} AND NOT scopes @> {NEW}"
        ),
    ]
