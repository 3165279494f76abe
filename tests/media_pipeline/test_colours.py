"""Colours come out right however a file says what it means by them."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from media_pipeline import sandbox
from media_pipeline.sandbox import colours
from media_pipeline.testing import drawn

from . import boxes, corpus
from .boxes import Item
from .corpus import chunk

pytestmark = pytest.mark.slow

ORANGE = (200, 100, 50)
#: The same as Display P3, BT.2020 and with other curves, by the formulas of the
#: standards in floating point.
FROM_P3 = (215, 93, 31)
FROM_2020 = (241, 76, 29)
HLG, PQ = 18, 16


def flat(colour: tuple[int, int, int] = ORANGE) -> Image.Image:
    return Image.new("RGB", (400, 300), colour)


def shown(data: bytes) -> list[int]:
    with sandbox.opened(data) as picture:
        return picture.frame.pixels[150, 200].tolist()


def is_near(one, other, by: int = 3) -> bool:
    return bool(np.abs(np.subtract(one, other, dtype=int)).max() <= by)


def png_with(*chunks: bytes, picture: Image.Image | None = None) -> bytes:
    data = corpus.saved(picture or flat(), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def cicp(primaries: int, transfer: int, matrix: int = 0) -> bytes:
    return chunk(b"cICP", bytes([primaries, transfer, matrix, 1]))


def gama(value: int) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", value))


def chrm(*numbers: int) -> bytes:
    return chunk(b"cHRM", struct.pack(">8I", *numbers))


P3_NUMBERS = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
SRGB_NUMBERS = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def iccp(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"x\0\0" + zlib.compress(profile))


def profile(primaries: int = 1, transfer: int = 13, name: str = "") -> bytes:
    """Return an ICC profile of these colours; an sRGB one is littleCMS's own."""
    meant = colours.of_code_points(primaries, transfer)
    assert meant is not None
    data = (
        meant.profile(is_grey=False)
        or ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    )
    return named(data, name) if name else data


def named(data: bytes, name: str) -> bytes:
    """Return an ICC profile with a description put into it."""
    text = (
        b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name.encode() + bytes(79)
    )
    count = int.from_bytes(data[128:132], "big")
    entries = [
        struct.unpack_from(">4sII", data, 132 + 12 * number) for number in range(count)
    ]
    contents = [
        (tag, data[at : at + length]) for tag, at, length in entries if tag != b"desc"
    ]
    contents.append((b"desc", text))
    at = 132 + 12 * len(contents)
    table = struct.pack(">I", len(contents))
    body = b""
    for tag, content in contents:
        table += struct.pack(">4sII", tag, at + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    whole = data[4:128] + table + body
    return struct.pack(">I", len(whole) + 4) + whole


def coded(format: str, *properties: bytes, keeps_own: bool = False) -> bytes:
    options = {"speed": 9} if format == "AVIF" else {}
    item = boxes.coded(flat(), format, quality=100, **options)
    if not keeps_own:
        kept = tuple(each for each in item.properties if each[4:8] != b"colr")
        item = Item(item.content, kept, item.kind)
    item = Item(item.content, (*properties, *item.properties), item.kind)
    return boxes.file_of([item], brand=b"avif" if format == "AVIF" else b"heic")


# --- code points ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("primaries", "transfer", "wanted"),
    [
        (12, 13, FROM_P3),
        (12, 1, FROM_P3),
        (9, 13, FROM_2020),
        (9, 14, FROM_2020),
        (1, 13, ORANGE),
        (2, 2, ORANGE),
        (12, 2, FROM_P3),
        (1, 8, (229, 168, 123)),
        (12, HLG, ORANGE),  # as documented
        (9, PQ, ORANGE),
        (5, 13, ORANGE),
    ],
)
def test_code_points_are_converted(primaries, transfer, wanted):
    for data in (
        png_with(cicp(primaries, transfer)),
        coded("AVIF", boxes.nclx(primaries, transfer)),
        coded("HEIF", boxes.nclx(primaries, transfer)),
    ):
        assert is_near(shown(data), wanted), shown(data)


def test_code_points_of_the_av1_data_count_where_the_boxes_have_none():
    data = bytearray(coded("AVIF"))
    # The sequence header of a still picture: 1, 13 and 6 behind a bit that is set.
    told = f"1{1:08b}{13:08b}{6:08b}"
    at = data.index(b"mdat") + 4
    bits = "".join(f"{byte:08b}" for byte in data[at : at + 32])
    place = bits.index(told) + 1
    bits = bits[:place] + f"{12:08b}" + bits[place + 8 :]
    data[at : at + 32] = int(bits, 2).to_bytes(32, "big")

    assert is_near(shown(bytes(data)), FROM_P3)
    assert is_near(shown(coded("AVIF")), ORANGE)


