"""The hard gate: the one writer of a photo's state and of what is public.

``change`` moves a photo between states and takes down what the new state does
not permit; ``publish`` puts up what the present one does. Both write all gate
columns in one UPDATE, and the constraint ``ugc_photo_hard_gate`` stands behind
them. Files follow the bits down, and go before them up.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from media_pipeline import services as media
from media_pipeline.exceptions import StorageUnavailable
from media_pipeline.models import Rendition
from outbox import leases
from outbox import services as outbox

from . import conf
from .models import (
    NOWHERE,
    Expiry,
    Photo,
    PhotoEvent,
    PhotoTag,
    ProductTag,
    Publication,
    Surface,
)
from .signals import photo_published, photo_unpublished

logger = logging.getLogger(__name__)

#: What must hold for any bit to be set; the check constraint says the same.
PUBLISHABLE = Q(
    state=Photo.State.APPROVED, decision__isnull=False, is_paused=False
) & ~Q(allowed_surfaces=0)


@transaction.atomic
def change(
    photo_id: int, *, only_if: Q, keep: Surface = NOWHERE, **columns: Any
) -> bool:
    """Write columns if the condition still holds; leave public at most ``keep``.

    Return whether the row was changed. The files of a photo that is public
    nowhere any more are purged once the transaction has committed.
    """
    before = _locked(photo_id)
    changed = (
        Photo.objects.filter(only_if, pk=photo_id).update(
            public_surfaces=F("public_surfaces").bitand(keep.value), **columns
        )
        if before is not None
        else 0
    )
    if before is None or not changed:
        return False
    after = _copy_to_tags(photo_id)
    if not after.public_surfaces:
        # Whatever it was before: no file may outlive the right to show it.
        _purge_files(before)
    if before.public_surfaces and not after.public_surfaces:
        PhotoEvent.objects.create(photo_id=photo_id, kind=PhotoEvent.Kind.UNPUBLISHED)
        photo_unpublished.send(sender=Photo, photo_id=photo_id)
    return True


def publish(photo_id: int) -> bool:
    """Make a photo public on all that its contributor allows, if it may be.

    Return whether it is. Public is what there is: renditions that are made later are
    put up by a publication of their own, and all wait for a recipe's new ones. Copies
    files outside any transaction and rechecks everything afterwards: a photo withdrawn
    meanwhile stays down, and the fresh copies are purged. Raises StorageUnavailable.
    """
    # Twice is enough: the second round meets what surprised the first one, a
    # takedown or another publication between the copying and the UPDATE.
    for _ in range(2):
        photo = Photo.objects.filter(PUBLISHABLE, pk=photo_id).first()
        if photo is None or photo.asset_id is None:
            return False
        if media.is_restyling(photo.asset_id):
            return False
        copies = (
            media.copy_to_public(photo.asset_id)
            if _has_hidden(photo.asset_id)
            else None
        )
        done = _open_gate(photo, copies)
        if done is not None:
            return done
    raise StorageUnavailable("The files were taken away twice")


def publish_later(photo_id: int) -> Publication:
    """Write down the duty to publish; done after commit, or by the worker.

    Needs a transaction: the duty commits with what made it necessary.
    """
    publication = Publication.objects.create(photo_id=photo_id)
    if conf.publish_inline():

        def run() -> None:
            run_publication(publication.pk)

        # Robust: the decision stands, and the sweeper finds what was not done.
        transaction.on_commit(run, robust=True)
    else:
        outbox.ring_on_commit(publication)
    return publication


@transaction.atomic
def publish_new_later(asset_id: int) -> Publication | None:
    """Write down that an approved photo's asset gets files; None for all others.

    In the transaction that writes them.
    """
    # By the asset alone: a photo that is just being approved is waited for.
    photo = Photo.objects.select_for_update().filter(asset=asset_id).first()
    if photo is None or not Photo.objects.filter(PUBLISHABLE, pk=photo.pk).exists():
        return None  # approved later, it is published with all it has by then
    return publish_later(photo.pk)


def expire_later(photo_id: int, ends_at: datetime) -> Expiry:
    """Write down that a permission ends then; the sweeper rings in time.

    Until it does, ``public_q`` hides the photo and only its files remain.
    """
    return Expiry.objects.create(photo_id=photo_id, not_before=ends_at)


def run_publication(publication_id: int) -> bool:
    """Do a publication that is due. Return whether this call settled it."""
    lease = leases.claim(Publication, publication_id)
    if lease is None:
        return False
    photo = lease.row.photo
    try:
        with lease.kept_alive():
            publish(photo.pk)
            if photo.asset_id is not None:
                # Shoppers load what is small: it is made soon, and published in turn.
                media.want_renditions(photo.asset_id)
    except StorageUnavailable as failure:
        logger.warning("Photo %s waits to be published: %s", photo.pk, failure)
        lease.release(not_before=leases.backoff(lease))
        return False
    return lease.finish()


@transaction.atomic
def copy_to_tags(photo_id: int) -> None:
    """Bring the tags of a photo in line with it; after adding one."""
    if _locked(photo_id) is not None:
        _copy_to_tags(photo_id)


@transaction.atomic
def set_score(photo_id: int, score: int) -> bool:
    """Rank the photo in galleries, higher first. Return whether it exists."""
    if not Photo.objects.filter(pk=photo_id).update(score=score):
        return False
    _copy_to_tags(photo_id)
    return True


@transaction.atomic
def _open_gate(photo: Photo, copies: media.PublicCopies | None) -> bool | None:
    """Set the bits over these copies; None if it has to be tried anew."""
    before = _locked(photo.pk)
    opened = Photo.objects.filter(
        PUBLISHABLE,
        Q(ends_at=None) | Q(ends_at__gt=Now()),
        pk=photo.pk,
        asset=photo.asset_id,
    ).update(
        public_surfaces=F("allowed_surfaces"),
        published_at=Coalesce(F("published_at"), Now()),
    )
    if before is None or not opened or photo.asset_id is None:
        if copies is not None:
            media.discard_copies(copies)
        return False
    # The copies of somebody who published meanwhile stay, as pages name them
    # already; then ours are purged.
    named = copies is None or media.set_public_names(copies)
    if not named or not _is_shown(photo.asset_id, copies):
        # They were taken down since we saw them, rendered anew, or purged as we were
        # so slow: the bits go back, copy anew.
        Photo.objects.filter(pk=photo.pk).update(
            public_surfaces=before.public_surfaces, published_at=before.published_at
        )
        if not before.public_surfaces:
            # Nor may names stand without bits: nobody would know of the files.
            _purge_files(photo)
        return None
    after = _copy_to_tags(photo.pk)
    added = Surface(after.public_surfaces & ~before.public_surfaces)
    if added:
        PhotoEvent.objects.create(
            photo_id=photo.pk,
            kind=PhotoEvent.Kind.PUBLISHED,
            detail={"surfaces": [surface.slug for surface in added]},
        )
        photo_published.send(sender=Photo, photo_id=photo.pk)
    return True


def _locked(photo_id: int) -> Photo | None:
    # On PostgreSQL the row; on SQLite the transaction has the only write lock.
    # "no_key" would let a tag slip in beside us, so the full lock.
    return Photo.objects.select_for_update().filter(pk=photo_id).first()


def _copy_to_tags(photo_id: int) -> Photo:
    photo = Photo.objects.get(pk=photo_id)
    copies = {
        "score": photo.score,
        "public_surfaces": photo.public_surfaces,
        "ends_at": photo.ends_at,
    }
    # What only software has put there is nobody's answer yet.
    ProductTag.objects.filter(photo_id=photo_id, is_suggested=False).update(**copies)
    PhotoTag.objects.filter(photo_id=photo_id).update(**copies)
    return photo


def _has_hidden(asset_id: int) -> bool:
    """Whether there is anything to copy; also if there is nothing at all."""
    renditions = Rendition.objects.filter(asset_id=asset_id)
    return not renditions.exists() or renditions.filter(public_name="").exists()


def _is_shown(asset_id: int, copies: media.PublicCopies | None) -> bool:
    """Whether there is a public picture that every browser shows, and all we copied.

    What else has come since then waits for a publication of its own.
    """
    renditions = Rendition.objects.filter(asset_id=asset_id)
    copied = [] if copies is None else list(copies.names)
    return (
        renditions.filter(format=Rendition.Format.JPEG).exclude(public_name="").exists()
        and not renditions.filter(pk__in=copied, public_name="").exists()
    )


def _purge_files(photo: Photo) -> None:
    if photo.asset_id is not None:
        media.forget_copies(media.clear_public_names(photo.asset_id))
