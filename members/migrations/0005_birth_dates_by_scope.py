"""Whoever could see members sees their dates of birth still, administrators of accounts aside: a scope of its own now.

The table's owner is bound by the row policy, which is lifted for this one statement under the table's exclusive lock.
"""

from django.db import migrations

GIVE = """
    ALTER TABLE accounts_role NO FORCE ROW LEVEL SECURITY;
    UPDATE accounts_role SET scopes = array_append(scopes, 'clinical.member.phi')
    WHERE 'clinical.member.read' = ANY(scopes) AND NOT 'accounts.write' = ANY(scopes)
      AND NOT 'clinical.member.phi' = ANY(scopes);
    ALTER TABLE accounts_role FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("members", "0004_walls_of_people"), ("accounts", "0004_walls_of_people")]

    operations = [migrations.RunSQL(GIVE, migrations.RunSQL.noop)]
