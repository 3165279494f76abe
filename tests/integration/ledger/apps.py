from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "tests.integration.ledger"
    label = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from media_pipeline.signals import asset_rendered, asset_settled
        from outbox.signals import work_quarantined

        from . import models

        asset_settled.connect(models.note_settled)
        asset_rendered.connect(models.note_rendered)
        work_quarantined.connect(models.note_quarantined)
