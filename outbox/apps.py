from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "outbox"
    label = "shoppable_outbox"
    default_auto_field = "django.db.models.BigAutoField"
