"""Whether an AVIF or HEIF holds all of the pieces that its picture is made of.

libheif and libde265 conceal what they can't read: a tile that never came stays
grey, a hole in the data becomes a smear. Here only boxes and lengths are read
(ISO 14496-12 and 23008-12); a structure that we don't know is the decoder's business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from media_pipeline.exceptions import RefusedFile

#: Pictures made of others: tiles, layers, the same once more.
_DERIVED = {b"grid", b"iovl", b"iden"}
_HEVC = b"hvc1"
_AV1 = b"av01"
_MOST_ITEMS = 4096
_MOST_DEPTH = 8
# A phone's largest photo has some hundred tiles.
_MOST_PARTS = 65_536
_MOST_BOXES = 65_536
_MOST_READ = 8  # times the file; its parts may lie in the same place
#: A file holds one of each; readers that find two don't agree on which one counts.
_ONCE = {b"meta", b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"ipco", b"idat"}

# AV1 data closes with a bit that is set (its specification, 8.2.4): so much padding is
# the rest of a download that never came.
_NOTHING = bytes(64)
# Entropy-coded data hardly repeats a byte: of hundreds of flat, dark, dithered and
# drawn pictures HEVC had none twelve times, AV1 one 59 times.
_HOLES = (bytes(256), b"\xff" * 256)
# In HEVC three such bytes would be a start code: an escape stands between them. Where
# they are found all the same there is a hole.
_NEVER_IN_HEVC = (b"\0\0\0", b"\0\0\1", b"\0\0\2")


@dataclass(slots=True)
class Items:
    """The pictures in a file and what belongs to each, by its number."""

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    parts: dict[int, list[int]] = field(default_factory=dict)
    # None for what lies elsewhere than in the file itself.
    extents: dict[int, list[tuple[int, int]] | None] = field(default_factory=dict)
    length_bytes: int = 4  # of a NAL unit's length
    # Kind and content of the boxes that describe an item, in their order.
    properties: dict[int, list[tuple[bytes, bytes]]] = field(default_factory=dict)
    small_data: bytes = b""  # of items that lie among the boxes
    in_small_data: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    has_film: bool = False
    film_comes_first: bool = False

    def property_of(self, item: int, kind: bytes) -> bytes | None:
        """Return the first of this kind that describes an item, None if there is none.

        ``kind`` is that of a box, four letters.
        """
        boxes = self.properties.get(item, ())
        return next((body for name, body in boxes if name == kind), None)

    def content(self, item: int, data: bytes) -> memoryview:
        """Return the bytes that an item consists of, as far as they are there."""
        extents = self.extents.get(item)
        source: bytes = data
        if extents is None:
            extents, source = self.in_small_data.get(item, []), self.small_data
        view = memoryview(source)
        if len(extents) == 1:
            [(at, length)] = extents
            return view[at : at + length]
        parts, left = [], len(data)
        for at, length in extents:
            parts.append(view[at : at + min(length, left)])
            left -= len(parts[-1])
        return memoryview(b"".join(parts))


class UnknownStructure(Exception):
    """The boxes hold what we can't read."""


def check_items(data: bytes) -> None:
    """Refuse a file that lacks a piece of its picture, or has a hole in one."""
    try:
        picture = read_items(data)
    except (UnknownStructure, IndexError):
        return
    read = 0
    for item in _needed(picture):
        kind = picture.kinds.get(item)
        if kind in _DERIVED:
            continue
        if kind is None or item not in picture.extents:
            raise RefusedFile("truncated")
        content = bytearray()
        for at, length in picture.extents[item] or ():
            if at + length > len(data):
                raise RefusedFile("truncated")
            read += length
            if read > _MOST_READ * len(data):
                raise RefusedFile("damaged")
            content += data[at : at + length]
        if kind == _AV1 and content.endswith(_NOTHING):
            raise RefusedFile("truncated")
        if kind == _AV1 and any(hole in content for hole in _HOLES):
            raise RefusedFile("damaged")
        if kind == _HEVC and picture.extents[item] is not None:
            _check_units(bytes(content), picture.length_bytes)


def _needed(picture: Items) -> list[int]:
    """Return the primary item and all that it is made of, each of them once."""
    # How many pictures a decoder goes through for each.
    weights: dict[int, int] = {}

    def weigh(item: int, above: tuple[int, ...]) -> int:
        if item in above or len(above) > _MOST_DEPTH:
            raise RefusedFile("damaged")  # made of itself
        if item not in weights:
            is_derived = picture.kinds.get(item) in _DERIVED
            parts = picture.parts.get(item, []) if is_derived else []
            weights[item] = 1 + sum(weigh(part, (*above, item)) for part in parts)
            if weights[item] > _MOST_PARTS:
                raise RefusedFile("damaged")
        return weights[item]

    weigh(picture.primary, ())
    return list(weights)


def _check_units(content: bytes, length_bytes: int) -> None:
    """Refuse an HEVC picture whose units don't fill it, or hold what they can't."""
    at = 0
    while at < len(content):
        start = at + length_bytes
        end = start + int.from_bytes(content[at:start], "big")
        if end > len(content):
            raise RefusedFile("truncated")
        unit = content[start:end].rstrip(b"\0")
        # A unit may be padded at its end, by a few bytes.
        is_hollow = end - start - len(unit) > len(_NOTHING)
        never = (*_NEVER_IN_HEVC, *_HOLES)
        if len(unit) < 2 or is_hollow or any(code in unit for code in never):
            raise RefusedFile("damaged")
        at = end
    if not content:
        raise RefusedFile("truncated")


