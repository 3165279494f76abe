"""The second stage: the renditions that nobody waits for, of the master."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

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
from ..models import Asset, FormerPublicName, Rendering, Rendition
from ..renditions import Plan
from ..signals import asset_rendered
from .files import NewFiles, new_files, new_private_name, read_master
from .processing import as_data_uri, failure_code
from .styling import notes_of, recipe_of

logger = logging.getLogger(__name__)

Kind = Rendering.Kind
Effort = Rendition.Effort
_PLANS = {Kind.REST: Plan.REST, Kind.ALL: Plan.ALL, Kind.SMALL: Plan.SMALL}

#: What an asset has one rendition of each of.
_Slot = tuple[str, int]  # format, width


class _ChangedMeanwhile(Exception):
    """What was rendered is not what is wanted now; do it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What one run has encoded, and what it is to replace."""

    asset: Asset  # as it was read
    kind: Kind
    before: Mapping[_Slot, Rendition]  # as they were read
    rows: Mapping[_Slot, Rendition]
    placeholder: bytes | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def stale(self) -> set[_Slot]:
        """Those that the picture doesn't have any more."""
        return set(self.before) - set(self.rows) if self.kind is Kind.ALL else set()


def render_asset(rendering_id: int) -> bool:
    """Make a due rendering's files, and name them.

    Return whether this call settled it: not if it is gone, done, held by another
    worker, or due again later. The asset stays as it is, whatever happens: it was
    processed before. The third crash quarantines the rendering alone.
    """
    lease = leases.claim(Rendering, rendering_id)
    if lease is None:
        return False
    asset = Asset.objects.filter(pk=lease.row.asset_id).first()
    if asset is None:
        return False  # erased since, and the rendering with it
    with new_files() as files:
        try:
            with lease.kept_alive():
                made = _render(asset, lease, files)
            settled = _finish(lease, made, files)
        except (DecoderFailed, RefusedFile, WrongRecipe, MasterMissing) as failure:
            _failed(lease, failure)
            return False
        except (StorageUnavailable, SandboxUnavailable) as failure:
            # Not the picture's fault.
            logger.warning("Rendering %s waits: %s", rendering_id, failure)
            lease.release(not_before=leases.backoff(lease))
            return False
        except _ChangedMeanwhile:
            lease.release(not_before=timedelta(0))
            return False
        if settled:
            files.are_named()
    return settled


def _render(asset: Asset, lease: Lease[Rendering], files: NewFiles) -> _Made:
    """Decode the master, encode and store; no transaction is open meanwhile."""
    start = time.perf_counter()
    kind = Kind(lease.row.kind)
    before = {(row.format, row.width): row for row in asset.renditions.all()}
    master = read_master(asset)
    read = time.perf_counter()
    with sandbox.opened(master, plan=_PLANS[kind], is_ours=True) as picture:
        rendered = picture.render(
            plan=_PLANS[kind],
            recipe=recipe_of(asset),
            notes=notes_of(asset),
            placeholder=kind is Kind.ALL,
        )
    encoded = time.perf_counter()
    rows: dict[_Slot, Rendition] = {}
    private: dict[str, bytes] = {}
    public: dict[str, bytes] = {}
    for file in rendered.renditions:
        slot = (file.format, file.width)
        replaced = before.get(slot)
        if not _is_wanted(kind, file, replaced):
            continue
        row = rows[slot] = Rendition(
            asset_id=asset.pk,
            format=file.format,
            width=file.width,
            height=file.height,
            bytes=len(file.content),
            effort=Effort.SMALL if kind is Kind.SMALL else Effort.FAST,
            private_name=new_private_name(
                asset,
                f"rendition-{file.width}",
                lease.token,
                file.content,
                file.format,
            ),
        )
        private[row.private_name] = file.content
        if replaced is not None and replaced.public_name:
            row.public_name = storage.new_public_name(file.format)
            public[row.public_name] = file.content
    files.write(conf.private_storage(), private)
    files.write(conf.public_storage(), public)
    return _Made(
        asset=asset,
        kind=kind,
        before=before,
        rows=rows,
        placeholder=rendered.placeholder,
        timings_ms={
            "read": (read - start) * 1000,
            **picture.timings_ms,
            "store": (time.perf_counter() - encoded) * 1000,
        },
    )


