"""What the database itself enforces: see tenancy.operations."""

from django.db import migrations

from tenancy.operations import USER, AllowDelete, AlsoVisible, AppendOnly, IsolateTable


class Migration(migrations.Migration):
    dependencies = [('accounts', '0001_initial'), ('tenancy', '0002_walls'), ('sessions', '__latest__'), ('axes', '__latest__'), ('account', '__latest__'), ('mfa', '__latest__'), ('usersessions', '__latest__')]

    operations = [
        IsolateTable("Role"),
        IsolateTable("Membership", also_visible=f"user_id = {USER}"),
        AlsoVisible("tenancy_organization", f"id IN (SELECT organization_id FROM accounts_membership WHERE user_id = {USER})"),
        AppendOnly("SecurityEvent"),
        AllowDelete(
            [
                "django_session",
                "axes_accessattempt",
                "axes_accessattemptexpiration",
                "axes_accessfailurelog",
                "axes_accesslog",
                "account_emailaddress",
                "account_emailconfirmation",
                "mfa_authenticator",
                "usersessions_usersession",
            ]
        ),
    ]
