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
from functools import lru_cache
from typing import Any

from django.db import router
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ugc.models import Photo, PhotoTag, ProductTag, Surface, public_q

from .shoppable import ShoppablePhoto, ShownPhoto, with_products
from .statements import TEXT, Statement
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

    One query.
    """
    wanted = list(dict.fromkeys(photo_ids))
    if not wanted:
        return Gallery()
    statement = _by_hand(router.db_for_read(Photo), surface, len(wanted))
    found = {photo_id: row for *row, photo_id in statement.run(*wanted)}
    return Gallery(tuple(tiles(found[pk] for pk in wanted if pk in found)))


@lru_cache(maxsize=256)
def _by_hand(using: str, surface: Surface, number: int) -> Statement:
    stand_ins = list(range(-number, 0))  # no photo has such a key
    photos = Photo.objects.using(using).public_on(surface).filter(pk__in=stand_ins)
    return Statement.of(rows_of(photos.order_by(), "", "pk"), stand_ins)


def gallery_by_rule(
    rule: Rule, *, surface: Surface, count: int, after: str = ""
) -> Gallery:
    """Return up to ``count`` photos that are public there, in the rule's order.

    ``after`` is the public id of the photo before the first; one that is not
    in the gallery begins anew. One query, two with ``after``.
    """
    # Whatever stands in an address: nothing but an id goes into a query.
    after = after if _PUBLIC_ID.fullmatch(after) else ""
    rest = _after(rule, surface, after) if after else None
    is_continued = rest is not None
    if rest is not None:
        rows = list(rest[: count + 1])
    else:
        first = _first(router.db_for_read(Photo), rule.kind, surface, count + 1)
        rows = first.run(*([] if rule.kind is RuleKind.NEWEST else [rule.value]))
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
    tiles. One query, and what the catalogue needs for the cards.
    """
    if gallery.is_continued or not gallery.tiles:
        return gallery
    first, *rest = gallery.tiles
    lead = with_products(first, surface, language)
    return replace(gallery, lead=lead, tiles=tuple(rest))


@lru_cache(maxsize=256)
def _first(using: str, kind: RuleKind, surface: Surface, count: int) -> Statement:
    """Return how the first rows of any rule of this kind are read."""
    rows = rows_of(*_walk(Rule(kind, TEXT), surface, using))[:count]
    return Statement.of(rows, [] if kind is RuleKind.NEWEST else [TEXT])


def _after(rule: Rule, surface: Surface, after: str) -> QuerySet[Any, Any] | None:
    """Return the rows that follow that photo's; None if it has no place here."""
    using = router.db_for_read(Photo)
    if rule.kind is RuleKind.NEWEST:
        # One that was never published has no place in this order.
        known: Any = Photo.objects.using(using).filter(
            public_id=after, published_at__isnull=False
        )
        order = ("published_at", "pk")
    else:
        column = "product_key" if rule.kind is RuleKind.PRODUCT else "word"
        known = _tags(rule.kind, using).filter(
            photo__public_id=after, **{column: rule.value}
        )
        order = ("score", "photo_id")
    last = known.values_list(*order).first()
    if last is None:
        return None
    walk, photo = _walk(rule, surface, using)
    return rows_of(walk.filter(_beyond(*order, *last)), photo)


def _walk(rule: Rule, surface: Surface, using: str) -> tuple[Any, str]:
    """Return the rule's rows in its order, and how they lead to their photo."""
    if rule.kind is RuleKind.NEWEST:
        return Photo.objects.using(using).public_on(surface).newest(), ""
    # From the tag's row, where key, score and gate share one index. The gate is
    # asked of the photo as well: its own columns are the truth.
    top = _tags(rule.kind, using).top(rule.value, surface)
    return top.filter(public_q(surface, "photo__")), "photo__"


def _tags(kind: RuleKind, using: str) -> Any:
    model: Any = ProductTag if kind is RuleKind.PRODUCT else PhotoTag
    return model.objects.using(using)


def _beyond(first: str, second: str, value: object, pk: int) -> Q:
    """True of what comes after (value, pk), both descending.

    The first condition repeats what follows from the rest, in a form from
    which both databases start their walk of the index in the right place.
    """
    return Q(**{f"{first}__lte": value}) & (
        Q(**{f"{first}__lt": value}) | Q(**{f"{second}__lt": pk})
    )
