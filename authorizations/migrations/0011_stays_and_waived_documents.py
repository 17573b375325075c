from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("authorizations", "0010_playbook_findings"),
    ]

    operations = [
        migrations.AddField(
            model_name="authorization",
            name="admission_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="authorization",
            name="waived",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
