from __future__ import annotations

from django.apps import AppConfig


class CmsConfig(AppConfig):
    name = "cms"
    label = "shoppable_cms"
    default_auto_field = "django.db.models.BigAutoField"
