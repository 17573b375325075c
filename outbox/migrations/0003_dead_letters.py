"""What was given up is found by its organization."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0002_walls'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('dead_at', None), _negated=True), fields=['organization_id', 'dead_at'], name='outbox_dead'),
        ),
    ]
