"""What surrounds a picture costs little to read, and foreign bytes harm nobody."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image

from media_pipeline.results import FileFacts
from media_pipeline.sandbox import file_facts
from media_pipeline.testing import drawn, picture_bytes

from . import boxes, corpus
from .openings import facts, pixels, refusal

pytestmark = pytest.mark.slow

TRAINED = "trainedAlgorithmicMedia"


@pytest.fixture(autouse=True)
def _little_time(settings):
    settings.MEDIA_PIPELINE_SANDBOX_CPU_SECONDS = 3  # of work, not of waiting


def with_xmp(xmp: bytes, format: str = "WEBP") -> bytes:
    return corpus.saved(drawn(320, 240), format, xmp=xmp)


def stating(term: str) -> bytes:
    return f'<rdf:Description Iptc4xmpExt:DigitalSourceType="{term}"/>'.encode()


# --- XMP ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "xmp",
    [
        pytest.param(b"DigitalSourceType" + b" " * 20_000_000, id="spaces"),
        pytest.param(b"DigitalSourceType " * 1_000_000, id="many"),
        pytest.param(b"DigitalSourceType rdf:resource " * 500_000, id="half"),
        pytest.param(b"CreatorTool" + b"\n" * 20_000_000, id="lines"),
        pytest.param(b"DigitalSourceType" + b" =\t" * 6_000_000, id="mixed"),
    ],
)
def test_endless_xmp_costs_little_and_refuses_nothing(xmp):
    assert facts(with_xmp(xmp)).source_type is None


def test_what_stands_in_the_first_megabyte_of_long_xmp_is_read():
    long = stating(TRAINED) + b"<x>" + b"A" * 3_000_000 + b"</x>"

    assert facts(with_xmp(long)).source_type == TRAINED


@pytest.mark.parametrize(
    "term", ["CANARYterm", "x" * 60, "http://cv.iptc.org/newscodes/CANARY/", "Media"]
)
def test_only_terms_that_we_know_are_repeated(term):
    assert facts(with_xmp(stating(term), "JPEG")).source_type is None


def test_a_known_term_is_spelled_as_we_do():
    assert facts(with_xmp(stating(TRAINED.upper()), "JPEG")).source_type == TRAINED


def test_the_programs_name_is_short_and_visible():
    exif = Image.Exif()
    exif[0x0131] = "Tool\u202e\x1b[31m\n" + "long " * 500_000

    said = facts(corpus.saved(drawn(320, 240), "PNG", exif=exif.tobytes())).software

    assert said is not None
    assert said.startswith("Tool?[31mlong long")
    assert len(said) <= 64
    assert said.isprintable()


def test_facts_are_read_of_a_picture_without_any():
    assert file_facts.read_facts(Image.new("RGB", (1, 1)), b"", "JPEG") == FileFacts()


# --- many small pieces ------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            corpus.jpeg_with(picture_bytes(), b"\xff\xe5\x00\x02" * 6_000_000),
            id="jpeg",
        ),
        pytest.param(
            corpus.png(300, 300, corpus.chunk(b"prVt", b"") * 1_500_000, depth=8),
            id="png",
        ),
        pytest.param(
            b"RIFF"
            + struct.pack("<I", 4 + 8 * 2_000_000)
            + b"WEBP"
            + b"prVt\0\0\0\0" * 2_000_000,
            id="webp",
        ),
        pytest.param(
            picture_bytes(format="AVIF") + boxes.box(b"free") * 2_000_000, id="avif"
        ),
        pytest.param(corpus.heic() + boxes.box(b"free") * 2_000_000, id="heic"),
    ],
)
def test_millions_of_empty_pieces_are_refused_and_soon(data):
    assert refusal(data) == "damaged"


def test_more_restarts_than_a_picture_has_blocks_are_refused_and_soon():
    whole = corpus.saved(drawn(320, 240), "JPEG", restart_marker_blocks=1)
    restarts = b"".join(b"\xff%c" % (0xD0 + at % 8) for at in range(8)) * 1_500_000

    assert refusal(whole[:-2] + restarts + whole[-2:]) == "damaged"


@pytest.mark.parametrize("brand", [b"avif", b"heic"])
@pytest.mark.parametrize("name", [b"iinf", b"iloc", b"iref", b"ipco", b"ipma"])
def test_endless_lists_of_items_are_refused_and_soon(brand, name):
    endless = {
        b"iinf": boxes.full_box(
            b"iinf", b"\0\1" + boxes.full_box(b"infe", bytes(9), 2) * 900_000
        ),
        # Items without a single byte of their own, each in thousands of pieces.
        b"iloc": boxes.full_box(
            b"iloc", struct.pack(">HH", 0, 4000) + b"\0\1\0\0\x0f\xff" * 4000
        ),
        b"iref": boxes.full_box(
            b"iref",
            boxes.box(b"dimg", struct.pack(">HH", 1, 4000) + b"\0\1" * 4000) * 1000,
        ),
        b"ipco": boxes.box(b"iprp", boxes.box(b"ipco", boxes.box(b"free") * 900_000)),
        b"ipma": boxes.box(
            b"iprp",
            boxes.full_box(b"ipma", b"\xff\xff\xff\xff" + b"\0\1\0" * 5_000_000),
        ),
    }[name]
    usual = {
        b"pitm": boxes.full_box(b"pitm", b"\0\1"),
        b"iinf": boxes.full_box(b"iinf", b"\0\0"),
        b"iloc": boxes.full_box(b"iloc", b"\0\0\0\0"),
    }
    usual.pop(name, None)
    meta = boxes.full_box(b"meta", b"".join(usual.values()) + endless)
    data = boxes.box(b"ftyp", brand + bytes(4) + brand) + meta

    assert refusal(data) == "damaged"


def test_many_statements_in_credentials_are_read_only_so_far():
    def jumb(content: bytes) -> bytes:
        return boxes.box(b"jumb", content)

    described = boxes.box(
        b"jumd", b"c2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71\x03c2pa\0"
    )
    claim = b"\x71digitalSourceType\x79\xff\xff" * 800_000
    store = jumb(described + jumb(claim))
    chunk = corpus.chunk(b"caBX", store)
    data = corpus.saved(drawn(320, 240), "PNG")

    assert facts(data[:33] + chunk + data[33:]).has_c2pa


# --- foreign bytes behind it ------------------------------------------------------------


TAILS = {
    "text": b"some trailing bytes that are no box",
    "zeros": bytes(100_000),
    "ones": b"\xff" * 1000,
    "archive": b"PK\x03\x04" + bytes(50),
    "half a box": b"\0\0\0\x40freecut",
}


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_foreign_bytes_behind_a_whole_picture_are_nothing(format, tail):
    whole = corpus.saved(drawn(320, 240), format)

    assert np.array_equal(pixels(whole + TAILS[tail]), pixels(whole))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
def test_a_cut_picture_is_truncated_all_the_same(format, share):
    whole = corpus.saved(drawn(640, 480), format, quality=95)
    cut = whole[: int(len(whole) * share)]

    assert refusal(cut) == "truncated"
