"""AWS Rekognition: moderation, labels, text and faces, asked over the network.

The pictures leave this machine: tell the contributors. Only pixels are sent, as a
JPEG made here, so no metadata goes along; credentials come by boto3's own chain.
"""

from __future__ import annotations

import importlib
import io
import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from PIL import Image

from media_pipeline.exceptions import BackendUnavailable
from media_pipeline.results import Box, Tag, reason_code

from .centerface import Face
from .nudity import ModerationScores
from .objects import SeenObject
from .ocr import TextLine
from .pictures import Pixels, once
from .shop_words import SHOP_WORDS

logger = logging.getLogger(__name__)

MAX_BYTES = 5 * 1024 * 1024  # of a picture in the request itself
QUALITIES = (90, 80, 60)

BREAKER_FAILURES = 3
"""So many failures one after another, and nobody asks for a while."""

BREAKER_SECONDS = 60.0

SAME_CONFIDENCE = 0.05
"""A coarser label that is surer than its finer ones by more than this counts too."""


def _folded(*names: str) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


# Names of version 7 of the moderation labels and, where they differ, of version 6.
# What stands nowhere here is passed on under its own name, for a person to see.
_SEXUAL = _folded(
    *("Explicit", "Explicit Nudity", "Explicit Sexual Activity", "Sex Toys"),
    *("Nudity", "Graphic Male Nudity", "Graphic Female Nudity"),
    *("Sexual Activity", "Illustrated Explicit Nudity", "Adult Toys"),
)
# Shown at half their score: looked at from 0.7 on, never held back.
_SUGGESTIVE = _folded(
    "Non-Explicit Nudity of Intimate parts and Kissing",
    "Non-Explicit Nudity",
    "Obstructed Intimate Parts",
    "Suggestive",
)
_GRAPHIC = _folded(
    *("Violence", "Graphic Violence", "Graphic Violence Or Gore"),
    *("Physical Violence", "Weapon Violence", "Self-Harm", "Self Injury"),
    *("Blood & Gore", "Explosions and Blasts"),
    *("Visually Disturbing", "Death and Emaciation", "Crashes", "Corpses"),
    *("Emaciated Bodies", "Hanging", "Air Crash"),
)
_WEAPON = _folded("Weapons", "Weapon Violence")
_ALCOHOL = _folded("Alcohol", "Alcohol Use", "Drinking", "Alcoholic Beverages")
# A shop sells these, or they are part of one above.
_ORDINARY = _folded(
    *("Swimwear or Underwear", "Female Swimwear or Underwear", "Barechested Male"),
    *("Male Swimwear or Underwear", "Revealing Clothes", "Kissing on the Lips"),
)
_SUBJECTS = {
    "sexual": _SEXUAL,
    "graphic": _GRAPHIC,
    "weapon": _WEAPON,
    "alcohol": _ALCOHOL,
}
_KNOWN = frozenset().union(*_SUBJECTS.values(), _SUGGESTIVE, _ORDINARY)

