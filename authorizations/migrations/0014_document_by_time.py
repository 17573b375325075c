"""What a person filed lately is found by its time."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('authorizations', '0013_indexes_of_every_order'),
        ('tenancy', '0006_urgent_cut_off'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['organization', 'uploaded_at'], name='document_by_time'),
        ),
    ]
