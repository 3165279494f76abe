"""What a PNG says is read wherever it stands, and nothing of it is concealed."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from media_pipeline.sandbox.file_facts import exif_orientation, read_facts
from media_pipeline.sandbox.png_chunks import read_png
from media_pipeline.testing import drawn

from . import corpus
from .corpus import chunk
from .openings import pixels, refusal

pytestmark = pytest.mark.slow

SIDE = 400


def with_chunks(*chunks: bytes, before: bytes = b"IDAT", data: bytes = b"") -> bytes:
    """Return a PNG, or this one, with chunks put in front of its first of a kind."""
    data = data or corpus.saved(drawn(SIDE, 300), "PNG")
    at = data.index(before) - 4
    return data[:at] + b"".join(chunks) + data[at:]


def with_filter(filter: int, row: int) -> bytes:
    """Return a PNG one of whose rows states this filter; its checksums are right."""
    rows = bytearray((b"\0" + bytes(range(1, 201)) * 6) * SIDE)
    rows[row * 1201] = filter
    return corpus.png(SIDE, SIDE, depth=8, colour=2, rows=zlib.compress(bytes(rows)))


def exif(orientation: int) -> bytes:
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes().removeprefix(b"Exif\0\0")


def packed(name: bytes, length: int) -> bytes:
    return chunk(b"zTXt", name + b"\0\0" + zlib.compress(bytes(length), 9))


@pytest.mark.parametrize("row", [0, 1, 200, 399])
def test_a_row_with_an_unknown_filter_is_damaged(row):
    assert refusal(with_filter(7, row)) == "damaged"


def test_a_row_with_a_known_filter_is_taken():
    assert pixels(with_filter(1, 200)).shape == (SIDE, SIDE, 3)


@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(packed(b"Comment", 80 << 20), id="zTXt"),
        pytest.param(
            chunk(
                b"iTXt",
                b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"A" * (80 << 20), 9),
            ),
            id="iTXt",
        ),
        pytest.param(b"".join([packed(b"Comment", 1 << 20)] * 70), id="many"),
    ],
)
def test_a_bomb_of_text_is_damaged_wherever_it_stands(bomb, before):
    assert refusal(with_chunks(bomb, before=before)) == "damaged"


@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(packed(b"Comment", 3_000_000), id="large"),
        pytest.param(chunk(b"zTXt", b"Comment\0\0broken"), id="broken"),
        pytest.param(chunk(b"zTXt", b"Comment\0\7no known method"), id="method"),
        pytest.param(chunk(b"iTXt", b"Comment"), id="cut"),
        pytest.param(chunk(b"tEXt", b""), id="empty"),
    ],
)
def test_what_stands_behind_an_odd_text_is_read(text, before):
    upright = drawn(640, 480)
    turned = corpus.saved(upright.transpose(Image.Transpose.ROTATE_90), "PNG")
    data = with_chunks(text, chunk(b"eXIf", exif(6)), before=before, data=turned)

    assert np.array_equal(pixels(data), np.asarray(upright))


def test_exif_that_imagemagick_wrote_as_text_is_read():
    upright = drawn(640, 480)
    turned = corpus.saved(upright.transpose(Image.Transpose.ROTATE_90), "PNG")
    block = b"Exif\0\0" + exif(6)
    text = f"\nexif\n{len(block):8}\n{block.hex()}\n".encode()
    head = b"Raw profile type exif\0\0"
    data = with_chunks(chunk(b"zTXt", head + zlib.compress(text)), data=turned)

    assert np.array_equal(pixels(data), np.asarray(upright))


def test_a_memory_error_while_reading_metadata_is_none_of_the_files():
    class Full(Image.Image):
        def getexif(self):
            raise MemoryError

    with pytest.raises(MemoryError):
        exif_orientation(Full())
    with pytest.raises(MemoryError):
        read_facts(Full(), b"", "PNG")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(
            with_chunks(chunk(b"tEXt", b"a\0" + b"x" * 10), before=b"IHDR"),
            "damaged",
            id="head behind a text",
        ),
        pytest.param(with_chunks(chunk(b"IDAT", b""))[:-12], "truncated", id="no end"),
        pytest.param(
            with_chunks(chunk(b"tEXt", b"a\0b"), chunk(b"IDAT", b""), before=b"IEND"),
            "damaged",
            id="data in two places",
        ),
        pytest.param(
            with_chunks(chunk(b"prVt", b"") * 70_000), "damaged", id="many chunks"
        ),
        pytest.param(
            corpus.png(300, 300).replace(b"\0\0\0\x0dIHDR", b"\0\0\0\x0eIHDR"),
            "damaged",
            id="long head",
        ),
    ],
)
def test_a_structure_that_no_encoder_writes_is_refused(data, code):
    assert refusal(data) == code


def test_data_in_thousands_of_chunks_is_taken():
    data = corpus.saved(drawn(SIDE, 300), "PNG")
    start, end = data.index(b"IDAT") - 4, data.index(b"IEND") - 4
    content = b"".join(
        data[at + 8 : at + 8 + length] for at, length in _data_chunks(data, start, end)
    )
    pieces = [content[at : at + 2] for at in range(0, len(content), 2)]
    small = b"".join(chunk(b"IDAT", piece) for piece in pieces)
    assert len(pieces) > 1000

    assert pixels(data[:start] + small + data[end:]).shape == (300, SIDE, 3)


def _data_chunks(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    found = []
    while start < end:
        length = int.from_bytes(data[start : start + 4], "big")
        found.append((start, length))
        start += 12 + length
    return found


@pytest.mark.parametrize(("depth", "value"), [(1, 0), (2, 2), (4, 6), (8, 50)])
def test_a_grey_that_is_transparent_becomes_white(depth, value):
    per_byte = 8 // depth
    byte = sum(value << (8 - depth * (at + 1)) for at in range(per_byte))
    rows = zlib.compress((b"\0" + bytes([byte]) * (SIDE // per_byte)) * SIDE)
    clear = chunk(b"tRNS", struct.pack(">H", value))
    data = corpus.png(SIDE, SIDE, clear, depth=depth, colour=0, rows=rows)

    assert pixels(data)[100, 100].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    "profile",
    [
        pytest.param(b"x\0\5garbage", id="method"),
        pytest.param(b"x\0\0garbage", id="broken"),
        pytest.param(b"x\0\0" + zlib.compress(b"no profile"), id="none"),
        pytest.param(b"x", id="cut"),
    ],
)
def test_a_broken_profile_counts_as_srgb(profile):
    data = with_chunks(chunk(b"iCCP", profile))

    assert np.array_equal(pixels(data), np.asarray(drawn(SIDE, 300)))


def test_a_profile_of_a_megabyte_is_taken_and_a_bomb_is_not():
    profile = corpus.swapped_profile()
    large = zlib.compress(profile + bytes(1_200_000))
    bomb = zlib.compress(profile + bytes(20 << 20))
    red = corpus.saved(Image.new("RGB", (SIDE, SIDE), (255, 0, 0)), "PNG")
    data = with_chunks(chunk(b"iCCP", b"x\0\0" + large), data=red)

    assert pixels(data)[0, 0, 2] > 200  # blue
    assert refusal(with_chunks(chunk(b"iCCP", b"x\0\0" + bomb))) == "damaged"


def test_the_decoder_gets_the_picture_and_nothing_else():
    data = corpus.png_with_canaries()

    png = read_png(data)

    assert corpus.CANARY not in png.picture
    with Image.open(io.BytesIO(png.picture)) as shown:
        assert np.array_equal(np.asarray(shown), np.asarray(drawn()))
