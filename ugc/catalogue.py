"""The port: all that this app, and what stands on it, asks of a shop's products.

Any class of these methods will do, nothing need be inherited. ``UGC_CATALOGUE``
names it; ``ugc.testing.CatalogueContract`` tests it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Protocol, cast

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from . import conf


class DrawnPicture(Protocol):
    """A product picture as the shop draws it; sizes in px."""

    @property
    def src(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...

    def html(
        self,
        *,
        alt: str,
        sizes: str = "100vw",
        eager: bool = False,
        css_class: str = "",
    ) -> SafeString: ...


class VariantChoice(Protocol):
    """One way to buy a product."""

    @property
    def sku(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def price_text(self) -> str: ...
    @property
    def is_available(self) -> bool: ...


class ProductCard(Protocol):
    """What a photo shows of a product: name, price, availability, links."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def price_text(self) -> str: ...
    @property
    def is_available(self) -> bool: ...
    @property
    def availability_text(self) -> str: ...
    @property
    def picture(self) -> DrawnPicture | None: ...
    @property
    def buy_url(self) -> str:
        """Where a form puts a variant into the basket; "" if not directly."""
        ...

    @property
    def variants(self) -> Sequence[VariantChoice]: ...


class CataloguePicture(Protocol):
    """One picture of a product, to index by what can be seen."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...

    def open(self) -> IO[bytes]: ...


class Catalogue(Protocol):
    """A shop's products by their key, which is the product's, not a variant's."""

    def card(self, key: str, *, language: str) -> ProductCard | None:
        """The card of a product that is on sale, else None."""
        ...

    def cards(self, keys: Sequence[str], *, language: str) -> Mapping[str, ProductCard]:
        """The cards of those on sale, by key; a constant number of queries."""
        ...

    def search(
        self, text: str, *, language: str, limit: int = 10
    ) -> Sequence[ProductCard]:
        """Cards that fit the text, best first; none for an empty text."""
        ...

    def pictures(self) -> Iterator[CataloguePicture]:
        """Every picture of every product on sale."""
        ...


class NoCatalogue:
    """Photos without a shop: knows no product at all."""

    def card(self, key: str, *, language: str) -> ProductCard | None:
        return None

    def cards(self, keys: Sequence[str], *, language: str) -> Mapping[str, ProductCard]:
        return {}

    def search(
        self, text: str, *, language: str, limit: int = 10
    ) -> Sequence[ProductCard]:
        return []

    def pictures(self) -> Iterator[CataloguePicture]:
        return iter(())


def get_catalogue() -> Catalogue:
    """The shop's catalogue, as ``UGC_CATALOGUE`` names it."""
    path = conf.catalogue()
    try:
        made = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"UGC_CATALOGUE names {path!r}, which cannot be imported: {error}."
        ) from error
    return cast("Catalogue", made())
