"""The first stage: check an upload, and make what a person needs to decide."""

from __future__ import annotations

import base64
import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from outbox import leases
from outbox.leases import Lease
from outbox.services import purge_later

from .. import conf, sandbox, storage
from ..exceptions import (
    DecoderFailed,
    MasterMissing,
    RefusedFile,
    SandboxUnavailable,
    StorageUnavailable,
    WrongRecipe,
)
from ..models import Asset, Rendering, Rendition
from ..renditions import Plan
from ..results import Frame, Verdict, as_stored
from ..signals import asset_settled
from .files import NewFiles, new_files, new_private_name
from .styling import notes_of, recipe_of
from .wishes import wish

if TYPE_CHECKING:
    from ..similarity import Appearance

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Made:
    """What one run has found, and written to the private storage."""

    fields: Mapping[str, Any]
    renditions: tuple[Rendition, ...]
    appearance: Appearance | None = None  # to know the picture again


def process_asset(asset_id: int) -> bool:
    """Inspect a due asset and settle its outcome.

    Return whether this call settled it: not if it is gone, done, held by
    another worker, or due again later. The loss is counted before the work,
    so that a picture which kills the process cannot be tried for ever.
    """
    lease = leases.claim(Asset, asset_id)
    if lease is None:
        return False
    with new_files() as files:
        try:
            with lease.kept_alive():
                made = _process(lease.row, lease.token, files)
        except RefusedFile as refusal:
            return _settle(lease, state=Asset.State.REFUSED_FILE, reason=refusal.code)
        except (DecoderFailed, WrongRecipe) as failure:
            logger.warning("Asset %s: the decoder failed (%s)", asset_id, failure)
            # For those who watch; whatever comes of the next try replaces it.
            Asset.objects.filter(pk=asset_id, lease_token=lease.token).update(
                result={"failure": failure_code(failure)}
            )
            lease.crashed()
            return False
        except (StorageUnavailable, SandboxUnavailable) as failure:
            # Not the picture's fault.
            logger.warning("Asset %s waits: %s", asset_id, failure)
            lease.release(not_before=leases.backoff(lease))
            return False
        settled = _settle(
            lease,
            files=files,
            renditions=made.renditions,
            appearance=made.appearance,
            state=Asset.State.PROCESSED,
            reason="",
            **made.fields,
        )
        if settled:
            files.are_named()
    return settled


def _process(asset: Asset, attempt: str, files: NewFiles) -> _Made:
    """Decode, inspect, encode and store; no transaction is open meanwhile."""
    # Here, not above: a web process that takes uploads needs no engines.
    from ..focal import focal_point
    from ..inspection import inspect

    upload = _read_upload(asset)
    sha256 = hashlib.sha256(upload).hexdigest()
    with sandbox.opened(upload, plan=Plan.QUEUE, master=True) as picture:
        inspection = inspect(asset, picture.frame, sha256=sha256)
        rendered = picture.render(
            master=True,
            plan=Plan.QUEUE,
            placeholder=True,
            recipe=recipe_of(asset),
            notes=notes_of(asset),
        )
    start = time.perf_counter()
    assert rendered.master is not None  # noqa: S101 - asked for above

    def named(step: str, file: sandbox.EncodedFile) -> str:
        return new_private_name(asset, step, attempt, file.content, file.format)

    master = named("master", rendered.master)
    contents = {master: rendered.master.content}
    renditions = []
    for file in rendered.renditions:
        name = named(f"rendition-{file.width}", file)
        contents[name] = file.content
        renditions.append(
            Rendition(
                asset_id=asset.pk,
                format=file.format,
                width=file.width,
                height=file.height,
                bytes=len(file.content),
                private_name=name,
            )
        )
    files.write(conf.private_storage(), contents)
    stored_ms = (time.perf_counter() - start) * 1000
    result = as_stored(
        frame=picture.frame,
        result=inspection.result,
        sha256=sha256,
        timings_ms={**picture.timings_ms, "store": stored_ms},
    )
    if inspection.evidence is not None:
        result["duplicates"] = [each.as_json() for each in inspection.evidence]
    hashes = result["hashes"] or {}
    focal_x, focal_y = focal_point(result["faces"] or (), picture.frame.pixels)
    width, height = picture.frame.size
    return _Made(
        fields={
            "master": master,
            "width": width,
            "height": height,
            "sha256": sha256,
            "phash": hashes.get("phash") or "",
            "dhash": hashes.get("dhash") or "",
            "verdict": result["verdict"],
            "result": result,
            "dominant_colour": _dominant_colour(result, picture.frame),
            "placeholder": as_data_uri(rendered.placeholder),
            "focal_x": focal_x,
            "focal_y": focal_y,
        },
        renditions=tuple(renditions),
        appearance=inspection.appearance,
    )


