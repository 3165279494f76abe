"""What we do when the packages below us say that something has happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from media_pipeline import services as media
from media_pipeline.models import Asset
from media_pipeline.signals import asset_rendered, asset_rescored, asset_settled
from outbox.signals import work_quarantined

from . import publishing, services
from .models import Photo
from .signals import photo_refused, photo_removed


@receiver(asset_settled, sender=Asset, dispatch_uid="ugc.asset_settled")
def settle_photo(*, asset_id: int, **_others: Any) -> None:
    """Let the asset's photo go on."""
    services.settle_photo(asset_id)


@receiver(asset_rescored, sender=Asset, dispatch_uid="ugc.asset_rescored")
def note_rescoring(*, asset_id: int, before: Mapping[str, Any], **_others: Any) -> None:
    """Let the asset's photo have what is new."""
    services.note_rescoring(asset_id, before=before)


@receiver(work_quarantined, sender=Asset, dispatch_uid="ugc.work_quarantined")
def note_stuck_photo(*, pk: int, **_others: Any) -> None:
    """Let the queue and the author know that a person must help."""
    services.settle_photo(pk)


@receiver(asset_rendered, sender=Asset, dispatch_uid="ugc.asset_rendered")
def publish_new_renditions(*, asset_id: int, **_others: Any) -> None:
    """Put up what an approved photo's asset gets."""
    publishing.publish_new_later(asset_id)


@receiver([photo_refused, photo_removed], sender=Photo, dispatch_uid="ugc.unwanted")
def render_no_more(*, photo_id: int, **_others: Any) -> None:
    """Have nothing encoded of a photo that nobody will see."""
    asset_id = Photo.objects.only("asset_id").get(pk=photo_id).asset_id
    if asset_id is None:
        return

    def drop() -> None:
        media.want_no_renditions(asset_id)

    # Not under the photo's lock: a rendering that ends asks for it while it has its
    # own. Robust, and only a saving: one that is made all the same harms nobody.
    transaction.on_commit(drop, robust=True)
