"""Products in a picture, for callers that should not load the engines behind it."""

from __future__ import annotations

from collections.abc import Sequence


def search_products(
    asset_id: int, box: Sequence[float], limit: int = 8
) -> list[tuple[str, float]]:
    """Return the products most like what a box holds; see ``product_search``."""
    # Here, not above: a web process that takes uploads needs no engines.
    from .. import product_search

    return product_search.search_products(asset_id, box, limit)
