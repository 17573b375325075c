"""The shipped code sets. A later release brings its own migration that loads them again."""

from django.db import migrations

from codesets.importers import load_shipped


def load(apps, schema_editor):
    load_shipped()


class Migration(migrations.Migration):
    dependencies = [("codesets", "0005_coverage")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
