"""A shop's own classifier: an ONNX file, its sum, and a file of labels.

Nothing is ever fetched. The file is used only while it is the one whose SHA-256 was
named, so a swapped one switches its step off instead of answering.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.results import Tag

from . import sessions
from .model_files import ModelAt
from .pictures import Pixels

_SUM = re.compile(r"[0-9a-f]{64}")
ACTIVATIONS = ("softmax", "sigmoid", "none")

Values = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxClassifier:
    """Labels with their probability by one network.

    It has one picture as its only input, RGB, (1, 3, side, side) or, with
    ``channels_last``, (1, side, side, 3); its first output holds one number per line
    of the labels file.
    """

    path: str
    sha256: str
    labels: str  # path of a text file, UTF-8, one label per line
    side: int = 224  # px
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)  # of values in [0, 1]
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    channels_last: bool = False
    activation: str = "softmax"  # what makes its numbers probabilities
    limit: int = 10  # labels, surest first
    model: ModelAt = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not Path(self.labels).is_absolute():
            raise ValueError("labels must be an absolute path.")
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}.")
        if self.side < 1 or self.limit < 1 or 0 in self.std:
            raise ValueError("side and limit must be above 0, std never 0.")
        model = own_model(self.path, self.sha256, "the shop's own labels")
        object.__setattr__(self, "model", model)

    @property
    def files(self) -> tuple[ModelAt, ...]:
        return (self.model,)

    def check(self) -> None:
        """Raise ``BackendUnavailable`` if its labels can't be used."""
        labels_in(Path(self.labels))

    def tag(self, pixels: Pixels) -> tuple[Tag, ...]:
        """Return the surest labels first. Raises ``BackendUnavailable``."""
        labels = labels_in(Path(self.labels))
        session = sessions.session_of(self.model)
        inputs = session.get_inputs()
        if len(inputs) != 1:
            raise BackendUnavailable(f"{self.model.label} wants {len(inputs)} inputs.")
        numbers = sessions.run(self.model, None, {inputs[0].name: self._input(pixels)})[
            0
        ]
        odds = self._probabilities(np.asarray(numbers, np.float64).ravel())
        if odds.size != len(labels):
            raise BackendUnavailable(
                f"{self.model.label} knows {odds.size} labels, "
                f"{self.labels} has {len(labels)}."
            )
        best = np.argsort(-odds, kind="stable")[: self.limit]
        return tuple(Tag(labels[place], float(odds[place])) for place in best)

    def _input(self, pixels: Pixels) -> Values:
        square = Image.fromarray(pixels).resize(
            (self.side, self.side), Image.Resampling.BICUBIC, reducing_gap=2.0
        )
        return as_input(
            square, mean=self.mean, std=self.std, channels_last=self.channels_last
        )

    def _probabilities(self, numbers: Any) -> Any:
        if not numbers.size or not np.isfinite(numbers).all():
            raise BackendUnavailable(f"{self.model.label} gave no numbers.")
        odds = probabilities(numbers, self.activation)
        if odds.min() < 0 or odds.max() > 1.0001:
            raise BackendUnavailable(
                f"{self.model.label} gave no probabilities; set its activation."
            )
        return odds


# --- what all networks by path share -------------------------------------------------


def own_model(path: str, sha256: str, purpose: str) -> ModelAt:
    """Return a shop's own file. Raises ``ValueError`` for what can't be one."""
    if not Path(path).is_absolute():
        raise ValueError("Paths of networks must be absolute.")
    if _SUM.fullmatch(sha256) is None:
        raise ValueError("sha256 must be the file's sum, 64 digits in lower case.")
    return ModelAt(
        path=Path(path),
        sha256=sha256,
        purpose=purpose,
        remedy="correct path and sha256 in MEDIA_PIPELINE_STEP_OPTIONS",
    )


def as_input(
    square: Image.Image,
    *,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    channels_last: bool = False,
) -> Values:
    """Return one picture as networks want it: normalised, with a first axis of 1."""
    values = np.asarray(square, np.float32) / 255
    values = (values - np.array(mean, np.float32)) / np.array(std, np.float32)
    if not channels_last:
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values[None], np.float32)


def probabilities(numbers: Any, activation: str) -> Any:
    """Return what ``softmax`` over the last axis or ``sigmoid`` makes of numbers."""
    if activation == "softmax":
        odds = np.exp(numbers - numbers.max(axis=-1, keepdims=True))
        return odds / odds.sum(axis=-1, keepdims=True)
    if activation == "sigmoid":
        return 1 / (1 + np.exp(-np.clip(numbers, -60, 60)))
    return numbers


@functools.lru_cache(maxsize=4)
def labels_in(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BackendUnavailable(f"The labels {path} can't be read.") from error
    labels = tuple(line.strip()[:60] for line in lines if line.strip())
    if len(set(labels)) != len(labels):
        raise BackendUnavailable(f"{path} has a label twice.")
    return labels
