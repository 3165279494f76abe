from __future__ import annotations

import numpy as np
import pytest

from media_pipeline.backends import onnx_image_text, sessions
from media_pipeline.backends.contract import (
    PromptBackendContract,
    StepContract,
    frame_of,
)
from media_pipeline.backends.onnx_image_text import OnnxImageText
from media_pipeline.editions import edition_of
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.pipeline import build_pipeline
from media_pipeline.pipeline_steps.prompts import Sought
from media_pipeline.registry import WrongConfiguration, discover
from media_pipeline.results import Verdict, as_contract, as_stored

from .tiny_networks import mean_colour, saved, tokenizer, word_colours

GREEN = np.zeros((90, 120, 3), np.uint8) + np.array([10, 220, 20], np.uint8)

RED = Sought(label="something red", text="a red photo", shown_from=0.5)
GREEN_THING = Sought(label="something green", text="a green photo", shown_from=0.5)
GREEN_ALARM = Sought(
    label="Green Alarm", text="green", shown_from=0.5, asks_review=True
)


@pytest.fixture
def options(tmp_path):
    """Return what makes the options of a pair, its files written."""

    def make(**others):
        files = {
            "image": others.pop("image_bytes", None) or mean_colour(),
            "text": others.pop("text_bytes", None) or word_colours(),
            "tokenizer": others.pop("tokenizer_bytes", None) or tokenizer(),
        }
        named = {}
        for name, content in files.items():
            path, sha256 = saved(tmp_path / f"{name}.file", content)
            named |= {name: path, f"{name}_sha256": sha256}
        return {
            **named,
            "side": 8,
            "mean": (-0.1, -0.1, -0.1),  # else black has no direction
            "std": (1, 1, 1),
            "tokens": 6,
            "scale": 20.0,
            **others,
        }

    onnx_image_text.forget()
    yield make
    onnx_image_text.forget()
    sessions.forget()


class TestOnnxImageText(PromptBackendContract):
    @pytest.fixture(autouse=True)
    def _make(self, options):
        self.options = options()

    def make_backend(self):
        return OnnxImageText(**self.options)


class TestPrompts(StepContract):
    @pytest.fixture(autouse=True)
    def _make(self, options):
        self.options = options()

    def make_step(self):
        return discover().build(
            "prompts",
            {"backend_options": self.options, "sought": (RED, GREEN_THING)},
        )


def test_sentences_that_fit_the_picture_are_probable(options):
    red, green = OnnxImageText(**options()).compare(
        GREEN, ["a red photo", "a green photo"]
    )

    assert red < 0.1
    assert green > 0.9


def test_a_neutral_sentence_is_as_probable_as_not(options):
    (neutral,) = OnnxImageText(**options()).compare(GREEN, ["a photo"])

    assert neutral == pytest.approx(0.5)


def test_without_neutral_sentences_scale_and_bias_decide(options):
    pair = OnnxImageText(**options(neutral=(), scale=10.0, bias=-5.0))

    red, green = pair.compare(GREEN, ["red", "green"])

    assert red < 0.05
    assert green > 0.95


def test_the_words_are_asked_for_once(options, monkeypatch):
    opened = []
    real = sessions.open_session
    monkeypatch.setattr(
        sessions, "open_session", lambda model: opened.append(model.path) or real(model)
    )
    chosen = options()
    pair = OnnxImageText(**chosen)

    for _ in range(2):
        pair.compare(GREEN, ["red", "green"])
    pair.compare(GREEN, ["blue"])

    assert [str(path) for path in opened].count(chosen["text"]) == 2
    assert [str(path) for path in opened].count(chosen["image"]) == 1


def step_with(options, *sought):
    return discover().build("prompts", {"backend_options": options, "sought": sought})


def test_what_fits_becomes_a_tag_or_asks_for_a_person(options):
    step = step_with(options(), RED, GREEN_THING, GREEN_ALARM)

    result = step.inspect(frame_of(GREEN))

    assert [tag.label for tag in result.tags] == ["something green"]
    assert result.reasons == ("shows_green_alarm",)
    assert result.verdict is Verdict.REVIEW


