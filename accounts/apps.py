from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Registers the check that every route declares its scope, and what is kept about signing in."""
        from accounts import checks, receivers  # noqa: F401
