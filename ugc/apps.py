from __future__ import annotations

from django.apps import AppConfig


class UgcConfig(AppConfig):
    name = "ugc"
    label = "shoppable_ugc"
    default_auto_field = "django.db.models.BigAutoField"
