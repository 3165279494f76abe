from __future__ import annotations

from django.apps import AppConfig


class StorefrontConfig(AppConfig):
    name = "storefront"
    label = "shoppable_store"
    default_auto_field = "django.db.models.BigAutoField"
