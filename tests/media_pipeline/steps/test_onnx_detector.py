from __future__ import annotations

import hashlib

import numpy as np
import pytest

from media_pipeline.backends import onnx_by_path, sessions
from media_pipeline.backends.contract import (
    ObjectBackendContract,
    StepContract,
    drawn_frames,
    frame_of,
)
from media_pipeline.backends.objects import SeenObject, apart
from media_pipeline.backends.onnx_detector import OnnxDetector
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.pipeline import build_pipeline
from media_pipeline.registry import WrongConfiguration, discover
from media_pipeline.results import Verdict, as_contract, as_stored

from .tiny_networks import answering

LABELS = ("bag", "shoe", "knife")
SQUARE = np.zeros((64, 64, 3), np.uint8)


def rows(*found):
    """(4 + labels, n) as YOLO answers: middle, size, one confidence per label."""
    table = np.zeros((4 + len(LABELS), len(found)), np.float32)
    for n, (middle, label, confidence) in enumerate(found):
        table[:4, n] = middle
        table[4 + LABELS.index(label), n] = confidence
    return table[None]


BAG = ((32, 16, 16, 8), "bag", 0.9)
SHOE = ((16, 48, 8, 8), "shoe", 0.6)
KNIFE = ((48, 48, 16, 16), "knife", 0.4)


@pytest.fixture
def options(tmp_path):
    """Return what makes the options of a detector that answers this."""

    def make(*, labels="bag\nshoe\nknife", content=None, layout="yolo", **answers):
        outputs = {k: v for k, v in answers.items() if isinstance(v, np.ndarray)}
        others = {k: v for k, v in answers.items() if k not in outputs}
        content = content or answering(**(outputs or {"out": rows(BAG, SHOE, KNIFE)}))
        (tmp_path / "own.onnx").write_bytes(content)
        (tmp_path / "own.txt").write_text(labels, encoding="utf-8")
        return {
            "path": str(tmp_path / "own.onnx"),
            "sha256": hashlib.sha256(content).hexdigest(),
            "labels": str(tmp_path / "own.txt"),
            "side": 64,
            "layout": layout,
            **others,
        }

    onnx_by_path.labels_in.cache_clear()
    yield make
    sessions.forget()


class TestOnnxDetector(ObjectBackendContract):
    @pytest.fixture(autouse=True)
    def _make(self, options):
        self.options = options()

    def make_backend(self):
        return OnnxDetector(**self.options)


class TestObjects(StepContract):
    @pytest.fixture(autouse=True)
    def _make(self, options):
        self.options = options()

    def make_step(self):
        return discover().build("objects", {"backend_options": self.options})


EXPECTED = [
    ("bag", 0.9, (0.375, 0.1875, 0.25, 0.125)),
    ("shoe", 0.6, (0.1875, 0.6875, 0.125, 0.125)),
    ("knife", 0.4, (0.625, 0.625, 0.25, 0.25)),
]


def assert_expected(seen):
    assert [each.label for each in seen] == [label for label, *_ in EXPECTED]
    for each, (_, confidence, box) in zip(seen, EXPECTED, strict=True):
        assert each.confidence == pytest.approx(confidence, abs=1e-3)
        assert each.box == pytest.approx(box, abs=1e-3)


def test_yolo_is_understood_either_way_round(options):
    found = rows(BAG, SHOE, KNIFE)

    assert_expected(OnnxDetector(**options(out=found)).find_objects(SQUARE))
    turned = options(out=found.transpose(0, 2, 1).copy())
    assert_expected(OnnxDetector(**turned).find_objects(SQUARE))


def test_yolox_is_understood_decoded_and_in_cells(options):
    plain = rows(BAG, SHOE, KNIFE)[0].T
    decoded = np.insert(plain, 4, 1.0, axis=1)[None].astype(np.float32)

    assert_expected(
        OnnxDetector(**options(out=decoded, layout="yolox")).find_objects(SQUARE)
    )

    # 64 cells of 8 px and 16 of 16 px; the bag in one of the latter.
    cells = np.zeros((1, 80, 5 + len(LABELS)), np.float32)
    cells[0, 64 + 1 * 4 + 2] = [0, 0, 0, np.log(0.5), 0.9, 1, 0, 0]
    (bag,) = OnnxDetector(
        **options(out=cells, layout="yolox", strides=(8, 16))
    ).find_objects(SQUARE)
    assert (bag.label, bag.confidence) == ("bag", pytest.approx(0.9))
    assert bag.box == pytest.approx((0.375, 0.1875, 0.25, 0.125))


