"""Joins photos and product cards by product key.

What the public sees of a photo is made here, from querysets that have passed
the gate. Nothing here decides whether a photo may be seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from media_pipeline import pictures
from ugc.catalogue import ProductCard, get_catalogue
from ugc.models import Photo, PhotoQuerySet, ProductTag, Surface, public_q

from .photo_urls import photo_url

if TYPE_CHECKING:
    from media_pipeline.models import Picture

Point = tuple[float, float]

#: Large, and read by no page.
_RESULT = "asset__result"

_COLOUR = re.compile("#[0-9a-f]{6}", re.IGNORECASE)


def place_in(photo: Photo) -> Callable[[float, float], Point | None]:
    """Return how points of the photo's master, in [0, 1], lie in what is shown.

    None for a point that the crop of its recipe leaves out.
    """
    asset = photo.asset
    if asset is None:
        return lambda x, y: (x, y)
    # The asset's recipe, as that is what the renditions were made with.
    size = (asset.width, asset.height) if asset.width and asset.height else None
    return pictures.place_in(asset.recipe, size)


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

    @property
    def tint_class(self) -> str:
        """CSS classes of the colour that stands there until the picture does.

        In sixteenths of each part: half a step is less than anybody sees of a
        colour that is gone in a moment.
        """
        if not _COLOUR.fullmatch(self.picture.colour):
            return ""
        parts = bytes.fromhex(self.picture.colour[1:])
        steps = (f"{round(part / 17):x}" for part in parts)
        return "weave-tint " + " ".join(
            f"weave-{name}-{step}"
            for name, step in zip(("red", "green", "blue"), steps, strict=True)
        )


@dataclass(frozen=True, slots=True)
class ShoppablePhoto(ShownPhoto):
    """A public photo with the products that it shows."""

    products: tuple[TaggedProduct, ...] = field(default=())
    asset_id: int | None = None

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
    found = list(photos.for_gallery().defer(_RESULT))
    cards = _cards(
        (tag for photo in found for tag in photo.product_tags.all()), language
    )
    shown = []
    for photo in found:
        picture = _picture(photo)
        if picture is None:
            continue
        products = _products(photo.product_tags.all(), place_in(photo), cards)
        shown.append(
            ShoppablePhoto(
                **_shown(photo, picture),
                products=products,
                product_count=len(products),
                asset_id=photo.asset_id,
            )
        )
    return shown


def with_products(
    tile: ShownPhoto, surface: Surface, language: str
) -> ShoppablePhoto | None:
    """Return a gallery's tile with its products; None if it was taken down since.

    One query, and what the catalogue needs for the cards: the tile has the rest.
    """
    tags = list(
        ProductTag.objects.public_on(surface)
        .filter(public_q(surface, "photo__"), photo__public_id=tile.public_id)
        .select_related("photo__asset")
        .defer(f"photo__{_RESULT}")
    )
    if not tags:
        found = shoppable(
            Photo.objects.filter(public_id=tile.public_id), surface, language
        )
        return found[0] if found else None
    photo = tags[0].photo
    products = _products(tags, place_in(photo), _cards(tags, language))
    return ShoppablePhoto(
        **{each.name: getattr(tile, each.name) for each in fields(ShownPhoto)},
        products=products,
        asset_id=photo.asset_id,
    )


def _cards(tags: Iterable[ProductTag], language: str) -> Mapping[str, ProductCard]:
    keys = sorted({tag.product_key for tag in tags})
    return get_catalogue().cards(keys, language=language) if keys else {}


def _products(
    tags: Iterable[ProductTag],
    place: Callable[[float, float], Point | None],
    cards: Mapping[str, ProductCard],
) -> tuple[TaggedProduct, ...]:
    products: list[TaggedProduct] = []
    for tag in tags:
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
