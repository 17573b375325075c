"""Whether a second person confirms what was recorded by hand."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenancy', '0004_second_factor'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='second_look_required',
            field=models.BooleanField(default=False),
        ),
    ]
