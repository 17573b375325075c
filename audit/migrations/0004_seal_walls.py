"""What the database itself enforces about seals: see tenancy.operations."""

from django.conf import settings
from django.db import migrations

from tenancy.operations import AllowDelete, AppendOnly, IsolateTable

RUNTIME = settings.DATABASE_RUNTIME_ROLE

# Whoever adds an event, by whatever statement, leaves it waiting for its seal.
WAIT = """
    CREATE FUNCTION audit_event_waits() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO public.audit_unsealedevent (event_id, organization_id) VALUES (NEW.id, NEW.organization_id);
      RETURN NULL;
    END $$;
    CREATE TRIGGER waits_for_seal AFTER INSERT ON audit_auditevent
    FOR EACH ROW EXECUTE FUNCTION audit_event_waits();
"""
UNWAIT = "DROP TRIGGER waits_for_seal ON audit_auditevent; DROP FUNCTION audit_event_waits();"

# The owner too sees no event while the policy is forced.
EARLIER_EVENTS = """
    ALTER TABLE audit_auditevent NO FORCE ROW LEVEL SECURITY;
    INSERT INTO audit_unsealedevent (event_id, organization_id) SELECT id, organization_id FROM audit_auditevent;
    ALTER TABLE audit_auditevent FORCE ROW LEVEL SECURITY;
"""

FORWARD = """
    CREATE FUNCTION audit_head_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.organization_id <> OLD.organization_id OR NEW.number <> OLD.number + 1 THEN
        RAISE EXCEPTION 'the head of a chain moves forward by one' USING ERRCODE = 'check_violation';
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER moves_forward BEFORE UPDATE ON audit_chainhead
    FOR EACH ROW EXECUTE FUNCTION audit_head_moves_forward();
"""
UNFORWARD = "DROP TRIGGER moves_forward ON audit_chainhead; DROP FUNCTION audit_head_moves_forward();"


class Migration(migrations.Migration):
    dependencies = [('audit', '0003_seals')]

    operations = [
        IsolateTable("AuditSeal"),
        AppendOnly("AuditSeal"),
        AllowDelete(["audit_unsealedevent"]),
        migrations.RunSQL(
            f'REVOKE UPDATE ON audit_unsealedevent FROM "{RUNTIME}"',
            f'GRANT UPDATE ON audit_unsealedevent TO "{RUNTIME}"',
        ),
        migrations.RunSQL(EARLIER_EVENTS, migrations.RunSQL.noop),
        migrations.RunSQL(WAIT, UNWAIT),
        migrations.RunSQL(FORWARD, UNFORWARD),
    ]
