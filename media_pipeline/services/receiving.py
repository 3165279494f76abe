"""An upload comes in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from outbox.services import ring_on_commit

from .. import conf, storage
from ..exceptions import RefusedFile
from ..models import Asset
from .styling import as_notes, as_recipe


def receive_upload(
    *,
    file: File[bytes],
    profile: str = Asset.Profile.PHOTO,
    name: str = "",
    is_to_be_claimed: bool = False,
    recipe: Mapping[str, Any] | None = None,
    notes: Mapping[str, str] | None = None,
    context_keys: Iterable[str] = (),
) -> Asset:
    """Keep an upload and have it processed. Raises ``RefusedFile`` by its size.

    The file is written before the row: a row always has its file, and a file
    without a row expires. Everything else is judged by content, in a worker.
    ``name`` is shown in place of the file's own. With ``is_to_be_claimed`` the
    asset is erased by itself after ``MEDIA_PIPELINE_INCOMING_EXPIRE_SECONDS``
    unless ``claim_asset`` is called in the transaction that makes it somebody's.

    ``recipe`` styles the renditions, ``notes`` (fields of ``RenditionNotes``) are
    written into them; ``context_keys`` are opaque keys of products that it may show.
    Raises ``WrongRecipe``, and ``TypeError`` for notes that there are not.
    """
    style = {"recipe": as_recipe(recipe), "notes": as_notes(notes)}
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
            context_keys=list(context_keys),
            unclaimed_until=(
                timezone.now() + timedelta(seconds=conf.incoming_expire_seconds())
                if is_to_be_claimed
                else None
            ),
            **style,
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
