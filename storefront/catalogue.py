"""Product cards, and the catalogue as the photos' side asks for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from django.utils import translation

from . import addresses, conf, purchase
from .models import Product, ProductPicture, Variant
from .models.products import text_for
from .money import Price
from .ports import DrawnPicture
from .purchase import VariantChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCard:
    """A product in short, ready to be shown in one language."""

    key: str
    name: str
    url: str
    price_text: str
    is_available: bool
    availability_text: str
    picture: DrawnPicture | None
    picture_alt: str
    buy_url: str
    variants: tuple[VariantChoice, ...]
    lowest_price: Price | None
    is_published: bool = True

    @property
    def chosen_sku(self) -> str:
        return purchase.chosen_sku(self.variants)

    @property
    def prices_differ(self) -> bool:
        return purchase.prices_differ(self.variants)

    @property
    def option_names(self) -> str:
        return purchase.option_names(self.variants)


@dataclass(frozen=True, slots=True)
class CataloguePicture:
    """A product's picture to be looked at by machines."""

    key: str
    name: str
    reference: str
    category: str = ""  # the product's, as a slug

    def open(self) -> IO[bytes]:
        return conf.picture_renderer().open(self.reference)


def cards_of(products: Iterable[Product], *, language: str) -> list[ProductCard]:
    """Return the cards of products that were fetched with ``for_cards``.

    One query for all variants, and those of the picture renderer.
    """
    products = list(products)
    if not products:
        return []
    variants: dict[int, list[Variant]] = defaultdict(list)
    for variant in Variant.objects.filter(product__in=products).with_labels(
        language=language, default=conf.default_language()
    ):
        variants[variant.product_id].append(variant)
    # card_…: annotations of for_cards.
    references = [getattr(product, "card_picture", None) for product in products]
    pictures = conf.picture_renderer().pictures(
        [reference for reference in references if reference]
    )
    with translation.override(language):
        return [
            _card(product, variants[product.pk], pictures, language)
            for product in products
        ]


def _card(
    product: Product,
    variants: Sequence[Variant],
    pictures: Mapping[str, DrawnPicture],
    language: str,
) -> ProductCard:
    info = purchase.purchase_info(variants, language=language)
    name = getattr(product, "card_name", None) or product.key
    alt_texts = getattr(product, "card_alt_texts", None) or {}
    return ProductCard(
        key=product.key,
        name=name,
        url=conf.product_url(product.key),
        price_text=info.price_text,
        is_available=info.is_available,
        availability_text=info.availability_text,
        picture=pictures.get(getattr(product, "card_picture", None) or ""),
        picture_alt=text_for(alt_texts, language, conf.default_language()) or name,
        buy_url=addresses.buy_url(),
        variants=info.variants,
        lowest_price=info.lowest_price,
        is_published=product.is_published,
    )


def cards_by_key(
    keys: Iterable[str], *, language: str, published_only: bool = True
) -> dict[str, ProductCard]:
    """Return cards of the products that exist: two queries and the renderer's."""
    products = Product.objects.filter(key__in=set(keys)).for_cards(
        language=language, default=conf.default_language()
    )
    if published_only:
        products = products.published()
    return {card.key: card for card in cards_of(products, language=language)}


class DatabaseCatalogue:
    """The shop's products behind the port that photos ask (``ugc.catalogue``).

    It fits by shape: this package knows nothing of photos.
    """

    def card(self, key: str, *, language: str) -> ProductCard | None:
        return self.cards([key], language=language).get(key)

    def cards(self, keys: Iterable[str], *, language: str) -> Mapping[str, ProductCard]:
        """Return cards of published products, in a constant number of queries."""
        keys = list(keys)
        return cards_by_key(keys, language=language) if keys else {}

    def search(
        self, text: str, *, language: str, limit: int = 10
    ) -> Sequence[ProductCard]:
        """Return published products whose words begin so, best first."""
        default = conf.default_language()
        products = (
            Product.objects.published()
            .matching(text, language=language, default=default)
            .for_cards(language=language, default=default)
        )
        return cards_of(products[:limit], language=language)

    def pictures(self) -> Iterator[CataloguePicture]:
        """Yield every picture of every published product, one query in all."""
        default = conf.default_language()
        rows = (
            ProductPicture.objects.filter(product__is_published=True)
            .select_related("product")
            .order_by("product__key", "position")
        )
        for row in rows.iterator(chunk_size=500):
            yield CataloguePicture(
                key=row.product.key,
                name=text_for(row.alt_texts, default, default) or row.product.key,
                reference=row.reference,
                category=row.product.category_id or "",
            )
