"""The size of an AVIF's pictures as coded, against limits and against what it states.

libavif decodes whatever size the AV1 data has and scales it to the one that the boxes
state: a limit on the stated size alone is none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from media_pipeline.exceptions import RefusedFile

from .av1 import Coded, read_coded
from .heif_items import Items, UnknownStructure, read_items

_AV1 = b"av01"
#: Properties of a picture in layers, the first of which may be small.
_LAYERED = (b"lsel", b"a1lx", b"a1op")
# Encoders in hardware fill up to whole blocks, of 64 pixels at most, and not all of
# them tell the boxes.
_FILLED_UP = 64
# A picture, its transparency, a gain map, thumbnails; each in tiles that overhang.
_MOST_PICTURES = 4
_MOST_UNITS = 65_536


def check_coded_sizes(data: bytes, max_pixels: int) -> None:
    """Refuse an AVIF whose data is larger than allowed, or than its boxes state.

    ``max_pixels`` limits each of its pictures, and a multiple of it all together.
    """
    try:
        items = read_items(data)
    except (UnknownStructure, IndexError) as error:
        raise RefusedFile("damaged") from error
    brands = data[8 : int.from_bytes(data[:4], "big")]
    is_film_read = items.has_film and (b"avis" in brands or items.film_comes_first)
    if is_film_read and not brands.startswith(b"avif"):
        raise RefusedFile("animated")  # the film would be decoded, not the picture
    budget, pixels = _budget(), 0
    for item, kind in items.kinds.items():
        if kind != _AV1:
            continue
        coded = read_coded(items.content(item, data), budget)
        size = coded.width * coded.height
        pixels += size
        if size > max_pixels or pixels > _MOST_PICTURES * max_pixels:
            raise RefusedFile("too_many_pixels")
        _check_statement(items, item, coded)


def _check_statement(items: Items, item: int, coded: Coded) -> None:
    stated = items.property_of(item, b"ispe")
    if stated is None or len(stated) < 12 or coded.sequence is None:
        return  # the decoder's business
    is_layered = any(items.property_of(item, kind) for kind in _LAYERED)
    largest = coded.width, coded.height
    size = largest if is_layered or coded.frame is None else coded.frame
    for said, real in zip(struct.unpack(">II", stated[4:12]), size, strict=True):
        if said > real or (real - said >= _FILLED_UP and not is_layered):
            raise RefusedFile("damaged")


def _budget() -> Iterator[None]:
    for _ in range(_MOST_UNITS):
        yield
    raise RefusedFile("damaged")
