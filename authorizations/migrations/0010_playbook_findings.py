import django.contrib.postgres.fields
import django.db.models.deletion
import tenancy.fields
import tenancy.ids
from django.db import migrations, models

from tenancy.operations import AppendOnly, IsolateTable

KEY = {"db_constraint": False, "db_index": False, "on_delete": django.db.models.deletion.PROTECT}


class Migration(migrations.Migration):

    dependencies = [
        ('authorizations', '0009_sorted_list_and_saved_views'),
        ('payers', '0004_configuration_walls'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='PlaybookFinding',
            fields=[
                ('id', models.UUIDField(default=tenancy.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('outcome', models.CharField(choices=[('changed', 'Playbook changed'), ('no_gap', 'No gap in the playbook')], max_length=8)),
                ('sections', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list, size=None)),
                ('reason', models.CharField(blank=True, default='', max_length=200)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=200)),
                ('authorization', tenancy.fields.OrganizationKey(related_name='playbook_findings', to='authorizations.authorization', **KEY)),
                ('decision', tenancy.fields.OrganizationKey(related_name='+', to='authorizations.decision', **KEY)),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organization')),
                ('playbook_version', tenancy.fields.OrganizationKey(null=True, related_name='+', to='payers.playbookversion', **KEY)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'authorization', 'at'], name='finding_by_authorization')],
            },
        ),
        IsolateTable('PlaybookFinding'),
        AppendOnly('PlaybookFinding'),
    ]