def test_detr_is_understood_with_and_without_a_place_for_nothing(options):
    plain = rows(BAG, SHOE, KNIFE)[0].T
    boxes = (plain[:, :4] / 64)[None]
    logits = np.log(plain[:, 4:] + 1e-9) - np.log(1 - plain[:, 4:])

    found = options(
        logits=logits[None].astype(np.float32),
        pred_boxes=boxes.astype(np.float32),
        layout="detr",
        activation="sigmoid",
    )
    assert_expected(OnnxDetector(**found).find_objects(SQUARE))

    rest = 1 - plain[:, 4:].sum(axis=1, keepdims=True)
    odds = np.log(np.concatenate((plain[:, 4:], rest), axis=1) + 1e-9)
    found = options(
        logits=odds[None].astype(np.float32),
        pred_boxes=boxes.astype(np.float32),
        layout="detr",
        activation="softmax",
    )
    assert_expected(OnnxDetector(**found).find_objects(SQUARE))


def test_finished_boxes_are_understood(options):
    edges = np.array([[24, 12, 40, 20], [12, 44, 20, 52], [40, 40, 56, 56]], np.float32)

    found = options(
        boxes=edges[None],
        labels_out=np.array([0, 1, 2], np.float32),
        scores=np.array([0.9, 0.6, 0.4], np.float32),
        layout="boxes",
    )

    assert_expected(OnnxDetector(**found).find_objects(SQUARE))


def test_places_fit_the_picture_and_not_the_grey_beside_it(options):
    wide = np.zeros((32, 64, 3), np.uint8)
    found = options(out=rows(((32, 16, 16, 8), "bag", 0.9)))

    (beside,) = OnnxDetector(**found).find_objects(wide)
    (stretched,) = OnnxDetector(**found, is_stretched=True).find_objects(wide)

    assert beside.box == pytest.approx((0.375, 0.375, 0.25, 0.25))
    assert stretched.box == pytest.approx((0.375, 0.1875, 0.25, 0.125))


def test_of_boxes_of_one_label_that_overlap_the_surest_stays(options):
    found = options(
        out=rows(
            ((32, 32, 20, 20), "bag", 0.7),
            ((33, 32, 20, 20), "bag", 0.9),
            ((33, 32, 20, 20), "shoe", 0.8),
            ((8, 8, 8, 8), "bag", 0.6),
            ((60, 60, 4, 4), "bag", 0.2),
        )
    )

    seen = OnnxDetector(**found).find_objects(SQUARE)

    assert [(each.label, round(each.confidence, 2)) for each in seen] == [
        ("bag", 0.9),
        ("shoe", 0.8),
        ("bag", 0.6),
    ]


def test_boxes_beyond_the_edge_are_cut_there(options):
    (seen,) = OnnxDetector(
        **options(out=rows(((0, 0, 16, 16), "bag", 0.9)))
    ).find_objects(SQUARE)

    assert seen.box == pytest.approx((0, 0, 0.125, 0.125))


def test_nothing_apart_is_nothing():
    assert apart(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), 0.5) == []


# --- the step -----------------------------------------------------------------------


def test_things_become_tags_and_those_to_be_reviewed_a_finding_with_its_place(options):
    step = discover().build(
        "objects", {"backend_options": options(), "review": ["knife"]}
    )
    frame = frame_of(SQUARE)

    result = build_pipeline(
        {"objects": {"backend_options": options(), "review": ["knife"]}}
    ).run(frame)

    answer = step.inspect(frame)
    assert [tag.label for tag in answer.tags] == ["bag", "shoe"]
    assert (answer.verdict, answer.reasons) == (Verdict.REVIEW, ("shows_knife",))
    kept = as_stored(frame=frame, result=result, sha256="")
    assert kept["findings"][0]["boxes"] == [[0.625, 0.625, 0.25, 0.25]]
    assert kept["objects"][0] == {
        "label": "bag",
        "confidence": 0.9,
        "box": [0.375, 0.1875, 0.25, 0.125],
    }
    assert kept["models"]["objects"][0].startswith("own.onnx ")
    assert "objects" not in as_contract(file="x", frame=frame, result=result, sha256="")


