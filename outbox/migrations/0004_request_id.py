"""Work in the background is known by the request that asked for it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0003_dead_letters'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboxmessage',
            name='request_id',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
    ]
