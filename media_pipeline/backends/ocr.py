"""Text in pictures, by the PP-OCRv6 networks that come inside ``rapidocr``."""

from __future__ import annotations

import importlib.util
import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from media_pipeline.editions import installed
from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.results import Box

from . import sessions
from .model_files import ModelAt
from .pictures import Pixels

VERSION = "3.10.0"  # of rapidocr, whose networks these are

# Upstream's licence for the weights is Apache-2.0.
_SUMS = {
    "PP-OCRv6_det_small.onnx": (
        "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"
    ),
    "PP-OCRv6_rec_small.onnx": (
        "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"
    ),
}
_REMEDY = f"run: pip install --force-reinstall --no-deps rapidocr=={VERSION}"


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text. ``box`` is upright and holds the line, however it lies."""

    text: str
    box: Box
    confidence: float  # in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class RapidOcr:
    """The default: reads German and English on this machine's processor.

    Of 40 lines drawn into photos, 22-60 px high, some turned, 93 % came out to the
    letter at 736 px. The sessions are ours, made of bytes whose sum was checked:
    left to itself rapidocr fetches what it misses from the net.
    """

    side: int = 736  # px, long side of what the detector sees
    min_confidence: float = 0.6  # of a line; below it textures turn into letters
    max_lines: int = 100

    @property
    def files(self) -> tuple[ModelAt, ...]:
        return models()

    @property
    def rests_on(self) -> dict[str, str]:
        """What finds the lines in what the networks say; see ``editions``."""
        return {"package": installed("rapidocr")}

    def read(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return the lines from top to bottom. Raises ``BackendUnavailable``."""
        reader = _reader(self.side)
        try:
            # It expects the order of OpenCV: blue first.
            found = reader(np.ascontiguousarray(pixels[:, :, ::-1]))
            texts, boxes, scores = found.txts, found.boxes, found.scores
        except Exception as error:  # whatever its own code trips over
            raise BackendUnavailable(f"rapidocr failed: {error}") from error
        if texts is None or boxes is None or scores is None:
            return ()
        height, width = pixels.shape[:2]
        lines = [
            TextLine(" ".join(text.split()), _box(corners, width, height), float(score))
            for text, corners, score in zip(texts, boxes, scores, strict=True)
            if score >= self.min_confidence
        ]
        return tuple(line for line in lines if is_text(line.text))[: self.max_lines]


def is_text(line: str) -> bool:
    """Whether a line says anything: patterns are read as single signs."""
    return sum(sign.isalnum() for sign in line) >= 2


def models() -> tuple[ModelAt, ModelAt]:
    """Return the two networks, of the detector and of the reader.

    Raises ``BackendUnavailable`` if the package is not there. Does not import it.
    """
    spec = importlib.util.find_spec("rapidocr")
    if spec is None or not spec.submodule_search_locations:
        raise BackendUnavailable(f"rapidocr is not installed; {_REMEDY}")
    folder = Path(spec.submodule_search_locations[0]) / "models"
    detector, reader = (
        ModelAt(
            path=folder / name,
            sha256=sha256,
            purpose="text in pictures",
            remedy=_REMEDY,
            source=f"rapidocr {VERSION}, Apache-2.0",
            version=VERSION,
        )
        for name, sha256 in _SUMS.items()
    )
    return detector, reader


def forget() -> None:
    """Drop the readers: their sessions don't survive a fork."""
    global _lock
    _lock = threading.Lock()
    _make_reader.cache_clear()


_lock = threading.Lock()
os.register_at_fork(after_in_child=forget)


def _reader(side: int) -> Any:
    with _lock:
        return _make_reader(side)


@lru_cache(maxsize=2)
def _make_reader(side: int) -> Any:
    detector, reader = models()
    found = sessions.session_of(detector), sessions.session_of(reader)
    try:
        from rapidocr import RapidOCR
        from rapidocr.ch_ppocr_det import TextDetector
        from rapidocr.ch_ppocr_rec import TextRecognizer

        ocr: Any = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,  # upside-down lines; half of the time
                "Det.limit_type": "max",
                "Det.limit_side_len": side,
            }
        )
        # Made here with our sessions, or it would make its own at the first picture.
        ocr.text_det = TextDetector(_with_session(ocr.cfg.Det, found[0]))
        ocr.text_rec = TextRecognizer(_with_session(ocr.cfg.Rec, found[1]))
    except Exception as error:
        raise BackendUnavailable(f"rapidocr can't be started: {error}") from error
    return ocr


def _with_session(options: Any, session: Any) -> Any:
    from omegaconf import OmegaConf

    # A configuration can't hold an object unless it is told to.
    options = OmegaConf.create(
        OmegaConf.to_container(options), flags={"allow_objects": True}
    )
    options.session = session
    options.font_path = None  # asked for where results are drawn, which we don't
    return options


def _box(corners: Any, width: int, height: int) -> Box:
    """Return the upright box around four corners in px."""
    points = np.asarray(corners, np.float64) / (width, height)
    left, top = np.clip(points.min(axis=0), 0, 1)
    right, bottom = np.clip(points.max(axis=0), 0, 1)
    return (float(left), float(top), float(right - left), float(bottom - top))
