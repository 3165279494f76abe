"""Products as search engines read them (schema.org/Product)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .services import ProductPageData


def product_data(
    page: ProductPageData, absolute: Callable[[str], str]
) -> dict[str, Any]:
    """Return the JSON-LD of a product page; ``absolute`` completes addresses."""
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": page.name,
        "url": absolute(page.url),
        "description": page.description[:5000],
        "image": [absolute(item.picture.src) for item in page.pictures[:5]],
        "offers": [
            {
                "@type": "Offer",
                "sku": variant.sku,
                "price": str(variant.price.amount),
                "priceCurrency": variant.price.currency,
                "availability": "https://schema.org/"
                + ("InStock" if variant.is_available else "OutOfStock"),
            }
            for variant in page.purchase.variants
        ],
    }
    if page.vendor:
        data["brand"] = {"@type": "Brand", "name": page.vendor}
    return data
