"""What the worker adds to a photo's steps from settings and from the database."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from media_pipeline import services
from media_pipeline.backends.contract import frame_of
from media_pipeline.inspection import worker_pipeline
from media_pipeline.models import Prompt

ENGINE = f"{__name__}.Knows"

pytestmark = pytest.mark.django_db


class Knows:
    """Is sure of every sentence with "green" in it."""

    def compare(self, pixels, texts):
        return [0.9 if "green" in text else 0.1 for text in texts]


@pytest.fixture
def keeping(settings):
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {"prompts": {"backend": ENGINE}}
    Prompt.objects.create(word_en="lawn", text="a green lawn", threshold=0.8)
    Prompt.objects.create(
        word_en="Green Smoke", text="green smoke", threshold=0.8, meaning="review"
    )
    Prompt.objects.create(word_en="sky", text="a blue sky", threshold=0.8)
    Prompt.objects.create(word_en="off", text="a green car", is_active=False)


def answer():
    (step,) = (s for s in worker_pipeline("photo").steps if s.name == "prompts")
    return step.inspect(frame_of(np.zeros((20, 20, 3), np.uint8)))


def test_the_worker_looks_for_the_sentences_in_use(keeping):
    result = answer()

    assert [tag.label for tag in result.tags] == ["lawn"]
    assert result.reasons == ("shows_green_smoke",)
    assert len(result.facts.scores) == 3


def test_a_new_sentence_counts_from_the_next_photo_on(keeping):
    before = worker_pipeline("photo").editions
    Prompt.objects.create(word_en="leaf", text="a green leaf", threshold=0.5)

    assert "leaf" in [tag.label for tag in answer().tags]
    after = worker_pipeline("photo").editions
    assert {step for step in after if after[step] != before[step]} == {"prompts"}


def test_without_a_network_nobody_asks_for_sentences(settings):
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {}

    names = [step.name for step in worker_pipeline("photo").steps]

    assert not {"prompts", "objects", "own_labels"} & set(names)


def test_naming_a_network_switches_its_step_on(settings, tmp_path):
    own = {"sha256": "0" * 64, "labels": str(tmp_path / "own.txt")}
    options = {"backend_options": {"path": str(tmp_path / "own.onnx"), **own}}
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {"own_labels": options, "objects": options}

    names = [step.name for step in worker_pipeline("photo").steps]

    assert {"own_labels", "objects"} < set(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("threshold", [-0.1, 1.1])
def test_a_limit_is_a_probability(threshold):
    with pytest.raises(IntegrityError), transaction.atomic():
        Prompt.objects.create(word_en="x", text="x", threshold=threshold)


def test_all_editors_words_come_by_their_codes(django_assert_num_queries):
    Prompt.objects.create(word_en="BBQ party", word_de="Grillfest", text="a barbecue")
    Prompt.objects.create(word_en="beach", text="a beach")

    with django_assert_num_queries(1):
        assert services.sentence_wordings("de") == {
            "bbq_party": "Grillfest",
            "beach": "beach",
        }
    assert services.sentence_wordings("en")["bbq_party"] == "BBQ party"


def test_what_detectors_know_is_said_in_german_too():
    assert services.tag_wording("knife", "de") == "Messer"
    assert services.label_wording("cell_phone", "de-at") == "Handy"
    assert services.label_wording("cell_phone", "en") == "cell phone"
    assert services.label_wording("green_smoke", "de") == "green smoke"


def test_editors_words_are_said_in_both_languages(django_assert_num_queries):
    Prompt.objects.create(word_en="picnic", word_de="Picknick", text="a picnic")
    Prompt.objects.create(word_en="beach", text="a beach")

    assert services.tag_wording("picnic", "de") == "Picknick"
    assert services.tag_wording("Picnic", "de-at") == "Picknick"
    assert services.tag_wording("beach", "de") == "beach"
    with django_assert_num_queries(0):
        assert services.tag_wording("picnic", "en") == "picnic"
        assert services.tag_wording("shoes", "de") == "Schuhe"
