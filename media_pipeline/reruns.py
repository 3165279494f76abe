"""Old pictures looked at again: new models and thresholds, new encoders.

Both work on the master, as the upload is gone: what the file itself said stays as
it was read then. Both are safe to repeat and to interrupt.
"""

from __future__ import annotations

from django.db import transaction

from . import sandbox
from .models import Asset
from .results import as_stored
from .services import render_anew, render_asset
from .services.files import read_master

#: What the upload said of itself, which a master no longer says.
FROM_THE_UPLOAD = ("facts", "size")


def rescore_asset(asset_id: int) -> bool:
    """Ask every step anew of a processed asset's master. Return whether it was.

    Renditions, state and permissions stay; decisions are people's, and stay too.
    Raises ``StorageUnavailable``, ``MasterMissing``, ``DecoderFailed`` and
    ``SandboxUnavailable``.
    """
    from .duplicates import remember_photo
    from .focal import focal_point
    from .inspection import inspect

    asset = Asset.objects.filter(pk=asset_id, state=Asset.State.PROCESSED).first()
    if asset is None:
        return False
    with sandbox.opened(read_master(asset), is_ours=True) as picture:
        inspection = inspect(asset, picture.frame, sha256=asset.sha256)
    fresh = as_stored(
        frame=picture.frame,
        result=inspection.result,
        sha256=asset.sha256,
        timings_ms=picture.timings_ms,
    )
    if inspection.evidence is not None:
        fresh["duplicates"] = [each.as_json() for each in inspection.evidence]
    kept = {key: asset.result[key] for key in FROM_THE_UPLOAD if key in asset.result}
    hashes = fresh["hashes"] or {}
    focal_x, focal_y = focal_point(fresh["faces"] or (), picture.frame.pixels)
    unchanged = Asset.objects.filter(
        pk=asset.pk, state=Asset.State.PROCESSED, master=asset.master
    )
    with transaction.atomic():
        changed = unchanged.update(
            result={**fresh, **kept},
            verdict=fresh["verdict"],
            phash=hashes.get("phash") or asset.phash,
            dhash=hashes.get("dhash") or asset.dhash,
            focal_x=focal_x,
            focal_y=focal_y,
        )
        if changed and inspection.appearance is not None:
            remember_photo(asset.pk, inspection.appearance)
    return changed > 0


def rerender_asset(asset_id: int) -> bool:
    """Encode a processed asset's renditions anew, now. Return whether this call did.

    A duty like any other rendering: what fails here, and what a worker is just at,
    is left to the workers, or in quarantine.
    """
    rendering = render_anew(asset_id)
    return rendering is not None and render_asset(rendering.pk)
