"""Whether a file holds all of its picture, where decoders don't tell.

libjpeg leaves out scans that never came; Pillow leaves the rows that a PNG lacks
black; libde265 conceals what it can't read. Plain reading of bytes, and cheap: nothing
is decoded but, where a picture ends in black, a PNG's rows; and what shows whether a
WebP is whole is handed to the decoder.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from media_pipeline.exceptions import RefusedFile

# --- JPEG -----------------------------------------------------------------------

_DHT, _SOS, _DRI = 0xC4, 0xDA, 0xDD
_SOF = {0xC0, 0xC1, 0xC2}  # Huffman coding, in one go or progressive
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_NEVER = 99  # no scan told of this coefficient
# Shorter restart intervals are counted and not looked at: there may be hundreds of
# thousands, and what is damaged in one ends with it.
_SHORTEST_SEGMENT = 512  # bytes
_END_OF_BLOCK = 0
# Where the code of zeros is a coefficient, so many fill block after block with it.
_HOLE = bytes(64)


@dataclass(slots=True)
class _Component:
    across: int  # sampling factors
    down: int
    # By coefficient, in the order of the zigzag: how many low bits are missing.
    missing_bits: list[int] = field(default_factory=lambda: [_NEVER] * 64)

    def has_all(self, coefficients: slice) -> bool:
        return not any(self.missing_bits[coefficients])

    @property
    def has_no_detail(self) -> bool:
        return set(self.missing_bits[1:]) == {_NEVER}


@dataclass(slots=True)
class JpegCoverage:
    """What the scans of a picture have told so far (ITU-T T.81, B.2 and G.1)."""

    _width: int = 0
    _height: int = 0
    _components: dict[int, _Component] = field(default_factory=dict)
    _in_scan: list[_Component] = field(default_factory=list)
    _interval: int = 0
    _restarts: list[int] = field(default_factory=list)
    _lacks_intervals: bool = False
    # By the table's number: what zeros stand for among a block's finer coefficients.
    _zeros: dict[int, int] = field(default_factory=dict)
    _has_no_zeros: bool = False  # in the scan that has begun

    def segment(self, marker: int, body: bytes) -> None:
        """Take in a segment, without its marker and length."""
        if marker in _SOF and not self._components and len(body) >= 6:
            self._height, self._width = struct.unpack_from(">HH", body, 1)
            for at in range(6, min(6 + 3 * body[5], len(body) - 2), 3):
                across, down = divmod(body[at + 1], 16)
                self._components[body[at]] = _Component(across or 1, down or 1)
        elif marker == _DHT:
            self._read_tables(body)
        elif marker == _DRI and len(body) >= 2:
            self._end_scan()  # whose intervals were counted by the old one
            self._interval = int.from_bytes(body[:2], "big")
        elif marker == _SOS and body:
            self._end_scan()
            self._begin_scan(body)

    def entropy_coded(self, data: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """Take in the data behind a scan's header; return where its segments lie.

        All that are long enough to be looked at, and the last.
        """
        if self._has_no_zeros:
            hole = data.find(_HOLE, start, end)
            # At the end it fills up: something has to follow.
            if hole >= 0 and data[hole:end].rstrip(b"\0\xff"):
                raise RefusedFile("damaged")
        segments = []
        if self._interval and self._in_scan:
            most = self._blocks()  # each an interval of its own
            for restart in _RESTART.finditer(data, start, end):
                if len(self._restarts) > most:
                    raise RefusedFile("damaged")
                self._restarts.append(data[restart.end() - 1] & 7)
                if restart.start() - start >= _SHORTEST_SEGMENT:
                    segments.append((start, restart.start()))
                start = restart.end()
        return [*segments, (start, end)]

    def is_whole(self) -> bool:
        """Whether nothing is missing, now that the picture has ended."""
        self._end_scan()
        if not self._components:
            return True  # no frame that we know: the decoder's business
        first, *others = self._components.values()
        if self._lacks_intervals or not first.has_all(slice(0, 64)):
            return False
        if not all(other.has_all(slice(0, 1)) for other in others):
            return False
        # Of a picture without colours nothing finer need be told of them.
        return all(other.has_no_detail for other in others) or all(
            other.has_all(slice(1, 64)) for other in others
        )

    def _begin_scan(self, body: bytes) -> None:
        count = body[0]
        if len(body) < 4 + 2 * count:
            return
        known = (self._components.get(body[1 + 2 * at]) for at in range(count))
        self._in_scan = [component for component in known if component is not None]
        first, last, bits = body[1 + 2 * count : 4 + 2 * count]
        low = bits & 15
        # In one go, and not by passes, which may well be of zeros.
        tables = {body[2 + 2 * at] & 15 for at in range(count)}
        self._has_no_zeros = (first, last) == (0, 63) and any(
            self._zeros.get(table, _END_OF_BLOCK) != _END_OF_BLOCK for table in tables
        )
        for component in self._in_scan:
            for coefficient in range(first, min(last, 63) + 1):
                component.missing_bits[coefficient] = low

    def _read_tables(self, body: bytes) -> None:
        """Keep the first symbol of each table: its code is all zeros (C.2)."""
        at = 0
        while at + 17 < len(body):
            kind, number = divmod(body[at], 16)
            if kind == 1:
                self._zeros[number] = body[at + 17]
            at += 17 + sum(body[at + 1 : at + 17])

    def _end_scan(self) -> None:
        if self._in_scan and self._interval and self._height:
            wanted = -(-self._blocks() // self._interval) - 1
            # A closing one behind the last interval harms nobody.
            came = len(self._restarts)
            if came < wanted or self._restarts != [at % 8 for at in range(came)]:
                self._lacks_intervals = True
        self._in_scan, self._restarts = [], []

    def _blocks(self) -> int:
        """Return how many units a scan's restarts are counted in (A.2)."""
        most_across = max(each.across for each in self._components.values())
        most_down = max(each.down for each in self._components.values())
        if len(self._in_scan) > 1:
            across, down = 8 * most_across, 8 * most_down
            return -(-self._width // across) * -(-self._height // down)
        [only] = self._in_scan
        width = -(-self._width * only.across // most_across)
        height = -(-self._height * only.down // most_down)
        return -(-width // 8) * -(-height // 8)


# --- WebP -----------------------------------------------------------------------

# A picture's data is read to its last bytes, however it ends: of one colour it may hold
# thousands of zeros, each of which tells of some hundred pixels. Zeros that took the
# place of other data say "nothing more here", and what follows is left over. Encoders
# close with up to 4; some may fill up to a round number. A lossless one needs the very
# last byte.
_SPARE = {b"VP8 ": 32, b"VP8L": 8}
_RUNS = (bytes(32), b"\xff" * 32)


@dataclass(frozen=True, slots=True)
class WebpDoubt:
    """A WebP that may lack something, and how to find out."""

    shorter: bytes  # a file that can't be decoded if this one is whole
    code: str  # why it is refused if that can


def webp_doubt(data: bytes) -> WebpDoubt | None:
    """Return what to doubt in this WebP, None if there is nothing.

    Doubtful is a long run of zeros or ones in the picture's data. If the picture can
    be decoded without the last of its data too, that is left over from another one.
    """
    at = 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if name in _SPARE:
            picture = data[at + 8 : at + 8 + length]
            if not any(run in picture for run in _RUNS):
                return None
            code = "truncated" if picture.endswith(_RUNS) else "damaged"
            return WebpDoubt(_webp(name, picture[: -_SPARE[name]]), code)
        at += 8 + length + length % 2
    return None


def _webp(name: bytes, picture: bytes) -> bytes:
    chunk = struct.pack("<4sI", name, len(picture)) + picture
    chunk += bytes(len(picture) % 2)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunk), b"WEBP") + chunk


# --- PNG ------------------------------------------------------------------------

_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# First column and row, steps between columns and rows (PNG 3rd edition, 8.2).
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def check_png_rows(data: bytes) -> None:
    """Refuse a PNG whose data ends before its last row. Inflates all of it.

    ``data`` has passed ``read_png``.
    """
    width, height, depth, colour, _, _, interlace = struct.unpack_from(
        ">IIBBBBB", data, 16
    )
    pixel_bits = depth * _SAMPLES.get(colour, 1)
    passes = _ADAM7 if interlace else ((0, 0, 1, 1),)
    rows = [
        (
            -(-(height - top) // down),
            1 + (-(-(width - left) // across) * pixel_bits + 7) // 8,
        )
        for left, top, across, down in passes
        if height > top and width > left
    ]
    inflater = zlib.decompressobj()
    wanted = sum(count * length for count, length in rows)
    inflated = 0
    try:
        for part in _png_data(data):
            while part and inflated < wanted:
                inflated += len(inflater.decompress(part, 1 << 20))
                part = inflater.unconsumed_tail
    except zlib.error as error:
        raise RefusedFile("damaged") from error
    if inflated < wanted:
        raise RefusedFile("truncated")


def _png_data(data: bytes) -> Iterator[bytes]:
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            yield data[at + 8 : at + 8 + length]
        at += 12 + length
