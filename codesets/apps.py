from django.apps import AppConfig


class CodesetsConfig(AppConfig):
    name = "codesets"
    default_auto_field = "django.db.models.BigAutoField"
