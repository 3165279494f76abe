"""Old pictures looked at again: new models and thresholds, new encoders.

Both work on the master, as the upload is gone: what the file itself said stays as
it was read then. Both are safe to repeat and to interrupt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from . import sandbox
from .models import Asset
from .results import Verdict, as_stored
from .services import render_anew, render_asset
from .services.files import read_master
from .signals import asset_rescored

#: What the upload said of itself, which a master no longer says.
FROM_THE_UPLOAD = ("facts", "size")
#: What only the first run does: ``timings_ms`` of it stay beside the new ones.
ONLY_ONCE = ("master", "renditions", "store")
#: The step that reads it.
READS_THE_UPLOAD = "provenance"


def rescore_asset(asset_id: int) -> bool:
    """Ask every step anew of a processed asset's master. Return whether it was.

    Renditions and state stay; ``asset_rescored`` says that the result is another.
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
    focal_x, focal_y = focal_point(fresh["faces"] or (), picture.frame.pixels)
    with transaction.atomic():
        now = (
            Asset.objects.select_for_update()
            .filter(pk=asset.pk, state=Asset.State.PROCESSED, master=asset.master)
            .first()
        )
        if now is None:
            return False  # erased meanwhile, or made of another master
        result = _with_what_stays(fresh, now.result)
        hashes = fresh["hashes"] or {}
        Asset.objects.filter(pk=now.pk).update(
            result=result,
            verdict=result["verdict"],
            phash=hashes.get("phash") or now.phash,
            dhash=hashes.get("dhash") or now.dhash,
            focal_x=focal_x,
            focal_y=focal_y,
        )
        if inspection.appearance is not None:
            remember_photo(now.pk, inspection.appearance)
        asset_rescored.send(sender=Asset, asset_id=now.pk, before=now.result)
    return True


def _with_what_stays(
    fresh: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fresh result with what only the upload, or the first run, could say."""
    findings = _with_what_the_upload_said(fresh, before)
    verdict = max(
        (Verdict[each["verdict"].upper()] for each in findings),
        default=Verdict[fresh["verdict"].upper()],
    )
    spent = before.get("timings_ms") or {}
    once = {name: spent[name] for name in ONLY_ONCE if name in spent}
    return {
        **fresh,
        **{key: before[key] for key in FROM_THE_UPLOAD if key in before},
        "findings": findings,
        "verdict": verdict.word,
        "timings_ms": {**fresh["timings_ms"], **once},
    }


def _with_what_the_upload_said(
    fresh: Mapping[str, Any], before: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the fresh findings with those that only the upload could give."""
    findings = [
        finding for finding in fresh["findings"] if finding["step"] != READS_THE_UPLOAD
    ]
    has_failed = len(findings) < len(fresh["findings"])  # a master states nothing
    if READS_THE_UPLOAD not in fresh["editions"] and not has_failed:
        return findings  # it is asked no more
    said = before.get("findings") or ()
    return [
        *(finding for finding in said if finding["step"] == READS_THE_UPLOAD),
        *findings,
    ]


def outdated_assets() -> Iterator[int]:
    """Yield processed assets whose answers came from other models or options.

    Newest first. That includes those of which a step gave no answer. One query, and
    those of a pipeline for each profile.
    """
    from .inspection import worker_pipeline

    editions = {
        profile: worker_pipeline(profile).editions for profile in Asset.Profile.values
    }
    processed = Asset.objects.filter(state=Asset.State.PROCESSED).order_by("-pk")
    for pk, profile, kept in processed.values_list(
        "pk", "profile", "result__editions"
    ).iterator(chunk_size=2000):
        if kept != editions[profile]:
            yield pk


def rerender_asset(asset_id: int) -> bool:
    """Encode a processed asset's renditions anew, now. Return whether this call did.

    A duty like any other rendering: what fails here, and what a worker is just at,
    is left to the workers, or in quarantine.
    """
    rendering = render_anew(asset_id)
    return rendering is not None and render_asset(rendering.pk)
