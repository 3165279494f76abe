from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from media_pipeline.backends import lite0
from media_pipeline.backends.contract import drawn_frames
from media_pipeline.backends.shop_words import SHOP_WORDS, wording
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import discover
from media_pipeline.results import Tag, Verdict

from .conftest import photo

PATH = "tests.media_pipeline.steps.backends.GivenTags"
HEAD = Path(lite0.__file__).parent / "weights" / "clothing_head.npz"


def test_each_word_stands_once_with_its_german():
    words = [word.word for word in SHOP_WORDS]
    german = [word.german for word in SHOP_WORDS]

    assert len(set(words)) == len(words) > 100
    assert len(set(german)) == len(german)
    assert all(words)
    assert all(german)


def test_each_class_says_at_most_one_word():
    places = [place for word in SHOP_WORDS for place in word.classes]

    assert len(set(places)) == len(places)


def test_only_things_that_can_be_sold_are_said():
    places = [place for word in SHOP_WORDS for place in word.classes]

    # Below 398 are animals; beyond 986 fungi, crops and toilet paper.
    assert all(398 <= place <= 986 for place in places)


def test_every_word_has_a_source():
    assert all(word.classes or word.clothing for word in SHOP_WORDS)


def test_every_kind_of_garment_has_a_word_but_none():
    with np.load(HEAD) as head:
        labels = {str(label) for label in head["labels"]}

    assert {word.clothing for word in SHOP_WORDS if word.clothing} == labels - {"none"}


def test_words_have_a_german_wording_and_unknown_ones_stay():
    assert wording("sofa", "de") == "Sofa"
    assert wording("cushion", "de-at") == "Kissen"
    assert wording("cushion", "en") == "cushion"
    assert wording("a shop's own word", "de") == "a shop's own word"


@pytest.mark.parametrize(
    ("confidence", "shown"), [(0.3999, ()), (0.4, (Tag("sofa", 0.4),))]
)
def test_tags_are_shown_from_their_limit(confidence, shown):
    options = {"backend": PATH, "backend_options": {"tags": (("sofa", confidence),)}}
    step = discover().build("tags", options)

    assert step.inspect(drawn_frames()["gradient"]).tags == shown


@pytest.mark.parametrize("confidence", [float("nan"), -0.1, 1.5])
def test_a_confidence_that_is_no_probability_counts_as_no_answer(confidence):
    options = {"backend": PATH, "backend_options": {"tags": (("sofa", confidence),)}}

    with pytest.raises(BackendUnavailable):
        discover().build("tags", options).inspect(drawn_frames()["gradient"])


# Which word the default models find in which demo photo, and none that is wrong.
SEEN = [
    ("packshots/tan-leather-sofa.jpg", {"sofa"}),
    ("packshots/black-armchair.jpg", {"chair"}),
    ("packshots/computer-mouse.jpg", {"computer mouse"}),
    ("packshots/twin-lens-camera.jpg", {"camera"}),
    ("packshots/instant-camera.jpg", {"camera"}),
    ("packshots/road-bike.jpg", {"bicycle"}),
    ("packshots/bonsai.jpg", {"potted plant"}),
    ("packshots/mechanical-keyboard.jpg", {"keyboard"}),
    ("customer/tent-in-forest.jpg", {"tent"}),
    ("customer/laptop-on-white-desk.jpg", {"laptop"}),
    ("customer/latte-art.jpg", {"cup"}),
    ("customer/camera-on-wood.jpg", {"camera"}),
    ("customer/leather-goods-flatlay.jpg", {"tool"}),
    ("customer/living-room-grey-sofa.jpg", {"sofa"}),
    ("packshots/tablet.jpg", set()),
    ("packshots/boxing-gloves.jpg", set()),
    ("customer/succulents-from-above.jpg", set()),
    ("customer/barista-with-cups.jpg", set()),
]


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(("name", "words"), SEEN, ids=[name for name, _ in SEEN])
def test_the_default_tags_name_what_a_photo_shows(name, words):
    result = discover().build("tags").inspect(photo(name))

    assert {tag.label for tag in result.tags} == words
    assert result.verdict is Verdict.PASS


# Kind and probability as measured when the head was trained.
GARMENTS = [
    ("packshots/black-sneaker.jpg", "shoes", 0.987),
    ("packshots/grey-trainer.jpg", "shoes", 0.982),
    ("packshots/white-hi-top-sneakers.jpg", "shoes", 0.971),
    ("packshots/hanging-plant.jpg", None, 0.979),
    ("packshots/twin-lens-camera.jpg", None, 0.964),
    ("packshots/black-armchair.jpg", None, 0.967),
    ("packshots/cactus-terracotta-pot.jpg", None, 0.985),
]


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize(
    ("name", "kind", "probability"), GARMENTS, ids=[name for name, *_ in GARMENTS]
)
def test_the_clothing_head_answers_as_when_it_was_trained(name, kind, probability):
    tags = lite0.ClothingTagger().tag(photo(name).pixels)

    if kind is None:
        assert tags == ()
    else:
        assert [tag.label for tag in tags] == [kind]
        assert tags[0].confidence == pytest.approx(probability, abs=0.02)


@pytest.mark.usefixtures("models")
def test_views_are_probabilities_and_vectors_of_length_one():
    view = lite0.whole(photo("packshots/black-sneaker.jpg").pixels)

    assert view.probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert np.linalg.norm(view.features) == pytest.approx(1, abs=1e-4)
    assert view.features.shape == (1280,)


def test_the_table_is_sorted_for_whoever_edits_it():
    path = HEAD.parent / "shop_words.csv"
    with path.open(encoding="utf-8", newline="") as file:
        words = [row["word"] for row in csv.DictReader(file)]

    assert words == sorted(words)
