"""An index for each order of the list that passes by what is long over."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_supervising'),
        ('authorizations', '0012_escalations'),
        ('members', '0007_cover_questions'),
        ('payers', '0006_clocks'),
        ('providers', '0003_versions'),
        ('tenancy', '0006_urgent_cut_off'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='authorization',
            name='auth_open_due',
        ),
        migrations.RemoveIndex(
            model_name='authorization',
            name='auth_open_age',
        ),
        migrations.RemoveIndex(
            model_name='authorization',
            name='auth_open_share',
        ),
        migrations.AddIndex(
            model_name='authorization',
            index=models.Index(fields=['organization', 'first_due_at', 'id', 'list_date', 'status'], name='auth_by_due'),
        ),
        migrations.AddIndex(
            model_name='authorization',
            index=models.Index(fields=['organization', 'created_at', 'id', 'list_date', 'status'], name='auth_by_age'),
        ),
        migrations.AddIndex(
            model_name='authorization',
            index=models.Index(fields=['organization', 'share_left', 'id', 'list_date', 'status'], name='auth_by_share'),
        ),
    ]
