"""AVIF and HEIC files put together box by box (ISO 14496-12 and 23008-12).

What encoders at hand don't write: grids, data among the boxes, lies.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image

from media_pipeline.sandbox.heif_items import read_items

from . import corpus

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def full_box(name: bytes, content: bytes = b"", version: int = 0) -> bytes:
    return box(name, bytes([version, 0, 0, 0]) + content)


def ispe(width: int, height: int) -> bytes:
    return full_box(b"ispe", struct.pack(">II", width, height))


def nclx(primaries: int, transfer: int, matrix: int = 6) -> bytes:
    meaning = struct.pack(">HHHB", primaries, transfer, matrix, 0x80)
    return box(b"colr", b"nclx" + meaning)


@dataclass(frozen=True, slots=True)
class Item:
    """One picture of a file; ``number`` counts from 1."""

    content: bytes
    properties: tuple[bytes, ...] = ()  # whole boxes
    kind: bytes = b"av01"
    made_of: tuple[int, ...] = ()
    alpha_of: int = 0
    among_boxes: bool = False


def _references(items: Sequence[Item]) -> bytes:
    references = b""
    for number, item in enumerate(items, 1):
        for name, to in ((b"dimg", item.made_of), (b"auxl", (item.alpha_of,))):
            if any(to):
                numbers = struct.pack(f">HH{len(to)}H", number, len(to), *to)
                references += box(name, numbers)
    return full_box(b"iref", references) if references else b""


def file_of(items: Sequence[Item], brand: bytes = b"avif") -> bytes:
    """Return a file of these items, the first of which is its picture."""
    properties = list(
        dict.fromkeys(itertools.chain.from_iterable(item.properties for item in items))
    )
    kinds = struct.pack(">H", len(items))
    links = struct.pack(">I", len(items))
    for number, item in enumerate(items, 1):
        entry = struct.pack(">HH", number, 0) + item.kind + b"\0"
        kinds += full_box(b"infe", entry, version=2)
        own = [properties.index(each) + 1 for each in item.properties]
        links += struct.pack(">HB", number, len(own)) + bytes(own)
    inner = b"".join(item.content for item in items if item.among_boxes)

    def meta(start: int) -> bytes:
        places = b"\x44\0" + struct.pack(">H", len(items))
        at = {False: start, True: 0}
        for number, item in enumerate(items, 1):
            where, length = at[item.among_boxes], len(item.content)
            at[item.among_boxes] += length
            places += struct.pack(
                ">HHHHII", number, int(item.among_boxes), 0, 1, where, length
            )
        return full_box(
            b"meta",
            full_box(b"hdlr", bytes(4) + b"pict" + bytes(13))
            + full_box(b"pitm", struct.pack(">H", 1))
            + full_box(b"iinf", kinds)
            + full_box(b"iloc", places, version=1)
            + _references(items)
            + box(
                b"iprp", box(b"ipco", b"".join(properties)) + full_box(b"ipma", links)
            )
            + (box(b"idat", inner) if inner else b""),
        )

    head = box(b"ftyp", brand + bytes(4) + b"mif1miaf" + brand)
    outer = b"".join(item.content for item in items if not item.among_boxes)
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", outer)


def coded(picture: Image.Image, format: str = "AVIF", **options: object) -> Item:
    """Return the picture as one item with the properties that its encoder gave it."""
    data = corpus.saved(picture, format, **options)
    items = read_items(data)
    described = items.properties[items.primary]
    return Item(
        bytes(items.content(items.primary, data)),
        tuple(box(name, content) for name, content in described),
        items.kinds[items.primary],
    )


def stating(item: Item, *properties: bytes) -> Item:
    """Return the item with these in place of those of the same kind."""
    names = {each[4:8] for each in properties}
    kept = tuple(each for each in item.properties if each[4:8] not in names)
    return replace(item, properties=(*properties, *kept))


def grid(columns: int, rows: int, width: int, height: int, first: int = 2) -> Item:
    """Return an item made of so many others, numbered from ``first`` on."""
    content = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    tiles = tuple(range(first, first + rows * columns))
    return Item(content, (ispe(width, height),), b"grid", made_of=tiles)
