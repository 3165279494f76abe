"""A person decides on what no decoder survived."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from outbox import leases
from outbox.services import purge_later, ring_on_commit

from .. import conf
from ..models import Asset, Rendering, Rendition
from ..signals import asset_settled

#: Of a quarantined picture that an editor gave up.
GIVEN_UP = "decoder_failed"


@transaction.atomic
def retry_asset(asset_id: int) -> bool:
    """Try a quarantined asset again. Return whether it was in quarantine."""
    if not leases.retry(Asset, asset_id, state=Asset.State.PENDING):
        return False
    ring_on_commit(Asset.objects.get(pk=asset_id))
    return True


@transaction.atomic
def discard_asset(asset_id: int) -> bool:
    """Refuse a quarantined asset's file. Return whether it was in quarantine."""
    asset = Asset.objects.filter(pk=asset_id, state=Asset.State.QUARANTINED).first()
    if asset is None:
        return False
    discarded = Asset.objects.filter(
        pk=asset_id, state=Asset.State.QUARANTINED, settled_at=None
    ).update(
        state=Asset.State.REFUSED_FILE,
        reason=GIVEN_UP,
        original="",
        quarantined_at=None,
        settled_at=Now(),
    )
    if not discarded:
        return False
    if asset.original:
        purge_later(storage=conf.incoming_storage(), names=[asset.original])
    asset_settled.send(sender=Asset, asset_id=asset_id)
    return True


@transaction.atomic
def retry_rendering(asset_id: int) -> bool:
    """Try an asset's quarantined rendering again. Return whether there was one."""
    rendering = Rendering.objects.quarantined().filter(asset_id=asset_id).first()
    if rendering is None or not leases.retry(Rendering, rendering.pk):
        return False
    ring_on_commit(rendering)
    return True


@transaction.atomic
def discard_rendering(asset_id: int) -> bool:
    """Leave an asset with the renditions it has. Return whether that was possible.

    Only for a rendering in quarantine, and not for one whose recipe has changed:
    what there is shows another one, and must not be published.
    """
    discarded = (
        Rendering.objects.quarantined()
        .filter(asset_id=asset_id, settled_at=None, is_restyling=False)
        .update(quarantined_at=None, settled_at=Now())
    )
    if discarded:
        # None is made smaller: else the next page would ask for it again.
        Rendition.objects.filter(
            asset_id=asset_id, format=Rendition.Format.AVIF
        ).update(effort=Rendition.Effort.SMALL)
    return discarded > 0
