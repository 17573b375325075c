"""What the running product reads and has no business writing: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import ReadOnly


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_walls_of_people"),
        ("auth", "__latest__"),
        ("contenttypes", "__latest__"),
    ]

    operations = [
        ReadOnly(
            [
                "django_migrations",
                "django_content_type",
                # Django's own groups and permissions: roles and scopes stand in their place.
                "auth_group",
                "auth_group_permissions",
                "auth_permission",
                "accounts_user_groups",
                "accounts_user_user_permissions",
            ]
        ),
    ]
