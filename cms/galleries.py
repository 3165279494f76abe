"""Galleries: an ordered set of public photos, by hand or by rule.

Rule galleries walk one descending index and go on by keyset: a page deep in a
million photos touches as many rows as the first.
"""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils.translation import gettext_lazy as _

from ugc.models import Photo, PhotoTag, ProductTag, Surface, public_q

from .shoppable import ShoppablePhoto, ShownPhoto, shoppable
from .tiles import rows_of, tiles

_PUBLIC_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


class RuleKind(enum.StrEnum):
    PRODUCT = "product"
    TAG = "tag"
    NEWEST = "newest"


RULE_CHOICES = [
    (RuleKind.NEWEST.value, _("The newest photos")),
    (RuleKind.PRODUCT.value, _("Photos that show a product")),
    (RuleKind.TAG.value, _("Photos with a tag")),
]


@dataclass(frozen=True, slots=True)
class Rule:
    """Which photos, in an order that follows from it."""

    kind: RuleKind
    value: str = ""  # a product key, a tag word, or nothing

    @property
    def name(self) -> str:
        """A short name for addresses: the same rule has the same name anywhere."""
        text = f"{self.kind}:{self.value}"
        return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass(frozen=True, slots=True)
class Gallery:
    """Tiles, and where the next ones begin."""

    tiles: tuple[ShownPhoto, ...] = ()
    lead: ShoppablePhoto | None = None  # drawn large before the tiles
    name: str = ""  # of the rule, as addresses carry it
    next_cursor: str = ""  # "" at the end
    is_continued: bool = False  # these are not the first ones

    def __bool__(self) -> bool:
        return bool(self.tiles or self.lead)


def gallery_by_hand(photo_ids: Sequence[int], *, surface: Surface) -> Gallery:
    """Return those of the photos that are public there, in the given order.

    Two queries.
    """
    if not photo_ids:
        return Gallery()
    order = Case(
        *(When(pk=pk, then=Value(index)) for index, pk in enumerate(photo_ids)),
        output_field=IntegerField(),
    )
    photos = Photo.objects.public_on(surface).filter(pk__in=photo_ids)
    return Gallery(tuple(tiles(rows_of(photos.order_by(order)))))


def gallery_by_rule(
    rule: Rule, *, surface: Surface, count: int, after: str = ""
) -> Gallery:
    """Return up to ``count`` photos that are public there, in the rule's order.

    ``after`` is the public id of the photo before the first; one that is not
    in the gallery begins anew. Two queries, three with ``after``.
    """
    # Whatever stands in an address: nothing but an id goes into a query.
    after = after if _PUBLIC_ID.fullmatch(after) else ""
    walk = _newest if rule.kind is RuleKind.NEWEST else _best
    found, is_continued = walk(rule, surface, after)
    rows = list(found[: count + 1])
    shown = rows[:count]
    return Gallery(
        tiles=tuple(tiles(shown)),
        name=rule.name,
        next_cursor=shown[-1][0] if len(rows) > count else "",
        is_continued=is_continued,
    )


def with_lead(gallery: Gallery, *, surface: Surface, language: str) -> Gallery:
    """Return the gallery with its first photo apart, to shop from.

    Photos that follow a "more" link have been led into already: these stay
    tiles. Three queries, and what the catalogue needs for the cards.
    """
    if gallery.is_continued or not gallery.tiles:
        return gallery
    first, *rest = gallery.tiles
    # Empty if it was taken down since the tiles were read.
    found = shoppable(
        Photo.objects.filter(public_id=first.public_id), surface, language
    )
    return replace(gallery, lead=found[0] if found else None, tiles=tuple(rest))


def _newest(rule: Rule, surface: Surface, after: str) -> tuple[Any, bool]:
    photos = Photo.objects.public_on(surface).newest()
    # One that was never published has no place in this order.
    known = Photo.objects.filter(public_id=after, published_at__isnull=False)
    last = known.values_list("published_at", "pk").first() if after else None
    if last is not None:
        photos = photos.filter(_beyond("published_at", "pk", *last))
    return rows_of(photos), last is not None


def _best(rule: Rule, surface: Surface, after: str) -> tuple[Any, bool]:
    # From the tag's row, where key, score and gate share one index. The gate is
    # asked of the photo as well: its own columns are the truth.
    if rule.kind is RuleKind.PRODUCT:
        tags: Any = ProductTag.objects.filter(product_key=rule.value)
        top: Any = ProductTag.objects.top(rule.value, surface)
    else:
        tags = PhotoTag.objects.filter(word=rule.value)
        top = PhotoTag.objects.top(rule.value, surface)
    known = tags.filter(photo__public_id=after)
    last = known.values_list("score", "photo_id").first() if after else None
    if last is not None:
        top = top.filter(_beyond("score", "photo_id", *last))
    return rows_of(top.filter(public_q(surface, "photo__")), photo="photo__"), (
        last is not None
    )


def _beyond(first: str, second: str, value: object, pk: int) -> Q:
    """True of what comes after (value, pk), both descending.

    The first condition repeats what follows from the rest, in a form from
    which both databases start their walk of the index in the right place.
    """
    return Q(**{f"{first}__lte": value}) & (
        Q(**{f"{first}__lt": value}) | Q(**{f"{second}__lt": pk})
    )