_WORDS = {word.word.lower(): word.word for word in SHOP_WORDS}
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rekognition:
    """One class for five steps: ``moderation``, ``tags``, ``objects``, ``text``, ``faces``.

    Each question is one paid call. With two attempts of 1 + 3 s it ends before a
    step's 10 s. Whatever goes wrong is a ``BackendUnavailable``: the photo waits for
    a person, and can be scored again later.
    """

    region: str = ""  # empty: as boto3 finds it
    endpoint_url: str = ""  # empty: Amazon's own
    connect_seconds: float = 1.0
    read_seconds: float = 3.0
    attempts: int = 2
    calls_per_hour: int = 1000  # 0: none at all; shared through Django's cache
    min_confidence: float = 0.3  # of what is asked for; fainter counts as absent

    models = ("rekognition",)
    packages = ("boto3",)  # what it can't do without
    is_remote = True  # so nobody asks it to make it ready

    def __post_init__(self) -> None:
        if min(self.connect_seconds, self.read_seconds, self.attempts) <= 0:
            raise ValueError("Times and attempts must be above 0.")
        if not 0 <= self.min_confidence <= 1:
            raise ValueError("min_confidence must be in [0, 1].")

    def score(self, pixels: Pixels) -> ModerationScores:
        """Return the scores by the moderation labels."""
        return self._ask(
            "detect_moderation_labels",
            pixels,
            _moderation,
            MinConfidence=self.min_confidence * 100,
        )

    def tag(self, pixels: Pixels) -> tuple[Tag, ...]:
        """Return the labels, surest first, in the shop's words where they agree."""
        best: dict[str, float] = {}
        for seen in self.find_objects(pixels):
            best[seen.label] = max(best.get(seen.label, 0.0), seen.confidence)
        ranked = sorted(best.items(), key=lambda item: -item[1])
        return tuple(Tag(label, confidence) for label, confidence in ranked)

    def find_objects(self, pixels: Pixels) -> tuple[SeenObject, ...]:
        """Return the labels with the boxes of those that have a place."""
        return self._ask(
            "detect_labels",
            pixels,
            _objects,
            MaxLabels=30,
            MinConfidence=self.min_confidence * 100,
        )

    def read(self, pixels: Pixels) -> tuple[TextLine, ...]:
        """Return the lines of text."""
        return self._ask("detect_text", pixels, _lines)

    def find(self, pixels: Pixels) -> tuple[Face, ...]:
        """Return the faces, surest first: places only, nothing of the person."""
        return self._ask("detect_faces", pixels, _faces, Attributes=["DEFAULT"])

    def _ask(
        self,
        operation: str,
        pixels: Pixels,
        understand: Callable[[Mapping[str, Any]], _Answer],
        **options: Any,
    ) -> _Answer:
        content = once(pixels, "rekognition jpeg", lambda: as_jpeg(pixels))
        breaker = _breaker(self.region, self.endpoint_url)
        breaker.pass_or_raise()
        try:
            spend(self.calls_per_hour)
        except BackendUnavailable:
            breaker.give_back()  # it says nothing of the service
            raise
        try:
            client = _client(
                self.region,
                self.endpoint_url,
                self.connect_seconds,
                self.read_seconds,
                self.attempts,
            )
            answer = getattr(client, operation)(Image={"Bytes": content}, **options)
            understood = understand(answer)
        except Exception as error:
            # Time-outs, refusals, half an answer, another shape than promised. Only
            # the kind is told on: messages may hold signed addresses.
            kind = _kind(error)
            breaker.count_failure()
            raise BackendUnavailable(f"Rekognition {operation}: {kind}") from error
        breaker.count_success()
        return understood


def as_jpeg(pixels: Pixels) -> bytes:
    """Return the picture as a JPEG of at most 5 MB, without any metadata."""
    for quality in QUALITIES:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        if file.tell() <= MAX_BYTES:
            return file.getvalue()
    raise BackendUnavailable("The picture is larger than Rekognition takes.")


# --- what the answers mean ------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    parent: str  # folded; empty for a category
    confidence: float


def _moderation(answer: Mapping[str, Any]) -> ModerationScores:
    """Return the scores. Raises for labels that Amazon would not give."""
    scores = dict.fromkeys(_SUBJECTS, 0.0)
    others: dict[str, float] = {}
    labels = _labels_of(answer)
    finest = _surest_children(labels)
    for key, label in labels.items():
        if label.confidence - finest.get(key, -1.0) <= SAME_CONFIDENCE:
            continue  # a finer one speaks for it: weapons alone are no bloodshed
        line = _ancestry(key, labels)
        known = _meaning(line)
        if known is None:
            coarsest = labels.get(line[-1])
            code = reason_code(coarsest.name if coarsest else line[-1])
            others[code] = max(others.get(code, 0.0), label.confidence)
        elif known in _SUGGESTIVE:
            scores["sexual"] = max(scores["sexual"], label.confidence / 2)
        for subject, names in _SUBJECTS.items():
            if known in names:
                scores[subject] = max(scores[subject], label.confidence)
    version = str(answer.get("ModerationModelVersion") or "").strip()
    return ModerationScores(
        **scores,
        others=tuple(Tag(code, confidence) for code, confidence in others.items()),
        models=(
            f"rekognition moderation {version}"
            if version
            else "rekognition moderation, version unknown",
        ),
    )


