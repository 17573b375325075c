"""A renewal names its parent when it is made: no chain can bite its own tail, by whatever hand."""

from django.db import migrations

from tenancy.operations import SetAtBirth


class Migration(migrations.Migration):

    dependencies = [
        ('authorizations', '0004_other_holder'),
    ]

    operations = [
        SetAtBirth('Authorization', 'parent_id'),
    ]
