"""A shop's own detector: an ONNX file, its sum, and a file of labels.

Nothing is ever fetched, and the file is used only while it is the one whose SHA-256
was named. Of the many ways in which detectors answer, four are understood; see
``LAYOUTS`` and docs/reference/backends.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from media_pipeline.exceptions import BackendUnavailable

from . import sessions
from .model_files import ModelAt
from .objects import Numbers, SeenObject, apart, clipped
from .onnx_by_path import ACTIVATIONS, as_input, labels_in, own_model, probabilities
from .pictures import Pixels

GREY = (114, 114, 114)  # beside a picture that is not square, as YOLO was trained
CANDIDATES = 1000  # surest boxes that are compared with each other

# (n, 4) edges left, top, right, bottom in px of the input; (n, labels) confidences.
Found = tuple[Numbers, Numbers]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxDetector:
    """Labels with confidence and box by one network.

    Its input is one picture, RGB or with ``bgr`` BGR, (1, 3, side, side) or, with
    ``channels_last``, (1, side, side, 3). ``layout`` says how it answers.
    """

    path: str
    sha256: str
    labels: str  # path of a text file, UTF-8, one label per line
    layout: str = "yolo"
    side: int = 640  # px
    is_stretched: bool = False  # to the square; else grey beside or below it
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)  # of values in [0, 1]
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bgr: bool = False
    channels_last: bool = False
    activation: str = "none"  # what makes its scores probabilities
    strides: tuple[int, ...] = ()  # of "yolox": cells in px; empty: decoded already
    min_confidence: float = 0.3
    max_overlap: float = 0.5  # of two boxes of one label, intersection over union
    limit: int = 50  # things, surest first
    model: ModelAt = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}.")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}.")
        if self.side < 1 or self.limit < 1 or 0 in self.std:
            raise ValueError("side and limit must be above 0, std never 0.")
        if any(stride < 1 or self.side % stride for stride in self.strides):
            raise ValueError("each of the strides must divide side.")
        if not 0 <= self.min_confidence <= 1 or not 0 <= self.max_overlap <= 1:
            raise ValueError("min_confidence and max_overlap must be in [0, 1].")
        if not Path(self.labels).is_absolute():
            raise ValueError("labels must be an absolute path.")
        model = own_model(self.path, self.sha256, "the shop's own objects")
        object.__setattr__(self, "model", model)

    @property
    def files(self) -> tuple[ModelAt, ...]:
        return (self.model,)

    def check(self) -> None:
        """Raise ``BackendUnavailable`` if its labels can't be used."""
        labels_in(Path(self.labels))

    def find_objects(self, pixels: Pixels) -> tuple[SeenObject, ...]:
        """Return the surest things first. Raises ``BackendUnavailable``."""
        labels = labels_in(Path(self.labels))
        square, share = self._square(pixels)
        session = sessions.session_of(self.model)
        answers = sessions.run(self.model, None, self._inputs(session, square))
        named = dict(
            zip((each.name for each in session.get_outputs()), answers, strict=True)
        )
        try:
            boxes, scores = LAYOUTS[self.layout](self, named, len(labels))
        except (ValueError, IndexError, TypeError) as error:
            raise BackendUnavailable(
                f"{self.model.label} does not answer as {self.layout!r}: {error}"
            ) from error
        if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
            raise BackendUnavailable(f"{self.model.label} gave no numbers.")
        if scores.size and (scores.min() < 0 or scores.max() > 1.0001):
            raise BackendUnavailable(
                f"{self.model.label} gave no probabilities; set its activation."
            )
        return self._seen(boxes / (self.side * share), scores, labels)

    def _seen(
        self, boxes: Numbers, scores: Numbers, labels: Sequence[str]
    ) -> tuple[SeenObject, ...]:
        kinds = scores.argmax(axis=1)
        confidences = scores.max(axis=1)
        sure = np.flatnonzero(confidences >= self.min_confidence)
        sure = sure[np.argsort(-confidences[sure], kind="stable")][:CANDIDATES]
        found = []
        for kind in np.unique(kinds[sure]).tolist():
            rows = sure[kinds[sure] == kind]
            for place in apart(boxes[rows], confidences[rows], self.max_overlap):
                row = int(rows[place])
                box = clipped(boxes[row])
                if box[2] > 0 and box[3] > 0:
                    confidence = min(1.0, float(confidences[row]))
                    found.append(SeenObject(labels[kind], confidence, box))
        found.sort(key=lambda seen: -seen.confidence)
        return tuple(found[: self.limit])

    def _square(self, pixels: Pixels) -> tuple[Image.Image, Numbers]:
        """Return the network's picture, and which share of it ours takes, 4 edges."""
        picture = Image.fromarray(pixels)
        ratio = self.side / max(picture.size)
        width, height = (max(1, round(length * ratio)) for length in picture.size)
        if self.is_stretched:
            width = height = self.side
        small = picture.resize(
            (width, height), Image.Resampling.BILINEAR, reducing_gap=2.0
        )
        if (width, height) == (self.side, self.side):
            square = small
        else:
            square = Image.new("RGB", (self.side, self.side), GREY)
            square.paste(small, (0, 0))
        share = np.array([width, height] * 2, np.float32) / np.float32(self.side)
        return square, share

    def _inputs(self, session: Any, square: Image.Image) -> dict[str, Any]:
        values = as_input(
            square, mean=self.mean, std=self.std, channels_last=self.channels_last
        )
        if self.bgr:
            values = np.flip(values, axis=-1 if self.channels_last else 1)
        picture, *others = session.get_inputs()
        given: dict[str, Any] = {picture.name: np.ascontiguousarray(values)}
        for other in others:
            # Those of the DETR kind ask in which size to answer: in ours.
            if "size" not in other.name:
                raise BackendUnavailable(f"{self.model.label} wants {other.name!r}.")
            kind = np.int64 if "int64" in other.type else np.float32
            given[other.name] = np.array([[self.side, self.side]], kind)
        return given


