from django.apps import AppConfig


class EdiConfig(AppConfig):
    name = "edi"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Registers the check of what the environment says."""
        from edi import checks  # noqa: F401
