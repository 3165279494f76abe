from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from media_pipeline.backends.contract import drawn_frames
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.pipeline import (
    DEFAULT_STEPS,
    Pipeline,
    build_pipeline,
    default_step_names,
    worker_step_names,
)
from media_pipeline.registry import WrongConfiguration
from media_pipeline.results import StepResult, Verdict, as_contract
from tests.servers import wait_until

BROKEN = "tests.media_pipeline.steps.backends.Broken"


@pytest.fixture
def frame():
    return drawn_frames()["gradient"]


@dataclass
class Does:
    """A step made of a function."""

    action: Any
    name: str = "does"

    def inspect(self, frame):
        return self.action()


def passes():
    return StepResult(step="does")


@dataclass
class Waits:
    name: ClassVar[str] = "waits"
    released: threading.Event = field(default_factory=threading.Event)

    def inspect(self, frame):
        self.released.wait(300)
        return StepResult(step=self.name)


def fails_with(error):
    def action():
        raise error

    return action


@pytest.mark.parametrize(
    "action",
    [
        fails_with(BackendUnavailable("gone")),
        fails_with(ValueError("a mistake in a step")),
        fails_with(MemoryError()),
        lambda: "not a result",
    ],
    ids=["unavailable", "mistake", "memory", "text"],
)
def test_a_failing_step_asks_for_a_person_and_leaves_no_facts(frame, action):
    (result,) = Pipeline(steps=(Does(action),)).run(frame).steps

    assert result.verdict is Verdict.REVIEW
    assert result.reasons == ("does_unavailable",)
    assert result.facts is None
    assert result.tags == ()


def test_a_failing_step_does_not_keep_the_others_from_answering(frame):
    steps = (
        Does(fails_with(BackendUnavailable("gone")), name="first"),
        Does(lambda: StepResult(step="second"), name="second"),
    )

    result = Pipeline(steps=steps).run(frame)

    assert [step.verdict for step in result.steps] == [Verdict.REVIEW, Verdict.PASS]
    assert result.verdict is Verdict.REVIEW


@pytest.mark.slow
def test_a_hanging_step_is_left_behind_and_the_next_one_runs(frame):
    waits = Waits()
    # Long enough for the next one's thread on a machine that does much else.
    pipeline = Pipeline(steps=(waits, Does(passes)), step_seconds=5)

    result = pipeline.run(frame)

    waits.released.set()
    assert result.steps[0].reasons == ("waits_unavailable",)
    assert result.steps[1].verdict is Verdict.PASS


def test_all_steps_together_have_a_limit_of_time(frame):
    steps = (Waits(), Does(passes, name="late"))
    pipeline = Pipeline(steps=steps, step_seconds=10, run_seconds=0.2)

    result = pipeline.run(frame)

    steps[0].released.set()
    assert [step.reasons for step in result.steps] == [
        ("waits_unavailable",),
        ("late_unavailable",),
    ]


def test_no_thread_is_left_after_a_run(frame):
    before = threading.active_count()

    Pipeline(steps=(Does(passes),)).run(frame)

    wait_until(lambda: threading.active_count() <= before, within=60)


def test_each_step_is_timed(frame):
    steps = (Does(passes, name="one"), Does(passes, name="two"))

    timings = Pipeline(steps=steps).run(frame).timings_ms

    assert set(timings) == {"one", "two"}
    assert all(value >= 0 for value in timings.values())


def test_no_steps_at_all_means_that_a_person_must_look(frame):
    assert Pipeline(steps=()).run(frame).verdict is Verdict.REVIEW


def test_photos_run_the_default_steps_in_order():
    names = tuple(step.name for step in build_pipeline().steps)

    assert names == DEFAULT_STEPS


@pytest.fixture
def switched_on(settings, monkeypatch):
    """Steps that the configuration adds: a head by the environment, a network."""
    monkeypatch.setenv("MEDIA_PIPELINE_CATEGORY_HEAD", "/nowhere/head.npz")
    settings.MEDIA_PIPELINE_STEPS = None
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {
        "objects": {"backend": "tests.media_pipeline.steps.backends.FindsNothing"}
    }
    settings.MEDIA_PIPELINE_CATALOGUE = "ugc.catalogue.get_catalogue"
    if hasattr(settings, "MEDIA_PIPELINE_CATEGORY_HEAD"):
        del settings.MEDIA_PIPELINE_CATEGORY_HEAD


@pytest.mark.usefixtures("switched_on")
def test_what_the_configuration_switches_on_belongs_to_the_defaults():
    assert default_step_names() == (*DEFAULT_STEPS, "objects", "categories")


@pytest.mark.usefixtures("switched_on")
def test_the_worker_compares_and_searches_besides():
    more = ("objects", "categories", "products", "duplicates")

    assert worker_step_names() == (*DEFAULT_STEPS, *more)
    assert worker_step_names("product") == ("hashes", "colours")


def test_named_steps_are_all_that_the_worker_runs(settings):
    settings.MEDIA_PIPELINE_STEPS = {"hashes": {}, "resolution": {"min_short_side": 9}}

    assert worker_step_names() == ("hashes", "resolution")


def test_product_pictures_are_not_moderated():
    names = {step.name for step in build_pipeline(profile="product").steps}

    assert names
    assert "moderation" not in names


def test_a_list_of_names_chooses_steps_and_order():
    names = [step.name for step in build_pipeline(["tags", "hashes"]).steps]

    assert names == ["tags", "hashes"]


def test_the_setting_may_map_names_to_options(settings):
    settings.MEDIA_PIPELINE_STEPS = {"resolution": {"min_short_side": 900}}

    (step,) = build_pipeline().steps

    assert step.min_short_side == 900


def test_options_of_a_setting_reach_steps_that_are_asked_for_by_name(settings):
    settings.MEDIA_PIPELINE_STEPS = {"resolution": {"min_short_side": 900}}

    (step,) = build_pipeline(["resolution"]).steps

    assert step.min_short_side == 900


def test_options_come_from_their_own_setting_too(settings):
    settings.MEDIA_PIPELINE_STEP_OPTIONS = {"quality": {"min_sharpness": 5.0}}

    (step,) = build_pipeline(["quality"]).steps

    assert step.min_sharpness == 5.0


def test_unknown_steps_are_refused_when_the_pipeline_is_built():
    with pytest.raises(WrongConfiguration, match="No step 'magic'"):
        build_pipeline(["magic"])


@pytest.mark.parametrize("step", ["moderation", "tags", "clothing", "faces"])
def test_a_broken_backend_leaves_its_keys_null(frame, step):
    result = build_pipeline({step: {"backend": BROKEN}}).run(frame)

    answer = as_contract(file="x", frame=frame, result=result, sha256="0" * 64)

    assert answer["verdict"] == "review"
    assert answer["findings"] == [
        {"step": step, "verdict": "review", "reasons": [f"{step}_unavailable"]}
    ]
    assert [answer[key] for key in ("moderation", "tags", "faces")] == [None] * 3


def test_missing_models_never_let_a_photo_pass(frame, no_models):
    result = build_pipeline().run(frame)

    answer = as_contract(file="x", frame=frame, result=result, sha256="0" * 64)

    assert answer["verdict"] == "review"
    unavailable = {
        reason
        for finding in answer["findings"]
        for reason in finding["reasons"]
        if reason.endswith("_unavailable")
    }
    assert unavailable == {
        "moderation_unavailable",
        "tags_unavailable",
        "clothing_unavailable",
        "faces_unavailable",
    }
    assert answer["moderation"] is None
    assert answer["colours"] is not None
