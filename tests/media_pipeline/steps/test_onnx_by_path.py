from __future__ import annotations

import hashlib

import numpy as np
import pytest
from onnx import TensorProto, helper

from media_pipeline.backends import onnx_by_path, sessions
from media_pipeline.backends.contract import (
    StepContract,
    TaggingBackendContract,
    drawn_frames,
    frame_of,
)
from media_pipeline.backends.onnx_by_path import OnnxClassifier
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.pipeline import build_pipeline
from media_pipeline.registry import WrongConfiguration, discover
from media_pipeline.results import Verdict

GREEN = np.zeros((240, 320, 3), np.uint8) + np.array([10, 220, 20], np.uint8)


def network(*, channels_last=False, is_endless=False):
    """Return a network that answers with the mean of each colour, or by zero."""
    axes = [1, 2] if channels_last else [2, 3]
    shape = [1, 8, 8, 3] if channels_last else [1, 3, 8, 8]
    means = "means" if is_endless else "out"
    nodes = [
        helper.make_node("ReduceMean", ["picture"], [means], axes=axes, keepdims=0)
    ]
    if is_endless:
        nodes.append(helper.make_node("Sub", [means, means], ["zero"]))
        nodes.append(helper.make_node("Div", [means, "zero"], ["out"]))
    graph = helper.make_graph(
        nodes,
        "mean colour",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model.SerializeToString()


@pytest.fixture
def make(tmp_path):
    """Return what makes the options of a classifier, its files written."""

    def options(content=None, labels="red\ngreen\nblue\n", **others):
        content = network() if content is None else content
        (tmp_path / "own.onnx").write_bytes(content)
        (tmp_path / "labels.txt").write_text(labels, encoding="utf-8")
        return {
            "path": str(tmp_path / "own.onnx"),
            "sha256": hashlib.sha256(content).hexdigest(),
            "labels": str(tmp_path / "labels.txt"),
            "side": 8,
            "mean": (0, 0, 0),
            "std": (0.1, 0.1, 0.1),
            **others,
        }

    onnx_by_path.labels_in.cache_clear()
    yield options
    sessions.forget()


class TestOnnxClassifier(TaggingBackendContract):
    @pytest.fixture(autouse=True)
    def _make(self, make):
        self.options = make()

    def make_backend(self):
        return OnnxClassifier(**self.options)


class TestOwnLabels(StepContract):
    @pytest.fixture(autouse=True)
    def _make(self, make):
        self.options = make()

    def make_step(self):
        return discover().build("own_labels", {"backend_options": self.options})


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_labels_come_with_their_probability_surest_first(
    make, channels_last, activation
):
    backend = OnnxClassifier(
        **make(
            network(channels_last=channels_last),
            channels_last=channels_last,
            activation=activation,
        )
    )

    tags = backend.tag(GREEN)

    assert tags[0].label == "green"
    assert 0.9 < tags[0].confidence <= 1
    assert len(tags) == 3


def test_numbers_that_are_probabilities_already_stay(make):
    backend = OnnxClassifier(**make(std=(1, 1, 1), activation="none", limit=1))

    (tag,) = backend.tag(GREEN)

    assert tag.confidence == pytest.approx(220 / 255, abs=1e-3)


def test_the_step_shows_only_what_is_sure_enough(make):
    step = discover().build("own_labels", {"backend_options": make()})

    result = step.inspect(frame_of(GREEN))

    assert [tag.label for tag in result.tags] == ["green"]


@pytest.mark.parametrize("empty", [{}, {"path": "", "sha256": "", "labels": ""}])
def test_without_a_file_the_step_is_off(empty):
    step = discover().build("own_labels", {"backend_options": empty})

    result = step.inspect(drawn_frames()["gradient"])

    assert result.verdict is Verdict.PASS
    assert (result.reasons, result.tags, result.facts) == ((), (), None)


def unavailable(options):
    steps = {"own_labels": {"backend_options": options}}
    (result,) = build_pipeline(steps).run(frame_of(GREEN)).steps
    return result.reasons == ("own_labels_unavailable",)


def test_a_swapped_file_is_never_used(make):
    assert unavailable(make(sha256="0" * 64))


def test_a_missing_file_asks_for_a_person(make, tmp_path):
    assert unavailable(make(path=str(tmp_path / "gone.onnx")))


def test_what_is_no_network_asks_for_a_person(make):
    assert unavailable(make(b"not a network"))


@pytest.mark.parametrize("labels", ["red\ngreen\n", "", "red\nred\nblue\n"])
def test_labels_that_do_not_fit_ask_for_a_person(make, labels):
    assert unavailable(make(labels=labels))


def test_a_missing_labels_file_asks_for_a_person(make, tmp_path):
    assert unavailable({**make(), "labels": str(tmp_path / "gone.txt")})


def test_a_wrong_input_size_asks_for_a_person(make):
    assert unavailable(make(side=16))


def test_numbers_that_are_no_probabilities_are_refused(make):
    with pytest.raises(BackendUnavailable, match="activation"):
        OnnxClassifier(**make(activation="none")).tag(GREEN)


def test_endless_numbers_are_refused(make):
    with pytest.raises(BackendUnavailable, match="no numbers"):
        OnnxClassifier(**make(network(is_endless=True))).tag(GREEN)


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "relative.onnx"},
        {"sha256": ""},
        {"sha256": "ABC"},
        {"activation": "relu"},
        {"side": 0},
        {"std": (0, 1, 1)},
        {"colour": "red"},
    ],
)
def test_options_are_checked_when_the_pipeline_is_built(make, wrong):
    with pytest.raises(WrongConfiguration):
        build_pipeline({"own_labels": {"backend_options": {**make(), **wrong}}})
