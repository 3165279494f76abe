"""Public copies of renditions: made, named, and taken down again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.core.files import File
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models.functions import Now

from outbox.services import keep_files, purge_later, purge_now, purge_unless_kept

from .. import conf, storage
from ..exceptions import StorageUnavailable
from ..models import FormerPublicName, Rendition
from .files import open_private


@dataclass(frozen=True, slots=True)
class PublicCopies:
    """Public files that no rendition names yet, and the purge that awaits them."""

    names: Mapping[int, str]  # by the rendition's id
    purge_id: int | None  # None if there are none
    # Which private files they are copies of, by the rendition's id.
    sources: Mapping[int, str] = field(default_factory=dict)


def copy_to_public(asset_id: int) -> PublicCopies:
    """Copy the renditions that are not public yet under new random names.

    Nobody knows the names before ``set_public_names``, but the outbox: a purge
    of them is written down first, so that a process killed on the way leaves no
    file for ever. If a copy fails, those already made are taken away and
    ``StorageUnavailable`` goes to the caller. Not inside a transaction.
    """
    renditions = list(
        Rendition.objects.filter(asset_id=asset_id, public_name="").order_by("pk")
    )
    names = {each.pk: storage.new_public_name(each.format) for each in renditions}
    if not names:
        return PublicCopies(names={}, purge_id=None)
    expire = conf.copies_expire_seconds()
    purge = purge_unless_kept(
        storage=conf.public_storage(),
        names=list(names.values()),
        after=timedelta(seconds=expire),
    )
    copies = PublicCopies(
        names=names,
        purge_id=purge.pk,
        sources={each.pk: each.private_name for each in renditions},
    )
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
            # Rendered anew meanwhile, as a rule: the next try reads the new one.
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
    """Say which copies are the public ones. A rendition keeps a name it has, and
    takes no copy of what it was before it was rendered anew.

    Return whether the copies still stand: not if they lay about for so long
    that their purge has begun; then copy anew. Those that were not needed are
    deleted on commit.
    """
    if copies.purge_id is not None and not keep_files(copies.purge_id):
        # What was written after it had passed goes too.
        purge_now(copies.purge_id)
        return False
    unneeded = []
    for rendition_id, name in copies.names.items():
        private = Rendition.objects.filter(
            pk=rendition_id,
            public_name="",
            private_name=copies.sources[rendition_id],
        )
        if not private.update(public_name=name):
            unneeded.append(name)
    if unneeded:
        purge_later(storage=conf.public_storage(), names=unneeded)
    return True


@transaction.atomic
def clear_public_names(asset_id: int) -> list[str]:
    """Forget the public names and return them; the caller has them purged.

    Former ones too. From the commit on no page names them and our own view
    doesn't serve them.
    """
    shown = Rendition.objects.filter(asset_id=asset_id).exclude(public_name="")
    # Locked where rows can be, so that no name is set between read and write.
    names = list(shown.select_for_update().values_list("public_name", flat=True))
    shown.filter(public_name__in=names).update(public_name="")
    former = FormerPublicName.objects.filter(asset_id=asset_id)
    names += former.values_list("name", flat=True)
    former.delete()
    return names


def expire_former_names() -> int:
    """Forget former names whose time is over; return how many there were.

    Their files are deleted by purges written down when they were replaced.
    """
    return FormerPublicName.objects.filter(valid_until__lt=Now()).delete()[0]


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
