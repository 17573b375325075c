"""What is urgent and open is looked for on many pages, among much that is not."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('authorizations', '0015_answers_and_requests_by_time')]

    operations = [
        migrations.AddIndex(
            model_name='authorization',
            index=models.Index(
                condition=models.Q(('priority', 'urgent'), models.Q(('waiting_on', 'nobody'), _negated=True)),
                fields=['organization', 'first_due_at', 'id'],
                name='auth_urgent',
            ),
        ),
    ]
