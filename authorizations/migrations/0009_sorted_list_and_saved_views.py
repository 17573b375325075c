"""What the list is sorted by, kept by the database, and the views of it that people keep."""

import datetime
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import tenancy.fields
import tenancy.ids
from django.db import migrations, models

from tenancy.operations import IsolateTable


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_supervising'),
        ('authorizations', '0008_hand_overs'),
        ('members', '0006_created_by_the_service'),
        ('payers', '0005_appeal_days'),
        ('providers', '0003_versions'),
        ('tenancy', '0006_urgent_cut_off'),
    ]

    operations = [
        migrations.CreateModel(
            name='FirstView',
            fields=[
                ('id', models.UUIDField(default=tenancy.ids.uuid7, editable=False, primary_key=True, serialize=False)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.UUIDField(default=tenancy.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('version', models.IntegerField(default=1)),
                ('changed_at', models.DateTimeField(null=True)),
                ('changed_by', models.CharField(blank=True, default='', max_length=200)),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(blank=True, default='', max_length=2000)),
                ('shared', models.BooleanField(default=False)),
                ('pinned', models.BooleanField(default=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('removed_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='authorization',
            name='first_due_at',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.comparison.Coalesce('next_action_at', 'due_at', models.Value(datetime.datetime(9999, 12, 31, 0, 0, tzinfo=datetime.timezone.utc))), output_field=models.DateTimeField()),
        ),
        migrations.AddField(
            model_name='authorization',
            name='share_left',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(status='approved', then=django.db.models.functions.comparison.Cast(models.ExpressionWrapper(django.db.models.expressions.CombinedExpression(models.F('tight_remaining_milli'), '/', models.F('tight_approved')), output_field=models.BigIntegerField()), models.BigIntegerField()), tight_approved__gt=0, tight_remaining_milli__isnull=False), default=models.Value(4611686018427387904)), output_field=models.BigIntegerField()),
        ),
        migrations.AddIndex(
            model_name='authorization',
            index=models.Index(condition=models.Q(('status__in', ['draft', 'submitted', 'pended', 'approved'])), fields=['organization', 'first_due_at', 'id'], name='auth_open_due'),
        ),
        migrations.AddIndex(
            model_name='authorization',
            index=models.Index(condition=models.Q(('status__in', ['draft', 'submitted', 'pended', 'approved'])), fields=['organization', 'created_at', 'id'], name='auth_open_age'),
        ),
        migrations.AddIndex(
            model_name='authorization',
            index=models.Index(condition=models.Q(('status__in', ['draft', 'submitted', 'pended', 'approved'])), fields=['organization', 'share_left', 'id'], name='auth_open_share'),
        ),
        migrations.AddField(
            model_name='firstview',
            name='membership',
            field=tenancy.fields.OrganizationKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='first_views', to='accounts.membership'),
        ),
        migrations.AddField(
            model_name='firstview',
            name='organization',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organization'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='organization',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tenancy.organization'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='owner',
            field=tenancy.fields.OrganizationKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='saved_views', to='accounts.membership'),
        ),
        migrations.AddField(
            model_name='firstview',
            name='view',
            field=tenancy.fields.OrganizationKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='first_of', to='authorizations.savedview'),
        ),
        migrations.AddIndex(
            model_name='savedview',
            index=models.Index(condition=models.Q(('removed_at', None)), fields=['organization', 'shared', 'position'], name='saved_view_shared'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('organization', 'owner', 'name'), name='one_saved_view_a_name'),
        ),
        migrations.AddConstraint(
            model_name='firstview',
            constraint=models.UniqueConstraint(fields=('organization', 'membership'), name='one_first_view_a_person'),
        ),
        IsolateTable('SavedView'),
        IsolateTable('FirstView'),
    ]
