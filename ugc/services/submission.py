"""A photo comes in, and the pipeline's answer to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from media_pipeline import services as media
from media_pipeline.models import Asset
from ugc import access, conf, credit, mails, permissions, policy, publishing, texts
from ugc.exceptions import NotPossible
from ugc.models import (
    NOWHERE,
    Consent,
    Contributor,
    Permission,
    Persona,
    Photo,
    PhotoEvent,
    Surface,
)
from ugc.models.keys import random_key
from ugc.signals import photo_settled, photo_submitted

from .moderation import BAN_LIST, BANNED, refuse_photo
from .tagging import keep_words, suggest_products

State = Photo.State
Kind = PhotoEvent.Kind


def submit_photo(
    *,
    contributor: Contributor | None,
    persona_name: str,
    file: File[bytes],
    caption: str = "",
    alt_text: str = "",
    product_key: str = "",
    surfaces: Surface = NOWHERE,
    ends_at: datetime | None = None,
    email: str = "",
    language: str = "en",
    recipe: Mapping[str, Any] | None = None,
) -> Photo:
    """Return the new photo, its file on the way through the pipeline.

    Without a contributor one is made, but only once the file was taken. An
    e-mail address means that the person wants answers by mail. ``recipe`` is how
    its author styled it. Raises RefusedFile for what can be told at once, and
    WrongRecipe.
    """
    public_id = random_key()
    persona_name = _persona_name(persona_name)
    # Outside the transaction: it writes a file. The worker may be faster than
    # we are; _await_asset sees to that.
    asset = media.receive_upload(
        file=file,
        is_to_be_claimed=True,
        recipe=recipe,
        notes=credit.notes_for(name=persona_name, public_id=public_id),
        context_keys=[product_key] if product_key else (),
    )
    try:
        return _write_photo(
            asset,
            contributor=contributor,
            persona_name=persona_name,
            public_id=public_id,
            caption=texts.one_line(caption, length=500),
            alt_text=texts.one_line(alt_text, length=300),
            product_key=product_key,
            surfaces=surfaces,
            ends_at=ends_at if surfaces else None,
            email=email,
            language=language,
        )
    except Exception:
        # Nobody's picture must not stay: without a photo no one could erase it.
        media.erase_asset(asset.pk)
        raise


@transaction.atomic
def _write_photo(
    asset: Asset,
    *,
    contributor: Contributor | None,
    persona_name: str,
    surfaces: Surface,
    ends_at: datetime | None,
    email: str,
    language: str,
    **words: str,
) -> Photo:
    contributor = contributor or Contributor.objects.create(language=language)
    if contributor.language != language:
        contributor.language = language
        contributor.save(update_fields=["language"])
    if email:
        _want_answers(contributor, email)
    photo = Photo.objects.create(
        contributor=contributor,
        persona=_persona(contributor, persona_name),
        asset=asset,
        # One truth: what its renditions are made with.
        recipe=asset.recipe or {},
        language=language,
        state=State.SUBMITTED,
        submitted_at=timezone.now(),
        allowed_surfaces=surfaces.value,
        ends_at=ends_at,
        **words,
    )
    Permission.objects.bulk_create(
        Permission(
            photo=photo,
            surface=surface.value,
            is_allowed=surface in surfaces,
            text_version=permissions.TEXT_VERSION,
            ends_at=ends_at if surface in surfaces else None,
        )
        for surface in Surface
    )
    if ends_at is not None:
        publishing.expire_later(photo.pk, ends_at)
    PhotoEvent.objects.create(photo=photo, kind=Kind.SUBMITTED)
    photo_submitted.send(sender=Photo, photo_id=photo.pk)
    access.photo_token(photo)  # its secret link opens from now on
    mails.send_secret_link(photo)
    _await_asset(asset.pk)
    photo.refresh_from_db()
    return photo


def replace_file(
    photo: Photo,
    *,
    file: File[bytes],
    contributor: Contributor,
    recipe: Mapping[str, Any] | None = None,
) -> bool:
    """Send another picture into a draft whose file was refused; words stay.

    A recipe does not: it was made for the other picture. Return whether the file was
    taken: not if somebody else was faster. Raises RefusedFile, WrongRecipe, and
    NotPossible for a photo that is no draft.
    """
    _own(photo, contributor)
    if photo.state != State.DRAFT:
        raise NotPossible("Only a draft takes another picture.")
    old_id = photo.asset_id
    asset = media.receive_upload(
        file=file,
        is_to_be_claimed=True,
        recipe=recipe,
        notes=credit.notes_for(name=photo.persona.name, public_id=photo.public_id),
        context_keys=[photo.product_key] if photo.product_key else (),
    )
    try:
        return _put_into(photo, asset, old_id)
    except Exception:
        # As in submit_photo: nobody's picture must not stay.
        media.erase_asset(asset.pk)
        raise


@transaction.atomic
def _put_into(photo: Photo, asset: Asset, old_id: int | None) -> bool:
    replaced = publishing.change(
        photo.pk,
        only_if=Q(state=State.DRAFT, asset=old_id),
        asset=asset,
        recipe=asset.recipe or {},
        state=State.SUBMITTED,
        submitted_at=timezone.now(),
    )
    if replaced:
        PhotoEvent.objects.create(photo=photo, kind=Kind.FILE_REPLACED)
        if old_id is not None:
            media.erase_asset(old_id)
        _await_asset(asset.pk)
    else:
        media.erase_asset(asset.pk)
    return replaced


def settle_photo(asset_id: int) -> bool:
    """Let the photo of a settled asset go on its way. Return whether it moved.

    Needs a transaction: the asset's. Assets of no photo are somebody else's.
    """
    asset = Asset.objects.get(pk=asset_id)
    photo = Photo.objects.select_for_update().filter(asset=asset).first()
    if photo is None:
        return False
    said = _said(photo, (photo.language, *media.text_languages()))
    outcome = policy.outcome_of(
        state=asset.state,
        reason=asset.reason,
        verdict=asset.verdict,
        result=asset.result,
        said=said,
    )
    if outcome.next is policy.Next.SUBMITTED:
        moved = publishing.change(
            photo.pk,
            only_if=Q(state=State.SUBMITTED) & ~Q(priority=outcome.priority),
            priority=outcome.priority,
        )
        if moved:
            PhotoEvent.objects.create(photo=photo, kind=Kind.STUCK)
        return moved
    target = State(outcome.next.value)
    moved = publishing.change(
        photo.pk,
        only_if=Q(state=State.SUBMITTED),
        state=target,
        priority=outcome.priority,
    ) or (
        # Withdrawn while it was being checked: this is where it would be.
        Photo.objects.filter(
            pk=photo.pk, state=State.WITHDRAWN, state_before=State.SUBMITTED
        ).update(state_before=target, priority=outcome.priority)
        > 0
    )
    if not moved:
        return False
    if target is State.IN_REVIEW:
        keep_words(photo, asset)
        suggest_products(photo, asset)
        # Only a worker tells languages, so the pages read it here.
        language = [code for code in said if code == media.OTHER_LANGUAGE]
        PhotoEvent.objects.create(
            photo=photo,
            kind=Kind.CHECKED,
            detail={"said": language} if language else {},
        )
    else:
        PhotoEvent.objects.create(
            photo=photo,
            kind=Kind.FILE_REFUSED,
            detail={"reasons": list(outcome.reasons)},
        )
    photo_settled.send(sender=Photo, photo_id=photo.pk)
    # Not one that its author took back meanwhile.
    photo.refresh_from_db()
    if outcome.is_banned and conf.refuses_banned() and photo.state == State.IN_REVIEW:
        refuse_photo(photo, by=None, rule=BAN_LIST, reasons=[BANNED])
    return True


def reasons_in_words(photo: Photo) -> tuple[str, ...]:
    """The codes of what a person should look at in the author's name and words.

    Reads ``photo.persona`` and ``photo.events``: no queries where both are fetched.
    The language is the one that the worker found, until the words change.
    """
    return tuple(dict.fromkeys((*_said(photo), *_said_when_checked(photo))))


def _said(photo: Photo, languages: Sequence[str] = ()) -> tuple[str, ...]:
    """With languages, also whether the words are in none of them; slow at first."""
    checked = (
        media.check_text(photo.persona.name),  # names are in no language
        media.check_text(photo.caption, languages),
        media.check_text(photo.alt_text, languages),
    )
    return tuple(dict.fromkeys(code for each in checked for code in each.reasons))


def _said_when_checked(photo: Photo) -> Sequence[str]:
    kinds = (Kind.CHECKED, Kind.EDITED)
    events = [event for event in photo.events.all() if event.kind in kinds]
    said: Sequence[str] = events[-1].detail.get("said", ()) if events else ()
    return said


def stop_mails(contributor: Contributor) -> bool:
    """Forget the address and end the consent. Return whether there was one."""
    with transaction.atomic():
        ended = Consent.objects.filter(
            contributor=contributor,
            purpose=Consent.Purpose.ANSWERS_BY_MAIL,
            withdrawn_at=None,
        ).update(withdrawn_at=timezone.now())
        forgotten = (
            Contributor.objects.filter(pk=contributor.pk)
            .exclude(email="")
            .update(email="")
        )
    contributor.email = ""
    return bool(ended or forgotten)


def _await_asset(asset_id: int) -> None:
    # The pipeline may have settled it before our photo could be seen, and its
    # signal found nobody. The lock makes us wait for one that does so just now,
    # and one that comes after us sees the photo.
    media.claim_asset(asset_id)
    asset = Asset.objects.select_for_update().get(pk=asset_id)
    if asset.state != Asset.State.PENDING:
        settle_photo(asset_id)


def _persona_name(name: str) -> str:
    return texts.one_line(name, length=60)


def _persona(contributor: Contributor, name: str) -> Persona:
    persona, _is_new = Persona.objects.get_or_create(contributor=contributor, name=name)
    return persona


def _want_answers(contributor: Contributor, email: str) -> None:
    if contributor.email != email:
        contributor.email = email
        contributor.save(update_fields=["email"])
    Consent.objects.get_or_create(
        contributor=contributor,
        purpose=Consent.Purpose.ANSWERS_BY_MAIL,
        withdrawn_at=None,
        defaults={"text_version": permissions.TEXT_VERSION},
    )


def _own(photo: Photo, contributor: Contributor) -> None:
    if photo.contributor_id != contributor.pk:
        raise NotPossible("This is somebody else's photo.")
