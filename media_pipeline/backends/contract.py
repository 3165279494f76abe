"""Suites that a third party's step and backends must pass; see ``testing.py``.

Use one by inheriting and saying what is to be tested::

    class TestMyStep(StepContract):
        def make_step(self):
            return MyStep(limit=3)
"""

# ruff: noqa: S101 - these are tests, run by others

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.registry import Step
from media_pipeline.results import STEP_KEYS, Frame, StepResult, Verdict

from .pictures import Pixels


def drawn_frames() -> dict[str, Frame]:
    """Return frames of every kind that a step must bear, by name."""
    y, x = np.mgrid[0:480, 0:640].astype(np.float32)
    checks = ((x // 40 + y // 40) % 2 * 255).astype(np.uint8)
    noise = np.random.default_rng(7).integers(0, 256, (480, 640, 3), np.uint8)
    pictures = {
        "black": np.zeros((480, 640, 3), np.uint8),
        "white": np.full((480, 640, 3), 255, np.uint8),
        "checks": np.stack([checks] * 3, axis=-1),
        "gradient": np.stack([x / 640 * 255, y / 480 * 255, x * 0 + 90], -1).astype(
            np.uint8
        ),
        "noise": noise,
        "tall": noise[:, :96],
        "flat": noise[:96, :],
        "smallest": noise[:200, :200],
    }
    return {name: frame_of(pixels) for name, pixels in pictures.items()}


def frame_of(pixels: Pixels, *, scale: int = 1) -> Frame:
    """Return a frame as the sandbox gives it: read-only, contiguous pixels."""
    own = np.ascontiguousarray(pixels)
    if own is pixels:
        own = pixels.copy()
    own.flags.writeable = False
    height, width = own.shape[:2]
    return Frame(pixels=own, size=(width * scale, height * scale))


class StepContract:
    """What every step keeps to, whatever it asks."""

    def make_step(self) -> Step:
        raise NotImplementedError

    def test_has_a_name_that_can_be_a_reason_code(self) -> None:
        name = self.make_step().name

        assert name == name.lower()
        assert name.isidentifier()

    def test_answers_every_frame_with_a_result_of_its_own(self) -> None:
        step = self.make_step()

        for kind, frame in drawn_frames().items():
            result = step.inspect(frame)

            assert isinstance(result, StepResult), kind
            assert result.step == step.name, kind
            assert result.verdict in Verdict, kind

    def test_never_changes_the_frame(self) -> None:
        for kind, frame in drawn_frames().items():
            before = frame.pixels.copy()

            self.make_step().inspect(frame)

            assert np.array_equal(frame.pixels, before), kind

    def test_says_the_same_of_the_same_frame(self) -> None:
        frame = drawn_frames()["gradient"]

        first, second = (self.make_step().inspect(frame) for _ in range(2))

        assert answers_of(first) == answers_of(second)

    def test_facts_are_frozen_and_fit_the_contract(self) -> None:
        for kind, frame in drawn_frames().items():
            facts = self.make_step().inspect(frame).facts
            if facts is None:
                continue

            answers = facts.as_json()

            assert set(answers) <= set(STEP_KEYS), kind
            json.dumps(dict(answers), allow_nan=False)
            assert getattr(type(facts), "__dataclass_params__").frozen, kind  # noqa: B009

    def test_numbers_and_boxes_lie_where_they_should(self) -> None:
        for kind, frame in drawn_frames().items():
            result = self.make_step().inspect(frame)
            answers = {} if result.facts is None else result.facts.as_json()

            for tag in result.tags:
                assert 0 <= tag.confidence <= 1, kind
            for value in (answers.get("moderation") or {}).values():
                assert value is None or 0 <= value <= 1, kind
            for box in boxes_in(answers):
                left, top, width, height = box
                assert min(box) >= 0, kind
                assert left + width <= 1 + 1e-3, kind
                assert top + height <= 1 + 1e-3, kind

    def test_reasons_are_codes_and_rejecting_names_one(self) -> None:
        for kind, frame in drawn_frames().items():
            result = self.make_step().inspect(frame)

            for reason in result.reasons:
                assert reason == reason.lower().replace(" ", "_"), kind
            assert result.verdict is not Verdict.REJECT or result.reasons, kind


class ModerationBackendContract:
    """What a step ``moderation`` asks of its backend."""

    def make_backend(self) -> Any:
        raise NotImplementedError

    def test_scores_every_frame_or_says_that_it_is_unavailable(self) -> None:
        backend = self.make_backend()

        for kind, frame in drawn_frames().items():
            try:
                scores = backend.score(frame.pixels)
            except BackendUnavailable:
                continue
            assert scores.sexual is not None, kind
            for value in (scores.sexual, scores.graphic, scores.weapon, scores.alcohol):
                assert value is None or (0 <= value <= 1 and not math.isnan(value)), (
                    kind
                )
            assert all(isinstance(model, str) for model in scores.models), kind


class TaggingBackendContract:
    """What the steps ``tags`` and ``clothing`` ask of their backends."""

    def make_backend(self) -> Any:
        raise NotImplementedError

    def test_tags_every_frame_or_says_that_it_is_unavailable(self) -> None:
        backend = self.make_backend()

        for kind, frame in drawn_frames().items():
            try:
                tags = backend.tag(frame.pixels)
            except BackendUnavailable:
                continue
            labels = [tag.label for tag in tags]
            assert all(labels), kind
            assert len(labels) == len(set(labels)), kind
            assert all(0 <= tag.confidence <= 1.0001 for tag in tags), kind


class FaceBackendContract:
    """What the step ``faces`` asks of its backend."""

    def make_backend(self) -> Any:
        raise NotImplementedError

    def test_finds_faces_in_every_frame_or_says_that_it_is_unavailable(self) -> None:
        backend = self.make_backend()

        for kind, frame in drawn_frames().items():
            try:
                faces = backend.find(frame.pixels)
            except BackendUnavailable:
                continue
            for face in faces:
                assert_inside(face.box, kind)
                assert 0 <= face.confidence <= 1, kind
            confidences = [face.confidence for face in faces]
            assert confidences == sorted(confidences, reverse=True), kind


class ObjectBackendContract:
    """What the step ``objects`` asks of its backend."""

    def make_backend(self) -> Any:
        raise NotImplementedError

    def test_finds_things_in_every_frame_or_says_that_it_is_unavailable(self) -> None:
        backend = self.make_backend()

        for kind, frame in drawn_frames().items():
            try:
                seen = backend.find_objects(frame.pixels)
            except BackendUnavailable:
                continue
            for each in seen:
                assert isinstance(each.label, str), kind
                assert each.label.strip(), kind
                assert 0 <= each.confidence <= 1, kind
                if each.box is not None:
                    assert_inside(each.box, kind)
            confidences = [each.confidence for each in seen]
            assert confidences == sorted(confidences, reverse=True), kind


class PromptBackendContract:
    """What the step ``prompts`` asks of its backend."""

    def make_backend(self) -> Any:
        raise NotImplementedError

    def test_scores_each_sentence_or_says_that_it_is_unavailable(self) -> None:
        backend = self.make_backend()
        texts = ["a photo of a red dress", "ein Foto", "?"]

        for kind, frame in drawn_frames().items():
            try:
                scores = backend.compare(frame.pixels, texts)
            except BackendUnavailable:
                continue
            assert len(scores) == len(texts), kind
            assert all(0 <= score <= 1 for score in scores), kind

    def test_no_sentences_have_no_scores(self) -> None:
        frame = drawn_frames()["gradient"]

        assert len(self.make_backend().compare(frame.pixels, [])) == 0

    def test_a_sentence_scores_the_same_in_any_company(self) -> None:
        backend = self.make_backend()
        pixels = drawn_frames()["gradient"].pixels

        try:
            (alone,) = backend.compare(pixels, ["a red dress"])
            _, again = backend.compare(pixels, ["a blue sky", "a red dress"])
        except BackendUnavailable:
            return
        assert math.isclose(alone, again, abs_tol=1e-4)


class TextBackendContract:
    """What the step ``text`` asks of its backend."""

    def make_backend(self) -> Any:
        raise NotImplementedError

    def test_reads_every_frame_or_says_that_it_is_unavailable(self) -> None:
        backend = self.make_backend()

        for kind, frame in drawn_frames().items():
            try:
                lines = backend.read(frame.pixels)
            except BackendUnavailable:
                continue
            for line in lines:
                assert isinstance(line.text, str), kind
                assert line.text.strip(), kind
                assert 0 <= line.confidence <= 1, kind
                assert_inside(line.box, kind)


class CodeBackendContract:
    """What the step ``codes`` asks of its backend."""

    def make_backend(self) -> Any:
        raise NotImplementedError

    def test_scans_every_frame_or_says_that_it_is_unavailable(self) -> None:
        backend = self.make_backend()

        for kind, frame in drawn_frames().items():
            try:
                codes = backend.scan(frame.pixels)
            except BackendUnavailable:
                continue
            for code in codes:
                assert isinstance(code.text, str), kind
                assert code.text, kind
                assert isinstance(code.is_matrix, bool), kind
                assert_inside(code.box, kind)


class EmbedderContract:
    """What similarity asks of an embedder."""

    def make_backend(self) -> Any:
        raise NotImplementedError

    def test_gives_one_row_of_length_one_per_picture(self) -> None:
        backend = self.make_backend()
        pictures = [frame.pixels for frame in drawn_frames().values()]

        vectors = backend.embed(pictures)

        assert vectors.shape == (len(pictures), backend.length)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)

    def test_finds_a_picture_in_its_own_crop(self) -> None:
        backend = self.make_backend()
        frames = drawn_frames()
        whole = frames["checks"].pixels
        crop = whole[24:-24, 32:-32]

        one, cropped, other = backend.embed([whole, crop, frames["gradient"].pixels])

        assert float(one @ cropped) > 0.8
        assert float(one @ cropped) > float(one @ other)


def answers_of(result: StepResult) -> Mapping[str, Any]:
    """Return all that a result says, as plain values that can be compared."""
    return {
        "verdict": result.verdict,
        "reasons": result.reasons,
        "tags": [dataclasses.astuple(tag) for tag in result.tags],
        "facts": None if result.facts is None else dict(result.facts.as_json()),
    }


def assert_inside(box: Any, kind: str) -> None:
    """Assert that a box lies in [0, 1]; a NaN lies nowhere."""
    left, top, width, height = box
    assert all(0 <= side <= 1 for side in box), kind
    assert left + width <= 1 + 1e-3, kind
    assert top + height <= 1 + 1e-3, kind


def boxes_in(answers: Mapping[str, Any]) -> list[list[float]]:
    """Return the boxes of faces and products in a step's part of the contract."""
    products = [product["box"] for product in answers.get("products") or ()]
    return [list(box) for box in (*(answers.get("faces") or ()), *products)]
