import django.db.models.deletion
import tenancy.fields
import tenancy.ids
from django.db import migrations, models

from tenancy.operations import AppendOnly, IsolateTable

KEY = {"db_constraint": False, "db_index": False, "on_delete": django.db.models.deletion.PROTECT, "related_name": "+"}


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0006_created_by_the_service'),
        ('tenancy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CoverQuestion',
            fields=[
                ('id', models.UUIDField(default=tenancy.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('service_date', models.DateField()),
                ('inputs', models.JSONField(default=dict)),
                ('verdict', models.CharField(max_length=10)),
                ('headline', models.CharField(max_length=200)),
                ('rule', models.CharField(max_length=400)),
                ('authorization_id', models.UUIDField(null=True)),
                ('asked_at', models.DateTimeField()),
                ('asked_by', models.CharField(max_length=200)),
                ('coverage', tenancy.fields.OrganizationKey(null=True, to='members.coverage', **KEY)),
                ('member', tenancy.fields.OrganizationKey(to='members.member', **KEY)),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'member', 'asked_at'], name='cover_question_by_member')],
            },
        ),
        IsolateTable('CoverQuestion'),
        AppendOnly('CoverQuestion'),
    ]
