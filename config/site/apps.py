from __future__ import annotations

from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "config.site"
    label = "shoppable_site"
    default_auto_field = "django.db.models.BigAutoField"
