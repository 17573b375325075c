import django.db.models.deletion
import tenancy.fields
import tenancy.ids
from django.db import migrations, models

from tenancy.operations import AppendOnly, IsolateTable

KEY = {"db_constraint": False, "db_index": False, "on_delete": django.db.models.deletion.PROTECT}
OPTIONS = {"abstract": False, "base_manager_name": "objects"}


def organization():
    return models.ForeignKey(
        db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+',
        to='tenancy.organization',
    )


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_absences'),
        ('authorizations', '0007_reviews_and_contacts'),
        ('tenancy', '0006_urgent_cut_off'),
    ]

    operations = [
        migrations.CreateModel(
            name='HandOver',
            fields=[
                ('id', models.UUIDField(default=tenancy.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('before_name', models.CharField(blank=True, default='', max_length=120)),
                ('after_name', models.CharField(blank=True, default='', max_length=120)),
                ('reason', models.CharField(max_length=200)),
                ('note', models.CharField(blank=True, default='', max_length=1000)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=200)),
                ('authorization', tenancy.fields.OrganizationKey(related_name='hand_overs', to='authorizations.authorization', **KEY)),
                ('before', tenancy.fields.OrganizationKey(null=True, related_name='+', to='accounts.membership', **KEY)),
                ('after', tenancy.fields.OrganizationKey(null=True, related_name='+', to='accounts.membership', **KEY)),
                ('organization', organization()),
            ],
            options={
                **OPTIONS,
                'indexes': [models.Index(fields=['organization', 'authorization', 'at'], name='hand_over_by_case')],
            },
        ),
        migrations.CreateModel(
            name='Publication',
            fields=[
                ('id', models.UUIDField(default=tenancy.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('opened_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('done_by', models.CharField(blank=True, default='', max_length=200)),
                ('authorization', tenancy.fields.OrganizationKey(related_name='publications', to='authorizations.authorization', **KEY)),
                ('decision', tenancy.fields.OrganizationKey(related_name='publications', to='authorizations.decision', **KEY)),
                ('organization', organization()),
            ],
            options={
                **OPTIONS,
                'indexes': [
                    models.Index(condition=models.Q(('done_at', None)), fields=['organization', 'opened_at'], name='publication_open'),
                    models.Index(fields=['organization', 'authorization'], name='publication_by_case'),
                ],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('done_at', None)), fields=('organization', 'authorization'), name='one_publication_open'),
                ],
            },
        ),
        IsolateTable('HandOver'),
        AppendOnly('HandOver'),
        IsolateTable('Publication'),
    ]
