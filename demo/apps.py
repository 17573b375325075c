from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Two rival organizations to try the product with. No models of its own."""

    name = "demo"
    verbose_name = "Demonstration"
