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
_MOST_DEPTH = 4

# AV1 data closes with a bit that is set (its specification, 8.2.4): so much padding is
# the rest of a download that never came.
_NOTHING = bytes(64)
# In HEVC three such bytes would be a start code: an escape stands between them. Where
# they are found all the same there is a hole.
_NEVER_IN_HEVC = (b"\0\0\0", b"\0\0\1", b"\0\0\2")


@dataclass(slots=True)
class _Picture:
    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    parts: dict[int, list[int]] = field(default_factory=dict)
    # None for what lies elsewhere than in the file itself.
    extents: dict[int, list[tuple[int, int]] | None] = field(default_factory=dict)
    length_bytes: int = 4  # of a NAL unit's length


class _Unknown(Exception):
    """The boxes hold what we can't read."""


def check_items(data: bytes) -> None:
    """Refuse a file that lacks a piece of its picture, or has a hole in one."""
    try:
        picture = _read(data)
    except (_Unknown, IndexError):
        return
    for item in _needed(picture, picture.primary):
        kind = picture.kinds.get(item)
        if kind in _DERIVED:
            continue
        if kind is None or item not in picture.extents:
            raise RefusedFile("truncated")
        content = bytearray()
        for at, length in picture.extents[item] or ():
            if at + length > len(data):
                raise RefusedFile("truncated")
            content += data[at : at + length]
        if kind == _AV1 and content.endswith(_NOTHING):
            raise RefusedFile("truncated")
        if kind == _HEVC and picture.extents[item] is not None:
            _check_units(bytes(content), picture.length_bytes)


def _needed(picture: _Picture, item: int, depth: int = 0) -> Iterator[int]:
    """Yield this item and all that it is made of."""
    yield item
    if picture.kinds.get(item) in _DERIVED and depth < _MOST_DEPTH:
        for part in dict.fromkeys(picture.parts.get(item, ())):
            yield from _needed(picture, part, depth + 1)


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
        if len(unit) < 2 or is_hollow or any(code in unit for code in _NEVER_IN_HEVC):
            raise RefusedFile("damaged")
        at = end
    if not content:
        raise RefusedFile("truncated")


# --- the boxes ----------------------------------------------------------------------


def _read(data: bytes) -> _Picture:
    picture = _Picture()
    meta = dict(_boxes(data)).get(b"meta")
    if meta is None:
        raise _Unknown
    boxes = dict(_boxes(meta[4:]))
    try:
        primary, items, places = boxes[b"pitm"], boxes[b"iinf"], boxes[b"iloc"]
    except KeyError as error:
        raise _Unknown from error
    picture.primary = int.from_bytes(primary[4 : 8 if primary[0] else 6], "big")
    _read_kinds(_Reader(items), picture)
    _read_places(_Reader(places), picture)
    if b"iref" in boxes:
        _read_parts(boxes[b"iref"], picture)
    for name, properties in _boxes(boxes.get(b"iprp", b"")):
        for kind, body in _boxes(properties) if name == b"ipco" else ():
            if kind == b"hvcC" and len(body) > 21:
                picture.length_bytes = (body[21] & 3) + 1
    return picture


class _Reader:
    """Big-endian numbers, one after the other, behind a box's version and flags."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.version = self.number(1)
        self.number(3)

    _at = 0

    def number(self, size: int) -> int:
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise _Unknown
        self._at += size
        return int.from_bytes(part, "big")

    def rest(self) -> bytes:
        return self._data[self._at :]


def _read_kinds(reader: _Reader, picture: _Picture) -> None:
    reader.number(4 if reader.version else 2)
    for name, body in _boxes(reader.rest()):
        entry = _Reader(body)
        if name != b"infe" or entry.version < 2:
            raise _Unknown
        item = entry.number(4 if entry.version > 2 else 2)
        entry.number(2)
        picture.kinds[item] = entry.number(4).to_bytes(4, "big")


def _read_places(reader: _Reader, picture: _Picture) -> None:
    if reader.version > 2:
        raise _Unknown
    sizes = reader.number(2)
    of_offset, of_length, of_base, of_index = (
        sizes >> shift & 15 for shift in (12, 8, 4, 0)
    )
    wide = 4 if reader.version == 2 else 2
    for _ in range(min(reader.number(wide), _MOST_ITEMS)):
        item = reader.number(wide)
        method = reader.number(2) & 15 if reader.version else 0
        reader.number(2)
        base = reader.number(of_base)
        extents = []
        for _ in range(min(reader.number(2), _MOST_ITEMS)):
            if reader.version:
                reader.number(of_index)
            offset = base + reader.number(of_offset)
            extents.append((offset, reader.number(of_length)))
        # In the file; not in the box of small data, nor in another item.
        picture.extents[item] = extents if method == 0 else None


def _read_parts(box: bytes, picture: _Picture) -> None:
    wide = 4 if box[0] else 2
    for name, body in _boxes(box[4:]):
        if name == b"dimg":
            reader = _Reader(bytes(4) + body)
            item = reader.number(wide)
            count = min(reader.number(2), _MOST_ITEMS)
            picture.parts[item] = [reader.number(wide) for _ in range(count)]


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length, head = int.from_bytes(data[at : at + 4], "big"), 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = len(data) - at
        if length < head:
            return
        yield data[at + 4 : at + 8], data[at + head : at + length]
        at += length
