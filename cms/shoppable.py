"""Joins photos and product cards by product key.

What the public sees of a photo is made here, from querysets that have passed
the gate. Nothing here decides whether a photo may be seen.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from media_pipeline.exceptions import WrongRecipe
from media_pipeline.recipes import recipe_from
from media_pipeline.renditions import Size
from ugc.catalogue import ProductCard, get_catalogue
from ugc.models import Photo, PhotoQuerySet, Surface

from .photo_urls import photo_url

if TYPE_CHECKING:
    from media_pipeline.models import Picture


logger = logging.getLogger(__name__)

Point = tuple[float, float]


def place_in(photo: Photo) -> Callable[[float, float], Point | None]:
    """Return how points of the photo's master, in [0, 1], lie in what is shown.

    None for a point that the recipe's crop leaves out.
    """
    asset = photo.asset
    try:
        recipe = recipe_from(photo.recipe)
    except WrongRecipe:
        # What is shown is not known, so nothing can be pointed at.
        logger.warning("Photo %s has a recipe that cannot be read", photo.pk)
        return lambda x, y: None
    if recipe is None or asset is None or not asset.width or not asset.height:
        return lambda x, y: (x, y)
    size = Size(asset.width, asset.height)
    return lambda x, y: recipe.shown_point(x, y, size)


@dataclass(frozen=True, slots=True)
class TaggedProduct:
    """A product on a photo: listed below it, and drawn where ``x`` is known."""

    number: int
    card: ProductCard
    sku: str = ""
    x: float | None = None  # percent of what is shown, from the left
    y: float | None = None  # percent of what is shown, from the top

    @property
    def is_drawn(self) -> bool:
        return self.x is not None and self.y is not None

    @property
    def position_class(self) -> str:
        """CSS classes instead of a style, which the site's policy forbids."""
        if self.x is None or self.y is None:
            return ""
        return f"at-x-{round(self.x)} at-y-{round(self.y)}"


Hotspot = TaggedProduct


@dataclass(frozen=True, slots=True)
class ShownPhoto:
    """A public photo as a gallery shows it."""

    public_id: str
    url: str
    picture: Picture
    credit: str
    caption: str
    alt: str
    product_count: int
    language: str = ""  # of the caption

    @property
    def shape_class(self) -> str:
        """CSS class of the aspect ratio, in tenths: rows of equal height need it."""
        tenths = round(10 * self.picture.width / self.picture.height)
        return f"weave-r-{min(max(tenths, 5), 25)}"


@dataclass(frozen=True, slots=True)
class ShoppablePhoto(ShownPhoto):
    """A public photo with the products that it shows."""

    products: tuple[TaggedProduct, ...] = field(default=())

    @property
    def hotspots(self) -> tuple[TaggedProduct, ...]:
        """The products whose point lies in what is shown, in the list's order."""
        return tuple(each for each in self.products if each.is_drawn)

    @property
    def cards(self) -> tuple[ProductCard, ...]:
        return tuple(each.card for each in self.products)


def shoppable(
    photos: PhotoQuerySet, surface: Surface, language: str
) -> list[ShoppablePhoto]:
    """Return those photos that are public there, with their products' cards.

    A constant number of queries: photos, renditions, product tags, and what
    the catalogue needs for all cards together.
    """
    return join_cards(photos.public_on(surface), language)


def join_cards(photos: PhotoQuerySet, language: str) -> list[ShoppablePhoto]:
    """As ``shoppable``, for a queryset that has already passed the gate."""
    found = list(photos.for_gallery())
    keys = {tag.product_key for photo in found for tag in photo.product_tags.all()}
    cards = get_catalogue().cards(sorted(keys), language=language) if keys else {}
    shown = []
    for photo in found:
        picture = _picture(photo)
        if picture is None:
            continue
        products = _products(photo, cards)
        shown.append(
            ShoppablePhoto(
                **_shown(photo, picture), products=products, product_count=len(products)
            )
        )
    return shown


def _products(
    photo: Photo, cards: Mapping[str, ProductCard]
) -> tuple[TaggedProduct, ...]:
    place = place_in(photo)
    products: list[TaggedProduct] = []
    for tag in photo.product_tags.all():
        # A product that left the catalogue leaves the photo without a gap; what
        # only software has put there is for the editor.
        if tag.is_suggested or tag.product_key not in cards:
            continue
        point = place(tag.x, tag.y)
        products.append(
            TaggedProduct(
                number=len(products) + 1,
                card=cards[tag.product_key],
                sku=tag.variant_sku,
                x=None if point is None else 100 * point[0],
                y=None if point is None else 100 * point[1],
            )
        )
    return tuple(products)


def _picture(photo: Photo) -> Picture | None:
    return photo.asset.public_picture if photo.asset is not None else None


def _shown(photo: Photo, picture: Picture) -> dict[str, Any]:
    credit = photo.persona.name
    return {
        "public_id": photo.public_id,
        "url": photo_url(photo.public_id),
        "picture": picture,
        "credit": credit,
        "caption": photo.caption,
        "alt": photo.alt_text or gettext("Photo by %(name)s") % {"name": credit},
        "language": photo.language,
    }
