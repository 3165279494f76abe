"""Tells the pipeline, now and then, which photos are really looked at."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import DatabaseError, transaction
from django.http import HttpRequest

from media_pipeline import services as media

from . import conf
from .shoppable import ShoppablePhoto

logger = logging.getLogger(__name__)


def note_viewed(request: HttpRequest, photos: Iterable[ShoppablePhoto]) -> None:
    """Wish better AVIFs of the photos, in one of ``CMS_VIEWED_ONE_IN`` requests.

    Chance alone says in which: what is often looked at is soon met, and nobody is
    counted or remembered. The page never fails by it.
    """
    one_in = conf.viewed_one_in()
    if one_in < 1 or request.method != "GET" or secrets.randbelow(one_in):
        return
    asset_ids = [photo.asset_id for photo in photos if photo.asset_id is not None]
    if not asset_ids:
        return
    try:
        with _apart():
            media.want_small(asset_ids)
    except DatabaseError:
        logger.warning("Better AVIFs could not be wished", exc_info=True)


def _apart() -> AbstractContextManager[Any]:
    """A savepoint, so that a failure spoils no transaction around the page.

    Only if there is one: a transaction of its own would wait for SQLite's write lock
    before it is known whether there is anything to write.
    """
    if transaction.get_connection().in_atomic_block:
        return transaction.atomic()
    return nullcontext()
