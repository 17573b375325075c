"""What people say of an answer, and whom they spoke with about a case: both written once."""

import django.db.models.deletion
import tenancy.fields
import tenancy.ids
from django.db import migrations, models

from tenancy.operations import AppendOnly, IsolateTable


class Migration(migrations.Migration):

    dependencies = [
        ('authorizations', '0006_documents'),
        ('tenancy', '0005_second_look'),
    ]

    operations = [
        migrations.AddField(
            model_name='authorization',
            name='to_acknowledge',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='authorization',
            name='unverified',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='decision',
            name='recorded_by_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='note',
            name='channel',
            field=models.CharField(blank=True, choices=[('phone', 'Phone'), ('fax', 'Fax'), ('portal', 'Portal'), ('email', 'E-mail')], default='', max_length=8),
        ),
        migrations.AddField(
            model_name='note',
            name='minutes',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='note',
            name='next_action',
            field=models.CharField(blank=True, default='', max_length=120),
        ),
        migrations.AddField(
            model_name='note',
            name='reference',
            field=models.CharField(blank=True, default='', max_length=80),
        ),
        migrations.AddField(
            model_name='note',
            name='spoken_with',
            field=models.CharField(blank=True, default='', max_length=120),
        ),
        migrations.CreateModel(
            name='DecisionReview',
            fields=[
                ('id', models.UUIDField(default=tenancy.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('terms', 'Other terms than asked'), ('entry', 'Recorded by hand')], max_length=6)),
                ('verdict', models.CharField(choices=[('accepted', 'Accepted'), ('disputed', 'Disputed'), ('confirmed', 'Confirmed'), ('rejected', 'Rejected')], max_length=10)),
                ('reason', models.CharField(blank=True, default='', max_length=300)),
                ('reviewed_by', models.CharField(max_length=200)),
                ('reviewed_by_id', models.UUIDField(null=True)),
                ('at', models.DateTimeField()),
                ('authorization', tenancy.fields.OrganizationKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='authorizations.authorization')),
                ('decision', tenancy.fields.OrganizationKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reviews', to='authorizations.decision')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'indexes': [models.Index(fields=['organization', 'authorization'], name='review_by_authorization')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'decision', 'kind'), name='one_review_of_a_kind')],
            },
        ),
        IsolateTable('DecisionReview'),
        AppendOnly('DecisionReview'),
    ]