# --- the boxes ----------------------------------------------------------------------


def read_items(data: bytes) -> Items:
    """Return the items of an AVIF or HEIF.

    Raises ``UnknownStructure`` and ``IndexError`` where the boxes hold what we can't
    read, ``RefusedFile`` where they contradict themselves or never end.
    """
    outer = _by_name(data)
    order = [name for name in outer if name in (b"moov", b"meta")]
    items = Items(has_film=b"moov" in order, film_comes_first=order[:1] == [b"moov"])
    meta = outer.get(b"meta")
    if meta is None:
        raise UnknownStructure
    boxes = _by_name(meta[4:])
    try:
        primary, kinds, places = boxes[b"pitm"], boxes[b"iinf"], boxes[b"iloc"]
    except KeyError as error:
        raise UnknownStructure from error
    items.primary = int.from_bytes(primary[4 : 8 if primary[0] else 6], "big")
    items.small_data = boxes.get(b"idat", b"")
    _read_kinds(_Reader(kinds), items)
    _read_places(_Reader(places), items)
    if b"iref" in boxes:
        _read_parts(boxes[b"iref"], items)
    _read_properties(boxes.get(b"iprp", b""), items)
    return items


def _by_name(data: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for name, body in _boxes(data):
        if name in found and name in _ONCE:
            raise RefusedFile("damaged")
        found[name] = body
    return found


def _read_properties(box: bytes, items: Items) -> None:
    known = list(_boxes(_by_name(box).get(b"ipco", b"")))
    for kind, body in known:
        if kind == b"hvcC" and len(body) > 21:
            items.length_bytes = (body[21] & 3) + 1
    links = 0
    for name, body in _boxes(box):
        if name != b"ipma":
            continue
        reader = _Reader(body)
        wide = 2 if reader.flags & 1 else 1
        for _ in range(reader.number(4)):
            item = reader.number(4 if reader.version else 2)
            described = items.properties.setdefault(item, [])
            count = reader.number(1)
            links += 1 + count
            if links > _MOST_BOXES:
                raise RefusedFile("damaged")
            for _ in range(count):
                # The highest bit says whether one must understand it.
                index = reader.number(wide) & (0x7FFF if wide == 2 else 0x7F)
                if 0 < index <= len(known):
                    described.append(known[index - 1])


class _Reader:
    """Big-endian numbers, one after the other, behind a box's version and flags."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.version = self.number(1)
        self.flags = self.number(3)

    _at = 0

    def number(self, size: int) -> int:
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise UnknownStructure
        self._at += size
        return int.from_bytes(part, "big")

    def rest(self) -> bytes:
        return self._data[self._at :]


def _read_kinds(reader: _Reader, picture: Items) -> None:
    reader.number(4 if reader.version else 2)
    for name, body in _boxes(reader.rest()):
        entry = _Reader(body)
        if name != b"infe" or entry.version < 2:
            raise UnknownStructure
        item = entry.number(4 if entry.version > 2 else 2)
        entry.number(2)
        picture.kinds[item] = entry.number(4).to_bytes(4, "big")


def _read_places(reader: _Reader, picture: Items) -> None:
    if reader.version > 2:
        raise UnknownStructure
    sizes = reader.number(2)
    of_offset, of_length, of_base, of_index = (
        sizes >> shift & 15 for shift in (12, 8, 4, 0)
    )
    wide = 4 if reader.version == 2 else 2
    pieces = 0
    for _ in range(_limited(reader.number(wide))):
        item = reader.number(wide)
        method = reader.number(2) & 15 if reader.version else 0
        reader.number(2)
        base = reader.number(of_base)
        extents = []
        for _ in range(_limited(reader.number(2))):
            if reader.version:
                reader.number(of_index)
            offset = base + reader.number(of_offset)
            extents.append((offset, reader.number(of_length)))
            pieces += 1
            if pieces > _MOST_PARTS:
                raise RefusedFile("damaged")
        # In the file; not in the box of small data, nor in another item.
        picture.extents[item] = extents if method == 0 else None
        if method == 1:
            picture.in_small_data[item] = extents


def _read_parts(box: bytes, picture: Items) -> None:
    wide = 4 if box[0] else 2
    parts = 0
    for name, body in _boxes(box[4:]):
        if name == b"dimg":
            reader = _Reader(bytes(4) + body)
            item = reader.number(wide)
            count = _limited(reader.number(2))
            picture.parts[item] = [reader.number(wide) for _ in range(count)]
            parts += count
            if parts > _MOST_PARTS:
                raise RefusedFile("damaged")


def _limited(count: int) -> int:
    if count > _MOST_ITEMS:
        raise RefusedFile("damaged")
    return count


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(data):
            return
        length, head = int.from_bytes(data[at : at + 4], "big"), 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = len(data) - at
        if length < head:
            return
        yield data[at + 4 : at + 8], data[at + head : at + length]
        at += length
    raise RefusedFile("damaged")
