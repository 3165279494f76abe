"""Tiles of galleries: read in one query, drawn once.

A gallery is on nearly every page. All that a tile shows is read anew each time,
by the query that asks the gate: nothing is stored that could outlive a
withdrawal or a change. What is kept, per process, is the HTML of a row, by the
row: any difference in it is another tile.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import (
    Aggregate,
    Count,
    F,
    Func,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
)
from django.db.models.functions import Cast, Coalesce
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from media_pipeline.models import Rendition
from media_pipeline.pictures import Picture, shown_focus
from media_pipeline.storage import public_url
from ugc.models import ProductTag

from .photo_urls import start_of_photo_urls
from .shoppable import ShownPhoto

#: Of the picture in a row of equal heights, see weave.css.
SIZES = "(min-width: 60rem) 22rem, (min-width: 34rem) 34vw, 60vw"


class Row(NamedTuple):
    """What a tile reads of a photo."""

    public_id: str
    credit: str
    caption: str
    alt_text: str
    language: str
    colour: str
    placeholder: str
    focal_x: float | None
    focal_y: float | None
    width: int | None
    height: int | None
    recipe: str | None  # JSON
    product_count: int
    sources: str | None  # None of a photo that has no public picture


_COLUMNS = (
    "public_id",
    "persona__name",
    "caption",
    "alt_text",
    "language",
    "asset__dominant_colour",
    "asset__placeholder",
    "asset__focal_x",
    "asset__focal_y",
    "asset__width",
    "asset__height",
)


class _Joined(Aggregate):
    """All texts of a group in one, blanks between them."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ' ')"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **context)


class _Source(Func):
    """A rendition as one text without blanks."""

    template = "%(expressions)s"
    arg_joiner = " || ':' || "
    output_field = TextField()


def rows_of(photos: QuerySet[Any], photo: str = "", *more: str) -> QuerySet[Any, Any]:
    """Return the queryset so that it yields what ``Row`` takes, and more columns.

    ``photo`` walks from the queryset's model to the photo, as ``"photo__"``. All
    columns are texts and numbers, so ``Statement`` may run it. One query.
    """
    # Any: photos, their product tags or their tags.
    products = (
        ProductTag.objects.order_by()
        .filter(photo=OuterRef(f"{photo}pk"), is_suggested=False)
        .values("photo")
        .annotate(number=Count("pk"))
        .values("number")
    )
    sources = (
        Rendition.objects.order_by()
        .filter(asset=OuterRef(f"{photo}asset"))
        .exclude(public_name="")
        .values("asset")
        .annotate(all=_Joined(_Source(*map(F, _SOURCE_COLUMNS))))
        .values("all")
    )
    columns = [f"{photo}{column}" for column in _COLUMNS]
    rows: QuerySet[Any, Any] = photos.annotate(
        product_count=Coalesce(Subquery(products), 0),
        styling=Cast(f"{photo}asset__recipe", TextField()),
        sources=Subquery(sources),
    ).values_list(*columns, "styling", "product_count", "sources", *more)
    return rows


_SOURCE_COLUMNS = ("format", "width", "height", "public_name")


def tiles(rows: Iterable[Sequence[Any]]) -> list[ShownPhoto]:
    """Return the tiles of ``rows_of`` a queryset, without those that have no
    public picture. No query."""
    language = get_language()
    start = _start_of_addresses()
    photos = start_of_photo_urls()
    found = map(Row._make, rows)
    if start is None or settings.DEBUG:
        build: Callable[..., ShownPhoto | None] = _tile.__wrapped__
    else:
        build = _tile
    built = (build(row, language, photos, start) for row in found)
    return [tile for tile in built if tile is not None]


@lru_cache(maxsize=1024)  # about 4 kB each
def _tile(
    row: Row, language: str | None, photos: str, start: str | None
) -> ShownPhoto | None:
    """Return the tile, made in the active language; its address begins with
    ``photos``, its pictures' with ``start``."""
    if not row.sources:
        return None
    picture = Picture.of(
        [_source(text, start) for text in row.sources.split(" ")],
        colour=row.colour,
        placeholder=row.placeholder,
        focus=shown_focus(
            row.focal_x,
            row.focal_y,
            recipe=json.loads(row.recipe) if row.recipe else None,
            width=row.width,
            height=row.height,
        ),
    )
    if picture is None:
        return None
    return ShownPhoto(
        public_id=row.public_id,
        url=f"{photos}{row.public_id}/",
        picture=picture,
        credit=row.credit,
        caption=row.caption,
        alt=row.alt_text or gettext("Photo by %(name)s") % {"name": row.credit},
        language=row.language,
        product_count=row.product_count,
    )


def _source(text: str, start: str | None) -> tuple[str, int, int, str]:
    kind, width, height, name = text.split(":", 3)
    address = public_url(name) if start is None else start + name
    return kind, int(width), int(height), address


def _start_of_addresses() -> str | None:
    """Return how every public picture's address begins.

    None where it is not just followed by the name, which is hexadecimal: then
    the storage is asked for each.
    """
    sample = "00/0.jpg"
    url = public_url(sample)
    return url.removesuffix(sample) if url.endswith(sample) else None


def tiles_html(photos: Iterable[ShownPhoto]) -> SafeString:
    """Return the HTML of tiles, each a list item."""
    language = get_language()
    draw = _tile_html.__wrapped__ if settings.DEBUG else _tile_html
    # Each comes from a template.
    return mark_safe("".join(draw(photo, language) for photo in photos))  # noqa: S308


@lru_cache(maxsize=1024)  # about 2 kB each
def _tile_html(photo: ShownPhoto, language: str | None) -> SafeString:
    return render_to_string(
        "shoppable_cms/components/photo_tile.html", {"photo": photo, "sizes": SIZES}
    )