def test_a_grid_is_meant_as_its_first_tile_is():
    tile = boxes.coded(flat(), "AVIF", quality=100, speed=9)
    tile = boxes.stating(tile, boxes.nclx(12, 13))
    whole = boxes.file_of([boxes.grid(1, 2, 400, 600), tile, tile])

    assert is_near(shown(whole), FROM_P3)


@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
def test_a_profile_counts_more_than_code_points_in_boxes(format):
    icc = boxes.box(b"colr", b"prof" + profile(12))
    srgb = boxes.box(b"colr", b"prof" + profile())

    assert is_near(shown(coded(format, boxes.nclx(1, 13), icc)), FROM_P3)
    assert is_near(shown(coded(format, boxes.nclx(12, 13), srgb)), ORANGE)


def test_code_points_count_more_than_a_profile_in_a_png():
    assert is_near(shown(png_with(cicp(12, 13), iccp(profile()))), FROM_P3)
    assert is_near(shown(png_with(cicp(1, 13), iccp(profile(12)))), ORANGE)
    # What isn't known counts for nothing.
    assert is_near(shown(png_with(cicp(9, PQ), iccp(profile(12)))), FROM_P3)
    assert is_near(shown(png_with(cicp(12, 13, matrix=1))), ORANGE)


# --- numbers in a PNG -------------------------------------------------------------------


def test_a_gamma_is_applied():
    grey = Image.new("RGB", (400, 300), (90, 90, 90))

    assert is_near(shown(png_with(gama(100_000), picture=grey)), (160,) * 3)


@pytest.mark.parametrize("chunks", [(), (chrm(*P3_NUMBERS),)])
@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_a_gamma_is_applied_to_grey_too(mode, chunks):
    value = 90 * 257 if mode == "I;16" else 90
    grey = Image.new("I" if mode == "I;16" else "L", (400, 300), value).convert(mode)

    data = png_with(gama(100_000), *chunks, picture=grey)

    assert is_near(shown(data), (160,) * 3)


def test_a_gamma_changes_nothing_of_black_and_white():
    white = Image.new("1", (400, 300), 1)

    assert shown(png_with(gama(100_000), picture=white)) == [255, 255, 255]


@pytest.mark.parametrize(
    "chunks",
    [
        (gama(45_455),),
        (gama(45_455), chrm(*SRGB_NUMBERS)),
        (chrm(*SRGB_NUMBERS),),
        (gama(0),),
        (gama(0xFFFFFFFF),),
        (gama(1),),
        (chrm(*[0] * 8),),
        (chrm(*[0xFFFFFFFF] * 8),),
        (chrm(*[33333] * 8),),
        (chunk(b"gAMA", b"\0"),),
        (chunk(b"sRGB", b"\0"), gama(100_000), chrm(*P3_NUMBERS)),
    ],
)
def test_numbers_that_mean_srgb_or_nothing_change_nothing(chunks):
    assert shown(png_with(*chunks)) == list(ORANGE)


def test_chromaticities_are_applied():
    assert is_near(shown(png_with(gama(45_455), chrm(*P3_NUMBERS))), FROM_P3)
    # A profile says more.
    icc = iccp(profile())
    assert is_near(shown(png_with(gama(45_455), chrm(*P3_NUMBERS), icc)), ORANGE)


# --- profiles, by what they do ------------------------------------------------------------


@pytest.mark.parametrize(
    ("primaries", "transfer", "wanted"),
    [(12, 13, FROM_P3), (1, 8, (229, 168, 123)), (1, 13, ORANGE)],
)
@pytest.mark.parametrize("name", ["sRGB IEC61966-2.1", "sRGB-elle-V2-g10.icc", "c2"])
def test_a_profile_is_not_believed_by_its_name(name, primaries, transfer, wanted):
    icc = profile(primaries, transfer, name)
    parsed = ImageCms.ImageCmsProfile(io.BytesIO(icc))
    assert parsed.profile.profile_description == name

    assert is_near(shown(corpus.saved(flat(), "PNG", icc_profile=icc)), wanted)
    data = corpus.saved(flat(), "JPEG", quality=100, icc_profile=icc)
    assert is_near(shown(data), wanted)


def test_an_srgb_profile_changes_no_pixel():
    meant = colours.Colours((0.3128, 0.3291), colours._PRIMARIES[1], 2.2)
    assert colours.is_srgb(profile())
    assert not colours.is_srgb(profile(12))
    assert not colours.is_srgb(meant.profile(is_grey=False))

    data = corpus.saved(drawn(), "PNG", icc_profile=profile(name="holiday"))

    with sandbox.opened(data) as picture:
        assert np.array_equal(picture.frame.pixels, np.asarray(drawn()))
