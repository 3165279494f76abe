"""What this package writes."""

from __future__ import annotations

import logging

from media_pipeline import services as media
from media_pipeline.exceptions import StorageUnavailable
from media_pipeline.models import Asset
from outbox import leases
from outbox.services import ring_on_commit

from .models import PicturePublication
from .product_pictures import PROFILE

logger = logging.getLogger(__name__)


def publish_picture_later(asset_id: int) -> PicturePublication | None:
    """Write the duty to publish a settled product picture; once per asset.

    In the caller's transaction. None for what is not a processed product
    picture.
    """
    asset = Asset.objects.filter(
        pk=asset_id, profile=PROFILE, state=Asset.State.PROCESSED
    ).first()
    if asset is None:
        return None
    publication, is_new = PicturePublication.objects.get_or_create(asset=asset)
    if is_new:
        ring_on_commit(publication)
    return publication


def publish_picture(publication_id: int) -> bool:
    """Copy a product picture's renditions to where everybody may see them.

    Return whether this call did it.
    """
    lease = leases.claim(PicturePublication, publication_id)
    if lease is None:
        return False
    try:
        with lease.kept_alive():
            media.publish_asset(lease.row.asset_id)
    except StorageUnavailable as failure:
        logger.warning("Product picture %s waits: %s", lease.row.asset_id, failure)
        lease.release(not_before=leases.backoff(lease))
        return False
    return lease.finish()