def _labels_of(answer: Mapping[str, Any]) -> dict[str, _Label]:
    """Return the moderation labels by folded name, the surest of each name."""
    labels: dict[str, _Label] = {}
    for found in _list(answer, "ModerationLabels"):
        name = _text(found["Name"])
        parent = found.get("ParentName")
        label = _Label(
            name,
            "" if parent is None or parent == "" else _text(parent).casefold(),
            _share(found["Confidence"]),
        )
        known = labels.setdefault(name.casefold(), label)
        if known.parent != label.parent:
            raise ValueError("a label with two parents")
        if known.confidence < label.confidence:
            labels[name.casefold()] = label
    for key in labels:
        _ancestry(key, labels)
    return labels


def _ancestry(key: str, labels: Mapping[str, _Label]) -> list[str]:
    """Return a label and those above it, the coarsest last; a ring raises."""
    line = [key]
    while (label := labels.get(line[-1])) is not None and label.parent:
        if label.parent in line:
            raise ValueError("labels that are each other's parents")
        line.append(label.parent)
    return line


def _surest_children(labels: Mapping[str, _Label]) -> dict[str, float]:
    """Return the highest confidence right below each label that has finer ones."""
    surest: dict[str, float] = {}
    for label in labels.values():
        surest[label.parent] = max(surest.get(label.parent, -1.0), label.confidence)
    return surest


def _meaning(line: Sequence[str]) -> str | None:
    """Return the finest known name; what is ordinary excuses nothing above it."""
    known = [name for name in line if name in _KNOWN]
    if known and known[0] in _ORDINARY:
        return next((name for name in known if name in _SEXUAL | _GRAPHIC), known[0])
    return known[0] if known else None


def _objects(answer: Mapping[str, Any]) -> tuple[SeenObject, ...]:
    return tuple(_each_object(answer))


def _each_object(answer: Mapping[str, Any]) -> Iterator[SeenObject]:
    for label in _list(answer, "Labels"):
        name = _text(label["Name"]).lower()
        word, confidence = _WORDS.get(name, name), _share(label["Confidence"])
        instances = [] if label.get("Instances") is None else _list(label, "Instances")
        if not instances:
            yield SeenObject(word, confidence, None)
        for instance in instances:
            yield SeenObject(
                word, _share(instance["Confidence"]), _box(instance["BoundingBox"])
            )


def _lines(answer: Mapping[str, Any]) -> tuple[TextLine, ...]:
    lines = (
        TextLine(
            " ".join(_text(found["DetectedText"], may_be_blank=True).split()),
            _box(found["Geometry"]["BoundingBox"]),
            _share(found["Confidence"]),
        )
        for found in _list(answer, "TextDetections")
        if _is_line(found["Type"])
    )
    return tuple(line for line in lines if line.text)


def _faces(answer: Mapping[str, Any]) -> tuple[Face, ...]:
    faces = (
        Face(_box(face["BoundingBox"]), _share(face["Confidence"]))
        for face in _list(answer, "FaceDetails")
    )
    return tuple(sorted(faces, key=lambda face: -face.confidence))


def _is_line(kind: Any) -> bool:
    if kind not in ("LINE", "WORD"):
        raise ValueError(f"{kind!r} is no kind of text")
    return bool(kind == "LINE")


