"""Old pictures looked at again: new models and thresholds, new encoders.

Both work on the master, as the upload is gone: what the file itself said stays as
it was read then. Both are safe to repeat and to interrupt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from outbox.services import keep_files, purge_later, purge_now, purge_unless_kept

from . import conf, sandbox, storage
from .exceptions import StorageUnavailable
from .models import Asset, Rendition
from .results import as_stored

#: What the upload said of itself, which a master no longer says.
FROM_THE_UPLOAD = ("facts", "size")


def rescore_asset(asset_id: int) -> bool:
    """Ask every step anew of a processed asset's master. Return whether it was.

    Renditions, state and permissions stay; decisions are people's, and stay too.
    Raises ``StorageUnavailable``, ``DecoderFailed`` and ``SandboxUnavailable``.
    """
    from .duplicates import remember_photo
    from .inspection import inspect

    asset = _processed(asset_id)
    if asset is None:
        return False
    with sandbox.opened(_master(asset)) as picture:
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
    unchanged = Asset.objects.filter(
        pk=asset.pk, state=Asset.State.PROCESSED, master=asset.master
    )
    with transaction.atomic():
        changed = unchanged.update(
            result={**fresh, **kept},
            verdict=fresh["verdict"],
            phash=hashes.get("phash") or asset.phash,
            dhash=hashes.get("dhash") or asset.dhash,
        )
        if changed and inspection.appearance is not None:
            remember_photo(asset.pk, inspection.appearance)
    return changed > 0


@dataclass(frozen=True, slots=True)
class _Written:
    """New files in one storage, and the purge that awaits them unless named."""

    alias: str
    purge_id: int | None


def rerender_asset(asset_id: int) -> bool:
    """Encode a processed asset's renditions anew. Return whether it was.

    A public picture gets new public names, as at each publication; the old files
    are deleted once the new ones are named. Not inside a transaction. Raises as
    :func:`rescore_asset` does.
    """
    asset = _processed(asset_id)
    if asset is None:
        return False
    with sandbox.opened(_master(asset)) as picture:
        files = picture.render().renditions
    before = list(asset.renditions.all())
    is_public = any(each.public_name for each in before)
    rows = [_row(asset, file, is_public=is_public) for file in files]
    # The same pixels give the same name; what has it already must not be purged.
    known = {each.private_name for each in before}
    private = {
        row.private_name: file.content
        for row, file in zip(rows, files, strict=True)
        if row.private_name not in known
    }
    public = {
        row.public_name: file.content
        for row, file in zip(rows, files, strict=True)
        if row.public_name
    }
    written: list[_Written] = []
    try:
        for alias, contents in (
            (conf.private_storage(), private),
            (conf.public_storage(), public),
        ):
            written.append(_announced(alias, contents))
            for name, content in contents.items():
                with storage.storage_errors():
                    storages[alias].save(name, ContentFile(content))
        return _swap(asset, rows, written, is_public=is_public)
    finally:
        # Those that were named are no purge's any more.
        for each in written:
            if each.purge_id is not None:
                purge_now(each.purge_id)


def _row(asset: Asset, file: sandbox.EncodedFile, *, is_public: bool) -> Rendition:
    content_hash = hashlib.sha256(file.content).hexdigest()
    return Rendition(
        asset_id=asset.pk,
        format=file.format,
        width=file.width,
        height=file.height,
        bytes=len(file.content),
        private_name=storage.private_name(
            asset.public_id, f"rendition-{file.width}", content_hash, file.format
        ),
        public_name=storage.new_public_name(file.format) if is_public else "",
    )


def _announced(alias: str, contents: Mapping[str, bytes]) -> _Written:
    if not contents:
        return _Written(alias, None)
    after = timedelta(seconds=conf.copies_expire_seconds())
    purge = purge_unless_kept(storage=alias, names=list(contents), after=after)
    return _Written(alias, purge.pk)


@transaction.atomic
def _swap(
    asset: Asset, rows: list[Rendition], written: list[_Written], *, is_public: bool
) -> bool:
    """Name the new files in place of the old ones; False if things have changed."""
    # Locked where rows can be: a takedown comes wholly before us, or after.
    mine = Rendition.objects.filter(asset_id=asset.pk)
    before = list(mine.select_for_update())
    if not before or any(bool(each.public_name) != is_public for each in before):
        return False  # erased, published or taken down meanwhile
    for each in written:
        if each.purge_id is not None and not keep_files(each.purge_id):
            # We were so slow that they are being deleted.
            transaction.set_rollback(True)
            return False
    Rendition.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["asset", "format", "width"],
        update_fields=["height", "bytes", "private_name", "public_name"],
    )
    sizes = {(row.format, row.width) for row in rows}
    stale = [each.pk for each in before if (each.format, each.width) not in sizes]
    mine.filter(pk__in=stale).delete()
    kept = {row.private_name for row in rows}
    gone = [each.private_name for each in before if each.private_name not in kept]
    shown = [each.public_name for each in before if each.public_name]
    for alias, names in (
        (conf.private_storage(), gone),
        (conf.public_storage(), shown),
    ):
        if names:
            purge_later(storage=alias, names=names)
    return True


def _processed(asset_id: int) -> Asset | None:
    return Asset.objects.filter(pk=asset_id, state=Asset.State.PROCESSED).first()


def _master(asset: Asset) -> bytes:
    try:
        with storage.storage_errors(), storage.private().open(asset.master) as file:
            content: Any = file.read()
    except FileNotFoundError as error:
        raise StorageUnavailable("The master is missing") from error
    return bytes(content)