def failure_code(failure: Exception) -> str:
    """Return why a picture could be neither decoded nor encoded, in at most 40 signs."""
    match failure:
        case RefusedFile():
            return failure.code
        case MasterMissing():
            return "master_missing"
        case WrongRecipe():
            return "wrong_recipe"
        case _:
            return str(failure)[:40]


def as_data_uri(placeholder: bytes | None) -> str:
    """Return the placeholder as pages take it, "" for none."""
    if placeholder is None:
        return ""
    return f"data:image/webp;base64,{base64.b64encode(placeholder).decode()}"


def _read_upload(asset: Asset) -> bytes:
    try:
        with storage.storage_errors(), storage.incoming().open(asset.original) as file:
            # One byte more than is taken: a longer file shows without being read.
            upload: bytes = file.read(conf.max_upload_bytes() + 1)
    except FileNotFoundError as error:
        raise RefusedFile("unreadable") from error
    if len(upload) > conf.max_upload_bytes():
        raise RefusedFile("too_many_bytes")
    return upload


def _dominant_colour(result: Mapping[str, Any], frame: Frame) -> str:
    if result["colours"]:
        return str(result["colours"][0]["hex"])
    red, green, blue = (round(float(mean)) for mean in frame.pixels.mean(axis=(0, 1)))
    return f"#{red:02x}{green:02x}{blue:02x}"


@transaction.atomic
def _settle(
    lease: Lease[Asset],
    *,
    files: NewFiles | None = None,
    renditions: Sequence[Rendition] = (),
    appearance: Appearance | None = None,
    **outcome: Any,
) -> bool:
    # The token is repeated in the UPDATE: of two workers that both did the
    # work exactly one changes the row, and only that one speaks of it.
    asset = lease.row
    if not lease.finish(original="", **outcome):
        return False
    if files is not None and not files.keep():
        # So slow that they are being deleted: tried again when the lease is over.
        transaction.set_rollback(True)
        return False
    Rendition.objects.bulk_create(renditions)
    if outcome["state"] == Asset.State.PROCESSED:
        _wish_the_rest(asset, outcome["verdict"])
    if appearance is not None:
        from ..duplicates import remember_photo

        remember_photo(asset.pk, appearance)
    if asset.original:
        purge_later(storage=conf.incoming_storage(), names=[asset.original])
    asset_settled.send(sender=Asset, asset_id=asset.pk)
    return True


def _wish_the_rest(asset: Asset, verdict: str) -> None:
    """Have the second stage done, unless nobody will look at its renditions."""
    now = Asset.objects.only("recipe", "notes").get(pk=asset.pk)
    if (now.recipe, now.notes) != (asset.recipe, asset.notes):
        # Styled anew while it was being checked: what we made is old already.
        is_restyling = now.recipe != asset.recipe
        wish(asset.pk, Rendering.Kind.ALL, is_restyling=is_restyling)
    elif verdict != Verdict.REJECT.word:
        wish(asset.pk, Rendering.Kind.REST)
