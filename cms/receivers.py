"""What this package does when something below has happened."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from media_pipeline.signals import asset_rendered, asset_settled

from . import services


@receiver(asset_settled, dispatch_uid="cms.publish_picture_later")
def publish_product_pictures(sender: object, asset_id: int, **kwargs: Any) -> None:
    """Have a product picture published, in the transaction that settled it."""
    services.publish_picture_later(asset_id)


@receiver(asset_rendered, dispatch_uid="cms.publish_new_renditions")
def publish_new_renditions(sender: object, asset_id: int, **kwargs: Any) -> None:
    """Have what a product picture gets published too, in the same transaction."""
    services.publish_picture_later(asset_id, anew=True)
