"""The page tier's own app: shell, wording and components shared by every page."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Registers the tag library `greenlight`; has no models."""

    name = "web"
    verbose_name = "Pages"
