"""The procedures of an organization are its own; the view of all procedures reads with the asker's rights."""

from django.conf import settings
from django.db import migrations

from tenancy.operations import IsolateTable

VIEW = f"""
CREATE VIEW code_set_procedure WITH (security_invoker = true) AS
  SELECT 'shared-' || id AS key, false AS own, code, words, words_key, search, quantity_type, unit_minutes,
         service_type, starts_on, ends_on
    FROM codesets_code WHERE system = 'HCPCS'
  UNION ALL
  SELECT 'own-' || id AS key, true AS own, code, words, words_key, search, quantity_type, unit_minutes,
         service_type, starts_on, ends_on
    FROM codesets_organizationprocedure;
REVOKE INSERT, UPDATE ON code_set_procedure FROM "{settings.DATABASE_RUNTIME_ROLE}";
"""


class Migration(migrations.Migration):
    dependencies = [("codesets", "0003_search"), ("tenancy", "0002_walls")]

    operations = [
        IsolateTable("OrganizationProcedure"),
        migrations.RunSQL(VIEW, "DROP VIEW code_set_procedure"),
    ]
