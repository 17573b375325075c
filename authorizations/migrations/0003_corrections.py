"""A decision entered wrongly by hand is superseded, and only beside that may a status go back."""

import django.db.models.deletion
import tenancy.fields
from django.db import migrations, models

from authorizations.states import BORN_AS, PAIRS, WAYS_BACK
from tenancy.operations import GuardTransitions, StampTransaction

SUPERSEDED_JUST_NOW = """EXISTS (
    SELECT 1 FROM authorizations_decision AS given
    WHERE given.organization_id = NEW.organization_id AND given.authorization_id = NEW.id
      AND given.supersedes_id IS NOT NULL AND given.written_in = pg_current_xact_id())"""


class Migration(migrations.Migration):

    dependencies = [
        ('authorizations', '0002_walls'),
        ('tenancy', '0004_second_factor'),
    ]

    operations = [
        migrations.AddField(
            model_name='decision',
            name='before',
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name='decision',
            name='supersedes',
            field=tenancy.fields.OrganizationKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='authorizations.decision'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(fields=('organization', 'supersedes'), name='one_correction_a_decision'),
        ),
        StampTransaction("Decision"),
        GuardTransitions(
            "Authorization", pairs=sorted(PAIRS), first=sorted(BORN_AS), back=sorted(WAYS_BACK), beside=SUPERSEDED_JUST_NOW
        ),
    ]