def _is_wanted(
    kind: Kind, file: sandbox.EncodedFile, replaced: Rendition | None
) -> bool:
    match kind:
        case Kind.REST:
            return replaced is None
        case Kind.SMALL:
            # A rare one gets larger by more effort.
            return replaced is not None and len(file.content) < replaced.bytes
        case Kind.ALL:
            return True


@transaction.atomic
def _finish(lease: Lease[Rendering], made: _Made, files: NewFiles) -> bool:
    """Name the new files in place of the old ones, and speak of it."""
    asset = Asset.objects.select_for_update().filter(pk=made.asset.pk).first()
    if asset is None or not lease.finish(
        reason="",
        timings_ms={name: round(ms, 1) for name, ms in made.timings_ms.items()},
    ):
        return False
    rendering = Rendering.objects.get(pk=lease.row.pk)
    if (rendering.kind, asset.recipe, asset.notes) != (
        made.kind,
        made.asset.recipe,
        made.asset.notes,
    ):
        raise _ChangedMeanwhile
    # Before the rows are locked: who publishes locks a photo first, then its rows.
    asset_rendered.send(sender=Asset, asset_id=asset.pk)
    _swap(made, former_stay=not rendering.is_restyling)
    if not files.keep():
        raise _ChangedMeanwhile  # we were so slow that they are being deleted
    if made.placeholder is not None:
        asset.placeholder = as_data_uri(made.placeholder)
        asset.save(update_fields=["placeholder"])
    return True


def _swap(made: _Made, *, former_stay: bool) -> None:
    replaced = (set(made.before) & set(made.rows)) | made.stale
    mine = Rendition.objects.filter(asset_id=made.asset.pk)
    # Locked where rows can be: a takedown comes wholly before us, or after.
    now = {(row.format, row.width): row for row in mine.select_for_update()}
    for slot in replaced:
        if slot not in now or _names(now[slot]) != _names(made.before[slot]):
            raise _ChangedMeanwhile  # published or taken down
    if set(made.rows) & set(now) - replaced:
        raise _ChangedMeanwhile
    Rendition.objects.bulk_create(
        made.rows.values(),
        update_conflicts=True,
        unique_fields=["asset", "format", "width"],
        update_fields=["height", "bytes", "effort", "private_name", "public_name"],
    )
    mine.filter(pk__in=[now[slot].pk for slot in made.stale]).delete()
    if made.kind is Kind.SMALL:
        # Those that more effort makes no smaller too: nobody need try again.
        mine.filter(format=Rendition.Format.AVIF).update(effort=Effort.SMALL)
    _retire([now[slot] for slot in replaced], former_stay=former_stay)


def _names(row: Rendition) -> tuple[str, str]:
    return row.private_name, row.public_name


def _retire(rows: list[Rendition], *, former_stay: bool) -> None:
    """Have the files deleted that these rows named: public ones a while later."""
    if not rows:
        return
    purge_later(
        storage=conf.private_storage(), names=[row.private_name for row in rows]
    )
    shown = [row for row in rows if row.public_name]
    names = [row.public_name for row in shown]
    if not shown:
        return
    if not former_stay:
        purge_later(storage=conf.public_storage(), names=names)
        return
    wait = timedelta(seconds=conf.former_names_seconds())
    FormerPublicName.objects.bulk_create(
        FormerPublicName(
            asset_id=row.asset_id,
            name=row.public_name,
            valid_until=timezone.now() + wait,
        )
        for row in shown
    )
    purge_later(storage=conf.public_storage(), names=names, after=wait)


def _failed(lease: Lease[Rendering], failure: Exception) -> None:
    reason = failure_code(failure)
    logger.warning("Asset %s: a rendering failed (%s)", lease.row.asset_id, reason)
    Rendering.objects.filter(pk=lease.row.pk, lease_token=lease.token).update(
        reason=reason
    )
    lease.crashed()
