"""A file is as large as its coded data says, whatever its boxes state."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from media_pipeline.sandbox.av1 import read_coded, units
from media_pipeline.sandbox.coded_sizes import check_coded_sizes
from media_pipeline.sandbox.heif_items import check_items, read_items
from media_pipeline.testing import drawn

from . import boxes, corpus
from .boxes import Item
from .openings import pixels, refusal

pytestmark = pytest.mark.slow


def looping_heic(count: int) -> bytes:
    """Return a HEIC whose grids are all made of each other."""
    everyone = tuple(range(1, count + 1))
    return boxes.file_of(
        [Item(b"", (), b"grid", made_of=everyone)] * count, brand=b"heic"
    )


def nested_heic(count: int, depth: int) -> bytes:
    """Return a HEIC of grids made of grids, each of the next ones so many times."""
    items = [
        Item(b"", (), b"grid", made_of=(number + 1,) * count)
        for number in range(1, depth)
    ]
    return boxes.file_of([*items, boxes.coded(drawn(), "HEIF")], brand=b"heic")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(looping_heic(120), id="made of each other"),
        pytest.param(looping_heic(1), id="made of itself"),
        pytest.param(nested_heic(100, 7), id="many times many"),
        pytest.param(nested_heic(1, 100), id="deep"),
    ],
)
def test_a_picture_made_of_itself_is_refused_and_soon(data, settings):
    settings.MEDIA_PIPELINE_SANDBOX_CPU_SECONDS = 3

    assert refusal(data) == "damaged"


# --- AVIF: what is decoded is what the AV1 data says --------------------------------

TOO_LARGE = Image.new("L", (8_000, 6_600), 90)  # 52.8 megapixels
QUICK = {"speed": 10, "quality": 30, "max_threads": 1}


@pytest.fixture(scope="module")
def large() -> Item:
    return boxes.coded(TOO_LARGE, **QUICK)


@pytest.fixture(scope="module")
def small() -> Item:
    return boxes.coded(drawn(640, 480), **QUICK)


def tiles(picture: Image.Image, side: int = 256, **options: object) -> list[Item]:
    """Return the picture's tiles, in rows; those at the end are filled up with black."""
    width, height = picture.size
    return [
        boxes.coded(picture.crop((left, top, left + side, top + side)), **options)
        for top in range(0, height, side)
        for left in range(0, width, side)
    ]


def alpha(item: Item, of: int = 1) -> Item:
    kind = boxes.full_box(b"auxC", boxes.ALPHA)
    return replace(boxes.stating(item, kind), alpha_of=of)


def test_a_large_picture_that_states_a_small_one_is_refused(large):
    lying = boxes.stating(large, boxes.ispe(640, 528))

    assert refusal(boxes.file_of([lying])) == "too_many_pixels"


def test_one_that_lies_among_the_boxes_is_refused_too(large):
    lying = replace(boxes.stating(large, boxes.ispe(640, 528)), among_boxes=True)

    assert refusal(boxes.file_of([lying])) == "too_many_pixels"


def test_a_large_tile_is_refused(large, small):
    lying = boxes.stating(large, boxes.ispe(640, 480))
    tiled = boxes.file_of([boxes.grid(1, 2, 640, 960), small, lying])

    assert refusal(tiled) == "too_many_pixels"


def test_large_transparency_is_refused(large, small):
    lying = alpha(boxes.stating(large, boxes.ispe(640, 480)))

    assert refusal(boxes.file_of([small, lying])) == "too_many_pixels"


def test_a_second_sequence_header_counts_as_well(large, small):
    both = replace(small, content=small.content + large.content)

    assert refusal(boxes.file_of([both])) == "too_many_pixels"


def test_many_pictures_of_an_allowed_size_are_too_many(settings):
    settings.MEDIA_PIPELINE_MAX_PIXELS = 100_000
    tile = boxes.coded(drawn(300, 300), **QUICK)
    tiled = boxes.file_of([boxes.grid(1, 5, 300, 300), *[tile] * 5])

    assert refusal(tiled) == "too_many_pixels"


@pytest.mark.parametrize("stated", [(4000, 4000), (640, 481), (641, 480), (320, 240)])
def test_a_size_that_the_data_does_not_have_is_refused(small, stated):
    assert refusal(boxes.file_of([boxes.stating(small, boxes.ispe(*stated))])) == (
        "damaged"
    )


def test_a_second_set_of_boxes_is_refused(large, small):
    lying = boxes.file_of([boxes.stating(large, boxes.ispe(640, 480))])

    assert refusal(lying + boxes.file_of([small])[28:]) == "damaged"


