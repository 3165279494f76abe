"""What we do when the packages below us say that something has happened."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from media_pipeline.models import Asset
from media_pipeline.signals import asset_settled
from outbox.signals import work_quarantined

from . import services


@receiver(asset_settled, sender=Asset, dispatch_uid="ugc.asset_settled")
def settle_photo(*, asset_id: int, **_others: Any) -> None:
    """Let the asset's photo go on."""
    services.settle_photo(asset_id)


@receiver(work_quarantined, sender=Asset, dispatch_uid="ugc.work_quarantined")
def note_stuck_photo(*, pk: int, **_others: Any) -> None:
    """Let the queue and the author know that a person must help."""
    services.settle_photo(pk)
