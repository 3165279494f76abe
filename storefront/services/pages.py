"""What product pages and lists show, in constant numbers of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from django.core.paginator import Page, Paginator
from django.db import models, transaction
from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from .. import addresses, conf
from ..catalogue import ProductCard, cards_of
from ..models import Category, CategoryText, Product, ProductText, Variant
from ..models.products import nearest_language, text_for
from ..ports import DrawnPicture
from ..purchase import PurchaseInfo, purchase_info
from ..words import searchable


class Sorting(models.TextChoices):
    """The orders in which a list can be read."""

    OURS = "", _("Our choice")
    NEWEST = "newest", _("Newest first")
    CHEAPEST = "price", _("Price, low to high")
    DEAREST = "-price", _("Price, high to low")
    NAME = "name", _("Name")


@dataclass(frozen=True, slots=True)
class PagePicture:
    """One of a product's pictures with its text for those who can't see it."""

    picture: DrawnPicture
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPageData:
    """All that a product's page shows of the shop's own, in one language."""

    key: str
    name: str
    paragraphs: tuple[str, ...]
    vendor: str
    category: str  # slug, "" for none
    category_name: str
    url: str
    pictures: tuple[PagePicture, ...]
    purchase: PurchaseInfo
    buy_url: str
    share_url: str

    @property
    def description(self) -> str:
        return " ".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class CategoryChoice:
    """A category that has something to show; ``size`` products of it."""

    slug: str
    name: str
    size: int


def product_page(key: str, *, language: str) -> ProductPageData | None:
    """Return what the page of a published product shows, or None.

    Four queries, and those of the picture renderer.
    """
    default = conf.default_language()
    category_texts = CategoryText.objects.filter(
        category__slug=OuterRef("category_id")
    ).order_by(nearest_language(language, default), "language")
    product = (
        Product.objects.published()
        .annotate(category_name=Subquery(category_texts.values("name")[:1]))
        .filter(key=key)
        .first()
    )
    if product is None:
        return None
    text = product.texts.order_by(
        nearest_language(language, default), "language"
    ).first()
    variants = product.variants.with_labels(language=language, default=default)
    rows = list(product.pictures.all())
    drawn = conf.picture_renderer().pictures([row.reference for row in rows])
    name = text.name if text else product.key
    # Of the annotation above.
    category_name: str | None = getattr(product, "category_name", None)
    with translation.override(language):
        return ProductPageData(
            key=product.key,
            name=name,
            paragraphs=_paragraphs(text.description if text else ""),
            vendor=product.vendor,
            category=product.category_id or "",
            category_name=category_name or product.category_id or "",
            url=conf.product_url(product.key),
            pictures=tuple(
                PagePicture(
                    drawn[row.reference],
                    text_for(row.alt_texts, language, default) or name,
                )
                for row in rows
                if row.reference in drawn
            ),
            purchase=purchase_info(list(variants), language=language),
            buy_url=addresses.buy_url(),
            share_url=conf.share_url(product.key),
        )


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())


def listing(
    *,
    category: str | None = None,
    query: str = "",
    language: str,
    page: int | str = 1,
    sorting: str = Sorting.OURS,
) -> Page[ProductCard]:
    """Return one page of product cards: three queries and the renderer's.

    A page number that does not exist gives the nearest one that does.
    """
    default = conf.default_language()
    products = Product.objects.published()
    if category:
        products = products.in_category(category)
    if query.strip():
        products = products.matching(query, language=language, default=default)
    products = products.for_cards(language=language, default=default)
    if sorting in (Sorting.CHEAPEST, Sorting.DEAREST):
        cheapest = (
            Variant.objects.filter(product=OuterRef("pk"))
            .order_by()
            .values("product")
            .annotate(lowest=Min("price"))
            .values("lowest")
        )
        products = products.annotate(lowest=Subquery(cheapest))
        by = "lowest" if sorting == Sorting.CHEAPEST else "-lowest"
        products = products.order_by(by, "position", "key")
    elif sorting == Sorting.NEWEST:
        products = products.order_by("-created_at", "-pk")
    elif sorting == Sorting.NAME:
        products = products.order_by(Lower("card_name"), "key")
    elif not query.strip():
        products = products.order_by("position", "key")
    found = Paginator(products, conf.page_size()).get_page(page)
    # The same numbers with richer rows: of its paginator a page only asks those.
    numbers = cast("Paginator[ProductCard]", found.paginator)
    return Page(cards_of(found.object_list, language=language), found.number, numbers)


def categories(*, language: str) -> list[CategoryChoice]:
    """Return the categories with published products, in the shop's order."""
    texts = CategoryText.objects.filter(category=OuterRef("pk")).order_by(
        nearest_language(language, conf.default_language()), "language"
    )
    published = Product.objects.published().filter(category_id=OuterRef("slug"))
    rows = (
        Category.objects.filter(Exists(published))
        .annotate(
            shown_name=Subquery(texts.values("name")[:1]),
            size=Count("products", filter=Q(products__is_published=True)),
        )
        .order_by("position", "slug")
    )
    return [
        CategoryChoice(row.slug, row.shown_name or row.slug, row.size) for row in rows
    ]


@transaction.atomic
def index_products(keys: Iterable[str]) -> int:
    """Rewrite what search reads of these products. Return how many texts changed.

    Call it after writing texts, categories' names or SKUs.
    """
    products = Product.objects.filter(key__in=set(keys)).prefetch_related(
        "texts", "variants__texts", "category__texts"
    )
    changed: list[ProductText] = []
    for product in products:
        skus = [variant.sku for variant in product.variants.all()]
        kinds = (
            {text.language: text.name for text in product.category.texts.all()}
            if product.category
            else {}
        )
        for text in product.texts.all():
            labels = [
                words.label
                for variant in product.variants.all()
                for words in variant.texts.all()
                if words.language == text.language
            ]
            name_words = searchable([text.name])
            all_words = searchable(
                [
                    text.name,
                    kinds.get(text.language, ""),
                    product.vendor,
                    *labels,
                    *skus,
                    text.description,
                ]
            )
            if (name_words, all_words) != (text.name_words, text.all_words):
                text.name_words, text.all_words = name_words, all_words
                changed.append(text)
    ProductText.objects.bulk_update(changed, ["name_words", "all_words"], 200)
    return len(changed)