def test_a_film_under_the_name_of_a_picture_is_refused():
    film = corpus.animated("AVIF")

    assert refusal(film[:8] + b"mif1" + film[12:]) == "animated"

    # Nor if it isn't announced but comes first.
    parts = dict(_outer_boxes(film))
    brands = film[8:32].replace(b"avis", b"mif1")
    head = boxes.box(b"ftyp", brands)
    swapped = head + parts[b"moov"] + parts[b"meta"] + parts[b"mdat"]
    assert refusal(swapped) == "animated"


def _outer_boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at : at + length]
        at += length


def test_a_large_frame_in_a_small_sequence_is_refused():
    # Written whole, as for films: a frame may then have a size of its own.
    data = corpus.animated("AVIF")
    items = read_items(data)
    content = bytearray(items.content(items.primary, data))
    sequence = read_coded(memoryview(content), itertools.count()).sequence
    assert sequence is not None
    assert not sequence._is_reduced
    header = next(
        bytes(part[:64]) for kind, part in units(memoryview(content)) if kind == 6
    )

    assert sequence.frame_size(header) == (300, 300)
    # A key frame that is shown, no tools, and a size of its own.
    sequence._width_bits = sequence._height_bits = 16
    own = f"0001001{0:0{sequence._order_hint_bits}b}{13999:016b}{13999:016b}"
    changed = int(own.ljust(512, "0"), 2).to_bytes(64, "big")

    assert sequence.frame_size(changed) == (14000, 14000)


def test_a_film_behind_a_picture_is_not_looked_at():
    # As phones append what happened while they took it.
    still = corpus.saved(drawn(640, 480), "AVIF")
    film = boxes.box(b"ftyp", b"mp42isom") + boxes.box(b"moov", bytes(500))

    for head in (still, still[:8] + b"mif1" + still[12:]):
        assert pixels(head + film).shape == (480, 640, 3)


# --- and honest ones are taken --------------------------------------------------------


@pytest.mark.parametrize("among_boxes", [False, True])
def test_a_grid_is_taken(among_boxes):
    picture = drawn(700, 500)
    parts = [
        replace(tile, among_boxes=among_boxes)
        for tile in tiles(picture, quality=95, subsampling="4:4:4")
    ]
    head = replace(boxes.grid(3, 2, 700, 500), among_boxes=True)
    whole = boxes.file_of([head, *parts])

    shown = pixels(whole)

    assert shown.shape == (500, 700, 3)
    assert np.abs(shown.astype(int) - np.asarray(picture)).mean() < 4


def test_a_grid_with_a_grid_of_transparency_is_taken():
    opaque = Image.new("L", (512, 512), 255)
    opaque.paste(0, (0, 0, 512, 256))
    colours = tiles(Image.new("RGB", (512, 512), (200, 100, 50)))
    over = alpha(boxes.grid(2, 2, 512, 512, first=7))
    layers = [alpha(tile, of=0) for tile in tiles(opaque)]

    shown = pixels(boxes.file_of([boxes.grid(2, 2, 512, 512), *colours, over, *layers]))

    assert shown[10, 10].min() >= 250
    assert np.abs(shown[500, 500].astype(int) - (200, 100, 50)).max() < 6


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA"])
@pytest.mark.parametrize("size", [(200, 200), (257, 431), (801, 333)])
def test_every_way_to_save_an_avif_is_taken(mode, size):
    for quality, subsampling, range_ in (
        (20, "4:2:0", "limited"),
        (75, "4:2:2", "full"),
        (100, "4:4:4", "full"),
        (60, "4:0:0", "full"),
    ):
        data = corpus.saved(
            drawn(*size).convert(mode),
            "AVIF",
            quality=quality,
            subsampling=subsampling,
            range=range_,
            speed=10,
        )

        check_items(data)
        check_coded_sizes(data, 52_000_000)


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"bitdepth": 10}])
@pytest.mark.parametrize("size", [(200, 200), (257, 431)])
def test_what_libheif_wrote_is_taken(size, options):
    pyvips = pytest.importorskip("pyvips")
    picture = pyvips.Image.new_from_array(np.asarray(drawn(*size)))
    data = picture.heifsave_buffer(compression="av1", effort=1, **options)

    assert pixels(data).shape == (size[1], size[0], 3)


def test_a_picture_whose_encoder_filled_it_up_is_taken(small):
    filled = boxes.stating(small, boxes.ispe(600, 470))

    assert pixels(boxes.file_of([filled])).shape == (470, 600, 3)


def test_headers_that_are_cut_anywhere_are_read_without_a_crash(small):
    for content in (small.content, corpus.animated("AVIF")[-3000:]):
        for length in range(64):
            read_coded(memoryview(content[:length]), itertools.count())
