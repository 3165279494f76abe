"""What an author does with their own photo."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from ugc import permissions, policy, publishing, texts
from ugc.exceptions import NotPossible
from ugc.models import Contributor, Permission, Photo, PhotoEvent, Surface
from ugc.signals import photo_withdrawn

from .submission import _own, reasons_in_words

State = Photo.State
Kind = PhotoEvent.Kind


@transaction.atomic
def withdraw_photo(photo: Photo, *, contributor: Contributor) -> bool:
    """Take a photo back everywhere, at once. Return whether it was not yet."""
    _own(photo, contributor)
    withdrawn = publishing.change(
        photo.pk,
        only_if=~Q(state=State.WITHDRAWN),
        state_before=F("state"),
        state=State.WITHDRAWN,
    )
    if withdrawn:
        PhotoEvent.objects.create(photo=photo, kind=Kind.WITHDRAWN)
        photo_withdrawn.send(sender=Photo, photo_id=photo.pk)
    return withdrawn


@transaction.atomic
def restore_photo(photo: Photo, *, contributor: Contributor) -> bool:
    """Give a withdrawn photo again; it is where it was. Return whether it moved."""
    _own(photo, contributor)
    restored = publishing.change(
        photo.pk,
        only_if=Q(state=State.WITHDRAWN),
        state=F("state_before"),
        # Of one that had ended before, it is not known whether its words are
        # still those that were approved: a new permission brings it to a person.
        state_before=Case(
            When(state_before=State.EXPIRED, then=Value(State.IN_REVIEW.value)),
            default=Value(""),
        ),
    )
    if restored:
        PhotoEvent.objects.create(photo=photo, kind=Kind.RESTORED)
        _publish_if_approved(photo)
    return restored


@transaction.atomic
def set_permissions(
    photo: Photo,
    *,
    surfaces: Surface,
    contributor: Contributor,
    ends_at: datetime | None = None,
) -> bool:
    """Allow exactly these surfaces, until that time. Return whether it differs.

    What is no longer allowed goes at once; what is newly allowed comes as soon
    as a decision permits it.
    """
    _own(photo, contributor)
    # Two tabs at once: the second one compares with what the first has written.
    Photo.objects.select_for_update().get(pk=photo.pk)
    before = permissions.latest(photo.permissions.all())
    changed = [
        Permission(
            photo=photo,
            surface=surface.value,
            is_allowed=surface in surfaces,
            text_version=permissions.TEXT_VERSION,
            ends_at=ends_at if surface in surfaces else None,
        )
        for surface in Surface
        if _differs(before.get(surface), surface in surfaces, ends_at)
    ]
    if not changed:
        return False
    Permission.objects.bulk_create(changed)
    if surfaces and ends_at is not None:
        publishing.expire_later(photo.pk, ends_at)
    apply_permissions(photo.pk, now=timezone.now())
    PhotoEvent.objects.create(
        photo=photo,
        kind=Kind.PERMISSIONS,
        detail={"surfaces": [surface.slug for surface in surfaces]},
    )
    _publish_if_approved(photo)
    return True


@transaction.atomic
def apply_permissions(photo_id: int, *, now: datetime) -> None:
    """Bring the photo's bits in line with what its permissions allow at that time.

    An approved photo whose last permission has ended is expired; a new
    permission brings it back.
    """
    if Photo.objects.select_for_update().filter(pk=photo_id).first() is None:
        return
    records = list(Permission.objects.filter(photo=photo_id))
    standing = permissions.standing(records, now=now)
    publishing.change(
        photo_id,
        only_if=Q(),
        keep=standing.surfaces,
        allowed_surfaces=standing.surfaces.value,
        ends_at=standing.ends_at,
    )
    has_ended = any(
        record.is_allowed and record.ends_at is not None and record.ends_at <= now
        for record in permissions.latest(records).values()
    )
    if standing.surfaces:
        publishing.change(
            photo_id,
            only_if=Q(state=State.EXPIRED),
            state=F("state_before"),
            state_before="",
        )
    elif has_ended and publishing.change(
        photo_id,
        only_if=Q(state=State.APPROVED),
        state_before=F("state"),
        state=State.EXPIRED,
    ):
        PhotoEvent.objects.create(photo_id=photo_id, kind=Kind.EXPIRED)


@transaction.atomic
def edit_photo(
    photo: Photo, *, caption: str, alt_text: str, contributor: Contributor
) -> bool:
    """Change the words. What was approved is looked at again first.

    Return whether anything differs.
    """
    _own(photo, contributor)
    if photo.state in {State.REFUSED, State.REMOVED}:
        raise NotPossible("What was decided against stays as it was.")
    words = {
        "caption": texts.one_line(caption, length=500),
        "alt_text": texts.one_line(alt_text, length=300),
    }
    if not Photo.objects.filter(~Q(**words), pk=photo.pk).update(**words):
        return False
    PhotoEvent.objects.create(photo=photo, kind=Kind.EDITED)
    publishing.change(photo.pk, only_if=Q(state=State.APPROVED), state=State.IN_REVIEW)
    Photo.objects.filter(
        pk=photo.pk,
        state__in=[State.WITHDRAWN, State.EXPIRED],
        state_before=State.APPROVED,
    ).update(state_before=State.IN_REVIEW)
    photo.refresh_from_db()
    if reasons_in_words(photo):
        Photo.objects.filter(pk=photo.pk, priority__lt=policy.PRIORITY_REVIEW).update(
            priority=policy.PRIORITY_REVIEW
        )
        photo.refresh_from_db(fields=["priority"])
    return True


def _publish_if_approved(photo: Photo) -> None:
    photo.refresh_from_db()
    if (
        photo.state == State.APPROVED
        and photo.allowed_surfaces & ~photo.public_surfaces
    ):
        publishing.publish_later(photo.pk)


def _differs(
    record: Permission | None, is_allowed: bool, ends_at: datetime | None
) -> bool:
    if record is None or record.is_allowed != is_allowed:
        return True
    return is_allowed and record.ends_at != ends_at
