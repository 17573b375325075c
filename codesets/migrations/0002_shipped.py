"""Where the shipped code sets were first loaded. The latest of these migrations loads them, with all its columns."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("codesets", "0001_initial")]

    operations = []
