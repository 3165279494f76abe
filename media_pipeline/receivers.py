"""What the pipeline itself does when an asset is settled."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from .models import Asset
from .signals import asset_settled


@receiver(
    asset_settled, sender=Asset, dispatch_uid="media_pipeline.see_product_picture"
)
def see_product_picture(*, asset_id: int, **_others: Any) -> None:
    """Have the catalogue gone over: it may list this picture."""
    if Asset.objects.filter(pk=asset_id, profile=Asset.Profile.PRODUCT).exists():
        from .catalogue_index import request_indexing

        request_indexing()