class Elsewhere:
    """A third party's, which needs no options."""

    def __init__(self, confidence=0.8, box=(0.1, 0.1, 0.2, 0.2)):
        self.seen = SeenObject("Hate Symbols", confidence, box)

    def find_objects(self, pixels):
        return (self.seen,)


HERE = f"{__name__}.Elsewhere"


def test_another_engine_is_named_by_its_path():
    step = discover().build("objects", {"backend": HERE, "review": ["Hate Symbols"]})

    assert step.inspect(frame_of(SQUARE)).reasons == ("shows_hate_symbols",)


@pytest.mark.parametrize(
    "wrong", [{"confidence": float("nan")}, {"confidence": 2}, {"box": (0, 0, 2, 2)}]
)
def test_malformed_answers_of_any_engine_ask_for_a_person(wrong):
    steps = {"objects": {"backend": HERE, "backend_options": wrong}}

    (result,) = build_pipeline(steps).run(frame_of(SQUARE)).steps

    assert result.verdict is Verdict.REVIEW
    assert result.reasons == ("objects_unavailable",)


@pytest.mark.parametrize("empty", [{}, {"path": "", "sha256": "", "labels": ""}])
def test_without_a_file_the_step_is_off(empty):
    step = discover().build("objects", {"backend_options": empty})

    result = step.inspect(drawn_frames()["gradient"])

    assert result.verdict is Verdict.PASS
    assert (result.reasons, result.tags, result.facts) == ((), (), None)


# --- what is no answer ----------------------------------------------------------------


def unavailable(options):
    steps = {"objects": {"backend_options": options}}
    (result,) = build_pipeline(steps).run(frame_of(SQUARE)).steps
    return result.reasons == ("objects_unavailable",)


def test_a_swapped_or_missing_file_is_never_used(options, tmp_path):
    assert unavailable({**options(), "sha256": "0" * 64})
    assert unavailable({**options(), "path": str(tmp_path / "gone.onnx")})
    assert unavailable(options(content=b"not a network"))


@pytest.mark.parametrize(
    ("answer", "others"),
    [
        (np.zeros((1, 9, 5), np.float32), {}),
        (np.zeros((7, 5), np.float32), {}),
        (np.full((1, 7, 5), np.nan, np.float32), {}),
        (np.full((1, 7, 5), 3, np.float32), {}),
        (np.zeros((1, 79, 8), np.float32), {"layout": "yolox", "strides": (8, 16)}),
        (rows(BAG), {"layout": "detr"}),
        (rows(BAG), {"layout": "boxes"}),
        (rows(BAG), {"labels": "bag\n"}),
        (rows(BAG), {"side": 32}),
    ],
)
def test_an_answer_of_another_shape_asks_for_a_person(options, answer, others):
    assert unavailable(options(out=answer, **others))


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": "relative.onnx"},
        {"labels": "relative.txt"},
        {"sha256": "ABC"},
        {"layout": "ssd"},
        {"activation": "relu"},
        {"side": 0},
        {"strides": (7,)},
        {"min_confidence": 2},
        {"std": (0, 1, 1)},
        {"colour": "red"},
    ],
)
def test_options_are_checked_when_the_pipeline_is_built(options, wrong):
    with pytest.raises(WrongConfiguration):
        build_pipeline({"objects": {"backend_options": {**options(), **wrong}}})


def test_a_label_to_review_is_no_string(options):
    with pytest.raises(WrongConfiguration, match="list"):
        build_pipeline({"objects": {"review": "knife"}})


def test_the_message_names_the_layout(options):
    with pytest.raises(BackendUnavailable, match="'detr'"):
        OnnxDetector(**options(layout="detr")).find_objects(SQUARE)
