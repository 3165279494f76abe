"""The end of an asset, and of uploads that became nobody's."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from outbox.services import purge_later

from .. import conf, storage
from ..models import Asset


@transaction.atomic
def erase_asset(asset_id: int) -> bool:
    """Delete an asset with every file of it. Return whether there was one.

    A worker that is just at it, in either stage, comes too late to write anything
    that stays.
    """
    # As at the end of a rendering: it names its files before we read the names, or
    # finds nothing to name them for.
    asset = Asset.objects.select_for_update().filter(pk=asset_id).first()
    if asset is None:
        return False
    renditions = list(asset.renditions.all())
    former = asset.former_public_names.values_list("name", flat=True)
    files = {
        conf.incoming_storage(): [asset.original],
        conf.private_storage(): [asset.master, *(r.private_name for r in renditions)],
        conf.public_storage(): [*(r.public_name for r in renditions), *former],
    }
    asset.delete()
    for alias, names in files.items():
        if any(names):
            purge_later(storage=alias, names=[name for name in names if name])
    return True


def expire_incoming() -> int:
    """Delete old uploads that no asset refers to; return how many there were.

    They are left by a crash between the file and its row. What a killed writer
    left half-written goes from all our folders.
    """
    for each in (storage.incoming(), storage.private(), storage.public()):
        if isinstance(each, storage.FolderStorage):
            with storage.storage_errors():
                each.clear_unfinished(older_than=conf.incoming_expire_seconds())
    before = timezone.now() - timedelta(seconds=conf.incoming_expire_seconds())
    expired = [
        name for name in _names_under("") if _modified_before(name, before.timestamp())
    ]
    known = set(
        Asset.objects.filter(original__in=expired).values_list("original", flat=True)
    )
    orphans = [name for name in expired if name not in known]
    if orphans:
        with transaction.atomic():
            purge_later(storage=conf.incoming_storage(), names=orphans)
    return len(orphans)


def expire_unclaimed() -> int:
    """Erase assets that nobody has claimed in time; return how many there were.

    They are left by a process killed between an upload and what it was for.
    """
    overdue = Asset.objects.filter(unclaimed_until__lt=Now())
    erased = 0
    for asset_id in list(overdue.values_list("pk", flat=True)[:1000]):
        with transaction.atomic():
            # Locked where rows can be, so that no claim comes in between.
            if overdue.select_for_update().filter(pk=asset_id).first() is not None:
                erased += erase_asset(asset_id)
    return erased


def _names_under(folder: str) -> Iterable[str]:
    with storage.storage_errors():
        try:
            folders, files = storage.incoming().listdir(folder)
        except FileNotFoundError:
            return
    prefix = f"{folder}/" if folder else ""
    for name in files:
        yield prefix + name
    for each in folders:
        yield from _names_under(prefix + each)


def _modified_before(name: str, moment: float) -> bool:
    with storage.storage_errors(), suppress(FileNotFoundError):
        return storage.incoming().get_modified_time(name).timestamp() < moment
    return False
