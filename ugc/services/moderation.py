"""What the shop decides about a photo."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Q

from media_pipeline import services as media
from ugc import mails, policy, publishing, reasons
from ugc.exceptions import ChangedMeanwhile, NotPossible
from ugc.models import Decision, Photo, PhotoEvent
from ugc.signals import photo_approved, photo_refused, photo_removed

from .tagging import settle_suggestions, tag_product

State = Photo.State
Kind = PhotoEvent.Kind
Outcome = Decision.Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class TagAt:
    """A product at a point in [0, 1] of the master."""

    product_key: str
    x: float
    y: float
    variant_sku: str = ""


def review_stamp(photo: Photo) -> str:
    """Return a short hash of what an editor sees and the author may change.

    Reads ``photo.persona``.
    """
    seen = [
        photo.caption,
        photo.alt_text,
        photo.recipe,
        photo.asset_id,
        photo.persona.name,
    ]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:32]


def approve_photo(
    photo: Photo,
    *,
    by: AbstractBaseUser | None,
    tags: Iterable[TagAt] = (),
    rule: str = "",
    note: str = "",
    seen: str | None = None,
) -> Decision:
    """Return the decision; the photo is public where its author allows it.

    ``by`` is a person, who stands for the products that software had put on the
    photo, or None with the ``rule`` that decided, and they go. ``seen`` is the
    ``review_stamp`` of what that person looked at; None where nobody looked at
    a page. A photo already approved keeps its decision. Raises
    ChangedMeanwhile if the photo is no longer what was seen, or its new style can't
    be seen yet, and NotPossible from any other state than ``in_review``.
    """
    with transaction.atomic():
        if photo.asset_id is not None and media.is_restyling(photo.asset_id):
            raise ChangedMeanwhile("Its new style is still being made.")
        for tag in tags:
            tag_product(
                photo,
                product_key=tag.product_key,
                x=tag.x,
                y=tag.y,
                variant_sku=tag.variant_sku,
                by=by,
            )
        decision, is_new = _decide(
            photo,
            from_states=[State.IN_REVIEW],
            to=State.APPROVED,
            outcome=Outcome.APPROVED,
            by=by,
            rule=rule,
            note=note,
            seen=seen,
        )
        if is_new:
            settle_suggestions(photo, by=by)
            PhotoEvent.objects.create(photo=photo, kind=Kind.APPROVED)
            photo_approved.send(sender=Photo, photo_id=photo.pk)
            if photo.allowed_surfaces:
                publishing.publish_later(photo.pk)
            mails.send_decision(photo, decision)
    photo.refresh_from_db()
    return decision


def refuse_photo(
    photo: Photo,
    *,
    by: AbstractBaseUser | None,
    reasons: Iterable[str],
    note: str = "",
    rule: str = "",
) -> Decision:
    """Return the decision not to show a photo. Raises UnknownReason, NotPossible."""
    with transaction.atomic():
        decision, is_new = _decide(
            photo,
            from_states=[State.IN_REVIEW],
            to=State.REFUSED,
            outcome=Outcome.REFUSED,
            by=by,
            rule=rule,
            codes=reasons,
            note=note,
        )
        if is_new:
            PhotoEvent.objects.create(
                photo=photo, kind=Kind.REFUSED, detail={"reasons": decision.reasons}
            )
            photo_refused.send(sender=Photo, photo_id=photo.pk)
            mails.send_decision(photo, decision)
    photo.refresh_from_db()
    return decision


def remove_photo(
    photo: Photo, *, by: AbstractBaseUser | None, reasons: Iterable[str], note: str = ""
) -> Decision:
    """Return the decision that takes a photo down, whatever was decided before."""
    with transaction.atomic():
        decision, is_new = _decide(
            photo,
            from_states=[
                State.DRAFT,
                State.SUBMITTED,
                State.IN_REVIEW,
                State.APPROVED,
                State.REFUSED,
                State.EXPIRED,
                State.WITHDRAWN,
            ],
            to=State.REMOVED,
            outcome=Outcome.REMOVED,
            by=by,
            codes=reasons,
            note=note,
            state_before="",
        )
        if is_new:
            PhotoEvent.objects.create(
                photo=photo, kind=Kind.REMOVED, detail={"reasons": decision.reasons}
            )
            photo_removed.send(sender=Photo, photo_id=photo.pk)
            mails.send_decision(photo, decision)
    photo.refresh_from_db()
    return decision


def reopen_photo(
    photo: Photo, *, by: AbstractBaseUser | None, note: str = ""
) -> Decision:
    """Return the decision to look at a decided photo once more."""
    with transaction.atomic():
        decision, is_new = _decide(
            photo,
            from_states=[State.APPROVED, State.REFUSED, State.REMOVED],
            to=State.IN_REVIEW,
            outcome=Outcome.REOPENED,
            by=by,
            note=note,
        )
        if is_new:
            PhotoEvent.objects.create(photo=photo, kind=Kind.REOPENED)
    photo.refresh_from_db()
    return decision


#: Of decisions that follow from the ban list, and their rule where nobody looked.
BANNED = "banned_picture"
BAN_LIST = "ban_list"


def ban_photo(photo: Photo, *, by: AbstractBaseUser, reason: str) -> Decision | None:
    """Put a photo's picture on the ban list, and turn down what is still undecided.

    The list outlives the photo. ``reason`` is for the shop's own people; the author
    reads the wording of ``BANNED``. Return the decision, or None for a photo that is
    not shown anyway. Not inside a transaction: it may read the master. Raises
    NotPossible while there is no checked picture, and StorageUnavailable.
    """
    if photo.asset_id is None:
        raise NotPossible("There is no picture to ban.")
    try:
        media.take_likeness(photo.asset_id)  # what takes long, or fails
    except LookupError as error:
        raise NotPossible("Only a checked picture can be banned.") from error
    with transaction.atomic():
        # The photo first, as everywhere; its state is what is decided on.
        now = Photo.objects.select_for_update().get(pk=photo.pk)
        try:
            media.ban_picture(photo.asset_id, reason=reason, by=by.get_username())
        except LookupError as error:
            raise NotPossible("The picture is gone.") from error
        decide = {State.IN_REVIEW: refuse_photo, State.APPROVED: remove_photo}.get(
            State(now.state)
        )
        decision = None if decide is None else decide(now, by=by, reasons=[BANNED])
    photo.refresh_from_db()
    return decision


def lift_ban(public_id: str, *, by: AbstractBaseUser) -> bool:
    """Take a picture off the ban list, by its asset's public id.

    Photos that were refused for it stay so until somebody opens them again. Who did it
    is kept. Return whether it was on the list.
    """
    return media.lift_ban(public_id, by=by.get_username())


def feature_photo(
    photo: Photo, *, by: AbstractBaseUser | None, is_featured: bool
) -> bool:
    """Let a photo lead its products' and words' galleries, or stand in line again.

    Return whether that is new. Raises NotPossible for one that isn't approved.
    """
    with transaction.atomic():
        now = Photo.objects.select_for_update().get(pk=photo.pk)
        if now.is_featured == is_featured:
            return False
        if now.state != State.APPROVED:
            raise NotPossible(f"A photo in state {now.state} stands in no gallery.")
        publishing.set_score(now.pk, 1 if is_featured else 0)
        PhotoEvent.objects.create(
            photo=now,
            kind=Kind.FEATURED if is_featured else Kind.UNFEATURED,
            detail={"by": by.pk if by else None},
        )
    photo.refresh_from_db()
    return True


def retry_photo(photo: Photo) -> bool:
    """Have a stuck photo checked again. Return whether it was stuck."""
    if photo.asset_id is None:
        return False
    return media.retry_asset(photo.asset_id)


def discard_upload(photo: Photo) -> bool:
    """Give up on a stuck file: the author may send another. Whether it was stuck."""
    if photo.asset_id is None:
        return False
    return media.discard_asset(photo.asset_id)


def _decide(
    photo: Photo,
    *,
    from_states: list[State],
    to: State,
    outcome: Outcome,
    by: AbstractBaseUser | None,
    rule: str = "",
    codes: Iterable[str] | None = None,
    note: str = "",
    seen: str | None = None,
    **columns: Any,
) -> tuple[Decision, bool]:
    """Return the decision and whether it is new; a repetition changes nothing."""
    if by is None and not rule:
        raise ValueError("A decision needs a person or a rule.")
    checked = [] if codes is None else reasons.checked(codes)
    now = (
        # The photo alone: PostgreSQL locks no row that a join may lack.
        Photo.objects.select_for_update(of=("self",))
        .select_related("decision", "asset", "persona")
        .get(pk=photo.pk)
    )
    if now.state == to and now.decision and now.decision.outcome == outcome:
        return now.decision, False
    # Under the lock: the author's next change waits, and then meets the new state.
    if seen is not None and now.state in from_states and review_stamp(now) != seen:
        raise ChangedMeanwhile("Its author has changed it since it was seen.")
    decision = Decision.objects.create(
        photo=now,
        actor_id=None if by is None else by.pk,
        rule=rule,
        outcome=outcome,
        reasons=checked,
        note=note.strip(),
        evidence=_evidence(now),
    )
    if not publishing.change(
        now.pk, only_if=Q(state__in=from_states), state=to, decision=decision, **columns
    ):
        # Rolls the decision back with it.
        raise NotPossible(f"A photo in state {now.state} cannot become {to}.")
    photo.refresh_from_db()
    return decision, True


def _evidence(photo: Photo) -> dict[str, Any]:
    """What software had said by then; the asset may be gone one day."""
    if photo.asset is None:
        return {}
    return {
        "verdict": photo.asset.verdict,
        "reasons": list(policy.reasons_of(photo.asset.result)),
        "moderation": photo.asset.result.get("moderation"),
        "sha256": photo.asset.sha256,
    }
