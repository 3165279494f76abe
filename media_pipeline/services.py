"""What is done with assets: receive, process, publish, take down, erase."""

from __future__ import annotations

import hashlib
import logging
import re
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from outbox import leases
from outbox.leases import Lease
from outbox.services import (
    keep_files,
    purge_later,
    purge_now,
    purge_unless_kept,
    ring_on_commit,
)

from . import conf, sandbox, storage
from .exceptions import (
    DecoderFailed,
    RefusedFile,
    SandboxUnavailable,
    StorageUnavailable,
)
from .models import Asset, Rendition
from .results import Frame, as_stored
from .signals import asset_settled
from .text_checks import check_text as check_text

if TYPE_CHECKING:
    from .models import BannedPicture
    from .similarity import Appearance

logger = logging.getLogger(__name__)

#: Of a quarantined picture that an editor gave up.
GIVEN_UP = "decoder_failed"


# --- receiving ----------------------------------------------------------------


def receive_upload(
    *,
    file: File[bytes],
    profile: str = Asset.Profile.PHOTO,
    name: str = "",
    is_to_be_claimed: bool = False,
) -> Asset:
    """Keep an upload and have it processed. Raises ``RefusedFile`` by its size.

    The file is written before the row: a row always has its file, and a file
    without a row expires. Everything else is judged by content, in a worker.
    ``name`` is shown in place of the file's own. With ``is_to_be_claimed`` the
    asset is erased by itself after ``MEDIA_PIPELINE_INCOMING_EXPIRE_SECONDS``
    unless ``claim_asset`` is called in the transaction that makes it somebody's.
    """
    size = file.size
    if not size:
        raise RefusedFile("empty_file")
    if size > conf.max_upload_bytes():
        raise RefusedFile("too_many_bytes")
    with storage.storage_errors():
        original = storage.incoming().save(storage.incoming_name(), file)
    with transaction.atomic():
        asset = Asset.objects.create(
            profile=profile,
            original=original,
            original_name=shown_name(name or file.name or ""),
            byte_size=size,
            unclaimed_until=(
                timezone.now() + timedelta(seconds=conf.incoming_expire_seconds())
                if is_to_be_claimed
                else None
            ),
        )
        ring_on_commit(asset)
    return asset


def claim_asset(asset_id: int) -> bool:
    """Say that the asset is somebody's from now on. Return whether it exists."""
    return Asset.objects.filter(pk=asset_id).update(unclaimed_until=None) > 0


def shown_name(name: str) -> str:
    """Return a file's name as it may be shown: one line of at most 120 signs.

    Control signs and those that turn the writing direction are left out.
    """
    last = re.split(r"[\\/]", name)[-1]
    visible = "".join(
        sign for sign in last if not unicodedata.category(sign).startswith("C")
    )
    return " ".join(visible.split())[:120]


# --- processing ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Stored:
    """What one run has written to the private storage."""

    fields: Mapping[str, Any]
    renditions: tuple[Rendition, ...]
    appearance: Appearance | None = None  # to know the picture again

    @property
    def names(self) -> list[str]:
        return [self.fields["master"], *(each.private_name for each in self.renditions)]


def process_asset(asset_id: int) -> bool:
    """Inspect a due asset and settle its outcome.

    Return whether this call settled it: not if it is gone, done, held by
    another worker, or due again later. The loss is counted before the work,
    so that a picture which kills the process cannot be tried for ever.
    """
    lease = leases.claim(Asset, asset_id)
    if lease is None:
        return False
    try:
        with lease.kept_alive():
            stored = _process(lease.row)
    except RefusedFile as refusal:
        return _settle(lease, state=Asset.State.REFUSED_FILE, reason=refusal.code)
    except DecoderFailed as failure:
        logger.warning("Asset %s: the decoder failed (%s)", asset_id, failure)
        lease.crashed()
        return False
    except (StorageUnavailable, SandboxUnavailable) as failure:
        # Not the picture's fault.
        logger.warning("Asset %s waits: %s", asset_id, failure)
        lease.release(not_before=leases.backoff(lease))
        return False
    settled = _settle(
        lease,
        renditions=stored.renditions,
        appearance=stored.appearance,
        state=Asset.State.PROCESSED,
        reason="",
        **stored.fields,
    )
    if not settled:
        _tidy_after_erasure(asset_id, stored.names)
    return settled


