from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from media_pipeline.backends.contract import drawn_frames, frame_of
from media_pipeline.backends.lite0 import Lite0Embedder
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import WrongConfiguration, discover
from media_pipeline.similarity import (
    FolderCatalogue,
    ProductIndex,
    cut,
    difference_hash,
    distance,
    perceptual_hash,
    windows,
)

from .backends import MeanColour
from .conftest import PHOTOS, photo

MEAN_COLOUR = "tests.media_pipeline.steps.backends.MeanColour"


def plain(*rgb, side=64):
    return np.zeros((side, side, 3), np.uint8) + np.array(rgb, np.uint8)


def saved_as_jpeg(pixels, quality):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    with Image.open(file, formats=["JPEG"]) as opened:
        return np.asarray(opened)


CHANGES = {
    "saved again": lambda pixels: saved_as_jpeg(pixels, 40),
    "half as large": lambda pixels: np.asarray(
        Image.fromarray(pixels).resize((pixels.shape[1] // 2, pixels.shape[0] // 2))
    ),
    "brighter": lambda pixels: np.clip(pixels * 1.15, 0, 255).astype(np.uint8),
}
SOME_PHOTOS = [
    "packshots/bonsai.jpg",
    "packshots/road-bike.jpg",
    "customer/camera-on-wood.jpg",
    "customer/leather-sofa-loft.jpg",
    "customer/tent-in-forest.jpg",
]


@pytest.mark.parametrize("hash_of", [perceptual_hash, difference_hash])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("name", SOME_PHOTOS)
def test_hashes_know_a_photo_again(hash_of, change, name):
    pixels = photo(name).pixels

    assert distance(hash_of(pixels), hash_of(change(pixels))) <= 10


@pytest.mark.parametrize("hash_of", [perceptual_hash, difference_hash])
def test_hashes_of_different_photos_lie_apart(hash_of):
    hashes = [hash_of(photo(name).pixels) for name in SOME_PHOTOS]

    for place, one in enumerate(hashes):
        assert all(distance(one, other) > 10 for other in hashes[place + 1 :])


def test_hashes_are_written_as_sixteen_hex_digits():
    facts = discover().build("hashes").inspect(drawn_frames()["black"]).facts

    hashes = facts.as_json()["hashes"]

    assert set(hashes) == {"phash", "dhash"}
    assert all(len(value) == 16 and int(value, 16) >= 0 for value in hashes.values())


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_distance_counts_differing_bits(one, other):
    assert distance(one, one) == 0
    assert distance(one, other) == distance(other, one) == bin(one ^ other).count("1")


def test_there_is_the_whole_and_thirteen_windows_inside_it():
    boxes = windows()

    assert boxes[0] == (0.0, 0.0, 1.0, 1.0)
    assert len(set(boxes)) == 14
    for left, top, width, height in boxes:
        assert min(left, top) >= 0
        assert max(left + width, top + height) <= 1 + 1e-9


@pytest.mark.parametrize("box", [(0.999, 0.999, 0.001, 0.001), (0.2, 0.4, 0.0, 0.0)])
def test_a_cut_is_never_empty(box):
    assert cut(plain(1, 2, 3), box).size > 0


def test_a_cut_is_what_the_box_says():
    pixels = drawn_frames()["noise"].pixels  # 640 x 480

    assert np.array_equal(cut(pixels, (0.25, 0.5, 0.5, 0.25)), pixels[240:360, 160:480])


def index_of(**pictures):
    return ProductIndex.of(pictures.items(), MeanColour())


def test_the_index_finds_a_product_by_its_best_picture():
    index = ProductIndex.of(
        [
            ("mug", plain(200, 20, 20)),
            ("mug", plain(20, 20, 200)),
            ("pot", plain(9, 99, 9)),
        ],
        MeanColour(),
    )
    query = MeanColour().embed([plain(25, 22, 190)])[0]

    matches = index.find({(0.0, 0.0, 1.0, 1.0): query}, min_score=0.5, limit=5)

    assert [match.key for match in matches][0] == "mug"
    assert len({match.key for match in matches}) == len(matches)


def test_the_index_reports_the_window_that_shows_it_best():
    index = index_of(mug=plain(200, 20, 20))
    left, right = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 0.5, 1.0)
    rows = MeanColour().embed([plain(90, 90, 90), plain(200, 25, 20)])

    (match,) = index.find({left: rows[0], right: rows[1]}, min_score=0.9, limit=5)

    assert match.box == right
    assert match.score == pytest.approx(1, abs=0.01)


def test_the_index_keeps_to_its_limits():
    pictures = {f"p{shade}": plain(200, shade, 20) for shade in range(10, 90, 10)}
    index = index_of(**pictures)
    query = {(0.0, 0.0, 1.0, 1.0): MeanColour().embed([plain(200, 10, 20)])[0]}

    assert len(index.find(query, min_score=0.0, limit=3)) == 3
    assert index.find(query, min_score=1.01, limit=3) == ()
    only = index.find(query, min_score=0.0, limit=3, among={"p50"})
    assert [match.key for match in only] == ["p50"]


def test_an_empty_index_finds_nothing():
    index = ProductIndex.of([], MeanColour())
    query = MeanColour().embed([plain(1, 2, 3)])[0]

    assert index.find({(0.0, 0.0, 1.0, 1.0): query}, min_score=0.0, limit=3) == ()


def test_the_step_finds_a_product_in_a_corner():
    pixels = plain(120, 120, 120, side=600)
    pixels[:270, 330:] = (200, 20, 20)
    options = {"index": index_of(mug=plain(200, 20, 20)), "backend": MEAN_COLOUR}

    facts = discover().build("products", options).inspect(frame_of(pixels)).facts

    (product,) = facts.as_json()["products"]
    assert product["key"] == "mug"
    assert product["score"] > 0.99
    assert product["box"] == [0.55, 0.0, 0.45, 0.45]


def test_an_index_of_another_model_is_no_answer():
    options = {"index": index_of(mug=plain(200, 20, 20))}
    step = discover().build("products", options)

    with pytest.raises(BackendUnavailable, match="mean colour 1"):
        step.inspect(drawn_frames()["black"])


def test_the_step_needs_an_index():
    with pytest.raises(WrongConfiguration):
        discover().build("products", {"index": "/a/folder"})


def test_a_folder_lists_keys_by_file_and_by_folder(tmp_path):
    (tmp_path / "mug.jpg").touch()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "pot").mkdir()
    for name in ("a.PNG", "b.heic", "broken.webp"):
        (tmp_path / "pot" / name).touch()

    def decode(path):
        return None if path.stem == "broken" else plain(1, 2, 3)

    pictures = FolderCatalogue(folder=tmp_path, decode=decode).pictures()

    assert [key for key, _ in pictures] == ["mug", "pot", "pot"]


@pytest.mark.usefixtures("models")
def test_the_default_embedder_finds_products_in_changed_photos():
    names = sorted(path.name for path in (PHOTOS / "packshots").iterdir())[:12]
    frames = {name: photo(f"packshots/{name}") for name in names}
    index = ProductIndex.of(
        ((name, frame.pixels) for name, frame in frames.items()), Lite0Embedder()
    )

    for name, frame in frames.items():
        changed = saved_as_jpeg(cut(frame.pixels, (0.07, 0.07, 0.86, 0.86)), 60)
        row = Lite0Embedder().embed([changed])[0]
        best = index.find({(0.0, 0.0, 1.0, 1.0): row}, min_score=0.0, limit=1)
        assert best[0].key == name
        assert best[0].score > 0.75
