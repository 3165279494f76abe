"""A PNG's chunks, read before a decoder sees them (PNG, 3rd edition, sections 5 and 11).

A decoder gets the chunks that make the picture and no others. The rest is read here,
wherever it stands in the file, and within bounds: so that nothing is unpacked without
end, and an error in what doesn't matter hides nothing that does.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from media_pipeline.exceptions import RefusedFile

_SIGNATURE = 8  # bytes
# An encoder may fill chunks of a few hundred bytes.
_MOST_CHUNKS = 65_536
_MOST_TEXT = 64 << 20  # bytes, all of it unpacked
_MOST_PROFILE = 16 << 20  # bytes; as much as a JPEG can hold
_READ_OF_TEXT = 1 << 20  # bytes
_BLOCK = 1 << 20  # bytes that are unpacked at once

_TO_DECODE = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_GREY = 0
_XMP = b"XML:com.adobe.xmp"
_EXIF_IN_TEXT = b"Raw profile type exif"


@dataclass(slots=True)
class PngFile:
    """What a PNG consists of."""

    picture: bytes = b""  # a PNG of the same pixels and nothing else
    exif: bytes = b""  # begins with its TIFF header
    xmp: bytes = b""  # the first megabyte
    profile: bytes | None = None  # ICC
    code_points: tuple[int, int] | None = None  # primaries, transfer; ITU-T H.273
    is_srgb: bool = False  # as it states
    gamma: int | None = None  # of the encoding, in 1/100,000
    # x and y of white, red, green and blue, in 1/100,000.
    chromaticities: tuple[int, ...] | None = None
    transparent_grey: int | None = None  # 0 to 255


def read_png(data: bytes) -> PngFile:
    """Return what a PNG consists of.

    Raises ``RefusedFile`` if it is cut off, damaged in any chunk, or animated.
    """
    png = PngFile()
    parts: list[bytes | memoryview] = [data[:_SIGNATURE]]
    budget = _MOST_TEXT
    is_data_over = has_data = False
    depth = colour = 0
    for number, (kind, whole) in enumerate(_chunks(data)):
        body = whole[8:-4]
        if (number == 0) != (kind == b"IHDR"):
            raise RefusedFile("damaged")
        if kind == b"acTL":
            raise RefusedFile("animated")
        if kind == b"IHDR":
            if len(body) != 13:
                raise RefusedFile("damaged")
            depth, colour = body[8], body[9]
        elif kind == b"IDAT":
            if is_data_over:
                raise RefusedFile("damaged")
            has_data = True
        elif has_data:
            is_data_over = True
        if kind in _TO_DECODE and (kind == b"IEND" or not is_data_over):
            parts.append(whole)
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            budget -= _read_text(kind, bytes(body), png, budget)
        elif kind == b"eXIf":
            png.exif = bytes(body)
        elif kind == b"tRNS" and colour == _GREY and len(body) >= 2 and depth < 8:
            # In as many bits as the pixels have, which are then spread to eight.
            most = (1 << depth) - 1
            png.transparent_grey = (body[1] & most) * 255 // most
        elif not has_data:
            _read_colours(kind, body, png)
    png.picture = b"".join(parts)
    return png


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield every chunk to the last and its kind, their checksums checked."""
    view = memoryview(data)
    at = _SIGNATURE
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            raise RefusedFile("truncated")
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise RefusedFile("truncated")
        checksum = zlib.crc32(view[at + 4 : end - 4])
        if checksum != int.from_bytes(data[end - 4 : end], "big"):
            raise RefusedFile("damaged")
        yield kind, view[at:end]
        if kind == b"IEND":
            return
        at = end
    raise RefusedFile("damaged")


def _read_colours(kind: bytes, body: memoryview, png: PngFile) -> None:
    if kind == b"iCCP":
        _, _, packed = bytes(body).partition(b"\0")
        if packed[:1] == b"\0":
            profile, _ = _unpacked(packed[1:], _MOST_PROFILE, keep=_MOST_PROFILE)
            png.profile = profile or None
    elif kind == b"cICP" and len(body) >= 4 and body[2] == 0:
        png.code_points = body[0], body[1]
    elif kind == b"sRGB":
        png.is_srgb = True
    elif kind == b"gAMA" and len(body) >= 4:
        png.gamma = int.from_bytes(body[:4], "big")
    elif kind == b"cHRM" and len(body) >= 32:
        png.chromaticities = struct.unpack(">8I", body[:32])


def _read_text(kind: bytes, body: bytes, png: PngFile, budget: int) -> int:
    """Note what counts of a text and return how long it is, unpacked."""
    name, _, text = body.partition(b"\0")
    if kind == b"iTXt":
        is_packed, text = text[:1] == b"\1", text[2:]
        text = text.partition(b"\0")[2].partition(b"\0")[2]  # language, translated
    else:
        is_packed = kind == b"zTXt"
        text = text[1:] if is_packed else text
    if is_packed:
        text, length = _unpacked(text, budget, keep=_READ_OF_TEXT)
    else:
        length = len(text)
    if name == _XMP:
        png.xmp = text[:_READ_OF_TEXT]
    elif name == _EXIF_IN_TEXT:
        # Three lines about it, then its bytes as hexadecimal digits.
        digits = b"".join(text[:_READ_OF_TEXT].split(b"\n")[3:])
        try:
            png.exif = bytes.fromhex(digits.decode("ascii")).removeprefix(b"Exif\0\0")
        except ValueError:
            png.exif = b""  # broken metadata counts as none
    return length


def _unpacked(packed: bytes, most: int, *, keep: int) -> tuple[bytes, int]:
    """Return the first ``keep`` bytes and how many there are, none if it's broken.

    Raises ``RefusedFile`` if there are more than ``most``.
    """
    inflater = zlib.decompressobj()
    kept, length = bytearray(), 0
    try:
        while packed and not inflater.eof:
            block = inflater.decompress(packed, _BLOCK)
            packed = inflater.unconsumed_tail
            length += len(block)
            if length > most:
                raise RefusedFile("damaged")
            kept += block[: keep - len(kept)]
    except zlib.error:
        return b"", length
    return bytes(kept), length