# --- how networks answer ------------------------------------------------------------


def _yolo(detector: OnnxDetector, named: Mapping[str, Any], count: int) -> Found:
    """(1, 4 + labels, n) or (1, n, 4 + labels): middle, size, confidence per label."""
    rows = _rows(named, 4 + count)
    return _from_middles(rows[:, :4]), _scores(detector, rows[:, 4:])


def _yolox(detector: OnnxDetector, named: Mapping[str, Any], count: int) -> Found:
    """(1, n, 5 + labels): middle, size, whether it is a thing, which thing."""
    rows = _rows(named, 5 + count).copy()
    if detector.strides:
        cells, sizes = _cells(detector.side, detector.strides)
        if len(cells) != len(rows):
            raise ValueError(f"{len(rows)} rows instead of {len(cells)}")
        rows[:, :2] = (rows[:, :2] + cells) * sizes
        rows[:, 2:4] = np.exp(np.clip(rows[:, 2:4], -20, 20)) * sizes
    scores = _scores(detector, rows[:, 5:]) * _scores(detector, rows[:, 4:5])
    return _from_middles(rows[:, :4]), scores


def _detr(detector: OnnxDetector, named: Mapping[str, Any], count: int) -> Found:
    """Logits (1, n, labels) or one more for "nothing"; boxes (1, n, 4) in [0, 1]."""
    boxes = _only(named, lambda name, shape: shape[-1:] == (4,) and "box" in name)
    logits = _only(named, lambda name, shape: "box" not in name)
    if logits.ndim != 3 or logits.shape[-1] not in (count, count + 1):
        raise ValueError(f"logits {logits.shape} for {count} labels")
    scores = _scores(detector, logits[0])[:, :count]
    return _from_middles(boxes[0] * detector.side), scores


def _boxes(detector: OnnxDetector, named: Mapping[str, Any], count: int) -> Found:
    """Boxes (n, 4) as edges in px, scores (n), labels (n): what is left of the rest.

    One picture in front of each is fine.
    """
    boxes = _only(named, lambda name, _: "box" in name).reshape(-1, 4)
    scores = _only(named, lambda name, _: "score" in name).reshape(-1)
    kinds = _only(named, lambda name, _: "label" in name or "class" in name)
    kinds = kinds.reshape(-1).astype(np.int64)
    if not len(boxes) == len(scores) == len(kinds):
        raise ValueError(
            f"{len(boxes)} boxes, {len(scores)} scores, {len(kinds)} labels"
        )
    table = np.zeros((len(boxes), count), np.float32)
    known = (kinds >= 0) & (kinds < count)
    table[np.flatnonzero(known), kinds[known]] = scores[known]
    return boxes.astype(np.float32), table


LAYOUTS: Mapping[str, Callable[[OnnxDetector, Mapping[str, Any], int], Found]] = {
    "yolo": _yolo,
    "yolox": _yolox,
    "detr": _detr,
    "boxes": _boxes,
}


def _rows(named: Mapping[str, Any], width: int) -> Numbers:
    """Return the first answer as (n, width), however it lies."""
    answer = np.asarray(next(iter(named.values())), np.float32)
    if answer.ndim != 3 or len(answer) != 1 or width not in answer.shape[1:]:
        raise ValueError(f"{answer.shape} has no side of {width}")
    rows: Numbers = answer[0]
    return rows if rows.shape[1] == width else rows.T


def _only(
    named: Mapping[str, Any], fits: Callable[[str, tuple[int, ...]], bool]
) -> Any:
    found = [value for name, value in named.items() if fits(name, value.shape)]
    if len(found) != 1:
        raise ValueError(f"its outputs are {', '.join(named)}")
    return np.asarray(found[0])


def _scores(detector: OnnxDetector, numbers: Numbers) -> Numbers:
    return np.asarray(probabilities(numbers, detector.activation), np.float32)


def _from_middles(rows: Numbers) -> Numbers:
    """Return edges of what is given by middle x, y, width and height."""
    half = np.abs(rows[:, 2:4]) / 2
    return np.concatenate((rows[:, :2] - half, rows[:, :2] + half), axis=1)


def _cells(side: int, strides: Sequence[int]) -> tuple[Numbers, Numbers]:
    """Return the place of each cell, row by row, and its size in px."""
    places, sizes = [], []
    for stride in strides:
        count = side // stride
        y, x = np.mgrid[0:count, 0:count]
        places.append(np.stack((x, y), axis=-1).reshape(-1, 2))
        sizes.append(np.full((count * count, 1), stride))
    return (
        np.concatenate(places).astype(np.float32),
        np.concatenate(sizes).astype(np.float32),
    )
