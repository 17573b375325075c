"""When a file was scanned, and that it was filed by mistake: the only things about it that change."""

from django.db import migrations, models

from tenancy.operations import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('authorizations', '0005_parent_at_birth'),
    ]

    operations = [
        migrations.AddField('document', 'scanned_at', models.DateTimeField(null=True)),
        migrations.AddField('document', 'mistaken_at', models.DateTimeField(null=True)),
        migrations.AddField('document', 'mistaken_by', models.CharField(blank=True, default='', max_length=200)),
        migrations.AddField('document', 'mistaken_reason', models.CharField(blank=True, default='', max_length=200)),
        AppendOnly(
            'Document', mutable=['scan', 'scanned_at', 'mistaken_at', 'mistaken_by', 'mistaken_reason']
        ),
    ]