def _list(answer: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = answer[key]  # an answer without it is none
    if not isinstance(found, list):
        raise TypeError(f"{key} is no list")
    return found


def _text(value: Any, *, may_be_blank: bool = False) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is no text")
    if not (may_be_blank or value.strip()):
        raise ValueError("a name without letters")
    return value


def _number(value: Any) -> float:
    """Return a finite number; a boolean and a number as text are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{type(value).__name__} is no number")
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _share(percent: Any) -> float:
    """Return a percentage as a probability; what is outside 0 to 100 raises."""
    number = _number(percent)
    if not 0 <= number <= 100:
        raise ValueError(f"{percent!r} is no percentage")
    return number / 100


def _box(sides: Mapping[str, Any]) -> Box:
    """Return the part of a box inside the picture: faces are seen beyond its edge."""
    left, top = _number(sides["Left"]), _number(sides["Top"])
    width, height = _number(sides["Width"]), _number(sides["Height"])
    if width < 0 or height < 0:
        raise ValueError("a box with a side below 0")
    left, top, right, bottom = (
        min(1.0, max(0.0, side)) for side in (left, top, left + width, top + height)
    )
    return (left, top, right - left, bottom - top)


def _kind(error: Exception) -> str:
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        return str((response.get("Error") or {}).get("Code", "?"))[:60]
    return type(error).__name__


# --- the client -----------------------------------------------------------------
@lru_cache(maxsize=8)
def _client(
    region: str, endpoint_url: str, connect: float, read: float, attempts: int
) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise BackendUnavailable("boto3 is not installed.") from error
    return boto3.session.Session().client(
        "rekognition",
        region_name=region or None,
        endpoint_url=endpoint_url or None,
        config=Config(
            connect_timeout=connect,
            read_timeout=read,
            retries={"total_max_attempts": attempts, "mode": "standard"},
        ),
    )


# --- the breaker ----------------------------------------------------------------
class Breaker:
    """Stops asking a service that does not answer; lets one through to try again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._closed_until = 0.0

    def pass_or_raise(self) -> None:
        """Return if a call may be made, else raise ``BackendUnavailable``."""
        with self._lock:
            if self._failures < BREAKER_FAILURES:
                return
            now = time.monotonic()
            if now < self._closed_until:
                raise BackendUnavailable("Rekognition failed lately; not asked again.")
            # This one tries it; the others wait for what it finds.
            self._closed_until = now + BREAKER_SECONDS

    def give_back(self) -> None:
        """Say that the call was not made after all."""
        with self._lock:
            self._closed_until = 0.0

    def count_failure(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= BREAKER_FAILURES:
                self._closed_until = time.monotonic() + BREAKER_SECONDS

    def count_success(self) -> None:
        with self._lock:
            self._failures = 0
            self._closed_until = 0.0


_breakers: dict[tuple[str, str], Breaker] = {}


def _breaker(region: str, endpoint_url: str) -> Breaker:
    return _breakers.setdefault((region, endpoint_url), Breaker())


# --- the budget -----------------------------------------------------------------
_spent: dict[int, int] = {}
_spent_lock = threading.Lock()


def spend(calls_per_hour: int) -> None:
    """Count one call of this hour; raise ``BackendUnavailable`` if none is left.

    Counted in this process and, inside a Django site, in its default cache: with
    one that all workers share the budget is that of them all. A cache that is down
    leaves each process its own count.
    """
    hour = int(time.time() // 3600)
    with _spent_lock:
        count = _spent.get(hour, 0) + 1
        _spent.clear()
        _spent[hour] = count
    if max(count, _spent_by_all(hour)) > calls_per_hour:
        raise BackendUnavailable("Rekognition's calls of this hour are spent.")


def _spent_by_all(hour: int) -> int:
    django_conf = sys.modules.get("django.conf")
    if django_conf is None or not django_conf.settings.configured:
        return 0
    cache = importlib.import_module("django.core.cache").cache
    key = f"media_pipeline.rekognition.{hour}"
    try:
        cache.add(key, 0, timeout=2 * 3600)
        return int(cache.incr(key))
    except Exception:  # each kind of cache has errors of its own
        logger.warning("The cache did not count a call; this process does.")
        return 0


def forget() -> None:
    """Drop clients and what was learnt of the service: a child starts afresh."""
    global _spent_lock
    _spent_lock = threading.Lock()
    _client.cache_clear()
    _breakers.clear()
    _spent.clear()


os.register_at_fork(after_in_child=forget)