def _process(asset: Asset) -> _Stored:
    """Decode, inspect, encode and store; no transaction is open meanwhile."""
    # Here, not above: a web process that takes uploads needs no engines.
    from .inspection import inspect

    upload = _read_upload(asset)
    sha256 = hashlib.sha256(upload).hexdigest()
    with sandbox.opened(upload) as picture:
        inspection = inspect(asset, picture.frame, sha256=sha256)
        rendered = picture.render(master=True)
    facts = as_stored(
        frame=picture.frame,
        result=inspection.result,
        sha256=sha256,
        timings_ms=picture.timings_ms,
    )
    if inspection.evidence is not None:
        facts["duplicates"] = [each.as_json() for each in inspection.evidence]
    hashes = facts["hashes"] or {}
    assert rendered.master is not None  # noqa: S101 - asked for above
    master = _store(asset, "master", rendered.master)
    renditions = tuple(
        Rendition(
            asset_id=asset.pk,
            format=file.format,
            width=file.width,
            height=file.height,
            bytes=len(file.content),
            private_name=_store(asset, f"rendition-{file.width}", file),
        )
        for file in rendered.renditions
    )
    width, height = picture.frame.size
    return _Stored(
        fields={
            "master": master,
            "width": width,
            "height": height,
            "sha256": sha256,
            "phash": hashes.get("phash") or "",
            "dhash": hashes.get("dhash") or "",
            "verdict": facts["verdict"],
            "result": facts,
            "dominant_colour": _dominant_colour(facts, picture.frame),
        },
        renditions=renditions,
        appearance=inspection.appearance,
    )


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


def _store(asset: Asset, step: str, file: sandbox.EncodedFile) -> str:
    content_hash = hashlib.sha256(file.content).hexdigest()
    name = storage.private_name(asset.public_id, step, content_hash, file.format)
    with storage.storage_errors():
        return storage.private().save(name, ContentFile(file.content))


def _dominant_colour(facts: Mapping[str, Any], frame: Frame) -> str:
    if facts["colours"]:
        return str(facts["colours"][0]["hex"])
    red, green, blue = (round(float(mean)) for mean in frame.pixels.mean(axis=(0, 1)))
    return f"#{red:02x}{green:02x}{blue:02x}"


@transaction.atomic
def _settle(
    lease: Lease[Asset],
    *,
    renditions: Sequence[Rendition] = (),
    appearance: Appearance | None = None,
    **outcome: Any,
) -> bool:
    # The token is repeated in the UPDATE: of two workers that both did the
    # work exactly one changes the row, and only that one speaks of it.
    asset = lease.row
    settled = lease.finish(original="", **outcome)
    if settled:
        _write_renditions(asset, renditions)
        if appearance is not None:
            from .duplicates import remember_photo

            remember_photo(asset.pk, appearance)
        if asset.original:
            purge_later(storage=conf.incoming_storage(), names=[asset.original])
        asset_settled.send(sender=Asset, asset_id=asset.pk)
    return settled


def _write_renditions(asset: Asset, renditions: Sequence[Rendition]) -> None:
    # Rows that stay keep their key and what is public of them.
    Rendition.objects.bulk_create(
        renditions,
        update_conflicts=True,
        unique_fields=["asset", "format", "width"],
        update_fields=["height", "bytes", "private_name"],
    )


def _tidy_after_erasure(asset_id: int, names: Sequence[str]) -> None:
    """Take back what was written for an asset that was erased meanwhile.

    If another worker settled it instead, the files have its names too: its own.
    """
    with transaction.atomic():
        if not Asset.objects.filter(pk=asset_id).exists():
            purge_later(storage=conf.private_storage(), names=names)


# --- a person decides on what no decoder survived -------------------------------


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


# --- the ban list -----------------------------------------------------------------


def ban_picture(asset_id: int, *, reason: str, by: str = "") -> BannedPicture:
    """Put a picture on the ban list; see ``duplicates.ban_picture``."""
    # Here, not above: a web process that takes uploads needs no engines.
    from . import duplicates

    return duplicates.ban_picture(asset_id, reason=reason, by=by)


def lift_ban(public_id: str) -> bool:
    """Take a picture off the ban list. Return whether it was on it."""
    from . import duplicates

    return duplicates.lift_ban(public_id)


# --- public copies --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublicCopies:
    """Public files that no rendition names yet, and the purge that awaits them."""

    names: Mapping[int, str]  # by the rendition's id
    purge_id: int | None  # None if there are none


