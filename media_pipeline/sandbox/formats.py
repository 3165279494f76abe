"""What a file is, by its first bytes, and whether its frame is whole.

Plain reading of bytes, before any decoder sees them. Runs in the child too: a
hostile structure must not keep the worker busy either.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from media_pipeline.exceptions import RefusedFile

from .wholeness import JpegCoverage

JPEG, PNG, WEBP, AVIF, HEIF = "JPEG", "PNG", "WEBP", "AVIF", "HEIF"

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_SEQUENCE_BRANDS = {b"avis", b"hevc", b"hevx", b"heim", b"heis", b"msf1"}

# Pictures and films of kinds that are not taken; anything else isn't a picture.
_OTHER_MAGIC = (
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",
    b"MM\x00+",
    b"8BPS",
    b"\x00\x00\x01\x00",  # ICO
    b"\x00\x00\x02\x00",  # CUR
    b"icns",
    b"\x00\x00\x00\x0cJXL ",
    b"\xff\x0a",  # JPEG XL
    b"\x00\x00\x00\x0cjP  ",
    b"\xff\x4f\xff\x51",  # JPEG 2000 code stream
    b"qoif",
    b"DDS ",
    b"SIMPLE  =",  # FITS
    b"%!PS",
    b"\xc5\xd0\xd3\xc6",  # EPS with a preview
    b"\xd7\xcd\xc6\x9a",  # WMF
    b"/* XPM",
    b"#define",  # XBM
    b"\x01\xda",  # SGI
    b"\x59\xa6\x6a\x95",  # Sun raster
    b"\x0a\x05\x01",  # PCX
    b"gimp xcf",
    b"BLP1",
    b"BLP2",
    b"FTEX",
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"\x89HDF",
    b"GRIB",
    b"BUFR",
    b"DanM",
    b"LinS",
    b"\x8aMNG",
    b"\x8bJNG",
    b"Image type:",
    b"\x01\x00\x00\x00",  # EMF
)
_NETPBM = re.compile(rb"P[1-7fFy][\s#]|P[yf]\s")
_SVG = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml|<!--|<!DOCTYPE svg|<svg)", re.I)

# A marker in entropy-coded data is FF and anything but a stuffed zero, a restart
# marker or a fill byte.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_LONGEST_READ = 4096  # bytes of a segment; eight Huffman tables take half of that
# Profiles, XMP and previews in pieces take some hundreds in a large file.
_MOST_SEGMENTS = 10_000
# Lossless, layered or arithmetic-coded (T.81, table B.1): no camera or phone writes
# them, and a decoder that takes one for another makes noise of it.
_UNUSUAL_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def sniffed(data: bytes) -> str:
    """Return JPEG, PNG, WEBP, AVIF or HEIF; else raise ``RefusedFile``."""
    if not data:
        raise RefusedFile("empty_file")
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp":
        return _sniffed_boxes(data)
    if data.startswith((b"GIF87a", b"GIF89a")) and _gif_is_animated(data):
        raise RefusedFile("animated")
    if (
        data.startswith(_OTHER_MAGIC)
        or data[:4] == b"RIFF"
        or _NETPBM.match(data)
        or (_SVG.match(data[:1024]) and b"<svg" in data[:4096])
    ):
        raise RefusedFile("unsupported_format")
    raise RefusedFile("not_a_picture")


def _sniffed_boxes(data: bytes) -> str:
    length = min(int.from_bytes(data[:4], "big"), 4096)
    major = data[8:12]
    brands = {data[at : at + 4] for at in range(16, length - 3, 4)} | {major}
    if major in _SEQUENCE_BRANDS and b"moov" in data:
        raise RefusedFile("animated")
    if brands & _AVIF_BRANDS:
        return AVIF
    if brands & _HEIF_BRANDS:
        return HEIF
    raise RefusedFile("unsupported_format")  # a film, or a camera's raw file


def _gif_is_animated(data: bytes) -> bool:
    """Whether a second picture follows; reads no further."""
    at, pictures = 13, 0
    if len(data) > 10 and data[10] & 0x80:
        at += 3 << ((data[10] & 7) + 1)
    while at < len(data):
        block = data[at]
        at += 1
        if block == 0x21:  # extension
            at += 1
        elif block == 0x2C and at + 9 < len(data):
            pictures += 1
            if pictures == 2:
                return True
            flags = data[at + 8]
            at += 9 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0) + 1
        else:
            break
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
    return False


@dataclass(frozen=True, slots=True)
class JpegFrame:
    scans: int
    end: int | None  # offset of the end marker of the first picture
    # Where its entropy-coded segments begin and end, in order; not all short ones.
    segments: tuple[tuple[int, int], ...] = ()


def jpeg_frame(data: bytes, *, max_scans: int) -> JpegFrame:
    """Walk the segments of the first picture. Refuses a bomb of scans.

    Refuses one too that an end marker ends before all its scans, or restart
    intervals, have come: decoders fill up what is missing and say nothing.
    Scans in thumbnails don't count: they lie inside a segment, which is skipped.
    """
    at, scans = 2, 0
    coverage = JpegCoverage()
    segments: list[tuple[int, int]] = []
    is_coded = False  # behind a scan's header
    for _ in range(_MOST_SEGMENTS):
        found = _JPEG_MARKER.search(data, at)
        if found is None:
            return JpegFrame(scans, None)
        if is_coded:
            segments += coverage.entropy_coded(data, at, found.start())
        marker = data[found.end() - 1]
        at = found.end()
        if marker == _EOI:
            if not coverage.is_whole():
                raise RefusedFile("truncated")
            return JpegFrame(scans, found.start(), tuple(segments))
        if marker in (_SOI, 0x01):
            continue
        if marker in _UNUSUAL_FRAMES and not scans:
            raise RefusedFile("unsupported_format")
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2:
            return JpegFrame(scans, None)
        coverage.segment(marker, data[at + 2 : at + min(length, _LONGEST_READ)])
        at += length
        is_coded = marker == _SOS
        if is_coded:
            scans += 1
            if scans > max_scans:
                raise RefusedFile("too_many_scans")
    raise RefusedFile("damaged")


def check_webp(data: bytes) -> None:
    """Refuse a WebP that is shorter than it says, or animated."""
    size = int.from_bytes(data[4:8], "little")
    if size + 8 > len(data):
        raise RefusedFile("truncated")
    _count_chunks(data, size + 8)
    if data[12:16] == b"VP8X" and len(data) > 20 and data[20] & 0x02:
        raise RefusedFile("animated")


def _count_chunks(data: bytes, end: int) -> None:
    """Refuse a WebP of more chunks than anybody writes."""
    at = 12
    for _ in range(_MOST_SEGMENTS):
        if at + 8 > end:
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    raise RefusedFile("damaged")


def check_boxes(data: bytes) -> None:
    """Refuse an AVIF or HEIF that ends inside one of its outermost boxes."""
    at, has_items = 0, False
    for _ in range(_MOST_SEGMENTS):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if length == 1:
            length = int.from_bytes(data[at + 8 : at + 16], "big")
        if length == 0:  # "to the end of the file"
            return
        if length < 8:
            # Not a box: some cameras append their own things.
            return
        at += length
        if at > len(data):
            if has_items and kind != b"mdat":
                # Foreign bytes, or what nobody needs: the items say what is needed.
                return
            raise RefusedFile("truncated")
        has_items = has_items or kind == b"meta"
    raise RefusedFile("damaged")


def largest_box_size(data: bytes) -> tuple[int, int]:
    """Return the largest (width, height) that an AVIF or HEIF states, or (0, 0).

    Before libheif or libavif see it: their own limits refuse without a reason.
    """
    # Properties stand in the first "meta" box, in front of the picture's data.
    head = data[: 1 << 20]
    sizes = [
        struct.unpack_from(">II", head, found.end() + 4)
        for found in re.finditer(rb"\x00\x00\x00\x14ispe", head)
        if found.end() + 12 <= len(head)
    ]
    return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