def test_the_scores_are_kept_to_choose_limits_by(options):
    chosen = options()
    pipeline = build_pipeline(
        {"prompts": {"backend_options": chosen, "sought": (RED, GREEN_THING)}}
    )
    frame = frame_of(GREEN)

    result = pipeline.run(frame)

    kept = as_stored(frame=frame, result=result, sha256="")
    assert set(kept["prompts"]) == {"a red photo", "a green photo"}
    assert kept["prompts"]["a green photo"] > 0.9
    assert len(kept["models"]["prompts"]) == 3
    assert "prompts" not in as_contract(file="x", frame=frame, result=result, sha256="")


def test_other_sentences_are_another_edition(options):
    chosen = options()

    assert edition_of(step_with(chosen, RED)) == edition_of(step_with(chosen, RED))
    assert edition_of(step_with(chosen, RED)) != edition_of(
        step_with(chosen, GREEN_ALARM)
    )


@pytest.mark.parametrize("empty", [{}, {"image": "", "text": "", "tokenizer": ""}])
def test_without_files_the_step_is_off(empty):
    result = step_with(empty, RED).inspect(frame_of(GREEN))

    assert (result.verdict, result.reasons, result.tags) == (Verdict.PASS, (), ())


def test_without_sentences_nothing_is_asked(options):
    assert step_with(options(image_bytes=b"none")).inspect(frame_of(GREEN)).tags == ()


# --- what is no answer ----------------------------------------------------------------


def unavailable(options):
    steps = {"prompts": {"backend_options": options, "sought": (RED,)}}
    (result,) = build_pipeline(steps).run(frame_of(GREEN)).steps
    return result.reasons == ("prompts_unavailable",)


@pytest.mark.parametrize("name", ["image", "text", "tokenizer"])
def test_each_of_the_three_files_must_be_the_one_that_was_named(options, name):
    assert unavailable({**options(), f"{name}_sha256": "0" * 64})


@pytest.mark.parametrize("name", ["image", "text", "tokenizer"])
def test_each_of_the_three_files_must_be_what_it_is_named_for(options, name):
    assert unavailable(options(**{f"{name}_bytes": b"something else"}))


def test_networks_that_are_no_pair_ask_for_a_person(options):
    with pytest.raises(BackendUnavailable, match="no pair"):
        OnnxImageText(**options(text_bytes=word_colours(4))).compare(GREEN, ["red"])


def test_a_picture_network_does_not_pass_for_one_of_words(options):
    assert unavailable(options(text_bytes=mean_colour()))
    assert unavailable(options(image_bytes=word_colours()))


def test_a_wrong_side_asks_for_a_person(options):
    assert unavailable(options(side=9))


def test_a_missing_library_is_named(options, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)

    with pytest.raises(BackendUnavailable, match=r"schaufenster\[prompts\]"):
        OnnxImageText(**options()).compare(GREEN, ["red"])


class Rambling:
    def __init__(self, answer=()):
        self.answer = answer

    def compare(self, pixels, texts):
        return self.answer


@pytest.mark.parametrize("answer", [(), (0.1, 0.2), (float("nan"),), (1.5,), (-0.1,)])
def test_malformed_answers_of_any_engine_ask_for_a_person(answer):
    steps = {
        "prompts": {
            "backend": f"{__name__}.Rambling",
            "backend_options": {"answer": answer},
            "sought": (RED,),
        }
    }

    (result,) = build_pipeline(steps).run(frame_of(GREEN)).steps

    assert result.reasons == ("prompts_unavailable",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"image": "relative.onnx"},
        {"text_sha256": ""},
        {"tokens": 0},
        {"std": (0, 1, 1)},
        {"neutral": "a photo"},
        {"colour": "red"},
    ],
)
def test_options_are_checked_when_the_pipeline_is_built(options, wrong):
    with pytest.raises(WrongConfiguration):
        build_pipeline({"prompts": {"backend_options": {**options(), **wrong}}})


def test_what_is_sought_has_its_own_type():
    with pytest.raises(WrongConfiguration, match="Sought"):
        build_pipeline({"prompts": {"sought": ("a red photo",)}})
