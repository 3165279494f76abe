"""A pair of networks, one for pictures and one for words, as CLIP and SigLIP are.

Three files with their sums: both networks and the ``tokenizer.json`` that cuts words
for the second. Nothing is ever fetched. The words are few and change seldom, so each
process asks the second network once for each of them and lets it go again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from media_pipeline.exceptions import BackendUnavailable

from . import sessions
from .model_files import ModelAt, read_verified
from .onnx_by_path import as_input, own_model, probabilities
from .pictures import Pixels

Vector = npt.NDArray[np.float32]

MAX_KEPT = 2000  # texts whose vectors a process keeps; 2 KB each


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxImageText:
    """How probably each of some sentences fits a picture.

    Both networks answer with vectors that can be compared by cosine: the first
    output of two axes counts. A sentence's probability is
    ``sigmoid(scale * (cosine - neutral) + bias)``, where ``neutral`` is the best
    cosine of the neutral sentences, 0 without them. For CLIP that is the softmax of
    two; SigLIP wants its own scale and bias and no neutral sentence.
    """

    image: str
    image_sha256: str
    text: str
    text_sha256: str
    tokenizer: str
    tokenizer_sha256: str
    side: int = 224  # px
    mean: tuple[float, float, float] = (0.48145466, 0.4578275, 0.40821073)  # CLIP's
    std: tuple[float, float, float] = (0.26862954, 0.26130258, 0.27577711)
    tokens: int = 77  # of a sentence; shorter ones are filled up with ``pad``
    pad: int = 0
    scale: float = 100.0
    bias: float = 0.0
    neutral: Sequence[str] = ("a photo",)
    picture_model: ModelAt = field(init=False, repr=False, compare=False)
    text_model: ModelAt = field(init=False, repr=False, compare=False)
    cutter: ModelAt = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.side < 1 or self.tokens < 1 or 0 in self.std:
            raise ValueError("side and tokens must be above 0, std never 0.")
        if isinstance(self.neutral, str):
            raise ValueError("neutral is a list of sentences.")
        for name, path, sha256 in (
            ("picture_model", self.image, self.image_sha256),
            ("text_model", self.text, self.text_sha256),
            ("cutter", self.tokenizer, self.tokenizer_sha256),
        ):
            object.__setattr__(
                self, name, own_model(path, sha256, "the shop's prompts")
            )

    packages = ("tokenizers",)  # what it can't do without

    @property
    def files(self) -> tuple[ModelAt, ...]:
        return (self.picture_model, self.text_model, self.cutter)

    def compare(self, pixels: Pixels, texts: Sequence[str]) -> tuple[float, ...]:
        """Return one probability per sentence. Raises ``BackendUnavailable``."""
        if not texts:
            return ()
        known = self._vectors([*texts, *self.neutral])
        picture = self._picture_vector(pixels)
        lengths = {len(picture), *(len(vector) for vector in known)}
        if len(lengths) != 1:
            raise BackendUnavailable(
                f"{self.picture_model.label} and {self.text_model.label} are no pair: "
                f"their vectors have {' and '.join(map(str, sorted(lengths)))} numbers."
            )
        cosines = np.array([float(vector @ picture) for vector in known])
        neutral = float(cosines[len(texts) :].max()) if self.neutral else 0.0
        odds = self.scale * (cosines[: len(texts)] - neutral) + self.bias
        return tuple(float(share) for share in probabilities(odds, "sigmoid"))

    def _picture_vector(self, pixels: Pixels) -> Vector:
        square = Image.fromarray(pixels).resize(
            (self.side, self.side), Image.Resampling.BICUBIC, reducing_gap=2.0
        )
        (entry, *others) = sessions.session_of(self.picture_model).get_inputs()
        if others:
            raise BackendUnavailable(
                f"{self.picture_model.label} wants {others[0].name!r} as well."
            )
        values = as_input(square, mean=self.mean, std=self.std)
        answers = sessions.run(self.picture_model, None, {entry.name: values})
        return _vector_of(self.picture_model, answers)

    def _vectors(self, texts: Sequence[str]) -> list[Vector]:
        """Return the sentences' vectors, asked for once per process."""
        keys = [(self.text_model.name, self.cutter.name, self.tokens, t) for t in texts]
        with _lock:
            missing = [key for key in dict.fromkeys(keys) if key not in _kept]
            if missing:
                if len(_kept) > MAX_KEPT:
                    _kept.clear()
                    missing = list(dict.fromkeys(keys))
                fresh = self._ask([key[-1] for key in missing])
                _kept.update(zip(missing, fresh, strict=True))
            return [_kept[key] for key in keys]

    def _ask(self, texts: Sequence[str]) -> list[Vector]:
        cutter = self._cutter()
        # Not kept: the larger of the two, and done when the words are known.
        session = sessions.open_session(self.text_model)
        vectors = []
        for text in texts:
            try:
                cut = cutter.encode(text)
                given = {entry.name: _row(entry, cut) for entry in session.get_inputs()}
                answers = session.run(None, given)
            except BackendUnavailable:
                raise
            except Exception as error:  # both engines have classes of their own
                raise BackendUnavailable(
                    f"{self.text_model.label} failed: {error}"
                ) from error
            vectors.append(_vector_of(self.text_model, answers))
        return vectors

    def _cutter(self) -> Any:
        content = read_verified(self.cutter)
        # Rust threads would not survive a fork; one sentence needs none.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise BackendUnavailable(
                "tokenizers is not installed; install schaufenster[prompts]"
            ) from error
        try:
            cutter = Tokenizer.from_str(content.decode())
            cutter.enable_truncation(self.tokens)
            cutter.enable_padding(length=self.tokens, pad_id=self.pad)
        except Exception as error:  # the library raises Exception itself
            raise BackendUnavailable(
                f"{self.cutter.label} is no tokenizer: {error}"
            ) from error
        return cutter


def _row(entry: Any, cut: Any) -> Any:
    """Return what a text network's input wants of a sentence."""
    kind = np.int32 if "int32" in entry.type else np.int64
    if "mask" in entry.name:
        return np.array([cut.attention_mask], kind)
    if (
        "ids" in entry.name
        and "type" not in entry.name
        and "position" not in entry.name
    ):
        return np.array([cut.ids], kind)
    if "type" in entry.name:
        return np.array([cut.type_ids], kind)
    raise BackendUnavailable(f"The text network wants {entry.name!r}.")


def _vector_of(model: ModelAt, answers: Sequence[Any]) -> Vector:
    """Return the first answer of the shape (1, n), at length 1."""
    flat = [answer for answer in answers if np.ndim(answer) == 2 and len(answer) == 1]
    if not flat:
        raise BackendUnavailable(f"{model.label} gave no vector.")
    vector = np.asarray(flat[0][0], np.float32)
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or length == 0:
        raise BackendUnavailable(f"{model.label} gave no numbers.")
    return vector / np.float32(length)


_kept: dict[tuple[str, str, int, str], Vector] = {}
_lock = threading.Lock()


def forget() -> None:
    """Drop the vectors of all sentences."""
    global _lock
    _lock = threading.Lock()  # a fork may have copied it locked
    _kept.clear()


os.register_at_fork(after_in_child=forget)
