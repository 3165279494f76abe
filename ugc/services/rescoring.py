"""What follows for a photo when software has looked at its picture anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from media_pipeline.models import Asset
from ugc import conf, policy
from ugc.models import Photo

from .moderation import BAN_LIST, BANNED, refuse_photo
from .submission import reasons_in_words
from .tagging import keep_words, suggest_products

State = Photo.State


@transaction.atomic
def note_rescoring(asset_id: int, *, before: Mapping[str, Any]) -> bool:
    """Let a rescored asset's photo have what is new. Return whether there is one.

    ``before`` is the result it had. Every photo gets the words that were not found
    then. One that waits for a person is ranked anew and gets suggestions too; what
    only software had put on it and no longer finds goes. What a person has decided
    stays as it is, and so does every state but one: a photo that nobody has decided
    on yet is refused for a confirmed match with the ban list, as a new one is.
    """
    asset = Asset.objects.get(pk=asset_id)
    photo = Photo.objects.select_for_update().filter(asset=asset).first()
    if photo is None or asset.state != Asset.State.PROCESSED:
        return False
    is_undecided = not photo.decisions.exists()
    waits = State.IN_REVIEW in (photo.state, photo.state_before)
    keep_words(photo, asset, before=before, forgets=waits and is_undecided)
    if not waits:
        return True
    suggest_products(photo, asset, before=before)
    outcome = policy.outcome_of(
        state=asset.state,
        verdict=asset.verdict,
        result=asset.result,
        said=reasons_in_words(photo),
    )
    Photo.objects.filter(pk=photo.pk).update(priority=outcome.priority)
    if (
        outcome.is_banned
        and conf.refuses_banned()
        and photo.state == State.IN_REVIEW
        and is_undecided
    ):
        refuse_photo(photo, by=None, rule=BAN_LIST, reasons=[BANNED])
    return True
