"""What this package writes."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction

from media_pipeline import services as media
from media_pipeline.exceptions import StorageUnavailable
from media_pipeline.models import Asset, Rendition
from outbox import leases
from outbox.leases import Lease
from outbox.services import ring_on_commit

from .models import PicturePublication
from .product_pictures import PROFILE

logger = logging.getLogger(__name__)


def publish_picture_later(
    asset_id: int, *, anew: bool = False
) -> PicturePublication | None:
    """Write the duty to publish a product picture; once per asset, or ``anew``.

    In the caller's transaction, which has just changed the asset or locked it. None
    for what is not a processed product picture.
    """
    asset = Asset.objects.filter(
        pk=asset_id, profile=PROFILE, state=Asset.State.PROCESSED
    ).first()
    if asset is None:
        return None
    if anew:
        PicturePublication.objects.filter(
            asset=asset, settled_at__isnull=False
        ).delete()
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
    return _finish(lease)


@transaction.atomic
def _finish(lease: Lease[PicturePublication]) -> bool:
    # The asset's lock: a rendering has ended before, and then there are files to put
    # up, or it ends later and finds this duty done.
    asset_id = lease.row.asset_id
    Asset.objects.select_for_update().filter(pk=asset_id).first()
    if Rendition.objects.filter(asset_id=asset_id, public_name="").exists():
        lease.release(not_before=timedelta(0))
        return False
    return lease.finish()