def copy_to_public(asset_id: int) -> PublicCopies:
    """Copy the renditions under new random names.

    Nobody knows the names before ``set_public_names``, but the outbox: a purge
    of them is written down first, so that a process killed on the way leaves no
    file for ever. If a copy fails, those already made are taken away and
    ``StorageUnavailable`` goes to the caller. Not inside a transaction.
    """
    renditions = list(Rendition.objects.filter(asset_id=asset_id).order_by("pk"))
    names = {each.pk: storage.new_public_name(each.format) for each in renditions}
    if not names:
        return PublicCopies(names={}, purge_id=None)
    expire = conf.copies_expire_seconds()
    purge = purge_unless_kept(
        storage=conf.public_storage(),
        names=list(names.values()),
        after=timedelta(seconds=expire),
    )
    copies = PublicCopies(names=names, purge_id=purge.pk)
    # Far from the purge's own time: what it has deleted must not be written after.
    end = time.monotonic() + expire / 2
    try:
        for rendition in renditions:
            if time.monotonic() > end:
                raise StorageUnavailable("The copies take too long")
            with open_private(rendition.private_name) as file:
                _save_public(storage.public(), names[rendition.pk], file)
    except (StorageUnavailable, FileNotFoundError) as error:
        discard_copies(copies)
        if isinstance(error, FileNotFoundError):
            raise StorageUnavailable("A private file is missing") from error
        raise
    return copies


def discard_copies(copies: PublicCopies) -> None:
    """Delete copies that were not needed, once the transaction has committed."""
    if copies.purge_id is not None:
        purge_now(copies.purge_id)


def _save_public(target: Storage, name: str, file: File[bytes]) -> None:
    with storage.storage_errors():
        target.save(name, file)


def forget_copies(names: Iterable[str]) -> None:
    """Delete public files that no row names."""
    names = list(names)
    if names:
        with transaction.atomic():
            purge_later(storage=conf.public_storage(), names=names)


@transaction.atomic
def set_public_names(copies: PublicCopies) -> bool:
    """Say which copies are the public ones. A rendition keeps a name it has.

    Return whether the copies still stand: not if they lay about for so long
    that their purge has begun; then copy anew. Those that were not needed are
    deleted on commit.
    """
    if copies.purge_id is not None and not keep_files(copies.purge_id):
        return False
    unneeded = []
    for rendition_id, name in copies.names.items():
        private = Rendition.objects.filter(pk=rendition_id, public_name="")
        if not private.update(public_name=name):
            unneeded.append(name)
    if unneeded:
        purge_later(storage=conf.public_storage(), names=unneeded)
    return True


@transaction.atomic
def clear_public_names(asset_id: int) -> list[str]:
    """Forget the public names and return them; the caller has them purged.

    From the commit on no page names them and our own view doesn't serve them.
    """
    shown = Rendition.objects.filter(asset_id=asset_id).exclude(public_name="")
    # Locked where rows can be, so that no name is set between read and write.
    names = list(shown.select_for_update().values_list("public_name", flat=True))
    shown.filter(public_name__in=names).update(public_name="")
    return names


def publish_asset(asset_id: int) -> bool:
    """Make an asset public at once, as product pictures are.

    Return whether it changed anything. For customers' photos ``ugc.publishing``
    does both halves, with its gate in between. Raises ``StorageUnavailable``.
    """
    hidden = Rendition.objects.filter(asset_id=asset_id, public_name="")
    if not hidden.exists():
        return False
    if not set_public_names(copy_to_public(asset_id)):
        raise StorageUnavailable("The copies were purged before they were named")
    return True


def open_private(name: str) -> File[bytes]:
    """Open a private file for streaming.

    Raises ``FileNotFoundError`` and ``StorageUnavailable``. The caller has asked
    who may see it.
    """
    with storage.storage_errors():
        return storage.private().open(name)


# --- the end --------------------------------------------------------------------


@transaction.atomic
def erase_asset(asset_id: int) -> bool:
    """Delete an asset with every file of it. Return whether there was one.

    A worker that is just at it comes too late to write anything that stays.
    """
    asset = Asset.objects.filter(pk=asset_id).prefetch_related("renditions").first()
    if asset is None:
        return False
    renditions = list(asset.renditions.all())
    files = {
        conf.incoming_storage(): [asset.original],
        conf.private_storage(): [asset.master, *(r.private_name for r in renditions)],
        conf.public_storage(): [each.public_name for each in renditions],
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
