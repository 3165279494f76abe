"""Products in a picture, for callers that should not load the engines behind it."""

from __future__ import annotations

from collections.abc import Sequence

from ..models import PhotoLikeness, ProductLikeness


def search_products(
    asset_id: int, box: Sequence[float], limit: int = 8
) -> list[tuple[str, float]]:
    """Return the products most like what a box holds; see ``product_search``."""
    # Here, not above: a web process that takes uploads needs no engines.
    from .. import product_search

    return product_search.search_products(asset_id, box, limit)


def likest_picture(asset_id: int, key: str) -> str:
    """Return which picture of a product is most like an asset's: its reference.

    "" if that can't be said. Two queries; nothing is decoded.
    """
    import numpy as np

    from ..similarity import vector_from_bytes

    own = PhotoLikeness.objects.filter(asset_id=asset_id).first()
    if own is None:
        return ""
    rows = ProductLikeness.objects.filter(key=key, model=own.model).exclude(vector=b"")
    pictures = list(rows.order_by("pk").values_list("reference", "vector"))
    if not pictures or not own.vector:
        return ""
    vectors = np.stack([vector_from_bytes(bytes(vector)) for _, vector in pictures])
    best = int((vectors @ vector_from_bytes(bytes(own.vector))).argmax())
    return str(pictures[best][0])
