"""Where the worker looks for products, and what an editor's own box holds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Collection, Sequence
from typing import cast

from django.utils.module_loading import import_string

from . import conf, sandbox
from .exceptions import BackendUnavailable
from .models import Asset
from .pipeline_steps.products import Products
from .registry import discover
from .results import Box
from .services.files import read_master
from .similarity import Match, ProductIndex, cut


def with_index(step: Products, *, asked: Collection[str] = ()) -> Products:
    """Return the step with the catalogue to search in. One query if nothing changed.

    ``asked`` are the keys that an order or a product page named: they come first.
    """
    find = cast("Callable[..., ProductIndex]", import_string(conf.product_index()))
    index = find(embedder_name=step.engine.name, length=step.engine.length)
    return dataclasses.replace(step, index=index, asked=tuple(map(str, asked)))


def search_products(
    asset_id: int, box: Sequence[float], limit: int = 8
) -> list[tuple[str, float]]:
    """Return the products most like what is inside a box, with their cosine.

    ``box`` is [x, y, w, h] in [0, 1] of the master. Those the photo was sent for
    come first if they may be it at all; then the best, however unlike they are: a
    person has drawn the box and looks. Reads the master in the sandbox, so not
    inside a transaction.

    Raises ``LookupError`` without such a processed asset, ``ValueError`` for a box
    without an area in the picture, ``BackendUnavailable`` without a catalogue or its
    network, and as ``reruns.rescore_asset`` does for the master and the sandbox.
    """
    place = _clipped(box)
    asset = Asset.objects.filter(pk=asset_id, state=Asset.State.PROCESSED).first()
    if asset is None:
        raise LookupError(f"No processed asset {asset_id}.")
    if not conf.catalogue():
        raise BackendUnavailable("MEDIA_PIPELINE_CATALOGUE names no catalogue.")
    options = conf.step_options().get("products")
    step = with_index(
        cast("Products", discover().build("products", options)),
        asked=asset.context_keys,
    )
    index = step.checked_index()
    with sandbox.opened(read_master(asset), is_ours=True) as picture:
        (row,) = step.engine.embed([cut(picture.frame.pixels, place)])
    first: tuple[Match, ...] = ()
    if step.asked:
        first = index.find(
            {place: row}, min_score=step.asked_from, limit=limit, among=step.asked
        )
    best = index.find({place: row}, min_score=-1.0, limit=limit)
    matches = {match.key: match for match in (*first, *best)}
    return [
        (match.key, round(match.score, 4)) for match in list(matches.values())[:limit]
    ]


def _clipped(box: Sequence[float]) -> Box:
    """Return the part of a box inside the picture. Raises ``ValueError``."""
    left, top, width, height = (float(side) for side in box)
    if not all(map(math.isfinite, (left, top, width, height))):
        raise ValueError("The box has no area inside the picture.")
    right, bottom = min(1.0, left + width), min(1.0, top + height)
    left, top = max(0.0, left), max(0.0, top)
    if not (right - left > 0 and bottom - top > 0):
        raise ValueError("The box has no area inside the picture.")
    return (left, top, right - left, bottom - top)
